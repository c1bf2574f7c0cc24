//! From the contract to the use cases.

pub mod verbs;

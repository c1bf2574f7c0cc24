//! One file per use case: get, decide, put.

pub mod change;

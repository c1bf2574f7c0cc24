//! From the contract's messages to the model and the use cases.

pub mod progress;
mod recommendation;
pub mod verbs;
pub mod watermark;

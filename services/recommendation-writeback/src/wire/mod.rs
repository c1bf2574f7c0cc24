//! From the contract's messages to the model.

pub mod progress;
mod recommendation;
pub mod watermark;

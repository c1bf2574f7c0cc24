//! What readers ask for, one file per question, on one state of the store; and due work.

pub mod disruptions;
pub mod gauges;
pub mod performance;
pub mod refold;
pub mod scheduled;
pub mod story;

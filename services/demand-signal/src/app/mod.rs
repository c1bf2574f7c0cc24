//! What readers ask for: one file per question, synchronous, on one state of the store.

pub mod accuracy;
pub mod forecasts;
pub mod gauges;
pub mod history;
pub mod inventory;
pub mod progress;
pub mod refold;
pub mod served;
pub mod survey;

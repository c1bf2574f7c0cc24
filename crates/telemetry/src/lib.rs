//! What leaves a process about its own work: traces, metrics and logs. None of it blocks or fails a call; what cannot be sent is dropped and counted.

mod config;
mod export;
mod logs;
pub mod metrics;
pub mod names;
mod started;
pub mod trace;

pub use config::Config;
pub use started::{Telemetry, start};

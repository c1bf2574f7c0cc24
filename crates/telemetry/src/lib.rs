//! What a process tells of itself: logs, metrics, and the trace contexts between them.

mod config;
mod logs;
pub mod metrics;
pub mod trace;

pub use config::Config;
pub use logs::start;

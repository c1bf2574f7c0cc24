//! Runs a list of services in one process. A process with one service is the list of one; nothing else differs.

mod config;
mod measure;
mod serve;
mod service;

pub use config::{Config, ConfigError};
pub use serve::serve;
pub use service::{Background, GOVERNANCE, Gauges, Service};

//! Runs a list of services in one process. A process with one service is the list of one; nothing else differs.

mod config;
mod database_url;
mod listen;
mod measure;
mod serve;
mod service;
mod tls;

pub use config::{Config, ConfigError};
pub use database_url::DatabaseUrl;
pub use serve::serve;
pub use service::{Background, GOVERNANCE, Gauges, Service};

//! Runs a list of services in one process. A process with one service is the list of one; nothing else differs.

mod config;
mod database_url;
mod health;
mod listen;
mod measure;
mod serve;
mod service;
mod stores;
mod tls;

pub use config::{Config, ConfigError, Stop};
pub use database_url::DatabaseUrl;
pub use health::Health;
pub use measure::start as measure;
pub use serve::serve;
pub use service::{Background, GOVERNANCE, Gauges, Service, Verbs};
pub use stores::migrate;
pub use tls::certificates;

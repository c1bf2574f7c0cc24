use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What is told to whom.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where traces and metrics are sent: a collector's OTLP over gRPC, such as `http://127.0.0.1:4317`. Absent: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<String>,
    /// Share of the traces that begin here and are recorded, from 0 to 1. A caller's own decision counts before it.
    pub sample: f64,
    /// Logs are sent there as well.
    pub logs: bool,
    /// Address of `/metrics`. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self { otlp: None, sample: 1.0, logs: false, metrics: None }
    }
}

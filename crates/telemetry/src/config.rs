use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Where a process tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A collector that takes OTLP over gRPC, such as `http://127.0.0.1:4317`. Absent: nothing is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp: Option<String>,
    /// Address of the metrics port, such as `127.0.0.1:7401`. Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
}

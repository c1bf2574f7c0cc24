use crate::DatabaseUrl;
use crossdock_identity::{ServiceIdentity, Tls};
use crossdock_rpc::Limits;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// How a process runs. Defaults, then a file, then the environment, then flags.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address to listen on. Anything but loopback needs `insecure`.
    pub listen: SocketAddr,
    /// Folder of the embedded stores, one SQLite file per service. Made if missing.
    pub data_dir: PathBuf,
    /// PostgreSQL instead of the embedded stores: one schema per service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<DatabaseUrl>,
    /// Addresses of services that run elsewhere, by name: `master-data: http://10.0.0.7:7400`.
    pub peers: BTreeMap<String, String>,
    /// The policy file of governance. Without one a built-in policy for a first try is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
    /// Certificates of this process. Absent: nothing is encrypted, which only `insecure` allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// How the services of this suite know each other.
    pub services: ServiceIdentity,
    /// For a trial on loopback: nothing is encrypted, and nobody has to prove who they are.
    pub insecure: bool,
    /// How much callers may ask for.
    pub limits: Limits,
    /// Address that answers for health in plain text, and for nothing else: probes of Kubernetes speak no TLS. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<SocketAddr>,
    /// How the process ends.
    pub stop: Stop,
    /// Governance begins without a policy and waits for one by call, instead of putting the built-in one in force.
    pub await_policy: bool,
    /// What is logged, such as `info` or `info,crossdock_store=debug`.
    pub log: String,
    /// What is told of the process's work, and to whom.
    pub telemetry: crossdock_telemetry::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7400)),
            data_dir: PathBuf::from("crossdock-data"),
            database_url: None,
            peers: BTreeMap::new(),
            policy: None,
            tls: None,
            services: ServiceIdentity::default(),
            insecure: false,
            limits: Limits::default(),
            health: None,
            stop: Stop::default(),
            await_policy: false,
            log: "info".to_owned(),
            telemetry: crossdock_telemetry::Config::default(),
        }
    }
}

/// How a process ends once it is asked to.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// So long it says that it is not ready and goes on as before: who sends it calls hears of it meanwhile.
    pub notice_seconds: u64,
    /// So long open calls may take to end after that.
    pub drain_seconds: u64,
}

impl Default for Stop {
    fn default() -> Self {
        Self { notice_seconds: 0, drain_seconds: 5 }
    }
}

/// A configuration file that cannot be used; says where.
pub type ConfigError = String;

impl Config {
    /// Reads a file; what it does not say keeps its default.
    ///
    /// # Errors
    /// If it cannot be read, with line and column if it is malformed.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_norway::from_str(&text).map_err(|error| match error.location() {
            Some(at) => format!("{}:{}:{}: {error}", path.display(), at.line(), at.column()),
            None => format!("{}: {error}", path.display()),
        })
    }

    /// As a file, with secrets masked.
    pub fn shown(&self) -> String {
        serde_norway::to_string(self).unwrap_or_else(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_named_with_its_place() {
        let file = std::env::temp_dir().join(format!("crossdock-config-{}.yaml", std::process::id()));
        std::fs::write(&file, "listen: 127.0.0.1:1\ndata_dirr: x\n").unwrap();
        let error = Config::load(&file).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert!(error.contains(":2:1: ") && error.contains("data_dirr") && error.contains("data_dir"), "{error}");
    }
}

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
    pub database_url: Option<String>,
    /// Addresses of services that run elsewhere, by name: `master-data: http://10.0.0.7:7400`.
    pub peers: BTreeMap<String, String>,
    /// The policy file of governance. Without one a built-in policy for a first try is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
    /// Listen on other addresses than loopback although nobody has to prove who they are.
    pub insecure: bool,
    /// What is logged, such as `info` or `info,crossdock_store=debug`.
    pub log: String,
    /// Where the process tells of itself.
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
            insecure: false,
            log: "info".to_owned(),
            telemetry: crossdock_telemetry::Config::default(),
        }
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
        let mut shown = self.clone();
        shown.database_url = shown.database_url.map(|url| mask(&url));
        serde_norway::to_string(&shown).unwrap_or_else(|error| error.to_string())
    }
}

/// A database URL without its password, in any of its places.
fn mask(url: &str) -> String {
    let masked = match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))) {
        Some((scheme, (user, rest))) => match user.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:***@{rest}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    };
    match masked.split_once("password=") {
        Some((before, after)) => format!("{before}password=***{}", after.find(['&', ' ']).map_or("", |end| &after[end..])),
        None => masked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_wherever_they_stand() {
        assert_eq!(mask("postgres://me:s3cret@db/x"), "postgres://me:***@db/x");
        assert_eq!(mask("postgres://me@db/x?password=s3cret&a=b"), "postgres://me@db/x?password=***&a=b");
        assert_eq!(mask("host=db password=s3cret"), "host=db password=***");
        assert_eq!(mask("postgres://me@db/x"), "postgres://me@db/x");
    }

    #[test]
    fn a_typo_is_named_with_its_place() {
        let file = std::env::temp_dir().join(format!("crossdock-config-{}.yaml", std::process::id()));
        std::fs::write(&file, "listen: 127.0.0.1:1\ndata_dirr: x\n").unwrap();
        let error = Config::load(&file).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert!(error.contains(":2:1: ") && error.contains("data_dirr") && error.contains("data_dir"), "{error}");
    }
}

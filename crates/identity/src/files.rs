//! The files by which a process proves who it is, and whom it believes. They are read again when they change.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Certificates, as PEM files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate of this process, the chain after it. Shown to callers, and to the services that this one calls.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities whose client certificates are believed. Absent: certificates of callers are not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_authorities: Option<PathBuf>,
    /// A caller without a certificate is refused before it can say anything.
    #[serde(default)]
    pub require_client_certificate: bool,
    /// Authorities whose certificates other services show. Absent: those that the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
}

/// What a client shows and believes, as PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// Authorities whose certificates services show. Absent: those that the system trusts.
    pub authorities: Option<PathBuf>,
    /// The certificate that it shows, the chain after it, and the private key.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// How services of one suite know each other.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceIdentity {
    /// Whoever shows a certificate with one of these names is a service of this suite.
    pub names: Vec<String>,
    /// Whoever shows a certificate with one of these names is what puts the custom resources of a Kubernetes namespace in force as the policy.
    pub operators: Vec<String>,
    /// A file with the secret that the services of this suite share, instead of certificates: whoever shows it is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

impl Default for ServiceIdentity {
    fn default() -> Self {
        Self { names: vec!["urn:crossdock:service".to_owned()], operators: vec!["urn:crossdock:operator".to_owned()], token_file: None }
    }
}

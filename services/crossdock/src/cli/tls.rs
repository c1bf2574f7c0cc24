//! What the command line says of certificates.

use crate::failure::Failure;
use clap::{Args, Subcommand};
use crossdock_identity::{ClientTls, Tls};
use std::path::PathBuf;

/// Certificates of a process that serves.
#[derive(Args, Clone, Debug)]
pub struct Certificates {
    /// Certificate of this process, the chain after it (PEM).
    #[arg(long, env = "CROSSDOCK_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, env = "CROSSDOCK_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Authorities whose client certificates are believed (PEM) [default: callers are not asked for certificates].
    #[arg(long, env = "CROSSDOCK_TLS_CLIENT_AUTHORITIES", value_name = "FILE")]
    tls_client_authorities: Option<PathBuf>,
    /// Refuse callers without a certificate before they can say anything.
    #[arg(long, env = "CROSSDOCK_TLS_REQUIRE_CLIENT_CERTIFICATE")]
    tls_require_client_certificate: bool,
    /// Authorities of the services that this one calls (PEM) [default: those that the system trusts].
    #[arg(long, env = "CROSSDOCK_TLS_AUTHORITIES", value_name = "FILE")]
    tls_authorities: Option<PathBuf>,
}

impl Certificates {
    /// Puts what was said over what is configured.
    pub fn over(self, configured: Option<Tls>) -> Result<Option<Tls>, Failure> {
        let of = |name: fn(&Tls) -> &PathBuf| configured.as_ref().map(|tls| name(tls).clone());
        let certificate = self.tls_certificate.or_else(|| of(|tls| &tls.certificate));
        let key = self.tls_key.or_else(|| of(|tls| &tls.key));
        let client_authorities = self.tls_client_authorities.or_else(|| configured.as_ref()?.client_authorities.clone());
        let authorities = self.tls_authorities.or_else(|| configured.as_ref()?.authorities.clone());
        let require_client_certificate =
            self.tls_require_client_certificate || configured.is_some_and(|tls| tls.require_client_certificate);
        match (certificate, key) {
            (Some(certificate), Some(key)) => {
                Ok(Some(Tls { certificate, key, client_authorities, require_client_certificate, authorities }))
            }
            (None, None) if client_authorities.is_none() && authorities.is_none() && !require_client_certificate => Ok(None),
            _ => Err("certificates of a process that serves need both --tls-certificate and --tls-key".into()),
        }
    }
}

/// Certificates of a caller, for addresses that begin with `https://`.
#[derive(Args, Clone, Debug, Default)]
pub struct Shown {
    /// Authorities of the services (PEM) [default: those that the system trusts].
    #[arg(long, env = "CROSSDOCK_AUTHORITIES", value_name = "FILE", global = true)]
    authorities: Option<PathBuf>,
    /// Certificate to show, the chain after it (PEM).
    #[arg(long, env = "CROSSDOCK_CERTIFICATE", value_name = "FILE", requires = "certificate_key", global = true)]
    certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, env = "CROSSDOCK_CERTIFICATE_KEY", value_name = "FILE", requires = "certificate", global = true)]
    certificate_key: Option<PathBuf>,
}

impl Shown {
    /// The files that were named.
    pub fn files(&self) -> ClientTls {
        ClientTls { authorities: self.authorities.clone(), own: self.certificate.clone().zip(self.certificate_key.clone()) }
    }
}

/// `crossdock certs`.
#[derive(Debug, Subcommand)]
pub enum Certs {
    /// Make a throw-away authority and certificates for a first try. They are good for 30 days; the authority's key is not kept.
    #[command(after_help = "Example: crossdock certs dev --to certs --connection erp --connection operator")]
    Dev {
        /// Folder for the files; made if missing. Nothing in it is overwritten.
        #[arg(long)]
        to: PathBuf,
        /// A name or address of the server beside localhost, 127.0.0.1 and ::1. May be given several times.
        #[arg(long = "host")]
        hosts: Vec<String>,
        /// A connection that gets a client certificate; several with a + between them get one together, in files named after the first. May be given several times.
        #[arg(long = "connection", id = "connections", default_value = "operator")]
        connections: Vec<String>,
        /// One more for the operator of a cluster, which puts its custom resources in force: cluster.pem, cluster-key.pem.
        #[arg(long)]
        cluster: bool,
    },
}

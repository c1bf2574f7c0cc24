//! How a PostgreSQL connection is protected, as its URL says.
//!
//! | `sslmode` | |
//! |---|---|
//! | `require`, `verify-full` | TLS, and the server shows a certificate of its name that an authority vouches for |
//! | `prefer` | the same if the server speaks TLS, else plain text |
//! | `disable` | plain text |
//! | not said | `disable` for a socket and for loopback, else `require` |
//!
//! TLS that does not know whom it talks to protects from nobody who can answer in the server's place. So there is none, and `require` is what other
//! clients call `verify-full`. The authorities are those of the system, or those in the file `sslrootcert`; they are read for every connection.

use super::unavailable;
use crossdock_core::{Error, Result};
use percent_encoding::percent_decode_str;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{net::IpAddr, path::PathBuf, sync::Arc};
use tokio_postgres::config::{Config, Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::warn;

/// Where a database is, and who vouches for its certificate.
pub struct Target {
    pub config: Config,
    authorities: Option<PathBuf>,
}

impl Target {
    /// What a URL says; nothing of it is in an error, since it may hold a password.
    pub fn read(url: &str) -> Result<Self> {
        let (url, authorities, says) = ours(url);
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            Error::invalid("DATABASE_URL", "the database URL is malformed; it looks like postgres://user@host/database").because(error)
        })?;
        if !says {
            config.ssl_mode(if is_here(&config) { SslMode::Disable } else { SslMode::Require });
        } else if config.get_ssl_mode() == SslMode::Disable && !is_here(&config) {
            warn!("the database URL says sslmode=disable: everything that is stored goes over the network in plain text");
        }
        Ok(Self { config, authorities })
    }

    pub fn tls(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unavailable)?;
        let roots = if self.config.get_ssl_mode() == SslMode::Disable { RootCertStore::empty() } else { self.roots()? };
        Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let (from, certificates) = match &self.authorities {
            Some(file) => {
                let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
                let from = format!("sslrootcert {}", file.display());
                let message = || format!("{from} cannot be read; it has to be a file of certificates in PEM");
                (from.clone(), read.map_err(|error| Error::invalid("DATABASE_CERTIFICATES", message()).because(error))?)
            }
            None => ("what the system trusts".to_owned(), rustls_native_certs::load_native_certs().certs),
        };
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added > 0 {
            return Ok(roots);
        }
        let message =
            format!("there is no authority in {from} by which the database could prove who it is; name a file by sslrootcert=FILE");
        Err(Error::invalid("DATABASE_CERTIFICATES", message))
    }
}

/// A URL without what the driver does not know: the file of authorities, and the other name of `require`. Also, whether it says how to connect.
fn ours(url: &str) -> (String, Option<PathBuf>, bool) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None, url.contains("sslmode")) };
    let (mut kept, mut authorities, mut says) = (Vec::new(), None, false);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslrootcert", file)) => authorities = Some(PathBuf::from(&*percent_decode_str(file).decode_utf8_lossy())),
            Some(("sslmode", mode)) => {
                says = true;
                kept.push(if mode == "verify-full" { "sslmode=require" } else { pair });
            }
            _ => kept.push(pair),
        }
    }
    (format!("{base}?{}", kept.join("&")), authorities, says)
}

/// Nothing of it leaves this machine.
fn is_here(config: &Config) -> bool {
    let loopback = |ip: &IpAddr| ip.is_loopback();
    let here = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip| loopback(&ip)),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(here),
        addresses => addresses.iter().all(loopback),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        Target::read(url).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn plain_text_leaves_the_machine_only_where_the_url_says_so() {
        for url in
            ["postgres://u@localhost/d", "postgres://u@127.0.0.1/d", "postgres://u@[::1]/d", "postgres:///d?host=/var/run/postgresql"]
        {
            assert_eq!(mode(url), SslMode::Disable, "{url}");
        }
        for url in ["postgres://u@db.example/d", "postgres://u@db/d?hostaddr=10.0.0.1", "postgres://u@localhost,db/d", "host=db user=u"] {
            assert_eq!(mode(url), SslMode::Require, "{url}");
        }
        assert_eq!(mode("postgres://u@db/d?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("host=db user=u sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://u@db/d?sslmode=prefer"), SslMode::Prefer);
        assert_eq!(mode("postgres://u@localhost/d?sslmode=verify-full"), SslMode::Require);
    }

    #[test]
    fn the_file_of_authorities_is_no_business_of_the_driver() {
        let target = Target::read("postgres://u@db/d?connect_timeout=3&sslrootcert=/etc/our%20ca.pem&sslmode=require").unwrap();
        assert_eq!(target.authorities, Some(PathBuf::from("/etc/our ca.pem")));
        assert_eq!(target.config.get_connect_timeout(), Some(&std::time::Duration::from_secs(3)));
    }

    #[test]
    fn no_error_tells_the_password() {
        for url in ["postgres://u:s3cret@db:port/d", "postgres://u:s3cret@db/d?sslmode=s3cret&password=s3cret", "host=db password='s3cret"]
        {
            let error = Target::read(url).map(drop).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
        let missing = Target::read("postgres://u:s3cret@db/d?sslrootcert=/no/such.pem").unwrap();
        let error = missing.tls().map(drop).unwrap_err();
        assert!(error.message.contains("/no/such.pem") && !format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

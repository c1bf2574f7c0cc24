//! TLS 1.3, and nothing older, from what is in the files.

use crate::{ClientTls, Tls, pem::Pem};
use crossdock_core::{Error, Result};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    version::TLS13,
};
use std::sync::Arc;

/// HTTP/2, which gRPC is spoken over.
pub const HTTP2: &[u8] = b"h2";
/// HTTP/1.1, for what else is fetched.
pub const HTTP1: &[u8] = b"http/1.1";

/// Of one process, whoever asks first: nothing is left to a default that another library sets.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// What the files of a process said when they were read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerPems {
    pub certificate: Pem,
    pub client_authorities: Option<Pem>,
    key: Pem,
    require_client_certificate: bool,
}

impl ServerPems {
    pub fn read(files: &Tls) -> Result<Self> {
        Ok(Self {
            certificate: Pem::read(&files.certificate)?,
            key: Pem::read(&files.key)?,
            client_authorities: files.client_authorities.as_deref().map(Pem::read).transpose()?,
            require_client_certificate: files.require_client_certificate,
        })
    }

    /// For new connections of callers.
    pub fn config(&self) -> Result<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]).map_err(impossible)?;
        let builder = match self.verifier()? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(self.certificate.certificates()?, self.key.key()?)
            .map_err(|error| unusable(&self.certificate, &self.key, &error))?;
        config.alpn_protocols = vec![HTTP2.to_vec()];
        Ok(config)
    }

    fn verifier(&self) -> Result<Option<Arc<dyn ClientCertVerifier>>> {
        let Some(authorities) = &self.client_authorities else {
            return if self.require_client_certificate {
                Err(Error::invalid(
                    "TLS_FILE",
                    "client certificates are required, but no client authorities are named whose certificates count",
                ))
            } else {
                Ok(None)
            };
        };
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities.authorities()?), provider());
        let builder = if self.require_client_certificate { builder } else { builder.allow_unauthenticated() };
        builder.build().map(Some).map_err(|error| authorities.fault(&error))
    }
}

/// What the files of a client said when they were read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ClientPems {
    pub authorities: Option<Pem>,
    own: Option<(Pem, Pem)>,
}

impl ClientPems {
    pub fn read(files: &ClientTls) -> Result<Self> {
        let own = files.own.as_ref().map(|(certificate, key)| Ok::<_, Error>((Pem::read(certificate)?, Pem::read(key)?)));
        Ok(Self { authorities: files.authorities.as_deref().map(Pem::read).transpose()?, own: own.transpose()? })
    }

    /// For new connections to services that speak this protocol.
    pub fn config(&self, protocol: &[u8]) -> Result<ClientConfig> {
        let roots = self.authorities.as_ref().map_or_else(|| Ok(trusted_by_the_system()), Pem::authorities)?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(impossible)?
            .with_root_certificates(roots);
        let mut config = match &self.own {
            Some((certificate, key)) => builder
                .with_client_auth_cert(certificate.certificates()?, key.key()?)
                .map_err(|error| unusable(certificate, key, &error))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(config)
    }
}

impl From<&Tls> for ClientTls {
    fn from(files: &Tls) -> Self {
        Self { authorities: files.authorities.clone(), own: Some((files.certificate.clone(), files.key.clone())) }
    }
}

/// Whatever the system trusts and can be read; without any, every certificate is of an unknown authority, and said to be.
fn trusted_by_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn unusable(certificate: &Pem, key: &Pem, error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InconsistentKeys(_) => key.fault(format!("it is not the key of {}", certificate.path().display())),
        error => certificate.fault(format!("it cannot be used with {}: {error}", key.path().display())),
    }
}

fn impossible(error: rustls::Error) -> Error {
    Error::internal("TLS 1.3 is not there", error)
}

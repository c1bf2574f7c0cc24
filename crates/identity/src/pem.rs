//! What is in a PEM file, and what is wrong with it.

use crossdock_core::{Error, Result};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::path::{Path, PathBuf};

/// A file and what was in it when it was read. Keys are in such files: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pem {
    path: PathBuf,
    content: Vec<u8>,
}

impl Pem {
    pub fn read(path: &Path) -> Result<Self> {
        let content = std::fs::read(path).map_err(|error| fault(path, &error))?;
        Ok(Self { path: path.to_owned(), content })
    }

    /// Its certificates, of which there is at least one.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let found: Vec<_> = CertificateDer::pem_slice_iter(&self.content).collect::<Result<_, _>>().map_err(|error| self.fault(&error))?;
        if found.is_empty() { Err(self.fault("there is no certificate in it (PEM, -----BEGIN CERTIFICATE-----)")) } else { Ok(found) }
    }

    /// Its private key.
    pub fn key(&self) -> Result<PrivateKeyDer<'static>> {
        PrivateKeyDer::from_pem_slice(&self.content)
            .map_err(|_| self.fault("there is no private key in it (PEM, -----BEGIN PRIVATE KEY-----, without a passphrase)"))
    }

    /// Its certificates, as authorities.
    pub fn authorities(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates()? {
            roots.add(certificate).map_err(|error| self.fault(&error))?;
        }
        Ok(roots)
    }

    /// What is wrong with it.
    pub fn fault(&self, why: impl std::fmt::Display) -> Error {
        fault(&self.path, why)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn fault(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::invalid("TLS_FILE", format!("{}: {why}", path.display()))
}

//! Whom a process believes, beside what the policy says.

use crate::{SecretFile, ServiceIdentity, jwt::KeySets};
use crossdock_core::Result;
use std::sync::Arc;

/// How other services of the suite are known, and the keys of those who make JSON Web Tokens. One for all services of a process.
#[derive(Default)]
pub struct Trust {
    names: Vec<String>,
    operators: Vec<String>,
    token: Option<Arc<SecretFile>>,
    /// The keys of issuers.
    pub keys: KeySets,
}

impl Trust {
    /// As configured.
    ///
    /// # Errors
    /// If the file with the services' token cannot be used.
    pub fn new(services: &ServiceIdentity) -> Result<Self> {
        let token = services.token_file.as_ref().map(SecretFile::open).transpose()?.map(Arc::new);
        Ok(Self { names: services.names.clone(), operators: services.operators.clone(), token, keys: KeySets::default() })
    }

    /// Whether a certificate with these names is that of a service of this suite.
    pub fn is_service(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.names.contains(name))
    }

    /// Whether a certificate with these names is that of the operator of a cluster.
    pub fn is_operator(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.operators.contains(name))
    }

    /// Whether this is the token that the services of this suite share.
    pub fn is_service_token(&self, shown: &str) -> bool {
        self.token.as_ref().is_some_and(|token| token.knows(shown))
    }

    /// What this process shows other services, beside its certificate.
    pub fn token(&self) -> Option<Arc<SecretFile>> {
        self.token.clone()
    }
}

//! Why a simulation cannot go on. What a service refuses is part of the play where a party expects it.

use thiserror::Error;
use tonic::Status;

/// Why a simulation cannot go on.
#[derive(Debug, Error)]
pub enum Failure {
    /// A file could not be read or written.
    #[error("{0}")]
    File(String),
    /// A service refused what it should take, or was away for too long.
    #[error("{what}: {} ({:?})", status.message(), status.code())]
    Refused {
        /// What was asked.
        what: String,
        /// What the service said.
        status: Box<Status>,
    },
}

/// What a party gets done, or not.
pub type Result<T> = std::result::Result<T, Failure>;

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::File(error.to_string())
    }
}

/// Puts what was asked before what the service said.
pub fn refused(what: impl Into<String>) -> impl FnOnce(Status) -> Failure {
    move |status| Failure::Refused { what: what.into(), status: Box::new(status) }
}

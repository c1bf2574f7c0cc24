//! How a command fails: what was wrong, and what would be right.

use crossdock_identity::explain;
use std::{error::Error, fmt::Display, io::Write, process::ExitCode};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What a command says when it fails.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// Says it and gives the exit code.
    pub fn exit(self) -> ExitCode {
        writeln!(std::io::stderr(), "crossdock: {}", self.0).ok();
        ExitCode::FAILURE
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self(message.to_owned())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<crossdock_core::Error> for Failure {
    fn from(error: crossdock_core::Error) -> Self {
        let source = error.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        Self(format!("{}: {}{source}", error.reason, error.message))
    }
}

impl From<crossdock_simulator::Failure> for Failure {
    fn from(error: crossdock_simulator::Failure) -> Self {
        Self(error.to_string())
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        if let Some(info) = status.get_details_error_info() {
            return Self(format!("{}: {}", info.reason, status.message()));
        }
        if let Some(why) = explain(&status) {
            return Self(format!(
                "no connection to the service: {why}; whom to believe and what to show say --authorities, --certificate and --certificate-key"
            ));
        }
        let broken = status.source().is_some_and(<dyn Error>::is::<tonic::transport::Error>);
        if status.code() != Code::Unavailable && !broken {
            return Self(format!("{:?}: {}", status.code(), status.message()));
        }
        let why = deepest(&status);
        Self(format!(
            "the service cannot be reached ({why}); is `crossdock serve` running, and is --address right, https:// or http:// included?"
        ))
    }
}

/// What lies behind everything else.
fn deepest(error: &dyn Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

/// Puts what was being done before what went wrong.
pub fn at<E: Display>(what: impl Display) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{what}: {error}"))
}

//! How a command fails: what was wrong, and what would be right.

use std::{fmt::Display, io::Write, process::ExitCode};
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
        if status.code() == Code::Unavailable && status.get_details_error_info().is_none() {
            return Self(format!(
                "the service cannot be reached ({}); is `crossdock serve` running, and is --address right?",
                status.message()
            ));
        }
        let reason = status.get_details_error_info().map_or_else(|| format!("{:?}", status.code()), |info| info.reason);
        Self(format!("{reason}: {}", status.message()))
    }
}

/// Puts what was being done before what went wrong.
pub fn at<E: Display>(what: impl Display) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{what}: {error}"))
}

//! Errors on the wire, in one place.

use crossdock_core::{Error, ErrorKind};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// Domain of every `google.rpc.ErrorInfo` of Crossdock.
const DOMAIN: &str = "crossdock";
/// When a retryable failure is worth another try.
const RETRY: Duration = Duration::from_millis(250);

/// A gRPC status with ErrorInfo, and BadRequest, PreconditionFailure or RetryInfo where they apply. What lies behind it goes with it as far as the log,
/// and is not sent.
pub fn status(error: Error) -> Status {
    let code = match error.kind {
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Conflict => Code::Aborted,
        ErrorKind::Precondition => Code::FailedPrecondition,
        ErrorKind::OutOfRange => Code::OutOfRange,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Denied => Code::PermissionDenied,
        ErrorKind::Exhausted => Code::ResourceExhausted,
        ErrorKind::Unavailable | ErrorKind::Unknown => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    };
    let metadata: HashMap<String, String> = error.metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut details = ErrorDetails::with_error_info(error.reason, DOMAIN, metadata);
    if !error.violations.is_empty() {
        let violations = error.violations.into_iter().map(|violation| FieldViolation::new(violation.field, violation.message));
        details.set_bad_request(violations.collect::<Vec<_>>());
    }
    if error.kind == ErrorKind::Precondition {
        details.add_precondition_failure_violation(error.reason, "", error.message.clone());
    }
    if error.kind.retryable() {
        details.set_retry_info(Some(RETRY));
    }
    let mut status = Status::with_error_details(code, error.message, details);
    if let Some(source) = error.source {
        status.set_source(Arc::from(source as Box<dyn std::error::Error + Send + Sync>));
    }
    status
}

/// What tonic says, as an internal error, of a request that is no message of its method.
const UNDECODABLE: &str = "failed to decode Protobuf message";

/// The same status; but a request that cannot be decoded is its caller's fault.
pub(crate) fn malformed(status: Status) -> Status {
    if status.code() != Code::Internal || !status.message().starts_with(UNDECODABLE) {
        return status;
    }
    refused(Code::InvalidArgument, "MALFORMED_REQUEST", format!("{}: compare with the contract", status.message()), [])
}

/// A refusal by the limits: the same again is refused again. With facts for machines.
pub(crate) fn refused<const N: usize>(code: Code, reason: &'static str, message: String, facts: [(&'static str, usize); N]) -> Status {
    let metadata = facts.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect::<HashMap<_, _>>();
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, metadata))
}

/// A status of a peer as an error of ours.
pub fn from_status(status: &Status) -> Error {
    let (kind, reason) = match status.code() {
        Code::InvalidArgument => (ErrorKind::Invalid, "PEER_INVALID"),
        Code::NotFound => (ErrorKind::NotFound, "PEER_NOT_FOUND"),
        Code::OutOfRange => (ErrorKind::OutOfRange, "PEER_OUT_OF_RANGE"),
        Code::FailedPrecondition => (ErrorKind::Precondition, "PEER_PRECONDITION"),
        Code::PermissionDenied => (ErrorKind::Denied, "PEER_DENIED"),
        Code::Unauthenticated => (ErrorKind::Unauthenticated, "PEER_UNAUTHENTICATED"),
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Aborted => {
            (ErrorKind::Unavailable, "PEER_UNAVAILABLE")
        }
        _ => (ErrorKind::Internal, "PEER_FAILED"),
    };
    Error::new(kind, reason, status.message())
}

//! A record as it is stored, as the contract shows it.

use bytes::Bytes;
use crossdock_core::{Micros, TraceParent, Violation};
use crossdock_proto::types::{self, Envelope, Finding, Operation, Version};
use crossdock_store::Record;
use prost::Message;
use prost_types::Timestamp;

/// A stored record as the contract shows it.
pub fn record(stored: Record) -> crossdock_proto::Record {
    crossdock_proto::Record { envelope: Some(envelope(&stored)), kind: stored.kind.into(), body: stored.body }
}

/// The envelope of a stored record.
pub fn envelope(stored: &Record) -> Envelope {
    let kept = Envelope::decode(stored.meta.clone()).unwrap_or_default();
    let operation = if stored.deleted { Operation::Delete } else { Operation::Upsert };
    Envelope {
        version: Some(Version { primary: stored.version.primary, observed: stored.version.observed }),
        operation: operation.into(),
        set_key: stored.set_key.clone(),
        key: stored.key.clone(),
        connection: stored.connection.clone(),
        position: stored.position,
        receive_time: Some(timestamp(stored.received)),
        traceparent: TraceParent::from_bytes(&stored.trace).map(|trace| trace.to_string()).unwrap_or_default(),
        corroboration: !stored.counts,
        ..kept
    }
}

/// What is kept of an envelope beside the columns of the table.
pub(crate) fn meta(envelope: &Envelope, principal: &str, findings: &[Finding]) -> Bytes {
    let kept = Envelope {
        document: envelope.document.clone(),
        line: envelope.line.clone(),
        source_time: envelope.source_time,
        principal: principal.to_owned(),
        findings: findings.to_vec(),
        ..Envelope::default()
    };
    kept.encode_to_vec().into()
}

pub(crate) fn findings(stored: &Record) -> Vec<Finding> {
    Envelope::decode(stored.meta.clone()).unwrap_or_default().findings
}

/// A violation as the contracts have it.
pub fn violation(own: Violation) -> types::Violation {
    types::Violation { field: own.field, reason: own.reason.to_owned(), value: own.value, message: own.message }
}

/// An instant as the contracts have it.
pub fn timestamp(at: Micros) -> Timestamp {
    let nanos = i32::try_from(at.rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    Timestamp { seconds: at.div_euclid(1_000_000), nanos }
}

/// An instant of the contracts in microseconds; what is finer is cut off.
pub fn micros(at: &Timestamp) -> Micros {
    at.seconds.saturating_mul(1_000_000).saturating_add(i64::from(at.nanos / 1_000))
}

/// A span of time of the contracts in microseconds; what is finer is cut off.
pub fn span(of: &prost_types::Duration) -> Micros {
    of.seconds.saturating_mul(1_000_000).saturating_add(i64::from(of.nanos / 1_000))
}

/// The bytes of a message, the same for the same content.
pub fn encoded(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}

pub(crate) fn version(envelope: &Envelope) -> crossdock_core::Version {
    let version = envelope.version.unwrap_or_default();
    crossdock_core::Version { primary: version.primary, observed: version.observed }
}

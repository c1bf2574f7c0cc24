use bytes::Bytes;
use crossdock_core::{Key, Micros, Violation};
use crossdock_proto::{
    Record,
    types::{Finding, Outcome, Severity},
};
use std::sync::Arc;

/// Who brought a record, and in which call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The connection.
    pub connection: String,
    /// The person it acted for; empty for none.
    pub principal: String,
    /// Trace context of the call, 25 bytes or none.
    pub trace: Bytes,
    /// When it came in first, for a parked record that is tried again; otherwise now.
    pub received: Option<Micros>,
}

impl Origin {
    /// Who decided: the person, else the connection.
    pub fn who(&self) -> &str {
        if self.principal.is_empty() { &self.connection } else { &self.principal }
    }
}

/// One record on its way in.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Who brought it.
    pub origin: Arc<Origin>,
    /// As it was sent.
    pub record: Record,
    /// The key of the parked record that is tried again; none for what comes from outside.
    pub redriven: Option<String>,
}

/// What became of one record.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Its outcome.
    pub outcome: Outcome,
    /// Name of its kind; empty if it has none.
    pub kind: &'static str,
    /// Its key; empty if it could not be identified.
    pub key: String,
    /// Why it was rejected, or superseded.
    pub violations: Vec<Violation>,
    /// What it waits for.
    pub cause: Option<Cause>,
    /// Faults that did not stop it.
    pub findings: Vec<Finding>,
}

/// What a record waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Such as `item/ABC`.
    pub key: String,
    /// UPPER_SNAKE, such as `UNKNOWN_ITEM`.
    pub reason: String,
    /// What is missing and what would be right.
    pub message: String,
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Use,
    /// These records have to be looked at first; the check is asked again once they are known.
    Look(Vec<Key>),
    /// It cannot be used yet.
    Wait(Cause),
    /// It can never be used as it is.
    Refuse(Violation),
}

/// Collects findings.
#[derive(Debug, Default)]
pub struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// Adds a warning.
    pub fn warn(&mut self, field: impl Into<String>, reason: &'static str, message: impl Into<String>) {
        self.push(field, reason, Severity::Warning, message);
    }

    /// Adds something that makes decisions unsafe.
    pub fn error(&mut self, field: impl Into<String>, reason: &'static str, message: impl Into<String>) {
        self.push(field, reason, Severity::Error, message);
    }

    fn push(&mut self, field: impl Into<String>, reason: &'static str, severity: Severity, message: impl Into<String>) {
        let finding = Finding { field: field.into(), reason: reason.to_owned(), severity: severity.into(), message: message.into() };
        // One per rule: a list of a thousand bad lines within a record says no more than the first.
        if !self.0.iter().any(|held| held.reason == finding.reason && held.field == finding.field) {
            self.0.push(finding);
        }
    }
}

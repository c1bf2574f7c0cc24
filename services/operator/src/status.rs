//! What is said of an object, and since when.

use crate::object::{Object, Status};
use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};

/// The object is right.
pub const ACCEPTED: &str = "Accepted";
/// The object is in force.
pub const APPLIED: &str = "Applied";

/// Longest message, in characters; Kubernetes takes 32,768 bytes.
const MESSAGE: usize = 2_000;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Nobody can say.
    Unknown,
}

impl Truth {
    fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "True",
            Self::No => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// One condition: whether it holds, why in a word, why for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said(pub Truth, pub String, pub String);

impl Said {
    /// The same for programs and people.
    pub fn new(truth: Truth, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self(truth, reason.into(), message.into())
    }
}

/// The status of an object of which this is said now: the same as before, if that said the same.
pub fn status(object: &Object, accepted: Said, applied: Said, version: Option<&str>, now: Timestamp) -> Status {
    let condition = |of: &str, Said(truth, reason, message): Said| {
        let before = object.status.condition(of).filter(|before| before.status == truth.as_str());
        Condition {
            type_: of.to_owned(),
            status: truth.as_str().to_owned(),
            last_transition_time: before.map_or(Time(now), |before| before.last_transition_time.clone()),
            observed_generation: Some(object.generation),
            reason,
            message: message.chars().take(MESSAGE).collect(),
        }
    };
    Status {
        observed_generation: Some(object.generation),
        version: version.map(str::to_owned),
        conditions: vec![condition(ACCEPTED, accepted), condition(APPLIED, applied)],
    }
}

/// What is news in it, worth an event: the fault of a wrong object, else whether it came into force.
pub fn news<'a>(before: &Status, after: &'a Status) -> Option<&'a Condition> {
    let accepted = after.condition(ACCEPTED)?;
    let told = if accepted.status == "True" { after.condition(APPLIED)? } else { accepted };
    let same = |before: &Condition| {
        (&before.status, &before.reason, before.observed_generation) == (&told.status, &told.reason, told.observed_generation)
    };
    (!before.condition(&told.type_).is_some_and(same)).then_some(told)
}

#[cfg(test)]
mod tests;

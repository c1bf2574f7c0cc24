//! What is wrong with a recommendation, or has to be cleared first.

use crossdock_core::Violation;
use crossdock_proto::types;
use crossdock_records::violation;

/// A problem of a recommendation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Field, reason, value, and what would be right.
    pub violation: Violation,
    /// It breaks a rule of the masters, and only another plan can mend that; otherwise it is held, and a buyer may let it go on.
    pub is_final: bool,
}

impl Problem {
    /// Breaks a rule of the masters.
    pub fn invalid(field: &'static str, reason: &'static str, value: impl AsRef<str>, message: impl Into<String>) -> Self {
        Self { violation: Violation::new(field, reason, value, message), is_final: true }
    }

    /// Has to be cleared first.
    pub fn holds(field: &'static str, reason: &'static str, value: impl AsRef<str>, message: impl Into<String>) -> Self {
        Self { is_final: false, ..Self::invalid(field, reason, value, message) }
    }

    /// A buyer let it go on although this stands; the words may differ.
    pub fn is_released(&self, released: &[types::Violation]) -> bool {
        let own = &self.violation;
        released.iter().any(|held| (held.field.as_str(), held.reason.as_str(), &held.value) == (&own.field, own.reason, &own.value))
    }

    /// As the contract has it.
    pub fn wire(&self) -> types::Violation {
        violation(self.violation.clone())
    }
}

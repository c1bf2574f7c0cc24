//! What the ERP did with a target.

use super::{number, place::Place};
use crossdock_core::{Key, key};
use crossdock_proto::demand::TargetOutcome;
use crossdock_records::{Rules, Scope, day};
use jiff::civil::Date;

/// The ERP's answer to a stocking target. It waits for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetAcknowledgement {
    /// Item and location of the target.
    pub place: Place,
    /// First day of the target.
    pub from: Date,
    /// What became of it; never `Unspecified`.
    pub outcome: TargetOutcome,
}

/// Key of a target and of its acknowledgement.
pub fn target_key(place: &Place, from: Date) -> String {
    key::join([&place.location, &place.item, &from.to_string()])
}

impl Rules for TargetAcknowledgement {
    fn needs(&self) -> Vec<Key> {
        vec![Key::new(number::STOCKING_TARGET, target_key(&self.place, self.from))]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let outcome = match self.outcome {
            TargetOutcome::Applied => "applied",
            TargetOutcome::Rejected => "rejected",
            TargetOutcome::Ignored | TargetOutcome::Unspecified => "ignored",
        };
        vec![("outcome", outcome.to_owned())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.place.location), day: Some(day(self.from)), ..Scope::default() }
    }
}

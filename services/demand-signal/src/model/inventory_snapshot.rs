//! What a source says is there.

use super::{
    amount::Amount,
    inventory_position::{self, Count, Position, SnapshotMark, marked},
};
use crossdock_core::{Key, Micro, Result, key};
use crossdock_proto::{demand as contract, operations::Set};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// Task that brings the positions of a location up to a complete snapshot.
pub const REFRESH: &str = "snapshot";

/// One position of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventorySnapshot {
    /// Where, of what.
    pub position: Position,
    /// How much is there.
    pub quantity: Amount,
    /// The last movement that is included.
    pub through: Option<i64>,
    /// Day of the count.
    pub on: Date,
}

impl InventorySnapshot {
    /// As it counts.
    pub fn count(&self) -> Count {
        Count { quantity: self.quantity.base(), through: self.through }
    }

    fn counted(&self, to: &mut Derived<'_, '_>) -> Result<()> {
        inventory_position::change(&self.position, to, |state, to| {
            let is_past = self.through.is_some() && self.through < marked(&self.position, to)?;
            if is_past {
                // A newer complete snapshot does not list it.
                state.mark(&self.position, to)?;
                return state.late(self.count(), &self.position, to);
            }
            state.recount(self.count(), &self.position, to)
        })
    }

    fn withdrawn(&self, to: &mut Derived<'_, '_>) -> Result<()> {
        inventory_position::change(&self.position, to, |state, to| {
            state.mark(&self.position, to)?;
            if state.count.is_some_and(|count| count.through == self.through) {
                return state.recount(Count { quantity: Micro::ZERO, through: self.through }, &self.position, to);
            }
            Ok(())
        })
    }
}

impl Rules for InventorySnapshot {
    fn needs(&self) -> Vec<Key> {
        self.position.place.needs()
    }

    fn looks_at(&self) -> Vec<Key> {
        let units = self.quantity.unit.iter().map(|_| Amount::looks_at(&self.position.place.item));
        units.chain(self.position.looks_at()).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.position.place.location), day: Some(day(self.on)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        if self.quantity.value.is_negative() {
            let message = format!("{} was counted: nobody counts less than nothing; it is kept as the source says it", self.quantity.value);
            findings.warn("quantity.value", "NEGATIVE_COUNT", message);
        }
        self.quantity.convert(&self.position.place.item, self.on, known, findings)
    }

    fn late(&self, newer: &Self, to: &mut Derived<'_, '_>) -> Result<()> {
        let mut older = self.clone();
        let is_usable = older.needs().iter().all(|key| to.known().exists(key.kind, &key.key));
        if !is_usable || older.check(to.known(), &mut Findings::default()) != Verdict::Use {
            return Ok(());
        }
        inventory_position::change(&newer.position, to, |state, to| state.late(older.count(), &newer.position, to))
    }

    fn committed(_: &str, set: &Set, to: &mut Derived<'_, '_>) -> Result<()> {
        let Some(through) = set.through.filter(|_| set.absent_is_zero) else { return Ok(()) };
        let locations = set.scope.as_ref().map_or(&[][..], |scope| &scope.locations);
        let all = locations.is_empty().then(String::new);
        for mark in locations.iter().map(|location| key::join([location])).chain(all) {
            to.edit::<SnapshotMark>(&mark, |held| {
                Some(contract::SnapshotMark { through: held.map_or(through, |held| held.through.max(through)) })
            })?;
            to.due(REFRESH, mark);
        }
        Ok(())
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        match (old, new) {
            (_, Some(new)) => new.counted(to),
            (Some(old), None) => old.withdrawn(to),
            (None, None) => Ok(()),
        }
    }
}

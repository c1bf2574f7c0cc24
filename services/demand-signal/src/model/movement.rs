//! Changes of stock.

use super::{
    amount::Amount,
    inventory_position::{self, Position},
    number,
};
use crossdock_core::{Key, Micro, Result};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// A change of stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Where, of what.
    pub position: Position,
    /// How much came or went.
    pub quantity: Amount,
    /// Its place in the order in which the source recorded: a sequence, or a time.
    pub at: i64,
    /// Day the goods moved.
    pub on: Date,
}

impl Movement {
    /// What it adds to the ledger of its position.
    pub fn ledger(&self) -> (String, i64, Micro) {
        (self.position.ledger(), self.at, self.quantity.base())
    }

    fn book(&self, amount: Micro, to: &mut Derived<'_, '_>) -> Result<()> {
        // The position first: what it sums up from the ledger is without this movement.
        inventory_position::change(&self.position, to, |state, to| {
            state.mark(&self.position, to)?;
            state.moved(self.at, amount)
        })?;
        to.add(number::LEDGER, &self.position.ledger(), self.at, amount)
    }
}

impl Rules for Movement {
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
        self.quantity.convert(&self.position.place.item, self.on, known, findings)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        if let Some(old) = old {
            old.book(old.quantity.base().negated(), to)?;
        }
        new.map_or(Ok(()), |new| new.book(new.quantity.base(), to))
    }
}

//! Goods that left for a customer.

use super::{
    amount::Amount,
    history::{self, Class, Entry, Historic, Measure, Mode},
    number,
    place::Place,
    served, total,
};
use crossdock_core::{Key, Micro, Result};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// One shipment of a demand line. It waits for its item and location, never for its order: what left has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fulfilment {
    /// What left, from where.
    pub place: Place,
    /// How much.
    pub quantity: Amount,
    /// When.
    pub shipped: Date,
    /// Key of the demand line that it answers.
    pub order: Option<String>,
    /// For a substitute: how much of what was ordered it stands for.
    pub stands_for: Option<Micro>,
    /// Of which demand it is.
    pub class: (Class, Mode),
}

impl Fulfilment {
    /// What it adds to the progress of its demand line: key, day, amount.
    pub fn progress(&self) -> Option<(&str, i64, Micro)> {
        let amount = self.stands_for.unwrap_or_else(|| self.quantity.base());
        Some((self.order.as_deref()?, day(self.shipped), amount))
    }

    /// Counts it for its demand line.
    fn count(&self, sign: fn(Micro) -> Micro, to: &mut Derived<'_, '_>) -> Result<()> {
        let Some((line, day, amount)) = self.progress() else { return Ok(()) };
        if self.stands_for.is_some() {
            to.add(number::SUBSTITUTED, line, day, sign(amount))?;
        }
        to.add(number::PROGRESS, line, day, sign(amount))
    }
}

impl Rules for Fulfilment {
    fn needs(&self) -> Vec<Key> {
        self.place.needs()
    }

    fn looks_at(&self) -> Vec<Key> {
        let units = self.quantity.unit.iter().map(|_| Amount::looks_at(&self.place.item));
        units.chain(self.order.iter().map(|order| Key::new(number::DEMAND_LINE, order.as_str()))).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.place.location), day: Some(day(self.shipped)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.quantity.convert(&self.place.item, self.shipped, known, findings)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        if let Some(old) = old {
            old.count(Micro::negated, to)?;
            total::change(total::SHIPPED, day(old.shipped), (old.quantity.base(), Micro::ZERO), to)?;
        }
        if let Some(new) = new {
            new.count(|amount| amount, to)?;
            total::change(total::SHIPPED, day(new.shipped), (Micro::ZERO, new.quantity.base()), to)?;
        }
        served::shipped(old, new, to)?;
        history::derive(old, new, to)
    }
}

impl Historic for Fulfilment {
    fn place(&self) -> &Place {
        &self.place
    }

    fn class(&self) -> (Class, Mode) {
        self.class
    }

    fn entries(&self) -> Vec<Entry> {
        vec![Entry { measure: Measure::Shipped, on: self.shipped, amount: self.quantity.base() }]
    }
}

//! Demand that never became an order.

use super::{
    amount::Amount,
    history::{self, Class, Entry, Historic, Measure, Mode},
    place::{Place, customer},
};
use crossdock_core::{Key, Result};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// Demand that never became an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostSale {
    /// What was wanted, from where.
    pub place: Place,
    /// Whose.
    pub customer: Option<String>,
    /// How much.
    pub quantity: Amount,
    /// When.
    pub on: Date,
    /// Of which demand it is.
    pub class: (Class, Mode),
}

impl Rules for LostSale {
    fn needs(&self) -> Vec<Key> {
        self.place.needs().into_iter().chain(self.customer.as_deref().map(customer)).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        self.quantity.unit.iter().map(|_| Amount::looks_at(&self.place.item)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("item_id", self.place.item.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.place.location), day: Some(day(self.on)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.quantity.convert(&self.place.item, self.on, known, findings)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        history::derive(old, new, to)
    }
}

impl Historic for LostSale {
    fn place(&self) -> &Place {
        &self.place
    }

    fn class(&self) -> (Class, Mode) {
        self.class
    }

    fn entries(&self) -> Vec<Entry> {
        vec![Entry { measure: Measure::Lost, on: self.on, amount: self.quantity.base() }]
    }
}

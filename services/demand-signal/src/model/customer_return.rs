//! Goods that came back from a customer.

use super::{
    amount::Amount,
    history::{self, Class, Entry, Historic, Measure, Mode},
    place::{Place, customer},
};
use crossdock_core::{Key, Result};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// Goods that came back from a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerReturn {
    /// What came back, to where.
    pub place: Place,
    /// Whose.
    pub customer: Option<String>,
    /// How much.
    pub quantity: Amount,
    /// When.
    pub on: Date,
    /// Document that it was sold by.
    pub original_document: Option<String>,
    /// Of which demand it is.
    pub class: (Class, Mode),
}

impl Rules for CustomerReturn {
    fn needs(&self) -> Vec<Key> {
        self.place.needs().into_iter().chain(self.customer.as_deref().map(customer)).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        self.quantity.unit.iter().map(|_| Amount::looks_at(&self.place.item)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        self.original_document.iter().map(|document| ("original_document", document.clone())).collect()
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

impl Historic for CustomerReturn {
    fn place(&self) -> &Place {
        &self.place
    }

    fn class(&self) -> (Class, Mode) {
        self.class
    }

    fn entries(&self) -> Vec<Entry> {
        vec![Entry { measure: Measure::Returned, on: self.on, amount: self.quantity.base() }]
    }
}

//! Values of forecast runs.

use super::{amount::Amount, history::Measure, place::Place};
use crossdock_core::{Key, Micro};
use crossdock_records::{Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// One value of a forecast run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// What will be wanted, where.
    pub place: Place,
    /// Of what it is a forecast.
    pub measure: Measure,
    /// First day.
    pub start: Date,
    /// The day after the last.
    pub end: Date,
    /// How much is expected.
    pub quantity: Amount,
    /// Probability and quantity, both rising.
    pub quantiles: Vec<(Micro, Micro)>,
}

impl Rules for Forecast {
    fn needs(&self) -> Vec<Key> {
        self.place.needs()
    }

    fn looks_at(&self) -> Vec<Key> {
        self.quantity.unit.iter().map(|_| Amount::looks_at(&self.place.item)).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.place.location), day: Some(day(self.start)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.quantity.convert(&self.place.item, self.start, known, findings)
    }
}

//! Recommendations as planners send them.

use super::{RUN, amount::Amount, place};
use crate::app::run;
use crossdock_core::{Key, Result, key};
use crossdock_master_data::{Source, number};
use crossdock_proto::{operations::Set, writeback::RecommendationKind};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// One line of a planning run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// What is recommended.
    pub kind: RecommendationKind,
    /// The item.
    pub item: String,
    /// Where it is wanted.
    pub destination: String,
    /// From where.
    pub source: Source,
    /// How much.
    pub quantity: Amount,
    /// Day it is to be usable.
    pub need_by: Date,
    /// Customers that it serves.
    pub customers: Vec<String>,
}

impl Rules for Recommendation {
    fn needs(&self) -> Vec<Key> {
        let source = match &self.source {
            Source::Supplier(id) => Key::new(number::SUPPLIER, key::join([id])),
            Source::Location(id) => place::location(id),
        };
        let customers = self.customers.iter().map(|id| place::customer(id));
        [place::item(&self.item), place::location(&self.destination), source].into_iter().chain(customers).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        self.quantity.unit.iter().map(|_| Amount::looks_at(&self.item)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("item_id", self.item.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        let (supplier, origin) = match &self.source {
            Source::Supplier(id) => (Some(id.as_str()), None),
            Source::Location(id) => (None, Some(id.as_str())),
        };
        Scope { location: Some(&self.destination), origin, supplier, day: Some(day(self.need_by)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.quantity.convert(&self.item, self.need_by, known, findings)
    }

    fn committed(key: &str, set: &Set, to: &mut Derived<'_, '_>) -> Result<()> {
        run::begin(key, set, to)?;
        to.due(RUN, key);
        Ok(())
    }

    fn counts(&self, key: &str, to: &mut Derived<'_, '_>) {
        to.due(super::LINE, key);
    }
}

//! Suppliers and lanes that cannot be counted on for a while.

use super::{
    facts::{self, DisruptionTable, MOST, find, upsert},
    measure, number,
    place::location,
};
use crossdock_core::{Key, Result, Violation, key};
use crossdock_master_data::wired::civil;
use crossdock_proto::execution as contract;
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// The task that looks at the order lines that a table of disruptions speaks of.
pub const REFRESH: &str = "disruption";

/// A supplier or lane that cannot be counted on for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disruption {
    /// Its own key while it comes in; empty when it is stored.
    pub key: String,
    /// The supplier; all if absent.
    pub supplier: Option<String>,
    /// Where goods come from; all if absent.
    pub origin: Option<String>,
    /// Where goods go to; all if absent.
    pub destination: Option<String>,
    /// First day.
    pub start: Date,
    /// As it was sent.
    pub said: contract::Disruption,
}

impl Disruption {
    /// The table that has it: by the most exact thing that it speaks of.
    pub fn table(&self) -> String {
        match (&self.supplier, &self.origin, &self.destination) {
            (Some(id), _, _) => key::join(["supplier", id]),
            (None, Some(id), _) => key::join(["origin", id]),
            (None, None, Some(id)) => key::join(["destination", id]),
            (None, None, None) => "all".to_owned(),
        }
    }
}

/// The tables that may speak of an order line.
pub fn tables(order: &contract::OrderFact) -> Vec<String> {
    let named = [("supplier", &order.supplier_id), ("origin", &order.origin_location_id), ("destination", &order.destination_location_id)];
    let named = named.into_iter().filter(|(_, id)| !id.is_empty()).map(|(of, id)| key::join([of, id]));
    named.chain(["all".to_owned()]).collect()
}

/// Whether an order line cannot be counted on that day.
pub fn hits(disruption: &contract::Disruption, order: &contract::OrderFact, on: Date) -> bool {
    let within = |said: &str, held: &str| said.is_empty() || said == held;
    within(&disruption.supplier_id, &order.supplier_id)
        && within(&disruption.origin_location_id, &order.origin_location_id)
        && within(&disruption.destination_location_id, &order.destination_location_id)
        && civil(disruption.start.as_ref()).is_some_and(|start| start <= on)
        && civil(disruption.end.as_ref()).is_none_or(|end| on <= end)
}

fn change(table: &str, to: &mut Derived<'_, '_>, edit: impl FnOnce(&mut contract::DisruptionTable)) -> Result<()> {
    to.edit::<DisruptionTable>(table, |held| {
        let mut held = held.unwrap_or_default();
        edit(&mut held);
        (!held.disruptions.is_empty()).then_some(held)
    })?;
    to.due(REFRESH, table);
    Ok(())
}

impl Rules for Disruption {
    fn needs(&self) -> Vec<Key> {
        let supplier = self.supplier.as_deref().map(|id| Key::new(crossdock_master_data::number::SUPPLIER, key::join([id])));
        let places = [&self.origin, &self.destination].into_iter().flatten().map(|id| location(id));
        supplier.into_iter().chain(places).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        vec![Key::new(number::DISRUPTION_TABLE, self.table())]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        self.supplier.iter().map(|id| ("supplier_id", id.clone())).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            location: self.destination.as_deref(),
            origin: self.origin.as_deref(),
            supplier: self.supplier.as_deref(),
            everywhere: self.destination.is_none(),
            day: Some(day(self.start)),
            ..Scope::default()
        }
    }

    fn check(&mut self, known: &Known, _: &mut Findings) -> Verdict {
        let table = self.table();
        let is_full =
            |DisruptionTable(held): &DisruptionTable| held.disruptions.len() >= MOST && find(&held.disruptions, &self.key).is_none();
        if known.get::<DisruptionTable>(&table).is_some_and(is_full) {
            let message = format!("there are {MOST} disruptions of this already; delete those that are over");
            return Verdict::Refuse(Violation::new("", "TOO_MANY_RECORDS", table, message));
        }
        Verdict::Use
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        measure::count_disruption(old.map(|old| &old.said), new.map(|new| &new.said), to)?;
        let source = to.source();
        if let Some(old) = old.filter(|old| new.is_none_or(|new| new.table() != old.table())) {
            change(&old.table(), to, |table| facts::remove(&mut table.disruptions, source.key))?;
        }
        let Some(new) = new else { return Ok(()) };
        let entry = contract::DisruptionFact { key: source.key.to_owned(), disruption: Some(new.said.clone()) };
        change(&new.table(), to, |table| upsert(&mut table.disruptions, entry))
    }
}

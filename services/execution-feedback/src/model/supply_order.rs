//! Lines of purchase and transfer orders.

use super::{
    amount::Amount,
    counting::room,
    lines, number,
    place::{item, location},
};
use crossdock_core::{Key, Micro, Result, Violation, key};
use crossdock_master_data::{Source, wired::date};
use crossdock_proto::execution as contract;
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day, timestamp};
use jiff::civil::Date;

/// Splits in a row that are followed.
const DEEPEST: usize = 50;

/// A line of an order in the ERP, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplyOrder {
    /// Its own key while it comes in; empty when it is stored.
    pub key: String,
    /// What is ordered.
    pub item: String,
    /// From where.
    pub source: Source,
    /// To where.
    pub destination: String,
    /// How much, before cancellations.
    pub quantity: Amount,
    /// Cancelled, in the unit of the quantity.
    pub cancelled: Micro,
    /// Day of the order.
    pub ordered: Date,
    /// Day it was asked for.
    pub due: Option<Date>,
    /// Nothing more is expected.
    pub is_closed: bool,
    /// Key of the line it was split from.
    pub split_from: Option<String>,
    /// The posting key.
    pub posting_key: Option<String>,
}

impl SupplyOrder {
    fn supplier(&self) -> &str {
        match &self.source {
            Source::Supplier(id) => id,
            Source::Location(_) => "",
        }
    }

    fn origin(&self) -> &str {
        match &self.source {
            Source::Supplier(_) => "",
            Source::Location(id) => id,
        }
    }

    pub fn fact(&self) -> contract::OrderFact {
        contract::OrderFact {
            item_id: self.item.clone(),
            supplier_id: self.supplier().to_owned(),
            origin_location_id: self.origin().to_owned(),
            destination_location_id: self.destination.clone(),
            ordered: self.quantity.base().to_string(),
            cancelled: self.quantity.alike(self.cancelled).to_string(),
            ordered_date: Some(date(self.ordered)),
            due_date: self.due.map(date),
            closed: self.is_closed,
            split_from: self.split_from.clone().unwrap_or_default(),
            posting_key: self.posting_key.clone().unwrap_or_default(),
            receive_time: None,
        }
    }

    fn look_at_order(&self, findings: &mut Findings) {
        if let Some(due) = self.due.filter(|due| *due < self.ordered) {
            let message = format!("due on {due}, ordered later, on {}: which of the two is wrong?", self.ordered);
            findings.warn("due_date", "DATE_ORDER", message);
        }
        if self.cancelled > self.quantity.value {
            let message = format!(
                "{} is cancelled of an order of {}; send what was ordered before cancellations",
                self.cancelled, self.quantity.value
            );
            findings.warn("cancelled_quantity", "CANCELLED_MORE_THAN_ORDERED", message);
        }
    }

    /// Lines that are split from one another in a circle would hand recommendations around for ever.
    fn look_at_splits(&self, known: &Known) -> Verdict {
        let mut at = self.split_from.clone();
        for _ in 0..DEEPEST {
            let Some(from) = at else { return Verdict::Use };
            if from == self.key {
                let message = "is split from this line itself, at once or over others; send the line that was there first";
                return Verdict::Refuse(Violation::new("split_from", "SPLIT_CYCLE", from, message));
            }
            if !known.is_known(number::SUPPLY_ORDER, &from) {
                return Verdict::Look(vec![Key::new(number::SUPPLY_ORDER, from)]);
            }
            at = known.get::<Self>(&from).and_then(|order| order.split_from.clone());
        }
        let message = format!("more than {DEEPEST} lines were split from one another in a row; name the first of them");
        Verdict::Refuse(Violation::new("split_from", "SPLIT_CYCLE", self.split_from.as_deref().unwrap_or_default(), message))
    }
}

impl Rules for SupplyOrder {
    fn needs(&self) -> Vec<Key> {
        let source = match &self.source {
            Source::Supplier(id) => Key::new(crossdock_master_data::number::SUPPLIER, key::join([id])),
            Source::Location(id) => location(id),
        };
        vec![item(&self.item), source, location(&self.destination)]
    }

    fn looks_at(&self) -> Vec<Key> {
        let units = self.quantity.unit.iter().map(|_| Amount::looks_at(&self.item));
        let splits = self.split_from.iter().flat_map(|from| [Key::new(number::SUPPLY_ORDER, from), Key::new(number::ORDER_FACTS, from)]);
        units.chain(splits).chain(lines::looks_at(&self.key)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("item_id", self.item.as_str()),
            ("supplier_id", self.supplier()),
            ("destination_location_id", &self.destination),
            ("posting_key", self.posting_key.as_deref().unwrap_or_default()),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())).collect()
    }

    fn scope(&self) -> Scope<'_> {
        let named = |id| Some(id).filter(|id: &&str| !id.is_empty());
        let (supplier, origin) = (named(self.supplier()), named(self.origin()));
        Scope { location: Some(&self.destination), origin, supplier, day: Some(day(self.ordered)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        let verdict = self.quantity.convert(&self.item, self.ordered, known, findings);
        if verdict != Verdict::Use {
            return verdict;
        }
        if let Err(violation) = self.quantity.fits("cancelled_quantity", self.cancelled) {
            return Verdict::Refuse(violation);
        }
        let crowded = self.split_from.as_deref().and_then(|from| room(known, from, &self.key, "split_from"));
        if let Some(violation) = crowded {
            return Verdict::Refuse(violation);
        }
        self.look_at_order(findings);
        self.look_at_splits(known)
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("supply_order/{key}")]
    }

    fn derive(_: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        let source = to.source();
        let (line, now) = (source.key.to_owned(), timestamp(source.received));
        lines::change(&line, to, |facts| {
            let first = facts.order.as_ref().and_then(|held| held.receive_time).or(Some(now));
            facts.order = new.map(|new| contract::OrderFact { receive_time: first, ..new.fact() });
        })
    }
}

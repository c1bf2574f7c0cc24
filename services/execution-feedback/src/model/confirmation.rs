//! What suppliers say of order lines.

use super::{
    amount::{Amount, Base},
    counting::{looks_at, modes, room, unknown_order},
    facts::{self, upsert},
    lines, measure, number,
    place::item,
    supply_order::SupplyOrder,
};
use crossdock_core::{Key, Micro, Ratio, Result};
use crossdock_master_data::wired::date;
use crossdock_proto::execution::{self as contract, ConfirmationState};
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Source, Verdict, day, timestamp};
use jiff::civil::Date;

/// What a supplier says of one order line, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Its own key while it comes in; empty when it is stored.
    pub key: String,
    /// The order line.
    pub line: String,
    /// Unit of the parts; that of the order line if absent.
    pub unit: Option<String>,
    /// Base units in one unit; filled in when it is taken in.
    pub factor: Option<Ratio>,
    /// Its parts.
    pub parts: Vec<Part>,
    /// Day the supplier wrote it.
    pub on: Option<Date>,
    /// It adds to other documents; filled in when it is taken in.
    pub adds: bool,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How much of what was ordered.
    pub quantity: Micro,
    /// When it arrives.
    pub date: Option<Date>,
    /// What is said of it.
    pub state: ConfirmationState,
    /// The item that comes instead.
    pub substitute: Option<String>,
}

impl Confirmation {
    fn amount(&self, value: Micro) -> Amount {
        Amount { value, unit: self.unit.clone(), base: self.factor.map(|factor| Base { quantity: Micro::ZERO, factor }) }
    }

    fn base(&self) -> impl Iterator<Item = Micro> {
        self.parts.iter().map(|part| self.amount(part.quantity).alike(part.quantity))
    }

    pub fn fact(&self, source: Source<'_>) -> contract::ConfirmationFact {
        let part = |(part, base): (&Part, Micro)| contract::ConfirmedPart {
            quantity: base.to_string(),
            date: part.date.map(date),
            unit_price: None,
            state: part.state.into(),
            substitute_item_id: part.substitute.clone().unwrap_or_default(),
        };
        contract::ConfirmationFact {
            key: source.key.to_owned(),
            date: self.on.map(date),
            adds: self.adds,
            parts: self.parts.iter().zip(self.base()).map(part).collect(),
            receive_time: Some(timestamp(source.received)),
        }
    }

    /// The factor of the order line where the units are the same.
    fn convert(&mut self, order: &SupplyOrder, known: &Known, findings: &mut Findings) -> Verdict {
        if self.unit.is_none() || self.unit == order.quantity.unit {
            self.factor = order.quantity.base.map(|base| base.factor);
            return Verdict::Use;
        }
        let keys = [item(&order.item), Amount::looks_at(&order.item)];
        if keys.iter().any(|key| !known.is_known(key.kind, &key.key)) {
            return Verdict::Look(keys.into());
        }
        let mut one = self.amount(Micro::ONE);
        let verdict = one.convert(&order.item, order.ordered, known, findings);
        self.factor = one.base.map(|base| base.factor);
        verdict
    }
}

impl Rules for Confirmation {
    fn needs(&self) -> Vec<Key> {
        self.parts.iter().filter_map(|part| part.substitute.as_deref()).map(item).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        looks_at(&self.line)
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("order", self.line.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { day: self.on.map(day), ..Scope::default() }
    }

    fn belongs_to(&self) -> Vec<Key> {
        vec![Key::new(number::SUPPLY_ORDER, self.line.as_str())]
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        let Some(order) = known.get::<SupplyOrder>(&self.line) else { return Verdict::Wait(unknown_order(&self.line)) };
        let verdict = self.convert(order, known, findings);
        if verdict != Verdict::Use {
            return verdict;
        }
        if let Err(violation) = self.parts.iter().try_for_each(|part| self.amount(Micro::ZERO).fits("parts.quantity", part.quantity)) {
            return Verdict::Refuse(violation);
        }
        if let Some(violation) = room(known, &self.line, &self.key, "order") {
            return Verdict::Refuse(violation);
        }
        self.adds = modes(known, &self.key).0;
        Verdict::Use
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        if let Some(new) = new.filter(|new| old.is_none_or(|old| old.on != new.on)) {
            measure::told("confirmation", new.on, to);
        }
        let remove = |facts: &mut contract::OrderFacts, key: &str| facts::remove(&mut facts.confirmations, key);
        lines::moved(old.map(|old| old.line.as_str()), new.map(|new| (new.line.as_str(), new)), to, remove, |facts, new, source| {
            let first = facts::find(&facts.confirmations, source.key).map(|held| held.receive_time);
            let fact = new.fact(source);
            upsert(&mut facts.confirmations, contract::ConfirmationFact { receive_time: first.unwrap_or(fact.receive_time), ..fact });
        })
    }
}

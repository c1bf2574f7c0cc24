//! Goods received.

use super::{
    amount::Amount,
    counting::{Of, looks_at, modes, room},
    facts::{self, upsert},
    lines, measure, number,
    place::{item, location},
};
use crossdock_core::{Key, Micro, Result, Violation};
use crossdock_master_data::wired::date;
use crossdock_proto::execution as contract;
use crossdock_records::{Cause, Derived, Findings, Known, Rules, Scope, Source, Verdict, day};
use jiff::civil::Date;

/// Goods received for an order line, or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its own key while it comes in; empty when it is stored.
    pub key: String,
    /// The order line.
    pub line: String,
    /// What was received; the item ordered if absent.
    pub item: Option<String>,
    /// Where; the destination of the order if absent.
    pub location: Option<String>,
    /// How much, damaged included.
    pub quantity: Amount,
    /// Of it: damaged, in the same unit.
    pub damaged: Micro,
    /// When.
    pub on: Date,
    /// Key of the receipt that it takes back.
    pub reverses: Option<String>,
    /// The shipment it came with.
    pub shipment: Option<String>,
    /// It says what came in all; filled in when it is taken in.
    pub is_total: bool,
}

impl Receipt {
    pub fn fact(&self, source: Source<'_>) -> contract::ReceiptFact {
        contract::ReceiptFact {
            key: source.key.to_owned(),
            quantity: self.quantity.base().to_string(),
            damaged: self.quantity.alike(self.damaged).to_string(),
            item_id: self.item.clone().unwrap_or_default(),
            date: Some(date(self.on)),
            reverses: self.reverses.clone().unwrap_or_default(),
            shipment: self.shipment.clone().unwrap_or_default(),
            cumulative: self.is_total,
        }
    }

    /// What it takes back: there, a receipt, and of the same line. A reversal counts by the item, unit and day of what it takes back.
    fn reversed<'k>(&self, known: &'k Known) -> Result<Option<&'k Self>, Verdict> {
        let Some(key) = self.reverses.as_deref() else { return Ok(None) };
        if !known.is_held(number::RECEIPT, key) {
            return Err(Verdict::Wait(Cause {
                key: format!("receipt/{key}"),
                reason: "UNKNOWN_RECEIPT".into(),
                message: format!("receipt {key:?} is to be taken back and is not known here; send it"),
            }));
        }
        let refuse = |reason, message| Err(Verdict::Refuse(Violation::new("reverses", reason, key, message)));
        match known.get::<Self>(key) {
            _ if self.is_total => refuse("REVERSES_TOTAL", "this connection sends totals by the policy: send the total as it is now"),
            Some(held) if held.reverses.is_some() => {
                refuse("REVERSES_REVERSAL", "is a reversal itself; send what was received again under another key")
            }
            Some(held) if held.line != self.line => {
                refuse("REVERSES_OTHER_LINE", "is a receipt of another order line; name the line of that receipt")
            }
            held => Ok(held),
        }
    }
}

impl Rules for Receipt {
    fn needs(&self) -> Vec<Key> {
        self.item.as_deref().map(item).into_iter().chain(self.location.as_deref().map(location)).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        let units = self.item.as_deref().map(Amount::looks_at);
        let reversed = self.reverses.as_deref().map(|key| Key::new(number::RECEIPT, key));
        looks_at(&self.line).into_iter().chain(units).chain(reversed).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("order", self.line.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: self.location.as_deref(), day: Some(day(self.on)), ..Scope::default() }
    }

    fn belongs_to(&self) -> Vec<Key> {
        vec![Key::new(number::SUPPLY_ORDER, self.line.as_str())]
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.is_total = modes(known, &self.key).1;
        let reversed = match self.reversed(known) {
            Ok(reversed) => reversed,
            Err(verdict) => return verdict,
        };
        if self.quantity.unit.is_none() {
            self.quantity.unit = reversed.and_then(|held| held.quantity.unit.clone());
        }
        let item = self.item.as_deref().or(reversed.and_then(|held| held.item.as_deref()));
        let of = Of { line: &self.line, item, on: Some(reversed.map_or(self.on, |held| held.on)) };
        let verdict = of.convert(&mut self.quantity, known, findings);
        if verdict != Verdict::Use {
            return verdict;
        }
        if let Err(violation) = self.quantity.fits("damaged_quantity", self.damaged) {
            return Verdict::Refuse(violation);
        }
        if let Some(violation) = room(known, &self.line, &self.key, "order") {
            return Verdict::Refuse(violation);
        }
        if self.damaged > self.quantity.value {
            let message = format!("{} is damaged of {}; send what was received, damaged included", self.damaged, self.quantity.value);
            findings.warn("damaged_quantity", "DAMAGED_MORE_THAN_RECEIVED", message);
        }
        Verdict::Use
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("receipt/{key}")]
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        if let Some(new) = new.filter(|new| old.is_none_or(|old| old.on != new.on)) {
            measure::told("receipt", Some(new.on), to);
        }
        let remove = |facts: &mut contract::OrderFacts, key: &str| facts::remove(&mut facts.receipts, key);
        lines::moved(old.map(|old| old.line.as_str()), new.map(|new| (new.line.as_str(), new)), to, remove, |facts, new, source| {
            upsert(&mut facts.receipts, new.fact(source));
        })
    }
}

//! Goods on their way.

use super::{
    amount::Amount,
    counting::{Of, looks_at, room},
    facts::{self, MOST, ShipmentTrack, find, upsert},
    lines, measure,
    milestone::standing,
    number,
    place::item,
};
use crossdock_core::{Key, Result, Violation};
use crossdock_master_data::wired::date;
use crossdock_proto::execution as contract;
use crossdock_records::{Derived, Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// Goods on their way for one order line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Its own key while it comes in; empty when it is stored.
    pub key: String,
    /// The order line.
    pub line: String,
    /// What was shipped; the item ordered if absent.
    pub item: Option<String>,
    /// How much.
    pub quantity: Amount,
    /// Day it left.
    pub shipped: Option<Date>,
    /// Day it is expected.
    pub expected: Option<Date>,
}

/// The shipment as a whole that a record of it belongs to: its connection and document.
pub fn whole(key: &str) -> String {
    key.splitn(3, '/').take(2).collect::<Vec<_>>().join("/")
}

/// Refuses an entry that a shipment has no room for.
pub fn no_room(known: &Known, shipment: &str, key: &str) -> Option<Violation> {
    let ShipmentTrack(track) = known.get::<ShipmentTrack>(shipment)?;
    let is_full =
        track.lines.len() + track.milestones.len() >= MOST && find(&track.lines, key).is_none() && find(&track.milestones, key).is_none();
    is_full.then(|| {
        Violation::new("", "TOO_MANY_RECORDS", shipment, format!("shipment {shipment} has {MOST} lines and milestones; send another one"))
    })
}

impl Shipment {
    pub fn fact(&self, key: &str, standing: Option<contract::ShipmentStanding>) -> contract::ShipmentFact {
        contract::ShipmentFact {
            key: key.to_owned(),
            quantity: self.quantity.base().to_string(),
            item_id: self.item.clone().unwrap_or_default(),
            shipped_date: self.shipped.map(date),
            expected_date: self.expected.map(date),
            standing,
        }
    }
}

impl Rules for Shipment {
    fn needs(&self) -> Vec<Key> {
        self.item.as_deref().map(item).into_iter().collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        let units = self.item.as_deref().map(Amount::looks_at);
        looks_at(&self.line).into_iter().chain(units).chain([Key::new(number::SHIPMENT_TRACK, whole(&self.key))]).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("order", self.line.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { day: self.shipped.map(day), ..Scope::default() }
    }

    fn belongs_to(&self) -> Vec<Key> {
        vec![Key::new(number::SUPPLY_ORDER, self.line.as_str())]
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        let of = Of { line: &self.line, item: self.item.as_deref(), on: self.shipped.or(self.expected) };
        let verdict = of.convert(&mut self.quantity, known, findings);
        if verdict != Verdict::Use {
            return verdict;
        }
        let crowded = room(known, &self.line, &self.key, "order").or_else(|| no_room(known, &whole(&self.key), &self.key));
        crowded.map_or(Verdict::Use, Verdict::Refuse)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        // What has not left yet has not happened.
        if let Some(on) = new.and_then(|new| new.shipped).filter(|on| old.is_none_or(|old| old.shipped != Some(*on))) {
            measure::told("shipment", Some(on), to);
        }
        let key = to.source().key;
        let mut said = None;
        to.edit::<ShipmentTrack>(&whole(key), |held| {
            let mut track = held.unwrap_or_default();
            facts::remove(&mut track.lines, key);
            if let Some(new) = new {
                upsert(&mut track.lines, contract::ShipmentLine { key: key.to_owned(), order: new.line.clone() });
            }
            said = standing(&track);
            (track != contract::ShipmentTrack::default()).then_some(track)
        })?;
        let remove = |facts: &mut contract::OrderFacts, key: &str| facts::remove(&mut facts.shipments, key);
        lines::moved(old.map(|old| old.line.as_str()), new.map(|new| (new.line.as_str(), new)), to, remove, |facts, new, source| {
            upsert(&mut facts.shipments, new.fact(source.key, said));
        })
    }
}

//! What is known of an order line, by the records that say it. It is kept as the contract has it; here is how it is read.

use super::number;
use crossdock_core::{Key, Micro};
use crossdock_master_data::wired::civil;
use crossdock_proto::{execution as contract, types};
use crossdock_records::{Rules, Scope, derived_kind};
use jiff::civil::Date;

/// Entries that a line, a shipment or a table of disruptions may have.
pub const MOST: usize = 1_000;
/// Parts that a confirmation may have.
pub const MOST_PARTS: usize = 100;

derived_kind!(
    /// What is known of an order line.
    OrderFacts,
    contract::OrderFacts,
    number::ORDER_FACTS
);

derived_kind!(
    /// A shipment as a whole.
    ShipmentTrack,
    contract::ShipmentTrack,
    number::SHIPMENT_TRACK
);

derived_kind!(
    /// Disruptions by what they speak of.
    DisruptionTable,
    contract::DisruptionTable,
    number::DISRUPTION_TABLE
);

impl Rules for OrderFacts {
    fn scope(&self) -> Scope<'_> {
        self.0.order.as_ref().map_or_else(Scope::default, |order| Scope {
            location: Some(&order.destination_location_id),
            origin: Some(&order.origin_location_id),
            supplier: Some(&order.supplier_id),
            ..Scope::default()
        })
    }
}

impl Rules for ShipmentTrack {
    fn belongs_to(&self) -> Vec<Key> {
        self.0.lines.iter().map(|line| Key::new(number::SUPPLY_ORDER, line.order.as_str())).collect()
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("shipment_track/{key}")]
    }
}

impl Rules for DisruptionTable {}

/// An amount as facts have it; an empty one is nothing.
pub fn micro(text: &str) -> Micro {
    text.parse().unwrap_or_default()
}

/// Which of several documents is newer: by day, then by key, a longer one being later, as numbers grow. Versions do not say: they advance without a
/// change, and are another's for every document.
pub fn rank<'a>(date: Option<&types::Date>, key: &'a str) -> (Option<Date>, usize, &'a str) {
    (civil(date), key.len(), key)
}

/// The sum; what one record may say fits in it a thousand times.
pub fn total(amounts: impl IntoIterator<Item = Micro>) -> Micro {
    amounts.into_iter().fold(Micro::ZERO, |sum, amount| Micro(sum.0.saturating_add(amount.0)))
}

/// What is left of an amount, at least nothing.
pub fn less(amount: Micro, by: Micro) -> Micro {
    Micro(amount.0.saturating_sub(by.0).max(0))
}

/// An entry of a list that is sorted by key.
pub trait Keyed {
    /// Its key.
    fn key(&self) -> &str;
}

macro_rules! keyed {
    ($($entry:ident $field:ident)*) => { $(impl Keyed for contract::$entry {
        fn key(&self) -> &str {
            &self.$field
        }
    })* };
}

keyed!(ConfirmationFact key ShipmentFact key ReceiptFact key SplitFact order MilestoneFact key ShipmentLine key DisruptionFact key);

/// The entry with this key.
pub fn find<'a, E: Keyed>(entries: &'a [E], key: &str) -> Option<&'a E> {
    entries.binary_search_by(|entry| entry.key().cmp(key)).ok().and_then(|at| entries.get(at))
}

/// Puts an entry in its place, or in the place of the one with its key.
pub fn upsert<E: Keyed>(entries: &mut Vec<E>, entry: E) {
    match entries.binary_search_by(|held| held.key().cmp(entry.key())) {
        Ok(at) => entries[at] = entry,
        Err(at) => entries.insert(at, entry),
    }
}

/// Takes the entry with this key out.
pub fn remove<E: Keyed>(entries: &mut Vec<E>, key: &str) {
    entries.retain(|held| held.key() != key);
}

/// How many entries a line has, parts of confirmations included.
pub fn entries(facts: &contract::OrderFacts) -> usize {
    facts.confirmations.iter().map(|held| 1 + held.parts.len()).sum::<usize>()
        + facts.shipments.len()
        + facts.receipts.len()
        + facts.splits.len()
}

/// Whether a line has an entry with this key, of whatever kind.
pub fn has(facts: &contract::OrderFacts, key: &str) -> bool {
    find(&facts.confirmations, key).is_some()
        || find(&facts.shipments, key).is_some()
        || find(&facts.receipts, key).is_some()
        || find(&facts.splits, key).is_some()
}

/// Ordered less cancelled; none while the order is not known.
pub fn wanted(facts: &contract::OrderFacts) -> Option<Micro> {
    facts.order.as_ref().map(|order| less(micro(&order.ordered), micro(&order.cancelled)))
}

/// The same of a line and of those that were split from it.
pub fn family(facts: &contract::OrderFacts) -> Micro {
    total(wanted(facts).into_iter().chain(facts.splits.iter().map(|split| micro(&split.quantity))))
}

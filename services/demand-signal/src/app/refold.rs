//! What is derived, computed again from the records alone: `crossdock check` compares it with what is kept.

use crate::model::{
    customer_return::CustomerReturn,
    demand_line::DemandLine,
    fulfilment::Fulfilment,
    history::{self, Historic},
    inventory_position::{Count, Position, State, marks},
    inventory_snapshot::InventorySnapshot,
    lost_sale::LostSale,
    movement::Movement,
    number,
};
use crossdock_core::{Micro, key};
use crossdock_proto::operations::{Set, SetState};
use crossdock_records::{Kind, SET, model};
use crossdock_store::Record;
use std::collections::BTreeMap;

/// Sums by kind, key and bucket.
pub type Sums = BTreeMap<(u16, String, i64), i64>;

/// Takes source records in any order, each once, and folds them.
#[derive(Debug, Default)]
pub struct Refold {
    sums: Sums,
    positions: BTreeMap<String, (Option<Position>, Option<Count>)>,
    marks: BTreeMap<String, i64>,
}

/// What follows from the records.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Sums that are not zero.
    pub sums: Sums,
    /// The newest count of each position and the movements after it. The count before is not in the records any more.
    pub positions: BTreeMap<String, (Option<Count>, Micro)>,
}

impl Refold {
    /// Takes a record of any kind; what nothing follows from is passed over.
    pub fn take(&mut self, record: &Record) {
        match record.kind {
            SET => self.set(record),
            // A count that was withdrawn is zero from there on.
            number::INVENTORY_SNAPSHOT if record.counts => self.snapshot(record),
            _ if record.deleted || !record.counts => {}
            number::DEMAND_LINE => self.history::<DemandLine>(record),
            number::CUSTOMER_RETURN => self.history::<CustomerReturn>(record),
            number::LOST_SALE => self.history::<LostSale>(record),
            number::FULFILMENT => {
                self.history::<Fulfilment>(record);
                if let Some(model) = model::<Fulfilment>(record)
                    && let Some((line, day, amount)) = model.progress()
                {
                    if model.stands_for.is_some() {
                        self.add(number::SUBSTITUTED, line.to_owned(), day, amount);
                    }
                    self.add(number::PROGRESS, line.to_owned(), day, amount);
                }
            }
            number::MOVEMENT => self.movement(record),
            _ => {}
        }
    }

    /// What follows from all of them.
    pub fn finish(mut self) -> Folded {
        self.sums.retain(|_, amount| *amount != 0);
        let positions = std::mem::take(&mut self.positions);
        let positions = positions.into_iter().map(|(key, (position, count))| {
            let state = self.position(position.as_ref(), count);
            let after = match state.count {
                None => i64::MIN,
                Some(Count { through: Some(through), .. }) => through.saturating_add(1),
                Some(Count { through: None, .. }) => return (key, (state.count, Micro::ZERO)),
            };
            let ledger = self.sums.range((number::LEDGER, key.clone(), after)..=(number::LEDGER, key.clone(), i64::MAX));
            let moved = ledger.fold(0_i64, |total, (_, amount)| total.saturating_add(*amount));
            (key, (state.count, Micro(moved)))
        });
        let positions = positions.filter(|(_, (count, moved))| count.is_some() || *moved != Micro::ZERO).collect();
        Folded { sums: self.sums, positions }
    }

    fn position(&self, position: Option<&Position>, count: Option<Count>) -> State {
        let keys = position.map(|position| marks(&position.place.location));
        let mark = keys.iter().flatten().filter_map(|key| self.marks.get(key)).max().copied();
        let stands_alone = count.is_some_and(|count| count.through.is_none());
        let is_past = mark.is_some() && !stands_alone && count.and_then(|count| count.through) < mark;
        State { count: if is_past { Some(Count { quantity: Micro::ZERO, through: mark }) } else { count }, ..State::default() }
    }

    fn history<T: Historic + Kind>(&mut self, record: &Record) {
        if let Some(model) = model::<T>(record) {
            for (key, bucket, amount) in history::sums(&model) {
                self.add(number::HISTORY, key, bucket, amount);
            }
        }
    }

    fn movement(&mut self, record: &Record) {
        if let Some(model) = model::<Movement>(record) {
            let (ledger, at, amount) = model.ledger();
            self.add(number::LEDGER, ledger, at, amount);
            let key = model.position.key();
            self.positions.entry(key).or_default().0 = Some(model.position);
        }
    }

    fn snapshot(&mut self, record: &Record) {
        if let Some(model) = model::<InventorySnapshot>(record) {
            let counted = model.count();
            let count = if record.deleted { Count { quantity: Micro::ZERO, ..counted } } else { counted };
            let key = model.position.key();
            self.positions.insert(key, (Some(model.position), Some(count)));
        }
    }

    fn set(&mut self, record: &Record) {
        let Some(set) = model::<Set>(record).filter(|set| set.kind == "inventory_snapshot" && set.absent_is_zero) else { return };
        let removing = set.progress.as_ref().is_some_and(|progress| progress.removing);
        let is_committed = set.state() == SetState::Applied || (set.state() == SetState::Applying && removing);
        let (Some(through), true) = (set.through, is_committed) else { return };
        let locations = set.scope.as_ref().map_or(&[][..], |scope| &scope.locations);
        let all = locations.is_empty().then(String::new);
        for mark in locations.iter().map(|location| key::join([location])).chain(all) {
            let newest = self.marks.entry(mark).or_insert(through);
            *newest = through.max(*newest);
        }
    }

    fn add(&mut self, kind: u16, key: String, bucket: i64, amount: Micro) {
        let total = self.sums.entry((kind, key, bucket)).or_default();
        *total = total.saturating_add(amount.0);
    }
}

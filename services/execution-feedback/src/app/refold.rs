//! What is derived, computed again from the records alone: `crossdock check` compares it with what is kept.

use crate::model::{
    confirmation::Confirmation,
    disruption::{Disruption, tables},
    facts::{OrderFacts, family, upsert},
    milestone::{Milestone, standing},
    number,
    progress::{Feedback, OrderProgress, feedback, progress},
    receipt::Receipt,
    shares::spread,
    shipment::{Shipment, whole},
    supply_order::SupplyOrder,
};
use crossdock_core::Micro;
use crossdock_proto::execution as contract;
use crossdock_records::{Source, message, model};
use crossdock_store::Record;
use std::collections::BTreeMap;

/// Takes the records of the service as its feed has them; in the end sources are folded, and what is derived is compared with that.
#[derive(Debug, Default)]
pub struct Refold {
    newest: BTreeMap<(u16, String), Record>,
}

#[derive(Debug, Default)]
struct Fold {
    lines: BTreeMap<String, contract::OrderFacts>,
    tracks: BTreeMap<String, contract::ShipmentTrack>,
    disruptions: BTreeMap<String, BTreeMap<String, contract::Disruption>>,
    kept: Kept,
}

/// What is kept, without what only the clock says.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    facts: BTreeMap<String, contract::OrderFacts>,
    progress: BTreeMap<String, contract::OrderProgress>,
    feedback: BTreeMap<String, contract::Feedback>,
}

impl Refold {
    /// Takes a record of any kind, in the place of what it was before.
    pub fn take(&mut self, record: &Record) {
        self.newest.insert((record.kind, record.key.clone()), record.clone());
    }

    /// How many order lines there are, and every difference between what is kept and what follows from the records.
    pub fn finish(self) -> (usize, Vec<String>) {
        let mut fold = Fold::default();
        self.newest.values().filter(|record| !record.deleted && record.counts).for_each(|record| fold.take(record));
        fold.finish()
    }
}

impl Fold {
    /// What nothing follows from is passed over.
    fn take(&mut self, record: &Record) {
        let source = Source { key: &record.key, ..Source::default() };
        match record.kind {
            number::SUPPLY_ORDER => {
                if let Some(order) = model::<SupplyOrder>(record) {
                    self.line(&record.key).order = Some(order.fact());
                }
            }
            number::CONFIRMATION => {
                if let Some(held) = model::<Confirmation>(record) {
                    upsert(&mut self.line(&held.line).confirmations, held.fact(source));
                }
            }
            number::SHIPMENT => {
                if let Some(held) = model::<Shipment>(record) {
                    upsert(&mut self.line(&held.line).shipments, held.fact(source.key, None));
                }
            }
            number::MILESTONE => {
                if let Some(held) = model::<Milestone>(record) {
                    upsert(&mut self.tracks.entry(held.shipment.clone()).or_default().milestones, held.fact(source));
                }
            }
            number::RECEIPT => {
                if let Some(held) = model::<Receipt>(record) {
                    upsert(&mut self.line(&held.line).receipts, held.fact(source));
                }
            }
            number::DISRUPTION => {
                if let Some(held) = model::<Disruption>(record) {
                    self.disruptions.entry(held.table()).or_default().insert(record.key.clone(), held.said);
                }
            }
            _ => self.keep(record),
        }
    }

    /// Postings are another service's; what is kept of them is believed.
    fn keep(&mut self, record: &Record) {
        match record.kind {
            number::ORDER_FACTS => {
                if let Some(facts) = message::<OrderFacts>(record) {
                    self.line(&record.key).posted.clone_from(&facts.posted);
                    self.kept.facts.insert(record.key.clone(), timeless(facts));
                }
            }
            number::ORDER_PROGRESS => {
                let kept = message::<OrderProgress>(record);
                let kept = kept.map(|kept| contract::OrderProgress { first_confirm_time: None, order_time: None, ..kept });
                self.kept.progress.extend(kept.map(|kept| (record.key.clone(), kept)));
            }
            number::FEEDBACK => self.kept.feedback.extend(message::<Feedback>(record).map(|kept| (record.key.clone(), kept))),
            _ => {}
        }
    }

    fn line(&mut self, key: &str) -> &mut contract::OrderFacts {
        self.lines.entry(key.to_owned()).or_default()
    }

    fn finish(mut self) -> (usize, Vec<String>) {
        for facts in self.lines.values_mut() {
            for shipment in &mut facts.shipments {
                shipment.standing = self.tracks.get(&whole(&shipment.key)).and_then(standing);
            }
        }
        self.split();
        self.lines.retain(|_, facts| *facts != contract::OrderFacts::default());
        let mut wanted = Kept::default();
        for (line, facts) in &self.lines {
            let tables = facts.order.iter().flat_map(tables).filter_map(|table| self.disruptions.get(&table));
            let disruptions: Vec<contract::Disruption> = tables.flat_map(BTreeMap::values).cloned().collect();
            let facts = timeless(facts.clone());
            wanted.progress.extend(progress(&facts, &disruptions).map(|progress| (line.clone(), progress)));
            wanted.feedback.extend(feedback(line, &facts, &disruptions));
            wanted.facts.insert(line.clone(), facts);
        }
        let mut differences = Vec::new();
        compare("order_facts", &self.kept.facts, &wanted.facts, &mut differences);
        compare("order_progress", &self.kept.progress, &wanted.progress, &mut differences);
        compare("feedback", &self.kept.feedback, &wanted.feedback, &mut differences);
        (self.lines.len(), differences)
    }

    /// Quantities of splits go up to the lines that they were split from, recommendations come down.
    fn split(&mut self) {
        let parent =
            |facts: &contract::OrderFacts| facts.order.as_ref().map(|order| order.split_from.clone()).filter(|from| !from.is_empty());
        let parents: BTreeMap<String, String> =
            self.lines.iter().filter_map(|(line, facts)| Some((line.clone(), parent(facts)?))).collect();
        for from in parents.values() {
            self.line(from);
        }
        // Each pass carries what changed one line further; there is no circle, so that it comes to an end.
        loop {
            let mut changed = false;
            for (line, from) in &parents {
                let quantity: Micro = self.lines.get(line).map(family).unwrap_or_default();
                let held = self.line(from);
                let before = held.splits.clone();
                upsert(&mut held.splits, contract::SplitFact { order: line.clone(), quantity: quantity.to_string() });
                changed |= before != held.splits;
            }
            for (line, from) in &parents {
                let inherits = self.lines.get(from).map(spread).unwrap_or_default().splits.into_iter().find(|(split, _)| split == line);
                let inherits = inherits.map(|(_, linked)| linked).unwrap_or_default();
                let held = self.line(line);
                changed |= held.inherited != inherits;
                held.inherited = inherits;
            }
            if !changed {
                return;
            }
        }
    }
}

/// Without what the clock said when the records came in, and what the sourcing rules said when the line was done.
fn timeless(mut facts: contract::OrderFacts) -> contract::OrderFacts {
    facts.promised_days = None;
    facts.order.iter_mut().for_each(|order| order.receive_time = None);
    facts.confirmations.iter_mut().for_each(|held| held.receive_time = None);
    facts
}

fn compare<T: PartialEq + std::fmt::Debug>(
    kind: &str,
    kept: &BTreeMap<String, T>,
    wanted: &BTreeMap<String, T>,
    differences: &mut Vec<String>,
) {
    for (key, kept) in kept.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        differences.push(format!("{kind} {key}: {kept:?} is kept, nothing follows from the records"));
    }
    for (key, wanted) in wanted {
        match kept.get(key) {
            Some(kept) if kept == wanted => {}
            Some(kept) => differences.push(format!("{kind} {key}: {kept:?} is kept, {wanted:?} follows from the records")),
            None => differences.push(format!("{kind} {key}: nothing is kept, {wanted:?} follows from the records")),
        }
    }
}

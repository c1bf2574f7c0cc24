//! How feedback counts: in base units, of the item and in the unit of its order line where it names none itself.

use super::{
    amount::Amount,
    facts::{MOST, OrderFacts, entries, has},
    number,
    place::item,
    supply_order::SupplyOrder,
};
use crossdock_core::{Key, Violation};
use crossdock_proto::governance::{ConfirmationMode, FeedbackRules, Policy, ReceiptMode};
use crossdock_records::{Cause, Findings, Known, POLICY, Verdict};
use jiff::civil::Date;

/// The record of the policy.
pub fn policy() -> Key {
    Key::new(POLICY, "active")
}

/// How the connection of a record sends feedback: its confirmations add, its receipts are totals.
pub fn modes(known: &Known, key: &str) -> (bool, bool) {
    let connection = crossdock_core::key::split(key).into_iter().next().unwrap_or_default();
    let speaks = |rules: &&FeedbackRules| rules.connection == connection;
    let rules = known.get::<Policy>("active").and_then(|policy| policy.feedback.iter().find(speaks));
    rules.map_or((false, false), |rules| (rules.confirmations() == ConfirmationMode::Add, rules.receipts() == ReceiptMode::Cumulative))
}

/// Waits for its order line.
pub fn unknown_order(line: &str) -> Cause {
    Cause {
        key: format!("supply_order/{line}"),
        reason: "UNKNOWN_SUPPLY_ORDER".into(),
        message: format!(
            "order line {line:?} is not known here, and the record does not say its item and unit itself; send that order line"
        ),
    }
}

/// What a quantity is of, where the record leaves it to its order line.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The order line.
    pub line: &'a str,
    /// The item; that of the order line if absent.
    pub item: Option<&'a str>,
    /// The business date; the day of the order if absent.
    pub on: Option<Date>,
}

impl Of<'_> {
    /// Converts a quantity into base units.
    pub fn convert(self, quantity: &mut Amount, known: &Known, findings: &mut Findings) -> Verdict {
        let order = known.get::<SupplyOrder>(self.line);
        let is_said = self.item.is_some() && quantity.unit.is_some() && self.on.is_some();
        if order.is_none() && !is_said {
            return Verdict::Wait(unknown_order(self.line));
        }
        let ordered = order.map(|order| order.item.as_str());
        let (Some(of), Some(on)) = (self.item.or(ordered), self.on.or(order.map(|order| order.ordered))) else {
            return Verdict::Wait(unknown_order(self.line));
        };
        let keys = [item(of), Amount::looks_at(of)];
        if keys.iter().any(|key| !known.is_known(key.kind, &key.key)) {
            return Verdict::Look(keys.into());
        }
        let of_order = || order.filter(|_| ordered == Some(of)).and_then(|order| order.quantity.unit.clone());
        let mut counted = Amount { unit: quantity.unit.clone().or_else(of_order), ..quantity.clone() };
        let verdict = counted.convert(of, on, known, findings);
        quantity.base = counted.base;
        verdict
    }
}

/// Refuses an entry that a line has no room for.
pub fn room(known: &Known, line: &str, key: &str, field: &'static str) -> Option<Violation> {
    let OrderFacts(facts) = known.get::<OrderFacts>(line)?;
    let is_full = entries(facts) >= MOST && !has(facts, key);
    is_full.then(|| {
        let message = format!(
            "order line {line} has {MOST} confirmations, shipments, receipts and splits; delete those that are not needed any more"
        );
        Violation::new(field, "TOO_MANY_RECORDS", line, message)
    })
}

/// What is looked at for feedback on a line.
pub fn looks_at(line: &str) -> Vec<Key> {
    let kinds = [number::SUPPLY_ORDER, number::ORDER_FACTS, number::ORDER_PROGRESS];
    kinds.into_iter().map(|kind| Key::new(kind, line)).chain([policy()]).collect()
}

//! How far an order line is: a function of what is known of it, whatever came first.

use super::{
    expected::{self, Part, comes, confirmed, expected, has_left},
    facts::{find, less, micro, rank, total, wanted},
    number,
    shares::{shares, spread},
};
use crossdock_core::{Key, Micro, key};
use crossdock_master_data::wired::{civil, date};
use crossdock_proto::{
    execution::{self as contract, ConfirmationState, OrderState},
    types::{Finding, Severity},
};
use crossdock_records::{Rules, Scope, derived_kind};
use crossdock_store::Fields;
use jiff::civil::Date;
use std::collections::{BTreeMap, VecDeque};

/// More was received than ordered.
pub const OVER_RECEIPT: &str = "OVER_RECEIPT";
/// What is confirmed is less than what is open, or more than what is ordered.
pub const CONFIRMATION_MISMATCH: &str = "CONFIRMATION_MISMATCH";
/// Reversals take more back than the receipt brought.
pub const REVERSED_MORE_THAN_RECEIVED: &str = "REVERSED_MORE_THAN_RECEIVED";

derived_kind!(
    /// How far an order line is.
    OrderProgress,
    contract::OrderProgress,
    number::ORDER_PROGRESS
);

derived_kind!(
    /// What became of a recommendation.
    Feedback,
    contract::Feedback,
    number::FEEDBACK
);

impl Rules for OrderProgress {
    fn fields(&self) -> Fields {
        let Self(progress) = self;
        let open = if micro(&progress.open) == Micro::ZERO { "" } else { "true" };
        let state = progress.state().as_str_name().trim_start_matches("ORDER_STATE_").to_lowercase();
        let all = [
            ("state", state.as_str()),
            ("item_id", &progress.item_id),
            ("supplier_id", &progress.supplier_id),
            ("origin_location_id", &progress.origin_location_id),
            ("destination_location_id", &progress.destination_location_id),
            ("open", open),
        ];
        let recommendations = progress.recommendations.iter().map(|share| ("recommendation", share.recommendation.as_str()));
        let all = all.into_iter().chain(recommendations);
        all.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            location: Some(&self.0.destination_location_id),
            origin: Some(&self.0.origin_location_id),
            supplier: Some(&self.0.supplier_id),
            ..Scope::default()
        }
    }
}

impl Rules for Feedback {
    fn belongs_to(&self) -> Vec<Key> {
        let order = |order: &contract::OrderLineReference| key::document(&order.connection, &order.document, &order.line);
        self.0.order.iter().map(|held| Key::new(number::ORDER_PROGRESS, order(held))).collect()
    }
}

/// Receipts that count, reversals and earlier totals taken off: quantity, damaged, and the receipt.
fn receipts(facts: &contract::OrderFacts) -> Vec<(Micro, Micro, &contract::ReceiptFact)> {
    let connection = |held: &contract::ReceiptFact| held.key.split('/').next().unwrap_or_default().to_owned();
    let mut totals: BTreeMap<String, &contract::ReceiptFact> = BTreeMap::new();
    for held in facts.receipts.iter().filter(|held| held.cumulative) {
        let newest = totals.entry(connection(held)).or_insert(held);
        if rank(newest.date.as_ref(), &newest.key) < rank(held.date.as_ref(), &held.key) {
            *newest = held;
        }
    }
    let counts = |held: &&contract::ReceiptFact| {
        held.reverses.is_empty() && totals.get(&connection(held)).is_none_or(|newest| newest.key == held.key)
    };
    let back = reversed(facts);
    let net = facts.receipts.iter().filter(counts).map(|held| {
        let (quantity, damaged) = back.get(held.key.as_str()).copied().unwrap_or_default();
        (less(micro(&held.quantity), quantity), less(micro(&held.damaged), damaged), held)
    });
    net.collect()
}

/// What reversals take back, by the receipt: quantity, damaged.
fn reversed(facts: &contract::OrderFacts) -> BTreeMap<&str, (Micro, Micro)> {
    let mut back: BTreeMap<&str, (Micro, Micro)> = BTreeMap::new();
    for reversal in facts.receipts.iter().filter(|held| !held.reverses.is_empty()) {
        let sum = back.entry(&reversal.reverses).or_default();
        *sum = (total([sum.0, micro(&reversal.quantity)]), total([sum.1, micro(&reversal.damaged)]));
    }
    back
}

/// What was received by the shipment that is named, and without naming one.
pub fn received_by_shipment(facts: &contract::OrderFacts) -> (BTreeMap<String, Micro>, Micro) {
    let (mut named, mut unnamed) = (BTreeMap::new(), Micro::ZERO);
    for (quantity, _, receipt) in receipts(facts) {
        let sum = if receipt.shipment.is_empty() { &mut unnamed } else { named.entry(receipt.shipment.clone()).or_default() };
        *sum = total([*sum, quantity]);
    }
    (named, unnamed)
}

/// How far an order line is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ordered less cancelled.
    pub wanted: Micro,
    /// Received.
    pub received: Micro,
    /// Of it: damaged.
    pub damaged: Micro,
    /// Still expected.
    pub open: Micro,
    /// Received beyond what is wanted.
    pub over: Micro,
    /// Closed although not all came.
    pub short: Micro,
    /// Days of the first and the last receipt.
    pub days: Option<(Date, Date)>,
    /// Another item came or comes instead of a part.
    pub is_substituted: bool,
}

impl Counts {
    /// Of these facts.
    pub fn of(facts: &contract::OrderFacts) -> Self {
        let counting = receipts(facts);
        let there: Vec<_> = counting.iter().filter(|(quantity, _, _)| *quantity != Micro::ZERO).collect();
        let received = total(there.iter().map(|(quantity, _, _)| *quantity));
        let damaged = total(there.iter().map(|(_, damaged, _)| *damaged));
        let days = || there.iter().filter_map(|(_, _, receipt)| civil(receipt.date.as_ref()));
        let days = days().min().zip(days().max());
        let wanted = wanted(facts).unwrap_or_default();
        let missing = less(wanted, received);
        let (open, short) = match &facts.order {
            None => (Micro::ZERO, Micro::ZERO),
            Some(order) if order.closed => (Micro::ZERO, missing),
            Some(_) => (missing, Micro::ZERO),
        };
        let over = if facts.order.is_some() { less(received, wanted) } else { Micro::ZERO };
        let other = |id: &str| !id.is_empty() && facts.order.as_ref().is_some_and(|order| order.item_id != id);
        let is_substituted = there.iter().any(|(_, _, receipt)| other(&receipt.item_id))
            || facts.shipments.iter().any(|shipment| other(&shipment.item_id))
            || confirmed(facts).iter().any(|part| part.state() == ConfirmationState::Substituted);
        Self { wanted, received, damaged, open, over, short, days, is_substituted }
    }
}

fn state(facts: &contract::OrderFacts, counts: &Counts) -> OrderState {
    let Some(order) = &facts.order else { return OrderState::UnknownOrder };
    let confirmed = confirmed(facts);
    let coming = total(confirmed.iter().filter(|part| comes(part)).map(|part| micro(&part.quantity)));
    let due = civil(order.due_date.as_ref());
    let as_ordered = |part: &contract::ConfirmedPart| {
        matches!(part.state(), ConfirmationState::Unspecified | ConfirmationState::Accepted)
            && due.is_none_or(|due| civil(part.date.as_ref()).is_none_or(|date| date <= due))
    };
    if order.closed || counts.wanted == Micro::ZERO {
        OrderState::Closed
    } else if counts.received >= counts.wanted {
        OrderState::Received
    } else if counts.received != Micro::ZERO {
        OrderState::PartiallyReceived
    } else if confirmed.is_empty() {
        OrderState::Ordered
    } else if coming == Micro::ZERO {
        OrderState::Rejected
    } else if coming == counts.wanted && confirmed.iter().all(as_ordered) {
        OrderState::Confirmed
    } else {
        OrderState::Changed
    }
}

fn findings(facts: &contract::OrderFacts, counts: &Counts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |field: &str, reason: &str, message: String| {
        findings.push(Finding { field: field.into(), reason: reason.into(), severity: Severity::Warning.into(), message });
    };
    let Some(order) = &facts.order else { return findings };
    let (wanted, received) = (counts.wanted, counts.received);
    if counts.over != Micro::ZERO {
        warn("received", OVER_RECEIPT, format!("{received} is received of {wanted} ordered: {} too many", counts.over));
    }
    let confirmed = confirmed(facts);
    let answered = total(confirmed.iter().map(|part| micro(&part.quantity)));
    if !confirmed.is_empty() && !order.closed && (answered < counts.open || answered > wanted) {
        let message = format!("{answered} is confirmed in all, {wanted} ordered and {} open: what became of the rest?", counts.open);
        warn("confirmed", CONFIRMATION_MISMATCH, message);
    }
    let brought = |key: &str| find(&facts.receipts, key).map(|held| micro(&held.quantity));
    let mut back = reversed(facts).into_iter().map(|(key, (back, _))| (key, back));
    if let Some((key, back)) = back.find(|(key, back)| brought(key).is_some_and(|brought| *back > brought)) {
        let brought = brought(key).unwrap_or_default();
        let message = format!("{back} is taken back of receipt {key}, which brought {brought}; no more than that counts");
        warn("received", REVERSED_MORE_THAN_RECEIVED, message);
    }
    findings
}

/// How far an order line is, and what its recommendations get of it; none if nothing is known of it.
pub fn progress(facts: &contract::OrderFacts, disruptions: &[contract::Disruption]) -> Option<contract::OrderProgress> {
    if *facts == contract::OrderFacts::default() {
        return None;
    }
    let counts = Counts::of(facts);
    let parts = expected(facts, counts.open, disruptions);
    let order = facts.order.clone().unwrap_or_default();
    let text = |amount: Micro| if facts.order.is_some() { amount.to_string() } else { String::new() };
    let shipped = facts.shipments.iter().filter(|shipment| has_left(shipment)).map(|shipment| micro(&shipment.quantity));
    let first = |at: &contract::ConfirmationFact| at.receive_time.map(|at| (at.seconds, at.nanos));
    let first_confirmation = facts.confirmations.iter().min_by_key(|held| first(held));
    Some(contract::OrderProgress {
        state: state(facts, &counts).into(),
        item_id: order.item_id,
        supplier_id: order.supplier_id,
        origin_location_id: order.origin_location_id,
        destination_location_id: order.destination_location_id,
        ordered: order.ordered,
        cancelled: order.cancelled,
        shipped: total(shipped).to_string(),
        received: counts.received.to_string(),
        damaged: counts.damaged.to_string(),
        open: text(counts.open),
        over: text(counts.over),
        short: text(counts.short),
        confirmed: confirmed(facts),
        expected: parts.iter().map(told).collect(),
        closed: order.closed,
        due_date: order.due_date,
        ordered_date: order.ordered_date,
        first_received_date: counts.days.map(|(first, _)| date(first)),
        last_received_date: counts.days.map(|(_, last)| date(last)),
        first_confirm_time: first_confirmation.and_then(|held| held.receive_time),
        order_time: order.receive_time,
        posting_key: order.posting_key,
        recommendations: recommended(facts, &counts, &parts).into_iter().map(|(share, _)| share).collect(),
        substituted: counts.is_substituted,
        findings: findings(facts, &counts),
    })
}

/// What the recommendations on a line get of it, with what each may expect.
fn recommended(facts: &contract::OrderFacts, counts: &Counts, parts: &[Part]) -> Vec<(contract::RecommendationShare, Vec<Part>)> {
    let own = spread(facts).own;
    let mut parts: VecDeque<Part> = parts.iter().copied().collect();
    let shares = shares(&own, counts.received, counts.open);
    let mut told = Vec::with_capacity(own.len());
    for (linked, (received, open)) in own.into_iter().zip(shares) {
        let mine = expected::take(&mut parts, open);
        let dates: Vec<Option<Date>> = mine.iter().map(|part| part.date).collect();
        let is_dated = total(mine.iter().map(|part| part.quantity)) == open && dates.iter().all(Option::is_some);
        let share = contract::RecommendationShare {
            recommendation: linked.recommendation,
            quantity: linked.quantity,
            received: received.to_string(),
            open: open.to_string(),
            need_by: linked.need_by,
            expected_date: dates.into_iter().max().flatten().filter(|_| is_dated).map(date),
            post_time: linked.post_time,
        };
        told.push((share, mine));
    }
    told
}

/// What became of each recommendation on a line, by the keys of the feedback.
pub fn feedback(line: &str, facts: &contract::OrderFacts, disruptions: &[contract::Disruption]) -> BTreeMap<String, contract::Feedback> {
    let counts = Counts::of(facts);
    let parts = expected(facts, counts.open, disruptions);
    let state = state(facts, &counts).into();
    let one = |(share, parts): (contract::RecommendationShare, Vec<Part>)| {
        let feedback = contract::Feedback {
            recommendation: share.recommendation.clone(),
            order: Some(reference(line)),
            state,
            share: Some(share),
            expected: parts.iter().map(told).collect(),
        };
        // Both are keys, escaped already.
        (format!("{}/{line}", feedback.recommendation), feedback)
    };
    recommended(facts, &counts, &parts).into_iter().map(one).collect()
}

fn told(part: &Part) -> contract::ExpectedPart {
    contract::ExpectedPart { quantity: part.quantity.to_string(), date: part.date.map(date), firmness: part.firmness.into() }
}

fn reference(line: &str) -> contract::OrderLineReference {
    let mut parts = key::split(line).into_iter();
    let mut next = || parts.next().unwrap_or_default();
    contract::OrderLineReference { connection: next(), document: next(), line: next() }
}

//! The story of a recommendation: what its records say, in words, and in the order of things.

use crossdock_core::{Micro, key};
use crossdock_proto::{
    demand,
    execution::{self as contract, ConfirmationState, JourneyEvent, MilestoneKind},
    types::{Date, Quantity},
    writeback,
};

/// What a record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// In words.
    pub text: String,
    /// Quantity with unit; empty for none.
    pub quantity: String,
    /// Business date.
    pub date: Option<Date>,
}

/// Kinds in the order of things.
const ORDER: [&str; 11] = [
    "demand_line",
    "forecast",
    "recommendation",
    "decision_step",
    "draft_order",
    "posting",
    "supply_order",
    "confirmation",
    "shipment",
    "milestone",
    "receipt",
];

/// By time, then by the order of things, then by key.
pub fn sort(events: &mut [JourneyEvent]) {
    let rank = |event: &JourneyEvent| {
        let kind = ORDER.iter().position(|kind| *kind == event.kind);
        (event.time.map(|at| (at.seconds, at.nanos)), kind, event.key.clone())
    };
    events.sort_by_cached_key(rank);
}

fn shown(date: Option<&Date>) -> String {
    date.map_or_else(|| "a day not said".to_owned(), |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}

fn quantity(quantity: Option<&Quantity>) -> String {
    quantity.map(|quantity| format!("{} {}", quantity.value, quantity.unit).trim_end().to_owned()).unwrap_or_default()
}

fn source(supplier: &str, origin: &str) -> String {
    if supplier.is_empty() { format!("location {origin}") } else { format!("supplier {supplier}") }
}

/// The key of an order line, for people.
fn line(order: Option<&contract::OrderLineReference>) -> String {
    order.map(|order| [order.document.as_str(), &order.line].join("/").trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// Demand that a recommendation is pegged to.
pub fn demand_line(said: &demand::DemandLine) -> Said {
    let (quantity, customer) = (quantity(said.quantity.as_ref()), Some(&said.customer_id).filter(|id| !id.is_empty()));
    let who = customer.map_or_else(|| "a customer".to_owned(), |id| format!("customer {id}"));
    let date = said.requested_date.or(said.ordered_date);
    let text = format!("{who} wants {quantity} of {} from {} on {}", said.item_id, said.location_id, shown(date.as_ref()));
    Said { text, quantity, date }
}

/// A forecast value that a recommendation is pegged to.
pub fn forecast(said: &demand::Forecast) -> Said {
    let quantity = quantity(said.quantity.as_ref());
    let days = format!("from {} until {}", shown(said.start.as_ref()), shown(said.end.as_ref()));
    Said { text: format!("{quantity} of {} forecast at {} {days}", said.item_id, said.location_id), quantity, date: said.start }
}

/// What the planner sent.
pub fn recommendation(said: &writeback::Recommendation) -> Said {
    let quantity = quantity(said.quantity.as_ref());
    let kind = said.kind().as_str_name().trim_start_matches("RECOMMENDATION_KIND_").to_lowercase();
    let text = format!(
        "planned: {kind} {quantity} of {} from {} for {} by {}",
        said.item_id,
        source(&said.supplier_id, &said.origin_location_id),
        said.destination_location_id,
        shown(said.need_by.as_ref())
    );
    Said { text, quantity, date: said.need_by }
}

/// A change of state.
pub fn step(said: &writeback::DecisionStep) -> Said {
    let by = [said.principal.as_str(), &said.connection].into_iter().find(|who| !who.is_empty()).unwrap_or("Crossdock");
    let to = said.to.to_lowercase().replace('_', " ");
    let why = if said.message.is_empty() { said.reason.to_lowercase().replace('_', " ") } else { said.message.clone() };
    Said { text: format!("{to}, by {by}: {why}"), ..Said::default() }
}

/// The draft order that it is on.
pub fn draft(key: &str, said: &writeback::DraftOrder) -> Said {
    let source = source(&said.supplier_id, &said.origin_location_id);
    let text = format!("on draft order {key} to {source} for {}, {} lines", said.destination_location_id, said.lines.len());
    Said { text, date: said.order_date, ..Said::default() }
}

/// A connector's report.
pub fn posting(said: &writeback::Posting) -> Said {
    let told = |report: &writeback::LineReport| {
        let outcome = report.outcome().as_str_name().trim_start_matches("LINE_OUTCOME_").to_lowercase();
        let posted: Vec<String> =
            report.posted.iter().map(|posted| format!("{}/{}", posted.document, posted.line).trim_end_matches('/').to_owned()).collect();
        let whereto = if posted.is_empty() { report.message.clone() } else { format!("as {}", posted.join(" and ")) };
        format!("line {} {outcome} {whereto}", report.number).trim_end().to_owned()
    };
    let lines: Vec<String> = said.lines.iter().map(told).collect();
    let late = if said.late { ", too late to count" } else { "" };
    Said { text: format!("{} reported{late}: {}", said.connection, lines.join(", ")), ..Said::default() }
}

/// The line in the ERP.
pub fn supply_order(key: &str, said: &contract::SupplyOrder) -> Said {
    let quantity = quantity(said.quantity.as_ref());
    let source = source(&said.supplier_id, &said.origin_location_id);
    let cancelled = if said.cancelled_quantity.is_empty() { String::new() } else { format!(", {} cancelled", said.cancelled_quantity) };
    let closed = match (said.closed, said.close_reason.as_str()) {
        (false, _) => String::new(),
        (true, "") => ", closed".to_owned(),
        (true, reason) => format!(", closed: {reason}"),
    };
    let name = key::split(key).get(1..).map(|parts| parts.join("/")).unwrap_or_default();
    let due = shown(said.due_date.as_ref());
    let text = format!(
        "order {name}: {quantity} of {} from {source} for {}, due {due}{cancelled}{closed}",
        said.item_id, said.destination_location_id
    );
    Said { text, quantity, date: said.ordered_date }
}

/// What the supplier says; `by` is the supplier where the order says who that is.
pub fn confirmation(by: &str, said: &contract::Confirmation) -> Said {
    let who = if by.is_empty() { "the supplier".to_owned() } else { format!("supplier {by}") };
    let mut parts = said.parts.iter().map(confirmed).collect::<Vec<_>>();
    let last = parts.pop();
    let what = match (parts.is_empty(), last) {
        (_, None) => "nothing any more".to_owned(),
        (true, Some(last)) => last,
        (false, Some(last)) => format!("{} and {last}", parts.join(", ")),
    };
    let total =
        said.parts.iter().filter_map(|part| part.quantity.parse::<Micro>().ok()).fold(0_i64, |sum, part| sum.saturating_add(part.0));
    let quantity = format!("{} {}", Micro(total), said.unit).trim_end().to_owned();
    Said { text: format!("{who} confirmed {what}"), quantity, date: said.confirmed_date }
}

fn confirmed(part: &contract::ConfirmedPart) -> String {
    let when = part.date.as_ref().map(|date| format!(" for {}", shown(Some(date)))).unwrap_or_default();
    let how = match part.state() {
        ConfirmationState::Unspecified | ConfirmationState::Accepted | ConfirmationState::AcceptedWithChange => String::new(),
        ConfirmationState::Substituted => format!(" as {}", part.substitute_item_id),
        ConfirmationState::Backordered => " as backordered".to_owned(),
        ConfirmationState::Rejected => " as not coming".to_owned(),
        ConfirmationState::Deleted => " as taken off the order".to_owned(),
        ConfirmationState::OnHold => " as on hold".to_owned(),
    };
    format!("{}{how}{when}", part.quantity)
}

/// Goods on their way.
pub fn shipment(said: &contract::Shipment) -> Said {
    let quantity = quantity(said.quantity.as_ref());
    let of = line(said.order.as_ref());
    let left = said.shipped_date.as_ref().map_or_else(|| "to be shipped".to_owned(), |date| format!("shipped on {}", shown(Some(date))));
    let expected = said.expected_date.as_ref().map(|date| format!(", expected on {}", shown(Some(date)))).unwrap_or_default();
    Said { text: format!("{quantity} of order {of} {left}{expected}"), quantity, date: said.shipped_date.or(said.expected_date) }
}

/// An event on the way.
pub fn milestone(said: &contract::Milestone) -> Said {
    let place = if said.place.is_empty() { String::new() } else { format!(" at {}", said.place) };
    let expected = said.expected_date.as_ref().map(|date| format!(", expected on {}", shown(Some(date)))).unwrap_or_default();
    let what = match said.kind() {
        MilestoneKind::Unspecified => "was seen",
        MilestoneKind::Departed => "left",
        MilestoneKind::Delayed => "is delayed",
        MilestoneKind::Arrived => "arrived",
    };
    let text = format!("shipment {} {what}{place} on {}{expected}", said.shipment_document, shown(said.date.as_ref()));
    Said { text, date: said.date, ..Said::default() }
}

/// Goods received, or taken back.
pub fn receipt(said: &contract::Receipt) -> Said {
    let quantity = quantity(said.quantity.as_ref());
    let (of, on) = (line(said.order.as_ref()), shown(said.received_date.as_ref()));
    let text = if said.reverses.is_empty() {
        let damaged = if said.damaged_quantity.is_empty() { String::new() } else { format!(", {} of it damaged", said.damaged_quantity) };
        let all = if said.cumulative { " in all" } else { "" };
        format!("{quantity} of order {of} received{all} on {on}{damaged}")
    } else {
        format!("{quantity} of receipt {} taken back on {on}", said.reverses)
    };
    Said { text, quantity, date: said.received_date }
}

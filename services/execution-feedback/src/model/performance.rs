//! How suppliers and lanes perform: what each order line that is done adds to the sums of its lane, and takes back when it is not done any more.

use super::progress::Counts;
use crossdock_core::{Micro, key};
use crossdock_master_data::wired::civil;
use crossdock_proto::execution as contract;
use crossdock_records::{day, micros};
use jiff::civil::Date;

/// What is summed up, in the order of the names that stand in keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Lines that were confirmed.
    ConfirmedLines,
    /// Seconds from the order to its first confirmation.
    ConfirmedSeconds,
    /// Lines with this many days from the order to the last receipt.
    Lead(i64),
    /// Lines.
    Lines,
    /// Base units ordered less cancelled.
    Ordered,
    /// Lines received in full by their due date.
    Otif,
    /// Days that the sourcing rules promised.
    PromisedDays,
    /// Lines for which they promised any.
    PromisedLines,
    /// Base units received of those ordered.
    Received,
    /// Lines with a substitute.
    Substituted,
}

impl Measure {
    /// As it stands in keys.
    pub fn name(self) -> String {
        match self {
            Self::ConfirmedLines => "confirmed_lines".to_owned(),
            Self::ConfirmedSeconds => "confirmed_seconds".to_owned(),
            Self::Lead(days) => format!("lead:{days}"),
            Self::Lines => "lines".to_owned(),
            Self::Ordered => "ordered".to_owned(),
            Self::Otif => "otif".to_owned(),
            Self::PromisedDays => "promised_days".to_owned(),
            Self::PromisedLines => "promised_lines".to_owned(),
            Self::Received => "received".to_owned(),
            Self::Substituted => "substituted".to_owned(),
        }
    }

    /// From how it stands in keys.
    pub fn named(name: &str) -> Option<Self> {
        let lead = name.strip_prefix("lead:").and_then(|days| days.parse().ok()).map(Self::Lead);
        let all = [
            Self::ConfirmedLines,
            Self::ConfirmedSeconds,
            Self::Lines,
            Self::Ordered,
            Self::Otif,
            Self::PromisedDays,
            Self::PromisedLines,
            Self::Received,
            Self::Substituted,
        ];
        lead.or_else(|| all.into_iter().find(|measure| measure.name() == name))
    }
}

/// Whether nothing more is expected on a line on which something was.
pub fn is_done(facts: &contract::OrderFacts) -> bool {
    let counts = Counts::of(facts);
    facts.order.as_ref().is_some_and(|order| order.closed || counts.received >= counts.wanted) && counts.wanted != Micro::ZERO
}

/// How a line was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// All came that was wanted.
    pub in_full: bool,
    /// The last of it came by its due date, if it had one.
    pub on_time: bool,
    /// Another item came instead of a part.
    pub substituted: bool,
    /// A supplier said of a part that it comes later.
    pub backordered: bool,
    /// Days from the order to the last receipt.
    pub lead: Option<i64>,
}

impl Done {
    /// Of these facts, of a line that is done.
    pub fn of(facts: &contract::OrderFacts) -> Option<Self> {
        let order = facts.order.as_ref().filter(|_| is_done(facts))?;
        let counts = Counts::of(facts);
        let (due, ordered) = (civil(order.due_date.as_ref()), civil(order.ordered_date.as_ref()));
        let last = counts.days.map(|(_, last)| last);
        let mut parts = facts.confirmations.iter().flat_map(|held| &held.parts);
        Some(Self {
            in_full: counts.received >= counts.wanted,
            on_time: due.is_none_or(|due| last.is_some_and(|last| last <= due)),
            substituted: counts.is_substituted,
            backordered: parts.any(|part| part.state() == contract::ConfirmationState::Backordered),
            lead: last.zip(ordered).map(|(last, ordered)| days_between(ordered, last)),
        })
    }
}

/// What a line adds: key, day, amount. Counts, days and seconds are in millionths, as sums keep everything.
pub fn contribution(facts: &contract::OrderFacts) -> Vec<(String, i64, Micro)> {
    let (Some(done), Some(order)) = (Done::of(facts), &facts.order) else { return Vec::new() };
    let counts = Counts::of(facts);
    let (due, ordered) = (civil(order.due_date.as_ref()), civil(order.ordered_date.as_ref()));
    let Some(on) = counts.days.map(|(_, last)| last).or(due).or(ordered) else { return Vec::new() };
    let seconds = first_confirmation(facts).map(|(ordered, confirmed)| (confirmed - ordered).max(0) / 1_000_000);
    let one = |is: bool| Micro(i64::from(is));
    let mut all = vec![
        (Measure::Lines, Micro(1)),
        (Measure::Ordered, counts.wanted),
        (Measure::Received, counts.received.min(counts.wanted)),
        (Measure::Otif, one(done.in_full && done.on_time)),
        (Measure::Substituted, one(done.substituted)),
        (Measure::PromisedLines, one(facts.promised_days.is_some())),
        (Measure::PromisedDays, Micro(facts.promised_days.unwrap_or_default())),
        (Measure::ConfirmedLines, one(seconds.is_some())),
        (Measure::ConfirmedSeconds, Micro(seconds.unwrap_or_default())),
    ];
    all.extend(done.lead.map(|days| (Measure::Lead(days), Micro(1))));
    let lane = [order.supplier_id.as_str(), &order.origin_location_id, &order.destination_location_id];
    let key = |measure: Measure| key::join([lane[0], lane[1], lane[2], &measure.name()]);
    all.into_iter().filter(|(_, amount)| *amount != Micro::ZERO).map(|(measure, amount)| (key(measure), day(on), amount)).collect()
}

/// Days from the first to the second, at least none.
pub fn days_between(from: Date, to: Date) -> i64 {
    (day(to) - day(from)).max(0)
}

/// When the order and its first confirmation came in.
fn first_confirmation(facts: &contract::OrderFacts) -> Option<(i64, i64)> {
    let ordered = facts.order.as_ref()?.receive_time.as_ref().map(micros)?;
    let confirmed = facts.confirmations.iter().filter_map(|held| held.receive_time.as_ref().map(micros)).min()?;
    Some((ordered, confirmed))
}

/// What becomes of the sums when the facts change: what the old ones added is taken back.
pub fn changes(old: &contract::OrderFacts, new: &contract::OrderFacts) -> Vec<(String, i64, Micro)> {
    let (old, new) = (contribution(old), contribution(new));
    let back = old.iter().filter(|entry| !new.contains(entry)).map(|(key, day, amount)| (key.clone(), *day, amount.negated()));
    let added = new.iter().filter(|entry| !old.contains(entry)).cloned();
    back.chain(added).collect()
}

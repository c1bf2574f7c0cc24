//! What is measured of order lines and of what is told of them, where it is written.

use super::{facts::micro, number, performance::Done};
use crossdock_core::{DAY, Micro, Result};
use crossdock_master_data::wired::civil;
use crossdock_proto::{execution as contract, types::Date};
use crossdock_records::{Derived, day};
use crossdock_telemetry::metrics::{FEEDBACK_DELAY, LEAD_TIME_ERROR, Number, ORDER_LINES_FINISHED};

/// The bucket of what has no day.
const NEVER: i64 = i64::MAX;

/// Something was told: how long after its source recorded it; if that does not say when, after the day on which it happened began, in UTC.
pub fn told(event: &str, on: Option<jiff::civil::Date>, to: &mut Derived<'_, '_>) {
    let source = to.source();
    if let Some(since) = source.recorded.or_else(|| on.map(|on| day(on) * DAY)) {
        to.measure(&FEEDBACK_DELAY, &[event], Number::seconds((source.received - since).max(0)));
    }
}

/// A line is done that was not.
pub fn finished(facts: &contract::OrderFacts, to: &mut Derived<'_, '_>) {
    let Some(done) = Done::of(facts) else { return };
    let said = [done.in_full, done.on_time, done.substituted, done.backordered].map(|is| if is { "true" } else { "false" });
    to.measure(&ORDER_LINES_FINISHED, &said, 1);
    let error = done.lead.zip(facts.promised_days).map(|(actual, promised)| actual - promised);
    if let Some(error) = error.filter(|_| done.in_full) {
        to.measure(&LEAD_TIME_ERROR, &[], Number::seconds(error * DAY));
    }
}

/// An order line that is open counts by the day it is due.
///
/// # Errors
/// If a total overflows.
pub fn count_open(old: Option<&contract::OrderProgress>, new: Option<&contract::OrderProgress>, to: &mut Derived<'_, '_>) -> Result<()> {
    let is_open = |progress: &&contract::OrderProgress| micro(&progress.open) != Micro::ZERO;
    let due = |progress: Option<&contract::OrderProgress>| progress.filter(is_open).map(|open| bucket(open.due_date.as_ref()));
    keep(number::OPEN_LINES, due(old), due(new), to)
}

/// A disruption counts by its last day.
///
/// # Errors
/// If a total overflows.
pub fn count_disruption(old: Option<&contract::Disruption>, new: Option<&contract::Disruption>, to: &mut Derived<'_, '_>) -> Result<()> {
    let end = |said: Option<&contract::Disruption>| said.map(|said| bucket(said.end.as_ref()));
    keep(number::DISRUPTION_ENDS, end(old), end(new), to)
}

fn bucket(date: Option<&Date>) -> i64 {
    civil(date).map_or(NEVER, day)
}

/// Takes one out of a bucket, and puts one in.
fn keep(kind: u16, was: Option<i64>, is: Option<i64>, to: &mut Derived<'_, '_>) -> Result<()> {
    if was == is {
        return Ok(());
    }
    let changes = [(was, -1), (is, 1)];
    changes.into_iter().filter_map(|(bucket, by)| Some((bucket?, by))).try_for_each(|(bucket, by)| to.add(kind, "", bucket, Micro(by)))
}

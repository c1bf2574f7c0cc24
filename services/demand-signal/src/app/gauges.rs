//! What this service says of its stock when it is asked.

use crate::model::{
    number,
    total::{ON_HAND, SHIPPED},
};
use crossdock_core::{DAY, Micro, Micros, Result};
use crossdock_records::Policy;
use crossdock_store::Read;
use crossdock_telemetry::metrics::{Measured, Number, TURNS};

/// Days that stand for a year.
const DAYS: i64 = 28;

/// How often in a year the stock would be shipped.
///
/// # Errors
/// If the store fails.
pub fn gauges(read: &mut Read<'_>, _: &Policy, now: Micros) -> Result<Vec<Measured>> {
    let today = now.div_euclid(DAY);
    let shipped = read.range(number::TOTAL, SHIPPED, today - DAYS, today - 1)?;
    let on_hand = read.range(number::TOTAL, ON_HAND, 0, 0)?;
    let in_a_year = shipped.saturating_mul(365) / DAYS;
    let turns = Number::share(Micro(in_a_year), Micro(on_hand.max(0)));
    Ok(turns.map(|turns| Measured::new(&TURNS, &[], turns)).into_iter().collect())
}

//! What is open now, from sums by day.

use crate::model::number;
use crossdock_core::{DAY, Micros, Result};
use crossdock_records::Policy;
use crossdock_store::Read;
use crossdock_telemetry::metrics::{DISRUPTIONS_OPEN, Measured, ORDER_LINES_OPEN};

/// What is open now: by the day in UTC.
///
/// # Errors
/// If the store fails.
pub fn gauges(read: &mut Read<'_>, _: &Policy, now: Micros) -> Result<Vec<Measured>> {
    let today = now.div_euclid(DAY);
    let overdue = read.range(number::OPEN_LINES, "", i64::MIN, today - 1)?;
    let others = read.range(number::OPEN_LINES, "", today, i64::MAX)?;
    let disruptions = read.range(number::DISRUPTION_ENDS, "", today, i64::MAX)?;
    Ok(vec![
        Measured::new(&ORDER_LINES_OPEN, &["true"], overdue),
        Measured::new(&ORDER_LINES_OPEN, &["false"], others),
        Measured::new(&DISRUPTIONS_OPEN, &[], disruptions),
    ])
}

//! Totals over all items, in whole base units: they are for charts, and must never be what does not fit.

use super::number;
use crossdock_core::{Micro, Result};
use crossdock_records::Derived;

/// What left, by day.
pub const SHIPPED: &str = "shipped";
/// What is there.
pub const ON_HAND: &str = "on_hand";

/// A part of a total changes from what it was.
///
/// # Errors
/// If the total overflows: past nine million million million.
pub fn change(total: &str, day: i64, (was, is): (Micro, Micro), to: &mut Derived<'_, '_>) -> Result<()> {
    let whole = |amount: Micro| amount.0.div_euclid(Micro::ONE.0);
    to.add(number::TOTAL, total, day, Micro(whole(is) - whole(was)))
}

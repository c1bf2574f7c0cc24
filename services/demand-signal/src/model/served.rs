//! How customers were served: measured when the last of what they still want has left.

use super::{demand_line::DemandLine, fulfilment::Fulfilment, number};
use crossdock_core::{Micro, Micros, Result};
use crossdock_records::{Derived, day};
use crossdock_telemetry::metrics::{DEMAND_CANCELLED, DEMAND_FINISHED};

/// Due work: goods left before their order was known; the key is that of the demand line.
pub const SERVED: &str = "served";
/// After which it is looked for the order, and twice as long each time.
pub const MINUTE: Micros = 60_000_000;

/// Nothing is left to ship of so much.
fn is_done(wanted: Micro, shipped: Micro) -> bool {
    shipped >= wanted && shipped > Micro::ZERO
}

/// A shipment came, changed or went.
///
/// # Errors
/// If the store fails.
pub fn shipped(old: Option<&Fulfilment>, new: Option<&Fulfilment>, to: &mut Derived<'_, '_>) -> Result<()> {
    let Some((key, _, amount)) = new.and_then(Fulfilment::progress) else { return Ok(()) };
    let before = old.and_then(Fulfilment::progress).filter(|(before, ..)| *before == key).map_or(Micro::ZERO, |(_, _, amount)| amount);
    let Some(line) = to.known().get::<DemandLine>(key).cloned() else {
        to.due_at(to.now() + MINUTE, SERVED, key);
        return Ok(());
    };
    let total = to.total(number::PROGRESS, key, i64::MIN, i64::MAX)?;
    let earlier = Micro(total.0.saturating_sub(amount.0).saturating_add(before.0));
    let wanted = line.quantity.base();
    if is_done(wanted, total) && !is_done(wanted, earlier) {
        to.not_due(SERVED, key);
        finished(key, &line, to)?;
    }
    Ok(())
}

/// A demand line came or changed. What left before it came is looked for in a while ([`SERVED`]).
///
/// # Errors
/// If the store fails.
pub fn ordered(old: Option<&DemandLine>, new: Option<&DemandLine>, to: &mut Derived<'_, '_>) -> Result<()> {
    let Some(line) = new else { return Ok(()) };
    cancelled(old, line, to);
    let Some(old) = old.filter(|old| line.quantity.base() < old.quantity.base()) else { return Ok(()) };
    let key = to.source().key.to_owned();
    let total = to.total(number::PROGRESS, &key, i64::MIN, i64::MAX)?;
    let nothing_came = line.quantity.base() == Micro::ZERO && total == Micro::ZERO && line.cancelled_by_supply > Micro::ZERO;
    if nothing_came || (is_done(line.quantity.base(), total) && !is_done(old.quantity.base(), total)) {
        finished(&key, line, to)?;
    }
    Ok(())
}

fn cancelled(old: Option<&DemandLine>, new: &DemandLine, to: &mut Derived<'_, '_>) {
    let causes = |line: &DemandLine| [("customer", line.cancelled_by_customer), ("supply", line.cancelled_by_supply)];
    let before = old.map(causes);
    for (at, (cause, amount)) in causes(new).into_iter().enumerate() {
        if amount > before.map_or(Micro::ZERO, |before| before[at].1) {
            to.measure(&DEMAND_CANCELLED, &[cause], 1);
        }
    }
}

/// Measures a line that is done.
///
/// # Errors
/// If the store fails.
pub fn finished(key: &str, line: &DemandLine, to: &mut Derived<'_, '_>) -> Result<()> {
    let in_time = to.total(number::PROGRESS, key, i64::MIN, day(line.requested))?;
    let substituted = to.total(number::SUBSTITUTED, key, i64::MIN, i64::MAX)?;
    let in_full = line.cancelled_by_supply == Micro::ZERO;
    let how = [in_full, in_full && in_time >= line.quantity.base(), substituted > Micro::ZERO];
    to.measure(&DEMAND_FINISHED, &how.map(|yes| if yes { "true" } else { "false" }), 1);
    Ok(())
}

/// Whether a line is done whose goods left before it came.
///
/// # Errors
/// If the store fails.
pub fn looked_again(key: &str, line: &DemandLine, to: &mut Derived<'_, '_>) -> Result<()> {
    if is_done(line.quantity.base(), to.total(number::PROGRESS, key, i64::MIN, i64::MAX)?) { finished(key, line, to) } else { Ok(()) }
}

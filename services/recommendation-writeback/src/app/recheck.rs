//! What is held is looked at again: every hour, and when what it was held for changed.

use super::line;
use crate::model::{RECHECK, number::STATUS};
use crossdock_core::{Micros, Result};
use crossdock_records::{Kinds, Policy};
use crossdock_store::{Due, Scan, Tx};

/// Lines looked at in one transaction.
const CHUNK: usize = 200;
/// Between two looks at everything, in microseconds.
const HOUR: Micros = 3_600 * 1_000_000;

/// Task: everything that is held, a chunk at a time. The empty key begins, and comes again.
///
/// # Errors
/// If the store fails.
pub fn all(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    let now = tx.now();
    let page = tx.scan(Scan::Field { kind: STATUS, name: "state", value: "held", prefix: "", after: &due.key }, CHUNK)?;
    if let Some(last) = page.last().filter(|_| page.len() == CHUNK) {
        tx.later(Due { task: RECHECK.into(), key: last.key.clone(), at: now, attempt: 0 });
    }
    for record in page {
        again(tx, policy, &record.key)?;
    }
    Ok(due.key.is_empty().then_some(now + HOUR))
}

/// Task: what is held for an item and destination.
///
/// # Errors
/// If the store fails.
pub fn of_supply(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    let page = tx.scan(Scan::Field { kind: STATUS, name: "held_for", value: &due.key, prefix: "", after: "" }, CHUNK)?;
    for record in page {
        again(tx, policy, &record.key)?;
    }
    Ok(None)
}

/// It may be held no more since the page was read.
fn again(tx: &mut Tx<'_>, policy: &Policy, key: &str) -> Result<()> {
    use crate::model::status::Status;
    use crossdock_proto::writeback::RecommendationState as State;
    let is_held = super::read::<Status>(tx, key)?.is_some_and(|held| held.0.state() == State::Held);
    if is_held { line::proceed(tx, policy, key, None).map(|_| ()) } else { Ok(()) }
}

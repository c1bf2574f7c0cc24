//! The one way an exception changes, and what follows from its route.

use crate::{app::apply::ACTIVE, model::route};
use crossdock_core::{Micros, Result};
use crossdock_proto::governance::{Exception, ExceptionState, Policy as Document};
use crossdock_records::{Derived, EXCEPTION, Kinds, Policy, derive};
use crossdock_store::{Due, Scan, Tx};

/// Due work: nobody acknowledged an exception in time.
pub const ESCALATE: &str = "escalate";
/// Due work: routes changed; the key is the exception after which to go on.
pub const REROUTE: &str = "reroute";
/// Exceptions looked at in one transaction after routes changed.
const CHUNK: usize = 200;

/// Changes an exception; `change` gets what is held and says what shall be, `None` for no exception.
///
/// # Errors
/// What `change` refuses, or if the store fails.
pub fn change(
    to: &mut Derived<'_, '_>,
    key: &str,
    change: impl FnOnce(Option<Exception>) -> Result<Option<Exception>>,
) -> Result<Option<Exception>> {
    let policy = to.held::<Document>(ACTIVE)?.unwrap_or_default();
    let held = to.held::<Exception>(key)?;
    let Some(new) = change(held.clone())? else { return Ok(None) };
    let way = route::of(&policy, &new);
    let new = route::routed(held.as_ref(), new, way, to.now());
    match route::escalates_at(&new, way) {
        Some(at) => to.due_at(at, ESCALATE, key),
        None => to.not_due(ESCALATE, key),
    }
    to.edit::<Exception>(key, |_| Some(new.clone()))?;
    Ok(Some(new))
}

/// Escalates an exception whose time has come.
///
/// # Errors
/// If the store fails.
pub fn escalate(tx: &mut Tx<'_>, _: &Kinds, _: &Policy, due: &Due) -> Result<Option<Micros>> {
    derive(tx, &Default::default(), |to| {
        let policy = to.held::<Document>(ACTIVE)?.unwrap_or_default();
        let held = to.held::<Exception>(&due.key)?;
        let at = held.and_then(|held| route::escalates_at(&held, route::of(&policy, &held)));
        if at.is_some_and(|at| at <= to.now()) {
            change(to, &due.key, |held| Ok(held.map(|held| Exception { escalations: held.escalations + 1, ..held })))?;
            return Ok(None);
        }
        Ok(at)
    })
}

/// Looks at open exceptions by the routes in force.
///
/// # Errors
/// If the store fails.
pub fn reroute(tx: &mut Tx<'_>, _: &Kinds, _: &Policy, due: &Due) -> Result<Option<Micros>> {
    let page = tx.scan(Scan::Prefix { kind: EXCEPTION, prefix: "", after: &due.key }, CHUNK)?;
    let last = (page.len() == CHUNK).then(|| page.last().map(|last| last.key.clone())).flatten();
    derive(tx, &Default::default(), |to| {
        for record in &page {
            change(to, &record.key, |held| Ok(held.filter(|held| held.state() != ExceptionState::Resolved)))?;
        }
        if let Some(last) = last {
            to.due(REROUTE, last);
        }
        Ok(None)
    })
}

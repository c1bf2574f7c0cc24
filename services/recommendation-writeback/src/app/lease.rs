//! Connectors get draft orders to post, each for a while.

use super::change::{self, Why};
use crate::model::{
    draft_order::{DraftOrder, may_be_leased},
    limits::Limits,
    number,
    posting_key::is_of,
    reason::Reason,
};
use crossdock_core::{Error, Micros, Result, instant};
use crossdock_proto::writeback::{self as contract, DraftOrderState as State, LeaseDraftOrdersRequest};
use crossdock_records::{Derived, Origin, Policy, derive, micros, model, timestamp};
use crossdock_store::{Scan, Tx};

/// Task: a lease has run out.
pub const LEASE: &str = "lease";
/// Task: the pause before the next attempt is over.
pub const RETRY: &str = "retry";
/// Longest lease.
const LONGEST: Micros = 3_600 * 1_000_000;
/// Drafts looked at in one page.
const PAGE: usize = 100;
/// Most lines in one answer.
const LINES: usize = 5_000;

/// Gives the caller draft orders to post, in the order in which they were begun.
///
/// # Errors
/// If what it asks for cannot be, or the store fails.
pub fn lease(tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &LeaseDraftOrdersRequest) -> Result<Vec<contract::DraftOrder>> {
    let most = match asked.max {
        0 => 10,
        max => usize::try_from(max).map_err(|_| Error::invalid("NEGATIVE", format!("max: {max} must be zero or more")))?.min(100),
    };
    let duration = duration(policy, asked)?;
    let sight = policy.sight(&by.connection);
    let (mut leased, mut lines, mut after) = (Vec::new(), 0, String::new());
    loop {
        let scan = Scan::Field { kind: number::DRAFT_ORDER, name: "leasable", value: &by.connection, prefix: "", after: &after };
        let page = tx.scan(scan, PAGE)?;
        // The page is what was committed, each draft as it is now: another caller of this transaction may have it already.
        for (key, draft) in page.iter().filter_map(|record| Some((&record.key, model::<DraftOrder>(record)?.0))) {
            if !may_be_leased(&draft) || derive(tx, &by.trace, |to| to.seen::<DraftOrder>(&sight, key))?.is_none() {
                continue;
            }
            lines += draft.lines.len();
            if leased.len() == most || (lines > LINES && !leased.is_empty()) {
                return Ok(leased);
            }
            leased.push(derive(tx, &by.trace, |to| take(to, by, key, duration))?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after.clone_from(&last.key),
            _ => return Ok(leased),
        }
    }
}

fn duration(policy: &Policy, asked: &LeaseDraftOrdersRequest) -> Result<Micros> {
    let Some(asked) = &asked.duration else { return Ok(Limits::of(policy.document.writeback.as_ref()).lease) };
    let micros = asked.seconds.saturating_mul(1_000_000).saturating_add((asked.nanos / 1_000).into());
    if (1_000_000..=LONGEST).contains(&micros) {
        return Ok(micros);
    }
    Err(Error::invalid("LEASE_DURATION", format!("duration: {}s must be from one second to an hour", asked.seconds)))
}

fn take(to: &mut Derived<'_, '_>, by: &Origin, key: &str, duration: Micros) -> Result<contract::DraftOrder> {
    let expires = to.now().saturating_add(duration);
    // What began before the store was restored may have been posted after the backup.
    let restored = !is_of(to.epoch(), key);
    let why = Why { by: Some(by), reason: Reason::Leased, message: format!("until {}", instant(expires)), ..Why::default() };
    let draft = change::draft(to, key, &why, |draft| {
        draft.set_state(State::Leased);
        draft.attempts += 1;
        draft.verify_first |= restored;
        let token = draft.lease.as_ref().map_or(0, |lease| lease.token) + 1;
        draft.lease = Some(contract::Lease { connection: by.connection.clone(), token, expire_time: Some(timestamp(expires)) });
    })?;
    to.due_at(expires, LEASE, key);
    Ok(draft)
}

/// A lease has run out without a report: whatever was done may be in the ERP. When to look again, if it has not.
///
/// # Errors
/// If the store fails.
pub fn expire(to: &mut Derived<'_, '_>, policy: &Policy, key: &str) -> Result<Option<Micros>> {
    let held = to.held::<DraftOrder>(key)?.map(|held| held.0).filter(|held| held.state() == State::Leased);
    let Some(draft) = held else { return Ok(None) };
    let expires = draft.lease.and_then(|lease| lease.expire_time).as_ref().map(micros).unwrap_or_default();
    if expires > to.now() {
        return Ok(Some(expires));
    }
    let why = Why { reason: Reason::LeaseExpired, message: format!("nothing was reported until {}", instant(expires)), ..Why::default() };
    again(to, policy, key, &why, |draft| draft.verify_first = true)?;
    Ok(None)
}

/// The pause is over: it may be leased.
///
/// # Errors
/// If the store fails.
pub fn retry(to: &mut Derived<'_, '_>, key: &str) -> Result<()> {
    let held = to.held::<DraftOrder>(key)?.map(|held| held.0).filter(|held| held.state() == State::Retrying);
    if held.and_then(|held| held.retry_time).is_some_and(|at| micros(&at) <= to.now()) {
        let why = Why { reason: Reason::PauseOver, ..Why::default() };
        change::draft(to, key, &why, |draft| draft.retry_time = None)?;
    }
    Ok(())
}

/// It has to be tried again, after a pause; or it was tried as often as the policy allows.
///
/// # Errors
/// If the store fails.
pub fn again(
    to: &mut Derived<'_, '_>,
    policy: &Policy,
    key: &str,
    why: &Why<'_>,
    edit: impl FnOnce(&mut contract::DraftOrder),
) -> Result<contract::DraftOrder> {
    let limits = Limits::of(policy.document.writeback.as_ref());
    let now = to.now();
    let draft = change::draft(to, key, why, |draft| {
        edit(draft);
        draft.note.clone_from(&why.message);
        if draft.attempts >= limits.attempts {
            draft.set_state(State::Dead);
        } else {
            draft.set_state(State::Retrying);
            draft.retry_time = Some(timestamp(now.saturating_add(limits.pause(key, draft.attempts))));
        }
    })?;
    if let Some(at) = draft.retry_time.as_ref().filter(|_| draft.state() == State::Retrying) {
        to.due_at(micros(at), RETRY, key);
    }
    Ok(draft)
}

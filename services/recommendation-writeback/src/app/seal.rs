//! Draft orders take no more lines, and the rules for whole orders look at them.

use super::{
    approval,
    change::{self, Why},
};
use crate::model::{
    clearance::is_cleared,
    draft_order::{self, DraftOrder},
    reason::Reason,
    status::Status,
};
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_proto::writeback::{self as contract, DraftOrderState as State, ReleaseDraftOrderRequest};
use crossdock_records::{Derived, Origin, Policy, Sight};

/// A buyer seals an open draft order.
///
/// # Errors
/// If there is none, or it changed, or is not open.
pub fn release(to: &mut Derived<'_, '_>, policy: &Policy, by: &Origin, asked: &ReleaseDraftOrderRequest) -> Result<contract::DraftOrder> {
    approval::person(by)?;
    let draft = seen(to, &policy.sight(&by.connection), &asked.posting_key, &asked.etag)?;
    if draft.state() != State::Open {
        let message = format!("draft order {} is {}: only an OPEN one is released", asked.posting_key, draft_order::name(draft.state()));
        return Err(Error::precondition("NOT_OPEN", message));
    }
    seal(
        to,
        policy,
        &asked.posting_key,
        Why { by: Some(by), reason: Reason::Released, seen: &asked.etag, message: "sealed by a buyer".into(), ..Why::default() },
    )
}

/// A draft order as somebody saw it.
///
/// # Errors
/// `UNKNOWN_DRAFT_ORDER`, `ETAG_CHANGED`.
pub fn seen(to: &mut Derived<'_, '_>, sight: &Sight, key: &str, etag: &str) -> Result<contract::DraftOrder> {
    let Some(held) = to.seen::<DraftOrder>(sight, key)? else {
        return Err(Error::not_found("UNKNOWN_DRAFT_ORDER", format!("there is no draft order {key:?}; name one by its posting key")));
    };
    if held.0.etag != etag {
        let message = format!("draft order {key} has changed since etag {etag:?}: look at it again, it is {:?} now", held.0.etag);
        return Err(Error::new(ErrorKind::Conflict, "ETAG_CHANGED", message));
    }
    Ok(held.0)
}

/// Its cut-off has come; or a line was taken off one that waits for approval, and the rules have to look at what is left.
///
/// # Errors
/// If the store fails.
pub fn due(to: &mut Derived<'_, '_>, policy: &Policy, key: &str) -> Result<()> {
    let held = to.held::<DraftOrder>(key)?.map(|held| held.0).unwrap_or_default();
    let why = match held.state() {
        State::Open => Why { reason: Reason::CutOff, message: "its time was over".into(), ..Why::default() },
        State::PendingApproval if held.clearance.is_none() => {
            Why { reason: Reason::LinesChanged, message: "a line was taken off".into(), ..Why::default() }
        }
        _ => return Ok(()),
    };
    seal(to, policy, key, why)?;
    Ok(())
}

/// Seals a draft order, or looks at one again that waits for approval: SEALED if nobody has to approve it.
///
/// # Errors
/// If the store fails.
pub fn seal(to: &mut Derived<'_, '_>, policy: &Policy, key: &str, why: Why<'_>) -> Result<contract::DraftOrder> {
    let draft = to.held::<DraftOrder>(key)?.map(|held| held.0).unwrap_or_default();
    let mut lines = Vec::with_capacity(draft.lines.len());
    for line in &draft.lines {
        lines.extend(to.held::<Status>(&line.recommendation)?.map(|held| held.0));
    }
    let clearance = approval::clear_order(policy, &draft, &lines, to.now());
    let why =
        Why { rule: clearance.rule.clone(), policy_version: clearance.policy_version.clone(), values: clearance.values.clone(), ..why };
    change::draft(to, key, &why, |draft| {
        draft.set_state(if is_cleared(&clearance) { State::Sealed } else { State::PendingApproval });
        draft.clearance = Some(clearance);
        draft.seal_time = None;
    })
}

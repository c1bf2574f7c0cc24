//! A held recommendation is let go on, or one is taken back.

use super::{
    approval,
    approve::need_note,
    change::{self, Why},
    edit, line,
};
use crate::model::{reason::Reason, status};
use crossdock_core::{Error, ErrorKind, Result, key};
use crossdock_proto::{
    Role,
    writeback::{RecommendationState as State, RecommendationStatus, SettleRecommendationRequest, Settlement},
};
use crossdock_records::{Origin, Policy, derive};
use crossdock_store::Tx;

/// Releases or cancels.
///
/// # Errors
/// If the caller may not, or it is not as it was seen, or its state does not allow it.
pub fn settle(tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &SettleRecommendationRequest) -> Result<RecommendationStatus> {
    need_note(&asked.note)?;
    let held = derive(tx, &by.trace, |to| edit::seen(to, &policy.sight(&by.connection), &asked.recommendation, &asked.etag))?;
    match asked.settlement() {
        Settlement::Release => release(tx, policy, by, asked, &held),
        Settlement::Cancel => cancel(tx, policy, by, asked, &held),
        Settlement::Unspecified => Err(Error::invalid("SETTLEMENT", "settlement is required: RELEASE or CANCEL")),
    }
}

fn release(
    tx: &mut Tx<'_>,
    policy: &Policy,
    by: &Origin,
    asked: &SettleRecommendationRequest,
    held: &RecommendationStatus,
) -> Result<RecommendationStatus> {
    if !policy.allows(&by.connection, &[Role::Buyer]) {
        return Err(denied(by, "is no buyer: it may not release what is held"));
    }
    approval::person(by)?;
    if held.state() != State::Held {
        let message = format!("recommendation {} is {}: only a HELD one is released", asked.recommendation, status::name(held.state()));
        return Err(Error::precondition("NOT_HELD", message));
    }
    let why = Why { by: Some(by), reason: Reason::Released, seen: &asked.etag, message: asked.note.clone(), ..Why::default() };
    line::release(tx, policy, &asked.recommendation, &why)
}

fn cancel(
    tx: &mut Tx<'_>,
    policy: &Policy,
    by: &Origin,
    asked: &SettleRecommendationRequest,
    held: &RecommendationStatus,
) -> Result<RecommendationStatus> {
    if policy.allows(&by.connection, &[Role::Buyer]) {
        approval::person(by)?;
    } else if key::split(&held.run).first() != Some(&by.connection) {
        return Err(denied(by, "is neither a buyer nor the planner of this recommendation"));
    }
    if !matches!(held.state(), State::Received | State::Held | State::PendingApproval | State::Approved | State::Drafted) {
        let message = format!("recommendation {} is {}: it cannot be taken back", asked.recommendation, status::name(held.state()));
        return Err(Error::precondition("NOT_LIVE", message));
    }
    let why = Why { by: Some(by), reason: Reason::Cancelled, seen: &asked.etag, message: asked.note.clone(), ..Why::default() };
    derive(tx, &by.trace, |to| {
        edit::take_off(to, &asked.recommendation, held)?;
        change::recommendation(to, &asked.recommendation, &why, |status| status.set_state(State::Cancelled))
    })
}

fn denied(by: &Origin, why: &str) -> Error {
    Error::new(ErrorKind::Denied, "NOT_ALLOWED", format!("connection {} {why}", by.connection))
}

//! The one way in which a recommendation or a draft order changes: along an edge, with a step that is kept, a new etag, and the supply it is.

use super::{audit, measure, supply};
use crate::model::{clearance, draft_order, draft_order::DraftOrder, reason::Reason, status, status::Step};
use crossdock_core::{Error, Result, key};
use crossdock_proto::writeback::{self as contract, DecisionStep, DraftOrderState, RecommendationState, RecommendationStatus};
use crossdock_records::{Derived, Origin, encoded, timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The problem of a line that is approved and whose orders nobody posts.
pub const NO_CONNECTOR: &str = "NO_CONNECTOR";
/// Task: nobody decided on a recommendation in time.
pub const LINE_DECISION: &str = "line-decision";
/// Task: nobody decided on a draft order in time.
pub const ORDER_DECISION: &str = "order-decision";

/// Why something changes.
#[derive(Clone, Debug, Default)]
pub struct Why<'a> {
    /// Who did it; Crossdock itself if absent.
    pub by: Option<&'a Origin>,
    /// What it is.
    pub reason: Reason,
    /// The etag that a person named; empty: nobody named one.
    pub seen: &'a str,
    /// What happened, for people.
    pub message: String,
    /// Rule of the policy that decided; empty: none did.
    pub rule: String,
    /// Version of the policy.
    pub policy_version: String,
    /// What the decision saw.
    pub values: BTreeMap<String, String>,
}

/// Changes the status of a recommendation. The state may stay; if it changes, along an edge only.
///
/// # Errors
/// If there is no such edge, which is a mistake of the caller, or the store fails.
pub fn recommendation(
    to: &mut Derived<'_, '_>,
    key: &str,
    why: &Why<'_>,
    edit: impl FnOnce(&mut RecommendationStatus),
) -> Result<RecommendationStatus> {
    let held = to.held::<status::Status>(key)?.map(|held| held.0);
    let mut new = held.clone().unwrap_or_default();
    edit(&mut new);
    let (from, state) = (held.as_ref().map(RecommendationStatus::state).unwrap_or_default(), new.state());
    if from != state && !status::may_become(from, state) {
        return Err(impossible(key, status::name(from), status::name(state)));
    }
    let approved = held.as_ref().and_then(|held| held.approve_time);
    let approved = approved.or_else(|| (state == RecommendationState::Approved).then(|| timestamp(to.now())));
    new.approve_time = approved.filter(|_| status::is_approved(state));
    new.steps += 1;
    new.etag = etag(&encoded(&RecommendationStatus { etag: String::new(), ..new.clone() }));
    let before = held.as_ref().map_or("", |held| status::name(held.state()));
    step(to, key, new.steps, (before, status::name(state)), why)?;
    audit::recommendation(to, key, why, held.as_ref(), &new)?;
    tracing::debug!(
        crossdock.recommendation = key,
        crossdock.item = new.item_id,
        crossdock.location = new.destination_location_id,
        crossdock.reason = why.reason.name(),
        "recommendation {}",
        status::name(state)
    );
    count(to, NO_CONNECTOR, &new.destination_location_id, held.as_ref().is_some_and(waits_for_connector), waits_for_connector(&new))?;
    if state == RecommendationState::PendingApproval
        && let Some(at) = new.clearance.as_ref().and_then(clearance::next_time)
    {
        to.due_at(at, LINE_DECISION, key);
    }
    measure::recommendation(to, held.as_ref(), &new)?;
    to.edit::<status::Status>(key, |_| Some(new.clone()))?;
    supply::own(to, key, &new)?;
    Ok(new)
}

/// Changes a draft order. The state may stay; if it changes, along an edge only.
///
/// # Errors
/// If there is no such edge, which is a mistake of the caller, or the store fails.
pub fn draft(
    to: &mut Derived<'_, '_>,
    key: &str,
    why: &Why<'_>,
    edit: impl FnOnce(&mut contract::DraftOrder),
) -> Result<contract::DraftOrder> {
    let held = to.held::<DraftOrder>(key)?.map(|held| held.0);
    let mut new = held.clone().unwrap_or_default();
    edit(&mut new);
    let (from, state) = (held.as_ref().map(contract::DraftOrder::state).unwrap_or_default(), new.state());
    if from != state && !draft_order::may_become(from, state) {
        return Err(impossible(key, draft_order::name(from), draft_order::name(state)));
    }
    new.steps += 1;
    new.etag = etag(&encoded(&contract::DraftOrder { etag: String::new(), ..new.clone() }));
    let before = held.as_ref().map_or("", |held| draft_order::name(held.state()));
    step(to, key, new.steps, (before, draft_order::name(state)), why)?;
    audit::draft(to, key, why, held.as_ref(), &new)?;
    tracing::debug!(crossdock.order = key, crossdock.reason = why.reason.name(), "draft order {}", draft_order::name(state));
    for (reason, of) in [("POSTING_DEAD", DraftOrderState::Dead), ("POSTING_CONFLICT", DraftOrderState::Conflict)] {
        count(to, reason, key, from == of, state == of)?;
    }
    if state == DraftOrderState::PendingApproval
        && let Some(at) = new.clearance.as_ref().and_then(clearance::next_time)
    {
        to.due_at(at, ORDER_DECISION, key);
    }
    measure::draft(to, held.as_ref(), &new)?;
    to.edit::<DraftOrder>(key, |_| Some(new.clone()))?;
    Ok(new)
}

/// What stands wrong becomes an exception, and goes with it.
fn count(to: &mut Derived<'_, '_>, reason: &str, of: &str, was: bool, is: bool) -> Result<()> {
    if was == is { Ok(()) } else { to.count_finding(reason, of, if is { 1 } else { -1 }) }
}

/// Whether it could be ordered if somebody posted for its destination.
fn waits_for_connector(status: &RecommendationStatus) -> bool {
    status.state() == RecommendationState::Approved && status.problems.iter().any(|problem| problem.reason == NO_CONNECTOR)
}

fn impossible(key: &str, from: &str, to: &str) -> Error {
    Error::internal("a state would be changed along an edge that does not exist", format!("{key}: {from} to {to}"))
}

/// Names a picture: the first 16 hex digits of the SHA-256 of all that it shows.
fn etag(picture: &[u8]) -> String {
    Sha256::digest(picture).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn step(to: &mut Derived<'_, '_>, subject: &str, number: i64, (from, state): (&str, &str), why: &Why<'_>) -> Result<()> {
    let now = to.now();
    let step = DecisionStep {
        subject: subject.to_owned(),
        number,
        from: from.to_owned(),
        to: state.to_owned(),
        time: Some(timestamp(now)),
        connection: why.by.map_or_else(String::new, |by| by.connection.clone()),
        principal: why.by.map_or_else(String::new, |by| by.principal.clone()),
        reason: why.reason.name().to_owned(),
        message: why.message.clone(),
        rule: why.rule.clone(),
        policy_version: why.policy_version.clone(),
        values: why.values.clone(),
    };
    // A draft's key is one part, a recommendation's several: both are escaped already.
    to.edit::<Step>(&format!("{subject}/{}", key::join([&format!("{number:06}")])), |_| Some(step))
}

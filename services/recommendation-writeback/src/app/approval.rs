//! What a recommendation or a draft order needs before it may go on, by the policy's rules; and what becomes of it when nobody decides.

use super::change::{self, Why};
use crate::model::{
    clearance::{Rules, Values, next_time},
    draft_order::DraftOrder,
    levels::{escalated, kept},
    planning::mode_name,
    reason::Reason,
    status::{Status, kind_name},
};
use crossdock_conditions::Value;
use crossdock_core::{Error, Micro, Micros, Result};
use crossdock_proto::{
    governance::WritebackRules,
    writeback::{self as contract, Clearance, DraftOrderState, RecommendationState, RecommendationStatus},
};
use crossdock_records::{Derived, Origin, Policy, micros, timestamp};
use std::sync::Arc;

/// Who decides must be named.
///
/// # Errors
/// `PRINCIPAL_REQUIRED`.
pub fn person(by: &Origin) -> Result<&str> {
    if by.principal.is_empty() {
        return Err(Error::invalid("PRINCIPAL_REQUIRED", "a decision is a person's: name who decides in crossdock-principal"));
    }
    Ok(&by.principal)
}

/// What a recommendation needs, for these values.
pub fn clear_line(policy: &Policy, values: &Values, now: Micros) -> Clearance {
    rules(policy).line(values, now)
}

/// What a recommendation needs after it was looked at again, where what was asked and approved before was of the same picture. What the same rule asks is
/// not asked anew.
pub fn clear_again(policy: &Policy, before: &Clearance, now: Clearance) -> Clearance {
    let asks = |of: &Clearance| (of.rule.clone(), of.policy_version.clone(), of.note.clone());
    if asks(before) == asks(&now) { before.clone() } else { keep_approvals(policy, before, now) }
}

/// What a recommendation needs that is planned again as it was: what was approved is not asked again, and who has not decided has all their time.
pub fn keep_approvals(policy: &Policy, before: &Clearance, now: Clearance) -> Clearance {
    let none = WritebackRules::default();
    let rules = policy.document.writeback.as_ref().unwrap_or(&none);
    Clearance { approvals: kept(rules, &before.approvals, &now.levels), ..now }
}

/// What a draft order needs, for its lines as they stand.
pub fn clear_order(policy: &Policy, draft: &contract::DraftOrder, lines: &[RecommendationStatus], now: Micros) -> Clearance {
    rules(policy).order(&order_values(draft, lines), now)
}

fn rules(policy: &Policy) -> Arc<Rules> {
    policy.made(Rules::of)
}

fn order_values(draft: &contract::DraftOrder, lines: &[RecommendationStatus]) -> Values {
    let text = |text: &str| Value::Text(text.to_owned());
    let value: Option<Micro> = draft.value.as_ref().and_then(|value| value.amount.parse().ok());
    let kind = draft.lines.first().map(|line| kind_name(line.kind()));
    let mode = lines.iter().map(|line| line.mode()).max_by_key(|mode| *mode as i32).unwrap_or_default();
    let fresh = |line: &RecommendationStatus| {
        line.clearance.as_ref().and_then(|clearance| clearance.values.get("fresh")).is_some_and(|fresh| fresh == "true")
    };
    Values::from([
        ("kind", text(&kind.unwrap_or_default())),
        ("supplier", text(&draft.supplier_id)),
        ("origin", text(&draft.origin_location_id)),
        ("destination", text(&draft.destination_location_id)),
        ("company", text(&draft.company)),
        ("currency", text(&draft.currency)),
        ("mode", Value::Text(mode_name(mode))),
        // A limit is never passed unseen.
        ("value", Value::Int(value.map_or(0, |value| value.0.div_euclid(1_000_000) + i64::from(value.0.rem_euclid(1_000_000) > 0)))),
        ("value_known", Value::Bool(value.is_some())),
        ("lines", Value::Int(i64::try_from(lines.len()).unwrap_or(i64::MAX))),
        ("edited", Value::Bool(lines.iter().any(|line| !line.edited_by.is_empty()))),
        ("fresh", Value::Bool(lines.iter().all(fresh))),
    ])
}

/// What becomes of something that nobody decides on.
enum Undecided {
    /// Its time is over.
    Expires,
    /// The next level has to decide.
    Escalates(Box<Clearance>, Why<'static>),
    /// Not yet.
    Waits,
}

fn undecided(policy: &Policy, clearance: &Clearance, now: Micros) -> Undecided {
    let is_over = |at: &Option<_>| at.as_ref().is_some_and(|at| micros(at) <= now);
    if is_over(&clearance.expire_time) {
        return Undecided::Expires;
    }
    if !is_over(&clearance.escalate_time) {
        return Undecided::Waits;
    }
    let none = WritebackRules::default();
    let up = escalated(policy.document.writeback.as_ref().unwrap_or(&none), clearance);
    let again = up.as_ref().and_then(|_| rules(policy).escalates_again(clearance, now)).map(timestamp);
    let why = escalates(up.as_ref());
    Undecided::Escalates(Box::new(Clearance { escalate_time: again, ..up.unwrap_or_else(|| clearance.clone()) }), why)
}

/// Nobody has decided on a recommendation; when to look again.
///
/// # Errors
/// If the store fails.
pub fn line_undecided(to: &mut Derived<'_, '_>, policy: &Policy, key: &str) -> Result<Option<Micros>> {
    let Some(held) = to.held::<Status>(key)?.map(|held| held.0) else { return Ok(None) };
    if held.state() != RecommendationState::PendingApproval {
        return Ok(None);
    }
    let after = match undecided(policy, &held.clearance.clone().unwrap_or_default(), to.now()) {
        Undecided::Waits => held,
        Undecided::Expires => change::recommendation(to, key, &expired(), |status| status.set_state(RecommendationState::Expired))?,
        Undecided::Escalates(clearance, why) => change::recommendation(to, key, &why, |status| status.clearance = Some(*clearance))?,
    };
    let waits = after.state() == RecommendationState::PendingApproval;
    Ok(after.clearance.as_ref().filter(|_| waits).and_then(next_time))
}

/// Nobody has decided on a draft order; when to look again.
///
/// # Errors
/// If the store fails.
pub fn order_undecided(to: &mut Derived<'_, '_>, policy: &Policy, key: &str) -> Result<Option<Micros>> {
    let Some(held) = to.held::<DraftOrder>(key)?.map(|held| held.0) else { return Ok(None) };
    if held.state() != DraftOrderState::PendingApproval {
        return Ok(None);
    }
    let after = match undecided(policy, &held.clearance.clone().unwrap_or_default(), to.now()) {
        Undecided::Waits => held,
        Undecided::Expires => decline(to, key, &expired(), RecommendationState::Expired)?,
        Undecided::Escalates(clearance, why) => change::draft(to, key, &why, |draft| draft.clearance = Some(*clearance))?,
    };
    let waits = after.state() == DraftOrderState::PendingApproval;
    Ok(after.clearance.as_ref().filter(|_| waits).and_then(next_time))
}

fn expired() -> Why<'static> {
    Why { reason: Reason::Expired, message: "nobody decided in time".into(), ..Why::default() }
}

fn escalates(up: Option<&Clearance>) -> Why<'static> {
    let Some(level) = up.and_then(|up| up.levels.get(up.approvals.len())) else {
        return Why { reason: Reason::NobodyAbove, message: "nobody decided, and there is no level above".into(), ..Why::default() };
    };
    Why { reason: Reason::Escalated, message: format!("nobody decided; level {level:?} has to"), ..Why::default() }
}

/// A draft order is not ordered, and neither are its lines.
///
/// # Errors
/// If the store fails.
pub fn decline(to: &mut Derived<'_, '_>, key: &str, why: &Why<'_>, lines: RecommendationState) -> Result<contract::DraftOrder> {
    let draft = change::draft(to, key, why, |draft| draft.set_state(DraftOrderState::Declined))?;
    // What was named is the draft order's.
    let why = Why { seen: "", message: format!("with draft order {key}: {}", why.message), ..why.clone() };
    for line in &draft.lines {
        change::recommendation(to, &line.recommendation, &why, |status| status.set_state(lines))?;
    }
    Ok(draft)
}

//! A line is looked at, and goes on as far as it may.

use super::{
    approval,
    change::{self, NO_CONNECTOR, Why},
    difference, draft,
    look::{Looked, look},
    read,
};
use crate::model::{clearance::is_cleared, problem::Problem, reason::Reason, status};
use bytes::Bytes;
use crossdock_core::{Error, Micros, Result};
use crossdock_proto::writeback::{Clearance, RecommendationState as State, RecommendationStatus};
use crossdock_records::{Derived, Kinds, Origin, Policy, derive};
use crossdock_store::{Due, Tx};

/// Looks at a recommendation again, from wherever it is before it is drafted, and lets it go on: to INVALID, HELD, PENDING_APPROVAL or APPROVED, and onto
/// a draft order. One that was approved by a person is looked at a last time. Nothing is written where nothing changed.
///
/// # Errors
/// If there is none, or the store fails.
pub fn proceed(tx: &mut Tx<'_>, policy: &Policy, key: &str, by: Option<&Origin>) -> Result<RecommendationStatus> {
    let held = expect(tx, key)?;
    if !matches!(held.state(), State::Received | State::Held | State::PendingApproval | State::Approved) {
        return Ok(held);
    }
    let mut new = held.clone();
    let mut looked = look(tx, policy, key, &mut new)?;
    let before = before(tx, &held, &new)?;
    let why = decide(policy, &looked, before, &mut new, (by, tx.now()));
    if new.state() == State::Approved {
        // That nobody posts for it is found out when it is drafted.
        new.problems.extend(held.problems.iter().filter(|problem| problem.reason == NO_CONNECTOR).cloned());
    }
    let new = if new == held { held } else { write(tx, key, &why, new)? };
    if !matches!(new.state(), State::Held | State::Invalid) {
        difference::follow(tx, policy, key, std::mem::take(&mut looked.changes))?;
    }
    let draft = |to: &mut Derived<'_, '_>| draft::add(to, policy, key, &new);
    if new.state() == State::Approved { derive(tx, &Bytes::new(), draft) } else { Ok(new) }
}

/// What was asked and approved of the same picture.
enum Before {
    /// Nothing.
    Nothing,
    /// Of this recommendation itself.
    Own(Clearance),
    /// Of the one whose place it took.
    Replaced(Clearance),
}

fn before(tx: &mut Tx<'_>, held: &RecommendationStatus, new: &RecommendationStatus) -> Result<Before> {
    let same = |status: &RecommendationStatus| status.clearance.clone().filter(|_| status::looks_like(status, new));
    if held.state() != State::Received {
        return Ok(same(held).map_or(Before::Nothing, Before::Own));
    }
    let replaced = read::<status::Status>(tx, &held.supersedes)?.and_then(|replaced| same(&replaced.0));
    Ok(replaced.map_or(Before::Nothing, Before::Replaced))
}

/// Lets a held recommendation go on although its problems stand; they are not raised again unless they change.
///
/// # Errors
/// If there is none, or the store fails.
pub fn release(tx: &mut Tx<'_>, policy: &Policy, key: &str, why: &Why<'_>) -> Result<RecommendationStatus> {
    let mut new = expect(tx, key)?;
    let problems = std::mem::take(&mut new.problems);
    new.released.retain(|held| !problems.iter().any(|new| (&new.field, &new.reason) == (&held.field, &held.reason)));
    new.released.extend(problems);
    write(tx, key, why, new)?;
    proceed(tx, policy, key, why.by)
}

fn expect(tx: &mut Tx<'_>, key: &str) -> Result<RecommendationStatus> {
    let held = read::<status::Status>(tx, key)?.map(|held| held.0);
    held.ok_or_else(|| Error::not_found("UNKNOWN_RECOMMENDATION", format!("there is no recommendation {key:?} of a committed run")))
}

/// Writes a status as it shall be.
///
/// # Errors
/// If its state cannot follow from the one before, or the store fails.
pub fn write(tx: &mut Tx<'_>, key: &str, why: &Why<'_>, new: RecommendationStatus) -> Result<RecommendationStatus> {
    let trace = why.by.map_or_else(Bytes::new, |by| by.trace.clone());
    derive(tx, &trace, |to| change::recommendation(to, key, why, |held| *held = RecommendationStatus { steps: held.steps, ..new }))
}

fn decide<'a>(
    policy: &Policy,
    looked: &Looked,
    before: Before,
    new: &mut RecommendationStatus,
    (by, now): (Option<&'a Origin>, Micros),
) -> Why<'a> {
    let problems: Vec<&Problem> = looked.problems.iter().filter(|problem| !problem.is_released(&new.released)).collect();
    new.problems = problems.iter().map(|problem| problem.wire()).collect();
    let why = Why { by, policy_version: policy.document.version.clone(), ..Why::default() };
    let is_new = matches!(new.state(), State::Received | State::Held);
    let is_edited = !new.edited_by.is_empty();
    if looked.is_covered {
        new.set_state(State::Cancelled);
        return Why { reason: Reason::Covered, message: "supply that the planner had not seen covers all of it".to_owned(), ..why };
    }
    if let Some(first) = problems.iter().find(|problem| problem.is_final).or(problems.first()) {
        // Who edits it knows what they do; their word can be released.
        new.set_state(if first.is_final && is_new && !is_edited { State::Invalid } else { State::Held });
        new.clearance = None;
        let message = format!("{} {:?} {}", first.violation.field, first.violation.value, first.violation.message);
        return Why { reason: Reason::Problem(first.violation.reason), message, ..why };
    }
    let clearance = approval::clear_line(policy, &looked.values, now);
    let clearance = match before {
        Before::Nothing => clearance,
        Before::Own(before) => approval::clear_again(policy, &before, clearance),
        Before::Replaced(before) => approval::keep_approvals(policy, &before, clearance),
    };
    let cleared = is_cleared(&clearance);
    let reason = match (cleared, clearance.approvals.is_empty()) {
        (_, false) if is_new => Reason::ApprovalKept,
        (true, _) if new.state() == State::Approved => Reason::Confirmed,
        (true, _) => Reason::ApprovedByRule,
        (false, _) => Reason::NeedsApproval,
    };
    let why = Why { reason, rule: clearance.rule.clone(), values: clearance.values.clone(), ..why };
    new.set_state(if cleared { State::Approved } else { State::PendingApproval });
    new.clearance = Some(clearance);
    why
}

/// Task: a line came after its run's commit.
///
/// # Errors
/// If the store fails.
pub fn late(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    super::run::late(tx, policy, &due.key)
}

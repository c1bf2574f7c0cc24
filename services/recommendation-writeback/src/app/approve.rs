//! A person says yes or no to what they saw. Each recommendation and each draft order is decided by itself.

use super::{
    approval,
    change::{self, Why},
    line,
};
use crate::model::{
    clearance::is_cleared,
    day,
    draft_order::{self, DraftOrder},
    levels::{Speaker, give},
    reason::Reason,
    status::{self, Status},
};
use crossdock_core::{Error, Micros, Result, Violation};
use crossdock_proto::{
    governance::WritebackRules,
    writeback::{
        self as contract, Approval, ApproveRequest, Clearance, Decided, DeclineRequest, DraftOrderState, RecommendationState,
        RecommendationStatus, Seen,
    },
};
use crossdock_records::{Derived, Origin, Policy, Sight, derive, micros, timestamp, violation};
use crossdock_store::Tx;
use jiff::tz::TimeZone;

/// Most decisions in one call.
const MOST: usize = 100;
/// Longest note, in characters.
const NOTE: usize = 500;

/// What is decided on.
enum Subject {
    Line(Box<RecommendationStatus>),
    Order(Box<contract::DraftOrder>),
}

/// A person says yes.
///
/// # Errors
/// If the call as a whole cannot be, or the store fails.
pub fn approve(tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &ApproveRequest) -> Result<Vec<Decided>> {
    approval::person(by)?;
    check(&asked.seen, &asked.note)?;
    let sight = policy.sight(&by.connection);
    decide(tx, &sight, by, &asked.seen, |tx, seen| {
        let refused = derive(tx, &by.trace, |to| yes(to, policy, by, &asked.note, seen))?;
        // Between the reading and the last yes things may have changed.
        if refused.is_ok() && !seen.recommendation.is_empty() {
            line::proceed(tx, policy, &seen.recommendation, None)?;
        }
        Ok(refused)
    })
}

/// A person says no.
///
/// # Errors
/// If the call as a whole cannot be, or the store fails.
pub fn decline(tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &DeclineRequest) -> Result<Vec<Decided>> {
    approval::person(by)?;
    check(&asked.seen, &asked.note)?;
    need_note(&asked.note)?;
    let sight = policy.sight(&by.connection);
    decide(tx, &sight, by, &asked.seen, |tx, seen| derive(tx, &by.trace, |to| no(to, &sight, by, &asked.note, seen)))
}

/// A note that has to be there.
///
/// # Errors
/// `NOTE_MISSING`, `NOTE`.
pub fn need_note(note: &str) -> Result<()> {
    if note.trim().is_empty() {
        return Err(Error::invalid("NOTE_MISSING", format!("note is required: why, in at most {NOTE} characters")));
    }
    check_note(note)
}

/// A note that can be kept.
///
/// # Errors
/// `NOTE`.
pub fn check_note(note: &str) -> Result<()> {
    let length = note.chars().count();
    if length > NOTE || note.chars().any(|c| c.is_control() && c != '\n') {
        let message = format!("note has {length} characters; at most {NOTE} are kept, without control characters");
        return Err(Error::invalid("NOTE", message));
    }
    Ok(())
}

fn check(seen: &[Seen], note: &str) -> Result<()> {
    if seen.is_empty() || seen.len() > MOST {
        return Err(Error::invalid("SEEN", format!("seen: {} were named; name 1 to {MOST} recommendations or draft orders", seen.len())));
    }
    if seen.iter().any(|seen| seen.recommendation.is_empty() == seen.draft_order.is_empty()) {
        return Err(Error::invalid("SEEN", "seen: name either a recommendation or a draft order, each with its etag"));
    }
    check_note(note)
}

fn decide(
    tx: &mut Tx<'_>,
    sight: &Sight,
    by: &Origin,
    all: &[Seen],
    decide: impl Fn(&mut Tx<'_>, &Seen) -> Result<Result<(), Violation>>,
) -> Result<Vec<Decided>> {
    let mut decided = Vec::with_capacity(all.len());
    for seen in all {
        let refused = decide(tx, seen)?.err().map(violation);
        let (recommendation, draft_order) = match derive(tx, &by.trace, |to| find(to, sight, seen))? {
            Some(Subject::Line(status)) => (Some(*status), None),
            Some(Subject::Order(draft)) => (None, Some(*draft)),
            None => (None, None),
        };
        decided.push(Decided { seen: Some(seen.clone()), refused, recommendation, draft_order });
    }
    Ok(decided)
}

fn yes(to: &mut Derived<'_, '_>, policy: &Policy, by: &Origin, note: &str, seen: &Seen) -> Result<Result<(), Violation>> {
    let subject = match pending(to, &policy.sight(&by.connection), seen)? {
        Ok(subject) => subject,
        Err(refused) => return Ok(Err(refused)),
    };
    let none = WritebackRules::default();
    let rules = policy.document.writeback.as_ref().unwrap_or(&none);
    let speaker = Speaker { principal: &by.principal, today: day::today(to.now(), &TimeZone::UTC) };
    let approval = Approval { time: Some(timestamp(to.now())), note: note.to_owned(), ..Approval::default() };
    let editors = subject.editors(to)?;
    let clearance = match give(rules, &subject.clearance(), speaker, &editors, &approval) {
        Ok(clearance) => clearance,
        Err(refused) => return Ok(Err(refused)),
    };
    let done = is_cleared(&clearance);
    let why = Why {
        by: Some(by),
        reason: Reason::Approved,
        seen: &seen.etag,
        message: note.to_owned(),
        rule: clearance.rule.clone(),
        policy_version: clearance.policy_version.clone(),
        values: clearance.values.clone(),
    };
    match subject {
        Subject::Line(_) => {
            change::recommendation(to, &seen.recommendation, &why, |status| {
                status.clearance = Some(clearance);
                if done {
                    status.set_state(RecommendationState::Approved);
                }
            })?;
        }
        Subject::Order(_) => {
            change::draft(to, &seen.draft_order, &why, |draft| {
                draft.clearance = Some(clearance);
                if done {
                    draft.set_state(DraftOrderState::Sealed);
                }
            })?;
        }
    }
    Ok(Ok(()))
}

fn no(to: &mut Derived<'_, '_>, sight: &Sight, by: &Origin, note: &str, seen: &Seen) -> Result<Result<(), Violation>> {
    let why = Why { by: Some(by), reason: Reason::Declined, seen: &seen.etag, message: note.to_owned(), ..Why::default() };
    match pending(to, sight, seen)? {
        Ok(Subject::Line(_)) => {
            change::recommendation(to, &seen.recommendation, &why, |status| status.set_state(RecommendationState::Declined))?;
        }
        Ok(Subject::Order(_)) => {
            approval::decline(to, &seen.draft_order, &why, RecommendationState::Declined)?;
        }
        Err(refused) => return Ok(Err(refused)),
    }
    Ok(Ok(()))
}

fn find(to: &mut Derived<'_, '_>, sight: &Sight, seen: &Seen) -> Result<Option<Subject>> {
    Ok(if seen.draft_order.is_empty() {
        to.seen::<Status>(sight, &seen.recommendation)?.map(|held| Subject::Line(Box::new(held.0)))
    } else {
        to.seen::<DraftOrder>(sight, &seen.draft_order)?.map(|held| Subject::Order(Box::new(held.0)))
    })
}

/// What somebody saw, if it still is what they saw and still waits for a decision.
fn pending(to: &mut Derived<'_, '_>, sight: &Sight, seen: &Seen) -> Result<Result<Subject, Violation>> {
    let now = to.now();
    let found = find(to, sight, seen)?;
    Ok(match found {
        None if seen.draft_order.is_empty() => Err(Violation::new(
            "recommendation",
            "UNKNOWN_RECOMMENDATION",
            &seen.recommendation,
            "is not here: list recommendations for their keys",
        )),
        None => Err(Violation::new("draft_order", "UNKNOWN_DRAFT_ORDER", &seen.draft_order, "is not here: name one by its posting key")),
        Some(subject) => subject.refusal(&seen.etag, now).map_or(Ok(subject), Err),
    })
}

impl Subject {
    fn clearance(&self) -> Clearance {
        match self {
            Self::Line(status) => status.clearance.clone(),
            Self::Order(draft) => draft.clearance.clone(),
        }
        .unwrap_or_default()
    }

    fn refusal(&self, etag: &str, now: Micros) -> Option<Violation> {
        let (is_etag, state, is_pending, is_expired) = match self {
            Self::Line(line) => {
                let state = line.state();
                (&line.etag, status::name(state), state == RecommendationState::PendingApproval, state == RecommendationState::Expired)
            }
            Self::Order(draft) => {
                let state = draft.state();
                (&draft.etag, draft_order::name(state), state == DraftOrderState::PendingApproval, false)
            }
        };
        let over = is_pending && self.clearance().expire_time.is_some_and(|at| micros(&at) <= now);
        if is_expired || over {
            return Some(Violation::new("", "EXPIRED", state, "nobody decided in time: it is not ordered unless it is planned again"));
        }
        if !is_pending {
            return Some(Violation::new("", "NOT_PENDING", state, "does not wait for approval: look at it again"));
        }
        if is_etag != etag {
            return Some(Violation::new(
                "etag",
                "ETAG_CHANGED",
                etag,
                format!("it has changed since: look at it again, it is {is_etag:?} now"),
            ));
        }
        None
    }

    /// Who last edited it, or one of its lines.
    fn editors(&self, to: &mut Derived<'_, '_>) -> Result<Vec<String>> {
        let draft = match self {
            Self::Line(status) => return Ok(Some(status.edited_by.clone()).into_iter().filter(|by| !by.is_empty()).collect()),
            Self::Order(draft) => draft,
        };
        let mut editors = Vec::new();
        for line in &draft.lines {
            editors.extend(to.held::<Status>(&line.recommendation)?.map(|held| held.0.edited_by).filter(|by| !by.is_empty()));
        }
        Ok(editors)
    }
}

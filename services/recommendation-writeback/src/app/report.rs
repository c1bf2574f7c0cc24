//! What a connector says becomes of a draft order, is kept, and decides how it goes on.

use super::{
    change::{self, Why},
    lease, measure, posted,
};
use crate::model::{
    draft_order::{self, DraftOrder},
    outcome::{self, Next, Outcome},
    posting::Posting,
    reason::Reason,
    report::check,
};
use crossdock_core::{Error, ErrorKind, Result, key};
use crossdock_proto::writeback::{self as contract, DraftOrderState as State, ReportPostingRequest};
use crossdock_records::{Derived, Origin, Policy, timestamp};

/// Longest note of a draft order in bytes, but for the last that is added.
const NOTE: usize = 2_000;

/// Takes a report; the draft order afterwards, and whether the report was late.
///
/// # Errors
/// If it is of another connection, or cannot be true of this draft; then nothing is kept of it.
pub fn report(
    to: &mut Derived<'_, '_>,
    policy: &Policy,
    by: &Origin,
    asked: &ReportPostingRequest,
) -> Result<(contract::DraftOrder, bool)> {
    let draft = reportable(to, policy, by, asked)?;
    check(&draft, &asked.lines).map_err(Error::field)?;
    let late = draft.lease.as_ref().is_none_or(|lease| lease.token != asked.token);
    let outcome = outcome::take(&draft, &asked.lines, !late);
    let number = draft.reports + 1;
    let kept = contract::Posting {
        posting_key: asked.posting_key.clone(),
        number,
        connection: by.connection.clone(),
        token: asked.token,
        late,
        lines: asked.lines.clone(),
        time: Some(timestamp(to.now())),
    };
    to.edit::<Posting>(&name(&asked.posting_key, number), |_| Some(kept))?;
    measure::posting(to, &asked.lines, late);
    let after = settle(to, policy, by, &draft, late, outcome)?;
    posted::follow(to, by, &draft, &after)?;
    Ok((after, late))
}

/// The key of a report.
pub fn name(posting_key: &str, number: i64) -> String {
    key::join([posting_key, &format!("{number:06}")])
}

fn reportable(to: &mut Derived<'_, '_>, policy: &Policy, by: &Origin, asked: &ReportPostingRequest) -> Result<contract::DraftOrder> {
    let key = &asked.posting_key;
    let Some(draft) = to.seen::<DraftOrder>(&policy.sight(&by.connection), key)?.map(|held| held.0) else {
        return Err(Error::not_found(
            "UNKNOWN_DRAFT_ORDER",
            format!("there is no draft order {key:?}; report the posting key as it was leased"),
        ));
    };
    if draft.connector != by.connection {
        let message = format!("draft order {key} is posted by connection {:?}, not by {:?}", draft.connector, by.connection);
        return Err(Error::new(ErrorKind::Denied, "NOT_CONNECTOR", message));
    }
    if asked.token < 1 {
        return Err(Error::invalid("TOKEN", format!("token: {} must be that of the lease", asked.token)));
    }
    if matches!(draft.state(), State::Open | State::PendingApproval | State::Declined | State::Empty) {
        let message =
            format!("draft order {key} is {} and was never leased: nothing may be posted of it", draft_order::name(draft.state()));
        return Err(Error::precondition("NOT_LEASED", message));
    }
    Ok(draft)
}

fn settle(
    to: &mut Derived<'_, '_>,
    policy: &Policy,
    by: &Origin,
    draft: &contract::DraftOrder,
    late: bool,
    outcome: Outcome,
) -> Result<contract::DraftOrder> {
    let Outcome { lines, documents, verify_first, next } = outcome;
    let keep = |draft: &mut contract::DraftOrder| {
        draft.reports += 1;
        draft.lines = lines;
        draft.documents = documents;
        draft.verify_first = verify_first;
    };
    let key = &draft.posting_key;
    let why = |reason, message: String| Why { by: Some(by), reason, message, ..Why::default() };
    let (state, why) = match next {
        Next::Again(message) => return lease::again(to, policy, key, &why(Reason::RetryReported, message), keep),
        Next::Same => (draft.state(), why(if late { Reason::LateReport } else { Reason::Reported }, String::new())),
        Next::Settled(state) => (state, why(if late { Reason::LateEvidence } else { Reason::Reported }, String::new())),
        Next::Conflict(message) => (State::Conflict, why(Reason::PostedTwice, message)),
    };
    change::draft(to, key, &why, |draft| {
        keep(draft);
        if state != draft.state() {
            draft.retry_time = None;
            draft.note.clone_from(&why.message);
        } else if !draft.note.contains(&why.message) && draft.note.len() < NOTE {
            draft.note = format!("{}; {}", draft.note, why.message);
        }
        draft.set_state(state);
    })
}

//! A person settles a draft order that nobody can go on with.

use super::{
    approval,
    approve::need_note,
    change::{self, Why},
    posted, report, seal,
};
use crate::model::{
    draft_order,
    outcome::{keep, refuse, settled},
    posting::Posting,
    reason::Reason,
};
use crossdock_core::{Error, Result};
use crossdock_proto::writeback::{self as contract, DraftOrderState as State, LineReport, Resolution, ResolveDraftOrderRequest};
use crossdock_records::{Derived, Origin, Policy};

/// Tries again, gives up, or says which document is true.
///
/// # Errors
/// If it is not as it was seen, or its state does not allow it.
pub fn resolve(to: &mut Derived<'_, '_>, policy: &Policy, by: &Origin, asked: &ResolveDraftOrderRequest) -> Result<contract::DraftOrder> {
    approval::person(by)?;
    need_note(&asked.note)?;
    let draft = seal::seen(to, &policy.sight(&by.connection), &asked.posting_key, &asked.etag)?;
    let why = |reason| Why { by: Some(by), reason, seen: &asked.etag, message: asked.note.clone(), ..Why::default() };
    let after = match asked.resolution() {
        Resolution::Requeue => {
            expect(&draft, State::Dead)?;
            change::draft(to, &asked.posting_key, &why(Reason::Requeued), |draft| {
                draft.set_state(State::Retrying);
                draft.attempts = 0;
                draft.retry_time = None;
                draft.verify_first = true;
            })?
        }
        Resolution::Abandon => {
            expect(&draft, State::Dead)?;
            change::draft(to, &asked.posting_key, &why(Reason::Abandoned), |draft| {
                draft.lines.iter_mut().filter(|line| line.posted.is_empty()).for_each(|line| refuse(line, &asked.note));
                draft.set_state(settled(&draft.lines).unwrap_or(State::Rejected));
            })?
        }
        Resolution::KeepDocument => {
            expect(&draft, State::Conflict)?;
            let truth = truth(to, &draft, &asked.document)?;
            let lines = keep(&draft.lines, &truth, &asked.note);
            change::draft(to, &asked.posting_key, &why(Reason::DocumentKept), |draft| {
                let mut documents: Vec<String> = lines.iter().flat_map(|line| &line.posted).map(|part| part.document.clone()).collect();
                documents.sort();
                documents.dedup();
                draft.documents = documents;
                draft.set_state(settled(&lines).unwrap_or(State::PartiallyPosted));
                draft.lines = lines;
                draft.note.clone_from(&asked.note);
            })?
        }
        Resolution::Unspecified => {
            return Err(Error::invalid("RESOLUTION", "resolution is required: REQUEUE, ABANDON or KEEP_DOCUMENT"));
        }
    };
    posted::follow(to, by, &draft, &after)?;
    Ok(after)
}

fn expect(draft: &contract::DraftOrder, state: State) -> Result<()> {
    if draft.state() == state {
        return Ok(());
    }
    let (key, is, must) = (&draft.posting_key, draft_order::name(draft.state()), draft_order::name(state));
    Err(Error::precondition("NOT_RESOLVABLE", format!("draft order {key} is {is}: this settles one that is {must}")))
}

/// The newest report that names a document.
fn truth(to: &mut Derived<'_, '_>, draft: &contract::DraftOrder, document: &str) -> Result<Vec<LineReport>> {
    for number in (1..=draft.reports).rev() {
        let report = to.held::<Posting>(&report::name(&draft.posting_key, number))?.map(|held| held.0).unwrap_or_default();
        if report.lines.iter().flat_map(|line| &line.posted).any(|part| part.document == document) {
            return Ok(report.lines);
        }
    }
    let message =
        format!("document: {document:?} was never reported for draft order {}: {} were", draft.posting_key, draft.documents.join(", "));
    Err(Error::invalid("UNKNOWN_DOCUMENT", message))
}

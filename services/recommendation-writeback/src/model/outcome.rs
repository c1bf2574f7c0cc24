//! What a report makes of its draft order. Pure: the history of reports decides, not when anybody looks.
//!
//! The newest lease says how the lines stand. An earlier one changes nothing by what it says was *not* posted; but a document that it names exists, and
//! counts. Per line the documents that were named first hold; another one for the same line is a conflict, whoever names it and in whatever order.

use super::{
    draft_order::is_settled,
    report::{is_posted, total},
};
use crossdock_proto::writeback::{DraftLine, DraftOrder, DraftOrderState as State, LineOutcome, LineReport};
use std::collections::BTreeSet;

/// What a draft order is after a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its lines.
    pub lines: Vec<DraftLine>,
    /// Every document that was named for it, sorted.
    pub documents: Vec<String>,
    /// It may be in the ERP, at least in parts.
    pub verify_first: bool,
    /// Where it stands.
    pub next: Next,
}

/// Where a draft order stands after a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// As before.
    Same,
    /// Every line has its outcome.
    Settled(State),
    /// It has to be tried again.
    Again(String),
    /// Two truths.
    Conflict(String),
}

/// Takes a checked report in; `newest`: of the newest lease.
pub fn take(draft: &DraftOrder, reports: &[LineReport], newest: bool) -> Outcome {
    let state = draft.state();
    // The newest lease counts until every line has its outcome, also when it has run out meanwhile.
    let counts = newest && matches!(state, State::Leased | State::Retrying | State::Dead);
    let mut after = draft.clone();
    let mut disputes = Vec::new();
    for report in reports {
        let Some(line) = after.lines.iter_mut().find(|line| line.number == report.number) else { continue };
        if is_posted(report.outcome()) {
            disputes.extend(take_posted(line, report, state, counts));
        } else if counts && line.posted.is_empty() {
            line.set_outcome(report.outcome());
            line.message.clone_from(&report.message);
        }
    }
    let named = reports.iter().flat_map(|report| &report.posted).map(|part| part.document.clone());
    let documents: BTreeSet<String> = draft.documents.iter().cloned().chain(named).collect();
    let unknown = counts && reports.iter().any(|report| report.outcome() == LineOutcome::Unknown);
    let next = next(state, counts, &after.lines, reports, &disputes);
    Outcome {
        verify_first: draft.verify_first || unknown || after.lines.iter().any(|line| !line.posted.is_empty()),
        documents: documents.into_iter().collect(),
        lines: after.lines,
        next,
    }
}

/// What a report says was posted of a line; the dispute, if something else was known.
fn take_posted(line: &mut DraftLine, report: &LineReport, state: State, counts: bool) -> Option<String> {
    let known: BTreeSet<&str> = line.posted.iter().map(|part| part.document.as_str()).collect();
    let named: BTreeSet<&str> = report.posted.iter().map(|part| part.document.as_str()).collect();
    let refused = known.is_empty() && is_settled(state);
    if refused || (!known.is_empty() && !named.is_subset(&known)) {
        let known = if refused { "refused".to_owned() } else { format!("posted as {}", listed(&known)) };
        return Some(format!("line {}: {known}, and posted as {}", line.number, listed(&named)));
    }
    if counts || (known.is_empty() && state != State::Conflict) {
        posted_as(line, report);
    }
    None
}

fn listed(documents: &BTreeSet<&str>) -> String {
    documents.iter().copied().collect::<Vec<_>>().join(" and ")
}

fn next(state: State, counts: bool, lines: &[DraftLine], reports: &[LineReport], disputes: &[String]) -> Next {
    if !disputes.is_empty() {
        return Next::Conflict(disputes.join("; "));
    }
    if is_settled(state) || state == State::Conflict {
        return Next::Same;
    }
    if let Some(settled) = settled(lines) {
        return Next::Settled(settled);
    }
    if !counts || state != State::Leased {
        return Next::Same;
    }
    let open = reports.iter().find(|report| matches!(report.outcome(), LineOutcome::Retry | LineOutcome::Unknown));
    Next::Again(open.map_or_else(String::new, |report| format!("line {}: {}", report.number, said(report))))
}

fn said(report: &LineReport) -> &str {
    if !report.message.is_empty() {
        return &report.message;
    }
    if report.outcome() == LineOutcome::Unknown { "the ERP did not answer" } else { "not this time" }
}

/// The state that the outcomes of all lines make; none while one is missing.
pub fn settled(lines: &[DraftLine]) -> Option<State> {
    let all = |outcome: LineOutcome| lines.iter().all(|line| line.outcome() == outcome);
    if lines.iter().any(|line| !is_posted(line.outcome()) && line.outcome() != LineOutcome::Rejected) {
        return None;
    }
    Some(match (all(LineOutcome::Posted), all(LineOutcome::Rejected)) {
        (true, _) => State::Posted,
        (_, true) => State::Rejected,
        _ => State::PartiallyPosted,
    })
}

/// The lines when a person said which report is true, and that no other document is left: what it says was posted is, and what was known to be on its
/// documents; all else is refused.
pub fn keep(lines: &[DraftLine], truth: &[LineReport], note: &str) -> Vec<DraftLine> {
    let documents: BTreeSet<&str> = truth.iter().flat_map(|report| &report.posted).map(|part| part.document.as_str()).collect();
    let kept = |line: &DraftLine| {
        let mut line = line.clone();
        let report = truth.iter().find(|report| report.number == line.number);
        if let Some(report) = report.filter(|report| is_posted(report.outcome())) {
            posted_as(&mut line, report);
        } else if line.posted.is_empty() || !line.posted.iter().all(|part| documents.contains(part.document.as_str())) {
            refuse(&mut line, report.map_or(note, |report| if report.message.is_empty() { note } else { &report.message }));
        }
        line
    };
    lines.iter().map(kept).collect()
}

/// The ERP does not have it, and will not.
pub fn refuse(line: &mut DraftLine, why: &str) {
    line.set_outcome(LineOutcome::Rejected);
    line.posted.clear();
    line.posted_quantity.clear();
    why.clone_into(&mut line.message);
}

fn posted_as(line: &mut DraftLine, report: &LineReport) {
    line.set_outcome(report.outcome());
    line.posted.clone_from(&report.posted);
    line.posted_quantity = total(&report.posted).map(|total| total.to_string()).unwrap_or_default();
    line.message.clone_from(&report.message);
}

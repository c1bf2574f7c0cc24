//! What is in the ERP is told to the recommendations, and to the order lines that carry them.

use super::change::{self, Why};
use crate::model::{
    RECHECK_FOR,
    draft_order::is_settled,
    posting::PostingLink,
    reason::Reason,
    report::is_posted,
    status::{Status, place},
};
use crossdock_core::{Micro, Ratio, Result, Rounding, key};
use crossdock_proto::{
    types::Date,
    writeback::{DraftLine, DraftOrder, LineOutcome, LinkedRecommendation, PostedLine, RecommendationState as State},
};
use crossdock_records::{Derived, Origin, timestamp};

/// Recommendations and links follow a draft order that changed.
///
/// # Errors
/// If the store fails.
pub fn follow(to: &mut Derived<'_, '_>, by: &Origin, before: &DraftOrder, after: &DraftOrder) -> Result<()> {
    for line in &after.lines {
        let old = before.lines.iter().find(|old| old.number == line.number).map_or(&[][..], |old| &old.posted);
        // The receipts of an order are shared among what ordered it; a change orders nothing.
        if old != line.posted && line.target.is_none() {
            unlink(to, after, line, old)?;
            link(to, after, line)?;
        }
        if let Some(state) = state(after, line) {
            tell(to, by, after, line, state)?;
        }
    }
    Ok(())
}

/// Where its recommendation stands. That the ERP refused a line counts once the whole draft has its outcome: until then it is tried again.
fn state(draft: &DraftOrder, line: &DraftLine) -> Option<State> {
    match line.outcome() {
        LineOutcome::Posted => Some(State::Posted),
        outcome if is_posted(outcome) => Some(State::PartiallyPosted),
        LineOutcome::Rejected if is_settled(draft.state()) => Some(State::Rejected),
        _ => None,
    }
}

fn tell(to: &mut Derived<'_, '_>, by: &Origin, draft: &DraftOrder, line: &DraftLine, state: State) -> Result<()> {
    let held = to.held::<Status>(&line.recommendation)?.map(|held| held.0).unwrap_or_default();
    if held.state() == state && held.posted_quantity == line.posted_quantity {
        return Ok(());
    }
    let (reason, message) = match state {
        State::Rejected => (Reason::PostingRejected, line.message.clone()),
        _ => (Reason::Posted, format!("{} of draft order {} is {}", line.posted_quantity, draft.posting_key, places(&line.posted))),
    };
    let why = Why { by: Some(by), reason, message, ..Why::default() };
    let now = timestamp(to.now());
    let told = change::recommendation(to, &line.recommendation, &why, |status| {
        status.set_state(state);
        status.posted_quantity.clone_from(&line.posted_quantity);
        let first = status.post_time.unwrap_or(now);
        status.post_time = is_posted(line.outcome()).then_some(first);
    })?;
    // A later plan for the same may wait for it.
    to.due(RECHECK_FOR, place(&told));
    Ok(())
}

fn places(parts: &[PostedLine]) -> String {
    parts.iter().map(|part| format!("{}/{}", part.document, part.line)).collect::<Vec<_>>().join(", ")
}

fn name(draft: &DraftOrder, part: &PostedLine) -> String {
    key::join([&draft.connector, &part.document, &part.line])
}

fn unlink(to: &mut Derived<'_, '_>, draft: &DraftOrder, line: &DraftLine, parts: &[PostedLine]) -> Result<()> {
    for part in parts {
        to.edit::<PostingLink>(&name(draft, part), |held| {
            let mut held = held?;
            held.recommendations.retain(|linked| !is_of(linked, draft, line));
            (!held.recommendations.is_empty()).then_some(held)
        })?;
    }
    Ok(())
}

fn is_of(linked: &LinkedRecommendation, draft: &DraftOrder, line: &DraftLine) -> bool {
    linked.recommendation == line.recommendation && linked.posting_key == draft.posting_key
}

fn link(to: &mut Derived<'_, '_>, draft: &DraftOrder, line: &DraftLine) -> Result<()> {
    let now = timestamp(to.now());
    for part in &line.posted {
        let quantity = base(part, line);
        to.edit::<PostingLink>(&name(draft, part), |held| {
            let mut held = held.unwrap_or_default();
            // A report may name the same order line twice.
            let before =
                held.recommendations.iter().position(|linked| is_of(linked, draft, line)).map(|at| held.recommendations.remove(at));
            let before: Micro = before.and_then(|linked| linked.quantity.parse().ok()).unwrap_or_default();
            held.recommendations.push(LinkedRecommendation {
                recommendation: line.recommendation.clone(),
                posting_key: draft.posting_key.clone(),
                quantity: before.plus(quantity).unwrap_or(quantity).to_string(),
                need_by: line.need_by,
                post_time: Some(now),
            });
            held.recommendations.sort_by(|a, b| order(a).cmp(&order(b)));
            Some(held)
        })?;
    }
    Ok(())
}

/// The earliest need first; one without a date last.
fn order(linked: &LinkedRecommendation) -> (bool, (i32, i32, i32), &str) {
    let day = linked.need_by.unwrap_or(Date { year: 0, month: 0, day: 0 });
    (linked.need_by.is_none(), (day.year, day.month, day.day), &linked.recommendation)
}

fn base(part: &PostedLine, line: &DraftLine) -> Micro {
    let quantity: Micro = part.quantity.parse().unwrap_or_default();
    let factor: Ratio = line.base_factor.parse().unwrap_or(Ratio::ONE);
    // It is no more than what was drafted, and that fits.
    quantity.times(factor, Rounding::HalfEven).map_or(Micro::ZERO, |converted| converted.amount)
}

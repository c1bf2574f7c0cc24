//! What is measured of recommendations and orders: changes where they are written, and what stands, from sums that are kept with every change.

use crate::model::{
    draft_order::{self, UNDER_WAY},
    number,
    planning::{self, mode_name},
    report,
    status::{self, kind_name},
};
use crossdock_core::{Micro, Micros, Result, key};
use crossdock_proto::{
    types::Money,
    writeback::{DraftOrder, DraftOrderState, LineReport, RecommendationState, RecommendationStatus},
};
use crossdock_records::{Derived, Policy, micros, model};
use crossdock_store::{Read, Scan, SumScan};
use crossdock_telemetry::metrics::{
    APPROVAL_DURATION, APPROVAL_VALUE, APPROVAL_WAITING, DRAFT_ORDERS, Measured, Number, PLANNING_MODE, PLANNING_RUN_AGE, POSTING_DURATION,
    POSTINGS, RECOMMENDATIONS, RETRIES,
};
use std::collections::BTreeMap;

/// Rows that are looked at: planners, and currencies in which something waits.
const MOST: usize = 1_000;
/// What a person looks at.
const STAGES: [&str; 2] = ["line", "order"];

/// A recommendation becomes this.
///
/// # Errors
/// If the store fails, or a total overflows.
pub fn recommendation(to: &mut Derived<'_, '_>, held: Option<&RecommendationStatus>, new: &RecommendationStatus) -> Result<()> {
    use RecommendationState::{Approved, Drafted, PartiallyPosted, PendingApproval, Posted};
    let waits = |status: &RecommendationStatus| waiting("line", status.state() == PendingApproval, status.value.as_ref());
    keep(to, held.map(waits).unwrap_or_default(), waits(new))?;
    let (from, state, kind) = (held.map(RecommendationStatus::state).unwrap_or_default(), new.state(), kind_name(new.kind()));
    // What is taken off its draft order was approved before.
    if from == state || (from, state) == (Drafted, Approved) {
        return Ok(());
    }
    let edited = if new.edited_by.is_empty() { "false" } else { "true" };
    to.measure(&RECOMMENDATIONS, &[&status::name(state).to_lowercase(), &kind, edited], 1);
    let since = match state {
        Approved => to.held::<planning::Run>(&new.run)?.and_then(|run| run.0.commit_time),
        Posted | PartiallyPosted if held.is_none_or(|held| held.post_time.is_none()) => new.approve_time,
        _ => None,
    };
    if let Some(since) = since.as_ref().map(micros) {
        let duration = if state == Approved { &APPROVAL_DURATION } else { &POSTING_DURATION };
        to.measure(duration, &[&kind], Number::seconds(to.now() - since));
    }
    Ok(())
}

/// A draft order becomes this.
///
/// # Errors
/// If a total overflows.
pub fn draft(to: &mut Derived<'_, '_>, held: Option<&DraftOrder>, new: &DraftOrder) -> Result<()> {
    let stands = |draft: &DraftOrder| {
        let mut all = waiting("order", draft.state() == DraftOrderState::PendingApproval, draft.value.as_ref());
        all.extend(UNDER_WAY.contains(&draft.state()).then(|| (drafts(draft.state()), 1)));
        all
    };
    keep(to, held.map(stands).unwrap_or_default(), stands(new))?;
    let is_tried_again = |draft: &DraftOrder| draft.state() == DraftOrderState::Retrying;
    if is_tried_again(new) && !held.is_some_and(is_tried_again) {
        to.measure(&RETRIES, &["recommendation-writeback", "posting"], 1);
    }
    Ok(())
}

/// A connector reported.
pub fn posting(to: &mut Derived<'_, '_>, lines: &[LineReport], late: bool) {
    let outcome = report::outcome(lines).as_str_name().trim_start_matches("LINE_OUTCOME_").to_lowercase();
    to.measure(&POSTINGS, &[if late { "late" } else { &outcome }], 1);
}

/// What something adds to the sums of what waits for a person. Values are in whole units, so that a sum holds as many as there can be.
fn waiting(stage: &str, waits: bool, value: Option<&Money>) -> Vec<(String, i64)> {
    if !waits {
        return Vec::new();
    }
    let value =
        value.and_then(|value| Some((key::join(["value", stage, &value.currency]), value.amount.parse::<Micro>().ok()?.0 / 1_000_000)));
    [(key::join(["waiting", stage]), 1)].into_iter().chain(value).collect()
}

fn drafts(state: DraftOrderState) -> String {
    key::join(["draft", &draft_order::name(state).to_lowercase()])
}

/// Takes what was out of the sums, and puts in what is.
fn keep(to: &mut Derived<'_, '_>, was: Vec<(String, i64)>, is: Vec<(String, i64)>) -> Result<()> {
    if was == is {
        return Ok(());
    }
    let was = was.into_iter().map(|(key, count)| (key, -count));
    was.chain(is).try_for_each(|(key, by)| to.add(number::STANDING, &key, 0, Micro(by)))
}

/// What stands now.
///
/// # Errors
/// If the store fails.
pub fn gauges(read: &mut Read<'_>, _: &Policy, now: Micros) -> Result<Vec<Measured>> {
    let mut said = standing(read)?;
    let planners = read.scan(Scan::Prefix { kind: number::PLANNING_MODE, prefix: "", after: "" }, MOST)?;
    for record in planners.iter().filter(|record| !record.deleted) {
        let Some(planning::PlanningMode(held)) = model(record) else { continue };
        let connection = key::split(&record.key).concat();
        said.push(Measured::new(&PLANNING_MODE, &[&connection, &mode_name(held.kind())], 1));
        let age = held.last_run_time.as_ref().map(|last| Number::seconds(now - micros(last)));
        said.extend(age.map(|age| Measured::new(&PLANNING_RUN_AGE, &[&connection], age)));
    }
    Ok(said)
}

fn standing(read: &mut Read<'_>) -> Result<Vec<Measured>> {
    let known = STAGES.iter().map(|stage| key::join(["waiting", stage])).chain(UNDER_WAY.into_iter().map(drafts));
    let mut all: BTreeMap<String, i64> = known.map(|key| (key, 0)).collect();
    let scan = SumScan { kind: number::STANDING, prefix: "", after: ("", i64::MIN), buckets: (0, 0) };
    all.extend(read.sums(scan, MOST)?.into_iter().map(|sum| (sum.key, sum.amount)));
    let told = |(key, count): (String, i64)| {
        let parts = key::split(&key);
        match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["waiting", stage] => Some(Measured::new(&APPROVAL_WAITING, &[stage], count)),
            ["value", stage, currency] => Some(Measured::new(&APPROVAL_VALUE, &[stage, currency], count)),
            ["draft", state] => Some(Measured::new(&DRAFT_ORDERS, &[state], count)),
            _ => None,
        }
    };
    Ok(all.into_iter().filter_map(told).collect())
}

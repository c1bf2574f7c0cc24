//! How planners are treated: as they come, or as the policy says while they are silent. And how fresh the data is that they saw.

use super::{audit, read};
use crate::model::{
    MODE, RECHECK,
    planning::{self, mode},
};
use bytes::Bytes;
use crossdock_core::{Micros, Result, key};
use crossdock_proto::{
    operations::WatermarkState,
    writeback::{PlanningMode, PlanningModeKind, Run},
};
use crossdock_records::{Kind, Kinds, Policy, derive, freshness, micros, model, timestamp};
use crossdock_store::{Due, Scan, Tx};

/// How often a planner is looked at, whatever the policy says now, in microseconds.
const HOUR: Micros = 3_600 * 1_000_000;
/// Watermarks of a kind that are read at most.
const MOST: usize = 1_000;

/// A run of a planner was committed: it speaks again.
///
/// # Errors
/// If the store fails.
pub fn committed(tx: &mut Tx<'_>, policy: &Policy, run: &Run) -> Result<()> {
    let held = read::<planning::PlanningMode>(tx, &run.connection)?.map(|held| held.0).unwrap_or_default();
    let is_last = held.last_run_time.as_ref().map(micros) < run.commit_time.as_ref().map(micros);
    let said = PlanningMode { last_run_time: if is_last { run.commit_time } else { held.last_run_time }, ..held };
    derive(tx, &Bytes::new(), |to| to.edit::<planning::PlanningMode>(&run.connection, |_| Some(said)))?;
    let now = tx.now();
    tx.keep_due(Due { task: RECHECK.into(), key: String::new(), at: now + HOUR, attempt: 0 });
    let next = refresh(tx, policy, &run.connection)?;
    tx.later(Due { task: MODE.into(), key: run.connection.clone(), at: next.unwrap_or(now + HOUR), attempt: 0 });
    Ok(())
}

/// When the last run of a planner was committed.
///
/// # Errors
/// If the store fails.
pub fn last_run(tx: &mut Tx<'_>, connection: &str) -> Result<Option<Micros>> {
    Ok(read::<planning::PlanningMode>(tx, connection)?.and_then(|held| held.0.last_run_time.as_ref().map(micros)))
}

/// Task: whether a planner is silent.
///
/// # Errors
/// If the store fails.
pub fn look(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    refresh(tx, policy, &due.key)
}

/// Treats a planner as the policy says, unless a person said otherwise. When to look again; never if there is no such planner.
fn refresh(tx: &mut Tx<'_>, policy: &Policy, planner: &str) -> Result<Option<Micros>> {
    let now = tx.now();
    let Some(held) = read::<planning::PlanningMode>(tx, planner)?.map(|held| held.0) else { return Ok(None) };
    let name = key::split(planner).concat();
    let fallbacks = policy.document.writeback.as_ref().map_or(&[][..], |rules| &rules.fallbacks);
    let fallback = fallbacks.iter().find(|fallback| fallback.connection == name);
    let last = held.last_run_time.as_ref().map(micros).unwrap_or_default();
    let (kind, next) = mode(fallback, last, now);
    if held.set_by.is_empty() && held.kind() != kind {
        change(tx, planner, &name, &held, kind)?;
    }
    Ok(Some(next.unwrap_or(now + HOUR).min(now + HOUR)))
}

fn change(tx: &mut Tx<'_>, planner: &str, name: &str, held: &PlanningMode, kind: PlanningModeKind) -> Result<()> {
    let is_silent = |kind: PlanningModeKind| !matches!(kind, PlanningModeKind::Unspecified | PlanningModeKind::Normal);
    let note = if is_silent(kind) {
        let since = held.last_run_time.as_ref().map_or_else(|| "ever".to_owned(), |at| crossdock_core::instant(micros(at)));
        format!("no run of {name} was committed since {since}")
    } else {
        String::new()
    };
    let by = i64::from(is_silent(kind)) - i64::from(is_silent(held.kind()));
    derive(tx, &Bytes::new(), |to| {
        let since = Some(timestamp(to.now()));
        let new = PlanningMode { kind: kind.into(), since, note, ..held.clone() };
        // That a planner speaks for the first time decides nothing.
        if is_silent(kind) || is_silent(held.kind()) {
            audit::mode(to, planner, None, held, &new)?;
        }
        to.edit::<planning::PlanningMode>(planner, |_| Some(new))?;
        if by != 0 {
            to.count_finding("PLANNER_SILENT", name, by)?;
        }
        to.due(RECHECK, "");
        Ok(())
    })
}

/// Whether every kind that the policy names is as fresh as it asks.
///
/// # Errors
/// If the store fails.
pub fn is_fresh(tx: &mut Tx<'_>, policy: &Policy) -> Result<bool> {
    let kinds = policy.document.writeback.as_ref().map_or(&[][..], |rules| &rules.fresh_kinds);
    let mut said = Vec::new();
    for kind in kinds {
        let page = tx.scan(Scan::Field { kind: WatermarkState::NUMBER, name: "kind", value: kind, prefix: "", after: "" }, MOST)?;
        said.extend(page.iter().filter_map(model::<WatermarkState>));
    }
    let rows = freshness(&policy.document, &said, tx.now());
    Ok(!rows.iter().any(|row| row.stale && kinds.contains(&row.kind)))
}

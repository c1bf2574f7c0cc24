//! Keeps supply as the basis check counts it: from the progress of ERP orders, and from recommendations on their way.

use crate::model::{
    RECHECK_FOR,
    planning::Run,
    posting::PostingLink,
    progress::Progress,
    status,
    supply::{KEPT, Supply, amount, now, scaled, step},
};
use crossdock_core::{Cursor, DAY, Micro, Micros, Ratio, Result, key};
use crossdock_proto::{
    execution::{OrderProgress, OrderState},
    types::Date,
    writeback::{
        self as contract, RecommendationKind, RecommendationState as State, RecommendationStatus, SupplyClaim, SupplyEntry, SupplyStep,
    },
};
use crossdock_records::{Derived, day, micros, timestamp};
use std::collections::BTreeSet;

/// What execution-feedback says of an order line at this place of its feed; no progress: it is gone.
///
/// # Errors
/// If the store fails.
pub fn ordered(to: &mut Derived<'_, '_>, at: Cursor, order: &str, progress: Option<OrderProgress>) -> Result<()> {
    let before = to.held::<Progress>(order)?.and_then(|held| place(&held.0));
    let after = progress.as_ref().and_then(place);
    if let Some(before) = before.filter(|before| after.as_ref() != Some(before)) {
        change(to, &before, |supply| supply.entries.retain(|entry| entry.key != order))?;
    }
    if let (Some(after), Some(progress)) = (after, &progress) {
        let linked = to.held::<PostingLink>(order)?.map_or_else(Vec::new, |link| link.0.recommendations);
        let known = Some(timestamp(to.now()));
        change(to, &after, |supply| {
            let entry = entry_of(supply, order, false);
            let quantity = counted(progress).to_string();
            step(entry, SupplyStep { position: at.position, epoch: at.epoch, quantity, time: known });
            entry.due = progress.due_date;
            entry.posting_key.clone_from(&progress.posting_key);
            entry.close_time = if progress.closed { entry.close_time.or(known) } else { None };
            // It stands for what was posted onto it from now on.
            let is_there =
                |own: &SupplyEntry| linked.iter().any(|link| link.recommendation == own.key && amount(&link.quantity) >= now(own));
            supply.entries.retain(|entry| !(entry.recommended && is_there(entry)));
        })?;
    }
    to.edit::<Progress>(order, |_| progress)
}

/// What a recommendation is as supply, now that its status is this.
///
/// # Errors
/// If the store fails.
pub fn own(to: &mut Derived<'_, '_>, key: &str, status: &RecommendationStatus) -> Result<()> {
    if !matches!(status.kind(), RecommendationKind::Purchase | RecommendationKind::Transfer) {
        return Ok(());
    }
    let factor: Ratio = status.base_factor.parse().unwrap_or(Ratio::ONE);
    let base = |text: &str| scaled(amount(text), factor);
    let on_its_way = match status.state() {
        State::Approved | State::Drafted => base(&status.quantity),
        State::Posted | State::PartiallyPosted => base(&status.posted_quantity),
        _ => Micro::ZERO,
    };
    let covered = status.state() == State::Cancelled && amount(&status.quantity) == Micro::ZERO;
    let reduced = if covered || claims(status.state()) { base(&status.netted_quantity) } else { Micro::ZERO };
    let within_run = covered || !matches!(status.state(), State::Held | State::PendingApproval);
    let outdated = outdated(to, status)?;
    change(to, &status::place(status), |supply| {
        if on_its_way == Micro::ZERO {
            supply.entries.retain(|entry| entry.key != key || !entry.recommended);
        } else {
            let entry = entry_of(supply, key, true);
            entry.steps = vec![SupplyStep { quantity: on_its_way.to_string(), ..SupplyStep::default() }];
            entry.due = status.need_by;
            entry.posting_key.clone_from(&status.draft);
        }
        supply.claims.retain(|claim| claim.recommendation != key && !outdated.contains(&claim.recommendation));
        if reduced > Micro::ZERO {
            supply.claims.push(SupplyClaim { recommendation: key.to_owned(), quantity: reduced.to_string(), within_run });
        }
    })
}

/// What counts within an earlier run of its planner alone, and so not any more.
fn outdated(to: &mut Derived<'_, '_>, status: &RecommendationStatus) -> Result<BTreeSet<String>> {
    let held = to.held::<Supply>(&status::place(status))?.map(|held| held.0).unwrap_or_default();
    let own = committed(to, &status.run)?;
    let mut outdated = BTreeSet::new();
    for claim in held.claims.into_iter().filter(|claim| claim.within_run) {
        let run = claim.recommendation.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        if run.split('/').next() == Some(status::planner(status)) && committed(to, &run)? < own {
            outdated.insert(claim.recommendation);
        }
    }
    Ok(outdated)
}

/// When a run was committed; of two at the same time the key decides.
fn committed(to: &mut Derived<'_, '_>, run: &str) -> Result<(Option<Micros>, String)> {
    let held = to.held::<Run>(run)?;
    Ok((held.and_then(|held| held.0.commit_time.as_ref().map(micros)), run.to_owned()))
}

/// A recommendation in this state may still be ordered, or was: what it was reduced by is taken.
fn claims(state: State) -> bool {
    matches!(state, State::Held | State::PendingApproval | State::Approved | State::Drafted | State::Posted | State::PartiallyPosted)
}

/// Changes the supply of an item for a destination; what is held because of it is looked at again.
fn change(to: &mut Derived<'_, '_>, place: &str, edit: impl FnOnce(&mut contract::Supply)) -> Result<()> {
    let held = to.held::<Supply>(place)?.map(|held| held.0).unwrap_or_default();
    let mut new = held.clone();
    edit(&mut new);
    let at = to.now();
    new.entries.retain(|entry| counts_still(entry, at));
    new.entries.sort_by(|a, b| a.key.cmp(&b.key));
    new.claims.sort_by(|a, b| a.recommendation.cmp(&b.recommendation));
    if new == held {
        return Ok(());
    }
    to.due(RECHECK_FOR, place);
    let is_left = !new.entries.is_empty() || !new.claims.is_empty();
    to.edit::<Supply>(place, |_| is_left.then_some(new))
}

fn counts_still(entry: &SupplyEntry, at: Micros) -> bool {
    let is_recent = |over: Micros| at < over.saturating_add(KEPT);
    let due = |date: &Date| crate::model::civil(Some(date)).is_none_or(|date| is_recent(day(date) * DAY));
    if entry.recommended {
        entry.due.as_ref().is_none_or(due)
    } else {
        entry.close_time.as_ref().is_none_or(|time| is_recent(micros(time)))
    }
}

fn entry_of<'a>(supply: &'a mut contract::Supply, key: &str, recommended: bool) -> &'a mut SupplyEntry {
    let found = supply.entries.iter().position(|entry| entry.key == key && entry.recommended == recommended);
    let index = found.unwrap_or_else(|| {
        supply.entries.push(SupplyEntry { key: key.to_owned(), recommended, ..SupplyEntry::default() });
        supply.entries.len() - 1
    });
    &mut supply.entries[index]
}

/// What an order line brings: what was ordered and not cancelled; if no more is expected, what came.
fn counted(progress: &OrderProgress) -> Micro {
    if progress.closed || progress.state() == OrderState::Rejected {
        return amount(&progress.received);
    }
    Micro(amount(&progress.ordered).0.saturating_sub(amount(&progress.cancelled).0)).max(Micro::ZERO)
}

fn place(progress: &OrderProgress) -> Option<String> {
    let known = !progress.item_id.is_empty() && !progress.destination_location_id.is_empty();
    known.then(|| key::join([&progress.item_id, &progress.destination_location_id]))
}

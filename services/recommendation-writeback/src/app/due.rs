//! What happens by itself when a time comes.

use super::{approval, change, draft, lease, seal};
use crate::model::{self, status::Status};
use bytes::Bytes;
use crossdock_core::{Micros, Result};
use crossdock_proto::writeback::RecommendationState;
use crossdock_records::{Derived, Kinds, Policy, Task, derive};
use crossdock_store::{Due, Tx};

/// The tasks, by name.
pub const TASKS: &[(&str, Task)] = &[
    (model::RUN, super::run::work),
    (model::LINE, super::line::late),
    (model::RECHECK, super::recheck::all),
    (model::RECHECK_FOR, super::recheck::of_supply),
    (model::MODE, super::mode::look),
    (change::LINE_DECISION, |tx, _: &Kinds, policy, due| run(tx, due, |to, key| approval::line_undecided(to, policy, key))),
    (change::ORDER_DECISION, |tx, _, policy, due| run(tx, due, |to, key| approval::order_undecided(to, policy, key))),
    (draft::DRAFT, |tx, _, policy, due| run(tx, due, |to, key| look_again(to, policy, key))),
    (draft::SEAL, |tx, _, policy, due| run(tx, due, |to, key| seal::cut_off(to, policy, key).map(|()| None))),
    (lease::LEASE, |tx, _, policy, due| run(tx, due, |to, key| lease::expire(to, policy, key))),
    (lease::RETRY, |tx, _, _, due| run(tx, due, |to, key| lease::retry(to, key).map(|()| None))),
];

fn run(tx: &mut Tx<'_>, due: &Due, task: impl FnOnce(&mut Derived<'_, '_>, &str) -> Result<Option<Micros>>) -> Result<Option<Micros>> {
    derive(tx, &Bytes::new(), |to| task(to, &due.key))
}

/// A line that is approved and could not be drafted: perhaps somebody posts for it now.
fn look_again(to: &mut Derived<'_, '_>, policy: &Policy, key: &str) -> Result<Option<Micros>> {
    let held = to.held::<Status>(key)?.map(|held| held.0).filter(|held| held.state() == RecommendationState::Approved);
    let Some(held) = held else { return Ok(None) };
    let after = draft::add(to, policy, key, &held)?;
    Ok((after.state() == RecommendationState::Approved).then(|| to.now() + draft::LOOK_AGAIN))
}

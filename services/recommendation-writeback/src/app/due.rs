//! What happens by itself when a time comes.

use super::{approval, change, draft, lease, line, seal};
use crate::model::{self, status::Status};
use bytes::Bytes;
use crossdock_core::{Micros, Result};
use crossdock_proto::writeback::RecommendationState;
use crossdock_records::{Derived, Kinds, Policy, Task, derive};
use crossdock_store::{Due, Tx};

/// The tasks, by name.
pub const TASKS: &[(&str, Task)] = &[
    (model::RUN, super::run::work),
    (model::LINE, line::late),
    (model::RECHECK, super::recheck::all),
    (model::RECHECK_FOR, super::recheck::of_supply),
    (model::MODE, super::mode::look),
    (change::LINE_DECISION, |tx, _: &Kinds, policy, due| run(tx, due, |to, key| approval::line_undecided(to, policy, key))),
    (change::ORDER_DECISION, |tx, _, policy, due| run(tx, due, |to, key| approval::order_undecided(to, policy, key))),
    (draft::DRAFT, look_again),
    (draft::SEAL, |tx, _, policy, due| run(tx, due, |to, key| seal::due(to, policy, key).map(|()| None))),
    (lease::LEASE, |tx, _, policy, due| run(tx, due, |to, key| lease::expire(to, policy, key))),
    (lease::RETRY, |tx, _, _, due| run(tx, due, |to, key| lease::retry(to, key).map(|()| None))),
];

fn run(tx: &mut Tx<'_>, due: &Due, task: impl FnOnce(&mut Derived<'_, '_>, &str) -> Result<Option<Micros>>) -> Result<Option<Micros>> {
    derive(tx, &Bytes::new(), |to| task(to, &due.key))
}

/// A line that is approved and could not be drafted: perhaps somebody posts for it now.
fn look_again(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    line::proceed(tx, policy, &due.key, None)?;
    run(tx, due, |to, key| {
        let waits = to.held::<Status>(key)?.is_some_and(|held| held.0.state() == RecommendationState::Approved);
        Ok(waits.then(|| to.now() + draft::LOOK_AGAIN))
    })
}

//! Back to the look at a recommendation: after an edit, a release, or the last approval.

use super::{
    approval,
    change::{self, Why},
    draft,
};
use crate::model::{
    clearance::{Values, is_cleared},
    status::Status,
};
use crossdock_core::Result;
use crossdock_proto::writeback::{RecommendationState as State, RecommendationStatus};
use crossdock_records::{Origin, Policy, derive};
use crossdock_store::Tx;

/// Looks again at a recommendation that was edited, and lets it go on as far as it may.
///
/// # Errors
/// If the store fails.
pub fn edited(tx: &mut Tx<'_>, policy: &Policy, key: &str, by: &Origin) -> Result<RecommendationStatus> {
    let clearance = approval::clear_line(policy, &Values::new(), tx.now());
    let why = Why { by: Some(by), reason: "LOOKED_AT", rule: clearance.rule.clone(), ..Why::default() };
    let cleared = is_cleared(&clearance);
    derive(tx, &by.trace, |to| {
        let status = change::recommendation(to, key, &why, |status| {
            status.set_state(if cleared { State::Approved } else { State::PendingApproval });
            status.problems.clear();
            status.clearance = Some(clearance);
        })?;
        if cleared { draft::add(to, policy, key, &status) } else { Ok(status) }
    })
}

/// Lets a held recommendation go on although its problems stand.
///
/// # Errors
/// If the store fails.
pub fn released(tx: &mut Tx<'_>, policy: &Policy, key: &str, by: &Origin, why: &Why<'_>) -> Result<RecommendationStatus> {
    derive(tx, &by.trace, |to| change::recommendation(to, key, why, |_| {}))?;
    edited(tx, policy, key, by)
}

/// Looks a last time at a recommendation that was approved, and drafts it.
///
/// # Errors
/// If the store fails.
pub fn approved(tx: &mut Tx<'_>, policy: &Policy, key: &str) -> Result<()> {
    derive(tx, &bytes::Bytes::new(), |to| {
        if let Some(held) = to.held::<Status>(key)?.map(|held| held.0).filter(|held| held.state() == State::Approved) {
            draft::add(to, policy, key, &held)?;
        }
        Ok(())
    })
}

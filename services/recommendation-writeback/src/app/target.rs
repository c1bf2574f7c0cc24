//! The ERP order that a change is for: which it is, and whether it looks as the planner believed.

use super::read;
use crate::model::{
    civil,
    problem::Problem,
    progress::Progress,
    status,
    supply::{amount, scaled},
};
use crossdock_core::{Ratio, Result};
use crossdock_proto::{
    execution::OrderProgress,
    writeback::{RecommendationStatus, Target},
};
use crossdock_records::Policy;
use crossdock_store::Tx;

/// Looks at the target. One without a connection gets that of the only one that posts.
///
/// # Errors
/// If the store fails.
pub fn look(tx: &mut Tx<'_>, policy: &Policy, line: &mut RecommendationStatus) -> Result<Vec<Problem>> {
    let factor = line.base_factor.parse().unwrap_or(Ratio::ONE);
    let Some(target) = line.target.as_mut() else { return Ok(Vec::new()) };
    if target.connection.is_empty()
        && let Err(problem) = complete(policy, target)
    {
        return Ok(vec![problem]);
    }
    let order = status::order(target);
    let known = read::<Progress>(tx, &order)?.map(|held| held.0).filter(|progress| !progress.item_id.is_empty());
    let Some(progress) = known else {
        let message = "is no order that is known here; the change goes on when its supply order comes in";
        return Ok(vec![Problem::holds("target.document", "UNKNOWN_ORDER", &order, message)]);
    };
    Ok(differences(target, &progress, factor))
}

fn complete(policy: &Policy, target: &mut Target) -> Result<(), Problem> {
    let connectors = policy.document.writeback.as_ref().map_or(&[][..], |rules| &rules.connectors);
    let mut names: Vec<&String> = connectors.iter().map(|connector| &connector.connection).collect();
    names.sort_unstable();
    names.dedup();
    if let [only] = names.as_slice() {
        target.connection.clone_from(only);
        return Ok(());
    }
    let message = format!("must say in which ERP the order is: {} connections post", names.len());
    Err(Problem::invalid("target.connection", "MISSING", "", message))
}

/// Where the order is not as expected. What the planner did not say is not compared.
pub fn differences(target: &Target, progress: &OrderProgress, factor: Ratio) -> Vec<Problem> {
    let (mut found, open) = (Vec::new(), amount(&progress.open));
    let expected = scaled(amount(&target.expected_quantity), factor);
    if !target.expected_quantity.is_empty() && expected != open {
        let message = format!("is not what is open on the order: that is {open} in the item's base unit; plan again, or release it");
        found.push(Problem::holds("target.expected_quantity", "TARGET_CHANGED", &target.expected_quantity, message));
    }
    let (wanted, due) = (civil(target.expected_due_date.as_ref()), civil(progress.due_date.as_ref()));
    if wanted.is_some() && wanted != due {
        let due = due.map_or_else(|| "unknown".to_owned(), |due| due.to_string());
        let wanted = wanted.map(|wanted| wanted.to_string()).unwrap_or_default();
        let message = format!("is not the order's due date, which is {due}; plan again, or release it");
        found.push(Problem::holds("target.expected_due_date", "TARGET_CHANGED", wanted, message));
    }
    found
}

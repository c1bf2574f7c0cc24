//! An operator says how a planner's recommendations are treated, or gives that back to the policy.

use super::{approval, approve::need_note, audit};
use crate::model::planning::PlanningMode;
use crossdock_core::{Error, Result};
use crossdock_proto::{
    Role,
    writeback::{self as contract, PlanningModeKind, SetPlanningModeRequest},
};
use crossdock_records::{Derived, Origin, Policy, timestamp};

/// Task: look again how a planner is treated.
pub const MODE: &str = "mode";

/// Sets the mode.
///
/// # Errors
/// If there is no such planner, or nobody is named.
pub fn set(to: &mut Derived<'_, '_>, policy: &Policy, by: &Origin, asked: &SetPlanningModeRequest) -> Result<contract::PlanningMode> {
    let person = approval::person(by)?;
    need_note(&asked.note)?;
    // Whoever is limited to a part of the business sees no planner but itself.
    if policy.sight(&by.connection).is_limited() || !policy.allows(&asked.connection, &[Role::Planning]) {
        let message = format!("connection {:?} is no planner of the policy: name one with the role PLANNING", asked.connection);
        return Err(Error::not_found("UNKNOWN_CONNECTION", message));
    }
    let Ok(kind) = PlanningModeKind::try_from(asked.kind) else {
        return Err(Error::invalid("UNKNOWN_VALUE", format!("kind: {} is not a value of this field's enum in the contract", asked.kind)));
    };
    let given_back = kind == PlanningModeKind::Unspecified;
    let now = timestamp(to.now());
    let held = to.held::<PlanningMode>(&asked.connection)?.map(|held| held.0).unwrap_or_default();
    let mut set = contract::PlanningMode::default();
    to.edit::<PlanningMode>(&asked.connection, |held| {
        let mut mode = held.unwrap_or_default();
        if !given_back && mode.kind() != kind {
            mode.set_kind(kind);
            mode.since = Some(now);
        }
        mode.set_by = if given_back { String::new() } else { person.to_owned() };
        mode.note.clone_from(&asked.note);
        set = mode;
        Some(set.clone())
    })?;
    audit::mode(to, &asked.connection, Some(by), &held, &set)?;
    to.due(MODE, asked.connection.as_str());
    Ok(set)
}

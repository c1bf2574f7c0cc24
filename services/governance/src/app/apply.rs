//! Puts a policy in force.

use super::{audit, desk::REROUTE};
use crossdock_core::Result;
use crossdock_proto::governance::Policy;
use crossdock_records::derive;
use crossdock_store::Tx;

/// Key of the policy in force.
pub const ACTIVE: &str = "active";

/// Which policy is in force afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// This one, newly.
    New,
    /// This one, as before: nothing was written.
    Same,
    /// Another one, of this version, which stays.
    Kept(String),
}

/// Puts a policy in force that was read from this file; `unless_held`, only where none is.
///
/// # Errors
/// If the store fails.
pub fn apply(tx: &mut Tx<'_>, policy: &Policy, file: &str, unless_held: bool) -> Result<Applied> {
    derive(tx, &Default::default(), |to| {
        let held = to.held::<Policy>(ACTIVE)?;
        match &held {
            Some(held) if held == policy => return Ok(Applied::Same),
            Some(held) if unless_held => return Ok(Applied::Kept(held.version.clone())),
            _ => {}
        }
        audit::policy(to, file, &held.unwrap_or_default(), policy)?;
        to.edit::<Policy>(ACTIVE, |_| Some(policy.clone()))?;
        to.due(REROUTE, "");
        Ok(Applied::New)
    })
}

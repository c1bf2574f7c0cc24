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
    /// Another one, of this version (empty: none), which stays.
    Kept(String),
}

/// Puts a policy in force, with where it comes from; only in the place of the version that is expected (empty: of none), if there is one.
///
/// # Errors
/// If the store fails.
pub fn apply(tx: &mut Tx<'_>, policy: &Policy, source: &str, expected: Option<&str>) -> Result<Applied> {
    derive(tx, &Default::default(), |to| {
        let held = to.held::<Policy>(ACTIVE)?.unwrap_or_default();
        if held == *policy {
            return Ok(Applied::Same);
        }
        if expected.is_some_and(|expected| expected != held.version) {
            return Ok(Applied::Kept(held.version));
        }
        audit::policy(to, source, &held, policy)?;
        to.edit::<Policy>(ACTIVE, |_| Some(policy.clone()))?;
        to.due(REROUTE, "");
        Ok(Applied::New)
    })
}

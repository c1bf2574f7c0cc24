//! Puts a policy in force.

use super::desk::REROUTE;
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

/// Puts a policy in force; `unless_held`, only where none is.
///
/// # Errors
/// If the store fails.
pub fn apply(tx: &mut Tx<'_>, policy: &Policy, unless_held: bool) -> Result<Applied> {
    let mut applied = Applied::New;
    derive(tx, &Default::default(), |to| {
        to.edit::<Policy>(ACTIVE, |held| match held {
            Some(held) if held == *policy => {
                applied = Applied::Same;
                Some(held)
            }
            Some(held) if unless_held => {
                applied = Applied::Kept(held.version.clone());
                Some(held)
            }
            _ => Some(policy.clone()),
        })?;
        if applied == Applied::New {
            to.due(REROUTE, "");
        }
        Ok(())
    })?;
    Ok(applied)
}

//! `ApplyPolicy`: a policy that is brought, such as by the operator of a cluster.

use super::{policy::check, stranded};
use crate::app::apply::{Applied, apply};
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_proto::governance::{ApplyPolicyRequest, ApplyPolicyResponse};
use crossdock_rpc::Handle;

/// Longest name of where a policy comes from, in characters.
const SOURCE: usize = 200;

/// Puts a policy in force; `has_file`: this process takes its policy from a file.
///
/// # Errors
/// `POLICY_FROM_FILE`, `SOURCE`, `POLICY_FAULTY` with every fault, `POLICY_CHANGED` with the version in force, and what [`stranded::refuse`] says.
pub async fn applied(handle: &Handle, has_file: bool, asked: ApplyPolicyRequest) -> Result<ApplyPolicyResponse> {
    let ApplyPolicyRequest { document, source, expected_version: expected, validate_only } = asked;
    if has_file {
        let message = "governance was started with a policy file, and that counts: start it with --await-policy instead of --policy";
        return Err(Error::precondition("POLICY_FROM_FILE", message));
    }
    if source.is_empty() || source.chars().count() > SOURCE || source.chars().any(char::is_control) {
        let message =
            "source is required: where the policy comes from, such as `namespace crossdock`, in one line of at most 200 characters";
        return Err(Error::invalid("SOURCE", message));
    }
    let policy = check("document", &document).map_err(|faults| {
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Error::invalid("POLICY_FAULTY", told.join("\n"))
    })?;
    handle.reload().await?;
    stranded::refuse(handle, &policy).await?;
    let version = policy.version.clone();
    let in_force = handle.policy.borrow().document.version.clone();
    if validate_only {
        return if expected == in_force || version == in_force {
            Ok(ApplyPolicyResponse { changed: version != in_force, version })
        } else {
            Err(overtaken(&expected, &in_force))
        };
    }
    let (from, over) = (source.clone(), expected.clone());
    let outcome = handle.store.write("policy", move |tx| apply(tx, &policy, &from, Some(&over))).await?;
    handle.reload().await?;
    match outcome {
        Applied::New => tracing::info!(source, version, "a policy is in force"),
        Applied::Same => {}
        Applied::Kept(held) => return Err(overtaken(&expected, &held)),
    }
    Ok(ApplyPolicyResponse { changed: outcome == Applied::New, version })
}

fn overtaken(expected: &str, in_force: &str) -> Error {
    let message = format!("the policy in force is {in_force:?}, not {expected:?}: look at what you apply again, and call again");
    Error::new(ErrorKind::Conflict, "POLICY_CHANGED", message).with("version", in_force)
}

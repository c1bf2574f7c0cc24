//! Governance: who may talk, who counts, how fresh data has to be; and the exception desk.
//!
//! **Policy.** The rules of the suite are one YAML file ([`check`], [`schema`], `docs/policy.md`). This service reads it, at its start and whenever
//! it changes, and keeps it as the one record `policy/active`, versioned by its content. Every other service follows that record into its own store
//! and goes on with what it knows while governance is away. A faulty file is logged with line and column, and what is in force stays.
//!
//! **Exceptions.** No service calls governance: each writes an `issue` per cause of trouble into its own store, and governance follows these. The
//! exception `<service>/<cause>` is what the service says, and who works on it. It resolves itself when its cause goes away, and is open again when
//! the cause comes back. Its route names the team that owns it, escalates it by age, and may have a webhook told.
//!
//! **Freshness.** Watermarks stay with the services that take the data; `crossdock_records::freshness` holds them against the policy, wherever both are
//! at hand. So nothing about every sender's every batch has to pass through here.
//!
//! - `model`: the file with every value checked as it is read, what its parts say of each other, exceptions, freshness.
//! - `app`: apply a policy, hear an issue, what people say of an exception, escalation.
//! - `wire`: the file as the contract has it, the file on disk, issues from feeds, the verbs, webhooks. That policy and exceptions are kinds of record is said in
//!   `crossdock-records`, since every service follows the one and both belong to the contract.

mod app;
mod model;
mod wire;

pub use wire::policy::{PolicyFault, check, misread, schema, schema_for_clusters};
pub use wire::reload::FIRST_TRY;

use crossdock_core::Result;
use crossdock_proto::governance::{Exception, Policy, SealKey, Token};
use crossdock_records::{ISSUE, Kinds, Peer};
use crossdock_runtime::{GOVERNANCE, Service};
use std::path::PathBuf;

/// Whose issues become exceptions.
static PEERS: [Peer; 4] = [
    issues_of("master-data", "crossdock.masterdata.v1"),
    issues_of("demand-signal", "crossdock.demand.v1"),
    issues_of("recommendation-writeback", "crossdock.writeback.v1"),
    issues_of("execution-feedback", "crossdock.execution.v1"),
];

const fn issues_of(name: &'static str, package: &'static str) -> Peer {
    Peer { name, package, kinds: &[ISSUE], apply: Some(wire::issue::take) }
}

/// Where the policy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Of this file, again whenever it changes.
    File(PathBuf),
    /// The first start takes [`FIRST_TRY`], and later starts what is in force.
    BuiltIn,
    /// Somebody brings it: `ApplyPolicy`.
    Calls,
}

/// The service, with its policy from there.
///
/// # Errors
/// If the contracts lack its kinds: a broken build.
pub fn service(policy: Source) -> Result<Service> {
    let has_file = matches!(policy, Source::File(_));
    Ok(Service {
        name: GOVERNANCE.name,
        package: GOVERNANCE.package,
        kinds: Kinds::new().own::<Policy>()?.own::<Exception>()?.own::<Token>()?.own::<SealKey>()?,
        peers: &PEERS,
        tasks: &[
            (app::desk::ESCALATE, app::desk::escalate),
            (app::desk::REROUTE, app::desk::reroute),
            (app::token::FORGET, app::token::forget),
        ],
        verbs: Box::new(move |handle| wire::verbs::routes(handle, has_file)),
        gauges: app::gauges::gauges,
        background: vec![
            Box::new(move |handle| Box::pin(wire::reload::run(handle, policy))),
            Box::new(|handle| Box::pin(wire::tokens::run(handle))),
            Box::new(|handle| Box::pin(wire::webhook::run(handle))),
        ],
    })
}

#[cfg(test)]
mod tests;

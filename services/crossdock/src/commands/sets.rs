//! `crossdock set`.

use crate::{
    cli::{SetCommand, Target},
    commands::operations::request_id,
    failure::{Failure, at},
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::operations::{AbortSetRequest, CommitSetRequest, OpenSetRequest, Set, SetPurpose, SetScope};

/// Opens, commits or aborts a set.
pub async fn run(command: SetCommand) -> Result<(), Failure> {
    match command {
        SetCommand::Open { kind, set_key, as_of, run, through, absent_is_zero, locations, suppliers, target } => {
            let as_of =
                as_of.map(|text| text.parse()).transpose().map_err(at("--as-of must be an instant such as 2026-11-23T02:00:00Z"))?;
            let scope = SetScope { locations, suppliers, ..SetScope::default() };
            let purpose = if run { SetPurpose::Run } else { SetPurpose::Load }.into();
            let set = Set { set_key, kind: name(&kind), purpose, scope: Some(scope), as_of, through, absent_is_zero, ..Set::default() };
            let peers = Peers::new(&target)?;
            let request = peers.request(OpenSetRequest { request_id: request_id(), set: Some(set) })?;
            show(&target, peers.operations().open_set(request).await?.into_inner().set)
        }
        SetCommand::Commit { kind, set_key, records, force, of, target } => {
            let peers = Peers::new(&target)?;
            let request = CommitSetRequest { request_id: request_id(), kind: name(&kind), set_key, records, force, connection: of };
            show(&target, peers.operations().commit_set(peers.request(request)?).await?.into_inner().set)
        }
        SetCommand::Abort { kind, set_key, reason, of, target } => {
            let peers = Peers::new(&target)?;
            let request = AbortSetRequest { request_id: request_id(), kind: name(&kind), set_key, note: reason, connection: of };
            show(&target, peers.operations().abort_set(peers.request(request)?).await?.into_inner().set)
        }
    }
}

fn name(kind: &str) -> String {
    kind.replace('-', "_")
}

fn show(target: &Target, set: Option<Set>) -> Result<(), Failure> {
    let set = set.unwrap_or_default();
    if target.output == Format::Json {
        return output::line(output::json(&set, "crossdock.operations.v1.Set")?.to_string());
    }
    let state = set.state().as_str_name().trim_start_matches("SET_STATE_").to_lowercase();
    output::line(format!("set {} of {} is {state}, with {} records", set.set_key, set.kind, set.records))
}

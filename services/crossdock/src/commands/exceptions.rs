//! `crossdock exceptions`.

use crate::{
    cli::{Exceptions, List, Target},
    commands::{operations::request_id, records},
    failure::Failure,
    output,
    peers::{self, Peers},
};
use crossdock_proto::governance::{
    AcknowledgeExceptionRequest, CommentExceptionRequest, ResolveExceptionRequest, governance_service_client::GovernanceServiceClient,
};

/// Lists exceptions, or says something of one.
pub async fn run(command: Exceptions) -> Result<(), Failure> {
    match command {
        Exceptions::List { all, team, target } => list(all, team, &target).await,
        Exceptions::Acknowledge { key, note, target } => {
            let (peers, request_id) = (Peers::new(&target)?, request_id());
            let request = AcknowledgeExceptionRequest { request_id, key: key.clone(), note };
            GovernanceServiceClient::new(peers.channel()).acknowledge_exception(peers.request(request)?).await?;
            output::line(format!("{key} is acknowledged"))
        }
        Exceptions::Comment { key, text, target } => {
            let (peers, request_id) = (Peers::new(&target)?, request_id());
            let request = CommentExceptionRequest { request_id, key: key.clone(), text };
            GovernanceServiceClient::new(peers.channel()).comment_exception(peers.request(request)?).await?;
            output::line(format!("said of {key}"))
        }
        Exceptions::Resolve { key, note, target } => {
            let (peers, request_id) = (Peers::new(&target)?, request_id());
            let request = ResolveExceptionRequest { request_id, key: key.clone(), note };
            GovernanceServiceClient::new(peers.channel()).resolve_exception(peers.request(request)?).await?;
            output::line(format!("{key} is resolved"))
        }
    }
}

/// Prints exceptions: those that are open or acknowledged, or all.
pub async fn list(all: bool, team: Option<String>, target: &Target) -> Result<(), Failure> {
    let states: &[Option<&str>] = if all { &[None] } else { &[Some("open"), Some("acknowledged")] };
    let (peers, info, mut found) = (Peers::new(target)?, peers::kind("exception")?, Vec::new());
    for state in states {
        let state = state.map(|state| ("state".to_owned(), state.to_owned()));
        let fields = state.into_iter().chain(team.clone().map(|team| ("team".to_owned(), team))).collect();
        let list = List { kind: "exception".into(), fields, prefix: String::new(), limit: 100, service: None, target: target.clone() };
        found.extend(records::all(&peers, info, &list).await?);
    }
    let columns = ["key", "state", "reason", "records", "quantity", "team", "first_time", "acknowledged_by", "note", "message"];
    output::columns(target.output, "exception", &columns, &found)
}

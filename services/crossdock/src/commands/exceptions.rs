//! `crossdock exceptions`.

use crate::{
    cli::{List, Target},
    commands::{operations::request_id, records},
    failure::Failure,
    output,
    peers::{self, Peers},
};
use crossdock_proto::governance::{AcknowledgeExceptionRequest, governance_service_client::GovernanceServiceClient};

/// Lists exceptions, or acknowledges one.
pub async fn exceptions(all: bool, acknowledge: Option<String>, note: Option<String>, target: &Target) -> Result<(), Failure> {
    if let Some(key) = acknowledge {
        let peers = Peers::new(target)?;
        let request = AcknowledgeExceptionRequest { request_id: request_id(), key: key.clone(), note: note.unwrap_or_default() };
        GovernanceServiceClient::new(peers.channel()).acknowledge_exception(peers.request(request)?).await?;
        return output::line(format!("{key} is acknowledged"));
    }
    let states: &[Option<&str>] = if all { &[None] } else { &[Some("open"), Some("acknowledged")] };
    let (peers, info, mut found) = (Peers::new(target)?, peers::kind("exception")?, Vec::new());
    for state in states {
        let fields = state.iter().map(|state| ("state".to_owned(), (*state).to_owned())).collect();
        let list = List { kind: "exception".into(), fields, prefix: String::new(), limit: 100, service: None, target: target.clone() };
        found.extend(records::all(&peers, info, &list).await?);
    }
    output::records(target.output, "exception", &found)
}

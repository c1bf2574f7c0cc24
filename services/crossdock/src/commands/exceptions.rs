//! `crossdock exceptions`.

use crate::{
    cli::{List, Target},
    commands::{operations::request_id, records},
    failure::Failure,
    output,
    peers::Peers,
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
    for state in states {
        let fields = state.iter().map(|state| ("state".to_owned(), (*state).to_owned())).collect();
        let list = List { kind: "exception".into(), fields, prefix: String::new(), limit: 100, service: None, target: target.clone() };
        records::list(list).await?;
    }
    Ok(())
}

//! `crossdock token`.

use crate::{
    cli::{List, Target, Token},
    commands::{operations::request_id, records},
    failure::Failure,
    output::{self, Format},
    peers::{self, Peers},
};
use crossdock_proto::governance::{
    self, CreateTokenRequest, RevokeTokenRequest, RotateTokenRequest, governance_service_client::GovernanceServiceClient,
};
use jiff::SignedDuration;
use serde_json::json;

/// Makes, lists, replaces or ends tokens.
pub async fn run(command: Token) -> Result<(), Failure> {
    match command {
        Token::Create { connection_of, expire_after, note, target } => {
            let peers = Peers::new(&target)?;
            let expire_after = expire_after.map(duration);
            let request = CreateTokenRequest { request_id: request_id(), connection: connection_of, expire_after, note };
            let answer = GovernanceServiceClient::new(peers.channel()).create_token(peers.request(request)?).await?.into_inner();
            made(&target, &answer.token.unwrap_or_default(), &answer.secret)
        }
        Token::List { connection_of, target } => list(connection_of, target).await,
        Token::Rotate { id, overlap, expire_after, target } => {
            let peers = Peers::new(&target)?;
            let (overlap, expire_after) = (overlap.map(duration), expire_after.map(duration));
            let request = RotateTokenRequest { request_id: request_id(), id, overlap, expire_after };
            let answer = GovernanceServiceClient::new(peers.channel()).rotate_token(peers.request(request)?).await?.into_inner();
            made(&target, &answer.token.unwrap_or_default(), &answer.secret)
        }
        Token::Revoke { id, note, target } => {
            let peers = Peers::new(&target)?;
            let request = RevokeTokenRequest { request_id: request_id(), id: id.clone(), note };
            GovernanceServiceClient::new(peers.channel()).revoke_token(peers.request(request)?).await?;
            output::line(format!("token {id} is revoked"))
        }
    }
}

fn duration(time: SignedDuration) -> prost_types::Duration {
    prost_types::Duration { seconds: time.as_secs(), nanos: time.subsec_nanos() }
}

/// Shows the secret: here and now, and never again. On standard output is only what is wanted in a file.
fn made(target: &Target, token: &governance::Token, secret: &str) -> Result<(), Failure> {
    if target.output == Format::Json {
        return output::line(json!({"id": token.id, "connection": token.connection, "token": secret}).to_string());
    }
    output::note(format!("token {} of connection {}; keep it now, it is not shown again:", token.id, token.connection))?;
    output::line(secret)
}

async fn list(connection_of: Option<String>, target: Target) -> Result<(), Failure> {
    let peers = Peers::new(&target)?;
    let fields = connection_of.into_iter().map(|name| ("connection".to_owned(), name)).collect();
    let list = List { kind: "token".into(), fields, prefix: String::new(), limit: 0, service: None, target };
    let found = records::all(&peers, peers::kind("token")?, &list).await?;
    let columns = ["key", "connection", "note", "created_by", "create_time", "expire_time", "replaced_by", "revoke_time", "revoke_note"];
    output::columns(list.target.output, "token", &columns, &found)
}

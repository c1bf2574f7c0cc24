//! `crossdock freshness`: how old the newest word of each sender is, against what the policy asks for.

use crate::{
    cli::{List, Target},
    commands::records,
    failure::{Failure, at},
    output,
    peers::{self, Peers},
};
use crossdock_core::{Clock, SystemClock};
use crossdock_proto::{governance::Policy, operations::WatermarkState, records::BatchGetRequest, types::RecordKey};
use crossdock_records::freshness;
use prost::Message;

/// Prints a row per connection, kind and region.
pub async fn show(target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let policy = policy(&peers).await?;
    let list =
        List { kind: "watermark".into(), fields: Vec::new(), prefix: String::new(), limit: 0, service: None, target: target.clone() };
    let mut watermarks = Vec::new();
    for record in records::all_records(&peers, peers::kind("watermark")?, &list).await? {
        watermarks.push(WatermarkState::decode(record.0.body).map_err(at("watermark"))?);
    }
    let minutes = |age: i64| format!("{} min", age / 60_000_000);
    let rows = freshness(&policy, &watermarks, SystemClock.now()).into_iter().map(|row| {
        let state = if row.stale { "stale" } else { "fresh" };
        vec![
            row.connection,
            row.kind,
            row.region,
            row.age.map_or_else(|| "never".into(), minutes),
            row.objective.map_or_else(|| "none".into(), minutes),
            state.into(),
        ]
    });
    output::table(&["connection", "kind", "region", "age", "objective", "state"], rows)
}

/// The policy in force.
pub async fn policy(peers: &Peers) -> Result<Policy, Failure> {
    let keys = vec![RecordKey { kind: "policy".into(), key: "active".into() }];
    let answer = peers.records("crossdock.governance.v1").batch_get(BatchGetRequest { keys }).await?;
    let record = answer.records.into_iter().next().ok_or("governance has no policy yet")?;
    Policy::decode(record.body).map_err(at("policy"))
}

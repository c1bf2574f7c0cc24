//! `crossdock freshness`: how old the newest word of each sender is, against what the policy asks for; and how planners are treated.

use crate::{
    cli::{List, Target},
    commands::records,
    failure::{Failure, at},
    output,
    peers::{self, Peers},
};
use crossdock_core::{Clock, Micros, SystemClock, instant, key};
use crossdock_proto::{
    Filter,
    governance::Policy,
    operations::WatermarkState,
    records::{BatchGetRequest, ListRequest},
    types::RecordKey,
    writeback::{PlanningMode, PlanningModeKind},
};
use crossdock_records::{freshness, micros};
use prost::Message;
use tonic::Code;

/// Planners that are shown at most.
const MOST: i32 = 1_000;

/// Prints a row per connection, kind and region; then one per planner.
pub async fn show(target: &Target) -> Result<(), Failure> {
    let (peers, now) = (Peers::new(target)?, SystemClock.now());
    senders(&peers, target, now).await?;
    planners(&peers, target, now).await
}

async fn senders(peers: &Peers, target: &Target, now: Micros) -> Result<(), Failure> {
    let policy = policy(peers).await?;
    let list =
        List { kind: "watermark".into(), fields: Vec::new(), prefix: String::new(), limit: 0, service: None, target: target.clone() };
    let mut watermarks = Vec::new();
    for (record, _) in records::all_records(peers, peers::kind("watermark")?, &list).await? {
        watermarks.push(WatermarkState::decode(record.body).map_err(at("watermark"))?);
    }
    let rows = freshness(&policy, &watermarks, now).into_iter().map(|row| {
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
    output::rows(target.output, &["connection", "kind", "region", "age", "objective", "state"], rows)
}

/// Who has planned so far; nothing where nobody has.
async fn planners(peers: &Peers, target: &Target, now: Micros) -> Result<(), Failure> {
    let info = peers::kind("planning_mode")?;
    let request =
        ListRequest { filter: Some(Filter { kind: info.number.into(), ..Filter::default() }), page_size: MOST, ..ListRequest::default() };
    let records = match peers.records(&info.package).list(request).await {
        Ok(page) => page.records,
        // Its service is elsewhere.
        Err(status) if status.code() == Code::Unimplemented => return Ok(()),
        Err(status) => return Err(status.into()),
    };
    let mut rows = Vec::new();
    for record in records {
        let planner = record.envelope.as_ref().map_or_else(String::new, |envelope| key::split(&envelope.key).concat());
        let mode = PlanningMode::decode(record.body).map_err(at("planning mode"))?;
        // What was never said is as they come.
        let kind = if mode.kind() == PlanningModeKind::Unspecified { PlanningModeKind::Normal } else { mode.kind() };
        let last = mode.last_run_time.as_ref().map(micros);
        rows.push(vec![
            planner,
            output::short(kind.as_str_name()),
            last.map_or_else(|| "never".into(), instant),
            last.map_or_else(String::new, |last| minutes(now - last)),
        ]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    if target.output == output::Format::Table {
        output::line("")?;
    }
    output::rows(target.output, &["planner", "mode", "last run", "age"], rows)
}

fn minutes(age: Micros) -> String {
    format!("{} min", age / 60_000_000)
}

/// The policy in force.
pub async fn policy(peers: &Peers) -> Result<Policy, Failure> {
    let keys = vec![RecordKey { kind: "policy".into(), key: "active".into() }];
    let answer = peers.records("crossdock.governance.v1").batch_get(BatchGetRequest { keys }).await?;
    let record = answer.records.into_iter().next().ok_or("governance has no policy yet")?;
    Policy::decode(record.body).map_err(at("policy"))
}

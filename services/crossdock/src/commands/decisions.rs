//! `crossdock approvals`: what waits for a person, and what persons decide.

use crate::{
    cli::{Approvals, List, Seen, Target},
    commands::{execution::date, operations::request_id, recommendations::some},
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::writeback::{
    self as contract, ApproveRequest, Decided, DeclineRequest, EditRecommendationRequest, RecommendationStatus,
    SettleRecommendationRequest, Settlement, writeback_service_client::WritebackServiceClient,
};

/// Lists the queue, or decides.
pub async fn run(command: Approvals) -> Result<(), Failure> {
    match command {
        Approvals::List { target } => queue(target).await,
        Approvals::Approve { seen, note, target } => {
            let (peers, seen) = (Peers::new(&target)?, seen.into_iter().map(named).collect());
            let request = peers.request(ApproveRequest { request_id: request_id(), seen, note })?;
            let answer = WritebackServiceClient::new(peers.channel()).approve(request).await?.into_inner();
            decided(&target, &answer.decided)
        }
        Approvals::Decline { seen, note, target } => {
            let (peers, seen) = (Peers::new(&target)?, seen.into_iter().map(named).collect());
            let request = peers.request(DeclineRequest { request_id: request_id(), seen, note })?;
            let answer = WritebackServiceClient::new(peers.channel()).decline(request).await?.into_inner();
            decided(&target, &answer.decided)
        }
        Approvals::Edit { seen, quantity, need_by, note, target } => {
            let (peers, need_by) = (Peers::new(&target)?, need_by.as_deref().map(date).transpose()?);
            let (recommendation, etag) = (seen.key.clone(), seen.etag);
            let request = EditRecommendationRequest { request_id: request_id(), recommendation, etag, quantity, need_by, note };
            let answer = WritebackServiceClient::new(peers.channel()).edit_recommendation(peers.request(request)?).await?.into_inner();
            status(&target, &seen.key, answer.recommendation)
        }
        Approvals::Release { seen, note, target } => settle(seen, Settlement::Release, note, &target).await,
        Approvals::Cancel { seen, note, target } => settle(seen, Settlement::Cancel, note, &target).await,
    }
}

/// What waits: recommendations first, then draft orders.
async fn queue(target: Target) -> Result<(), Failure> {
    let pending = |kind: &str| List {
        kind: kind.into(),
        fields: vec![("state".into(), "pending_approval".into())],
        prefix: String::new(),
        limit: 100,
        service: None,
        target: target.clone(),
    };
    let lines =
        ["key@etag", "item_id", "supplier_id", "destination_location_id", "quantity", "unit", "need_by", "value", "edited_by", "clearance"];
    some(&pending("recommendation_status"), &lines).await?;
    let orders = ["key@etag", "supplier_id", "origin_location_id", "destination_location_id", "order_date", "value", "clearance"];
    some(&pending("draft_order"), &orders).await
}

/// A draft order's key has one part, a recommendation's several.
fn named(seen: Seen) -> contract::Seen {
    let (recommendation, draft_order) = if seen.key.contains('/') { (seen.key, String::new()) } else { (String::new(), seen.key) };
    contract::Seen { recommendation, draft_order, etag: seen.etag }
}

/// What became of each decision; a failure if any was refused.
fn decided(target: &Target, decided: &[Decided]) -> Result<(), Failure> {
    let mut refused = 0;
    for decision in decided {
        refused += usize::from(decision.refused.is_some());
        if target.output == Format::Json {
            output::line(output::json(decision, "crossdock.writeback.v1.Decided")?.to_string())?;
            continue;
        }
        let seen = decision.seen.clone().unwrap_or_default();
        let key = if seen.recommendation.is_empty() { seen.draft_order } else { seen.recommendation };
        let line = match (&decision.refused, &decision.recommendation, &decision.draft_order) {
            (Some(refused), ..) => format!("{key}: refused, {}: {}", refused.reason, refused.message),
            (None, Some(status), _) => format!("{key}: {}", output::short(status.state().as_str_name())),
            (None, None, Some(draft)) => format!("{key}: {}", output::short(draft.state().as_str_name())),
            (None, None, None) => key,
        };
        output::line(line)?;
    }
    if refused > 0 { Err(format!("{refused} of {} decisions were refused", decided.len()).into()) } else { Ok(()) }
}

async fn settle(seen: Seen, settlement: Settlement, note: String, target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let (recommendation, etag) = (seen.key.clone(), seen.etag);
    let request = SettleRecommendationRequest { request_id: request_id(), recommendation, etag, settlement: settlement.into(), note };
    let answer = WritebackServiceClient::new(peers.channel()).settle_recommendation(peers.request(request)?).await?.into_inner();
    status(target, &seen.key, answer.recommendation)
}

fn status(target: &Target, key: &str, status: Option<RecommendationStatus>) -> Result<(), Failure> {
    let status = status.unwrap_or_default();
    if target.output == Format::Json {
        return output::line(output::json(&status, "crossdock.writeback.v1.RecommendationStatus")?.to_string());
    }
    let state = output::short(status.state().as_str_name());
    output::line(format!("{key}: {state}, {} {}; its etag is now {}", status.quantity, status.unit, status.etag))
}

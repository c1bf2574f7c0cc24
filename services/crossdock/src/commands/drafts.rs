//! `crossdock drafts` and `crossdock postings`.

use crate::{
    cli::{Drafts, List, Resolve, Target},
    commands::{operations::request_id, recommendations::some},
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::writeback::{
    DraftOrder, ReleaseDraftOrderRequest, Resolution, ResolveDraftOrderRequest, writeback_service_client::WritebackServiceClient,
};

/// Lists, releases or settles draft orders.
pub async fn run(command: Drafts) -> Result<(), Failure> {
    match command {
        Drafts::List { state, limit, target } => {
            let fields = state.map(|state| ("state".to_owned(), state.replace('-', "_"))).into_iter().collect();
            let columns = [
                "key@etag",
                "state",
                "company",
                "connector",
                "supplier_id",
                "origin_location_id",
                "destination_location_id",
                "order_date",
                "value",
                "attempts",
                "documents",
                "note",
            ];
            let list = List { kind: "draft_order".into(), fields, prefix: String::new(), limit, service: None, target };
            some(&list, &columns).await
        }
        Drafts::Release { seen, target } => {
            let peers = Peers::new(&target)?;
            let request = ReleaseDraftOrderRequest { request_id: request_id(), posting_key: seen.key, etag: seen.etag };
            let answer = WritebackServiceClient::new(peers.channel()).release_draft_order(peers.request(request)?).await?.into_inner();
            show(&target, answer.draft_order)
        }
        Drafts::Resolve { seen, resolution, document, note, target } => {
            let peers = Peers::new(&target)?;
            let resolution = match resolution {
                Resolve::Requeue => Resolution::Requeue,
                Resolve::Abandon => Resolution::Abandon,
                Resolve::KeepDocument => Resolution::KeepDocument,
            };
            let request = ResolveDraftOrderRequest {
                request_id: request_id(),
                posting_key: seen.key,
                etag: seen.etag,
                resolution: resolution.into(),
                document,
                note,
            };
            let answer = WritebackServiceClient::new(peers.channel()).resolve_draft_order(peers.request(request)?).await?.into_inner();
            show(&target, answer.draft_order)
        }
    }
}

/// What connectors reported.
pub async fn postings(posting_key: &str, target: Target) -> Result<(), Failure> {
    let prefix = if posting_key.is_empty() { String::new() } else { format!("{posting_key}/") };
    let list = List { kind: "posting".into(), fields: Vec::new(), prefix, limit: 100, service: None, target };
    some(&list, &["key", "time", "connection", "token", "late", "lines"]).await
}

fn show(target: &Target, draft: Option<DraftOrder>) -> Result<(), Failure> {
    let draft = draft.unwrap_or_default();
    if target.output == Format::Json {
        return output::line(output::json(&draft, "crossdock.writeback.v1.DraftOrder")?.to_string());
    }
    let state = output::short(draft.state().as_str_name());
    output::line(format!("{}: {state}, {} lines; its etag is now {}", draft.posting_key, draft.lines.len(), draft.etag))
}

//! `crossdock runs` and `crossdock recommendations`.

use crate::{
    cli::{List, Recommendations, Target},
    commands::records,
    failure::Failure,
    output,
    peers::{self, Peers},
};

/// Runs, and what became of them.
pub async fn runs(planner: Option<String>, limit: usize, target: Target) -> Result<(), Failure> {
    let prefix = planner.map(|planner| format!("{planner}/")).unwrap_or_default();
    let columns = ["key", "commit_time", "lines", "approved", "pending", "held", "invalid", "superseded", "edits_kept", "processing"];
    let list = List { kind: "run".into(), fields: Vec::new(), prefix, limit, service: None, target };
    some(&list, &columns).await
}

/// Recommendations and where they stand.
pub async fn recommendations(asked: Recommendations) -> Result<(), Failure> {
    let named = [
        ("state", asked.state.map(|state| state.replace('-', "_"))),
        ("run", asked.run),
        ("item_id", asked.item),
        ("supplier_id", asked.supplier),
        ("destination_location_id", asked.location),
    ];
    let fields = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let columns = [
        "key",
        "state",
        "kind",
        "item_id",
        "supplier_id",
        "origin_location_id",
        "destination_location_id",
        "quantity",
        "unit",
        "need_by",
        "order_by",
        "value",
        "draft",
        "posted_quantity",
        "problems",
    ];
    let kind = "recommendation_status".into();
    some(&List { kind, fields, prefix: String::new(), limit: asked.limit, service: None, target: asked.target }, &columns).await
}

/// Prints some columns of a listing.
pub async fn some(list: &List, columns: &[&str]) -> Result<(), Failure> {
    let info = peers::kind(&list.kind)?;
    let found = records::all(&Peers::new(&list.target)?, info, list).await?;
    output::columns(list.target.output, &info.name, columns, &found)
}

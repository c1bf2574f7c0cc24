//! `crossdock history` and `crossdock inventory`: what a planner reads.

use crate::{
    cli::{History, Inventory},
    commands::execution::date,
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::{
    demand::{
        BucketSize, HistoryBucket, HistorySeries, ListHistoryRequest, ListInventoryRequest, Measure,
        demand_service_client::DemandServiceClient,
    },
    types::{Completeness, Date},
};
use crossdock_rpc::MAX_MESSAGE;
use serde_json::json;

/// Demand history in buckets.
pub async fn history(asked: History) -> Result<(), Failure> {
    let peers = Peers::new(&asked.target)?;
    let request = ListHistoryRequest {
        location_ids: asked.locations,
        item_ids: asked.items,
        measures: asked
            .measures
            .iter()
            .map(|name| choice("MEASURE", name, Measure::from_str_name).map(Into::into))
            .collect::<Result<_, _>>()?,
        from: asked.from.as_deref().map(date).transpose()?,
        to: asked.to.as_deref().map(date).transpose()?,
        bucket_size: choice("BUCKET_SIZE", &asked.bucket, BucketSize::from_str_name)?.into(),
        fiscal_year: None,
        since_cursor: asked.since.unwrap_or_default(),
    };
    let mut client = DemandServiceClient::new(peers.channel()).max_decoding_message_size(MAX_MESSAGE);
    let mut parts = client.list_history(peers.request(request)?).await?.into_inner();
    let format = asked.target.output;
    let mut rows = Vec::new();
    while let Some(part) = parts.message().await? {
        if let Some(completeness) = &part.completeness {
            complete(format, completeness)?;
        }
        for series in &part.series {
            for bucket in &series.buckets {
                match format {
                    Format::Json => output::line(bucket_json(series, bucket).to_string())?,
                    Format::Table => rows.push(bucket_row(series, bucket)),
                }
            }
        }
    }
    if format == Format::Table {
        output::table(&["location", "item", "from", "to", "measure", "class", "supply", "quantity"], rows)?;
    }
    Ok(())
}

fn bucket_row(series: &HistorySeries, bucket: &HistoryBucket) -> Vec<String> {
    vec![
        series.location_id.clone(),
        series.item_id.clone(),
        day(bucket.start.as_ref()),
        day(bucket.end.as_ref()),
        short(bucket.measure().as_str_name(), "MEASURE_"),
        short(bucket.demand_class().as_str_name(), "DEMAND_CLASS_"),
        short(bucket.supply_mode().as_str_name(), "SUPPLY_MODE_"),
        bucket.quantity.clone(),
    ]
}

fn bucket_json(series: &HistorySeries, bucket: &HistoryBucket) -> serde_json::Value {
    let names = ["location_id", "item_id", "start", "end", "measure", "demand_class", "supply_mode", "quantity"];
    names
        .into_iter()
        .zip(bucket_row(series, bucket))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What the reader should know before trusting the rest.
fn complete(format: Format, held: &Completeness) -> Result<(), Failure> {
    if format == Format::Json {
        return output::line(json!({ "completeness": output::json(held, "crossdock.type.v1.Completeness")? }).to_string());
    }
    let mut said = format!("as of cursor {}; {} records parked", held.cursor, held.parked_records);
    for held in &held.watermarks {
        let mark = held.watermark.clone().unwrap_or_default();
        let through = mark.recorded_through.map(|at| at.to_string()).unwrap_or_default();
        said.push_str(&format!("; {} has sent every {} up to {through}", held.connection, mark.kind));
    }
    if !held.open_sets.is_empty() {
        said.push_str(&format!("; open sets: {}", held.open_sets.join(", ")));
    }
    output::line(format!("{said}\n"))
}

/// Stock on hand.
pub async fn inventory(asked: Inventory) -> Result<(), Failure> {
    let peers = Peers::new(&asked.target)?;
    let mut client = DemandServiceClient::new(peers.channel()).max_decoding_message_size(MAX_MESSAGE);
    let (format, mut page_token, mut rows) = (asked.target.output, String::new(), Vec::new());
    loop {
        let request = ListInventoryRequest {
            location_ids: asked.locations.clone(),
            item_ids: asked.items.clone(),
            page_size: 1_000,
            page_token: std::mem::take(&mut page_token),
            ..ListInventoryRequest::default()
        };
        let page = client.list_inventory(peers.request(request)?).await?.into_inner();
        if let Some(completeness) = page.completeness.as_ref().filter(|_| rows.is_empty()) {
            complete(format, completeness)?;
        }
        for position in &page.positions {
            rows.push(output::json(position, "crossdock.demand.v1.InventoryPosition")?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    output::messages(format, "inventory", &rows)
}

fn choice<E>(prefix: &str, name: &str, known: impl Fn(&str) -> Option<E>) -> Result<E, Failure> {
    let full = format!("{prefix}_{}", name.to_uppercase().replace('-', "_"));
    known(&full).ok_or_else(|| format!("{name:?} is not a {}; see --help", prefix.to_lowercase().replace('_', " ")).into())
}

fn day(date: Option<&Date>) -> String {
    date.map(|date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)).unwrap_or_default()
}

fn short(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}

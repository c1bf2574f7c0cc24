//! `crossdock check`: folds the source records again and compares with what is derived. Everything it sees comes through the public contracts.

use crate::{cli::Target, failure::Failure, output, peers::Peers};
use crossdock_core::{Micro, key};
use crossdock_demand_signal::{Folded, Refold, number};
use crossdock_master_data::wired;
use crossdock_proto::{
    demand::{BucketSize, HistoryBucket, HistorySeries, InventoryPosition, ListHistoryRequest, demand_service_client::DemandServiceClient},
    records::{BatchGetRequest, WatchRequest},
    types::{Date, Operation},
};
use crossdock_rpc::MAX_MESSAGE;
use crossdock_store::Record;
use prost::Message;
use std::collections::BTreeMap;
use tonic::Code;

const DEMAND: &str = "crossdock.demand.v1";
const EXECUTION: &str = "crossdock.execution.v1";
/// Readings that may be overtaken by new records before the check gives up.
const TRIES: usize = 5;
/// Differences that are shown.
const SHOWN: usize = 20;

/// What readers see: history by its sum's key and day, stock by position.
#[derive(Default)]
struct Seen {
    history: BTreeMap<(String, i64), i64>,
    positions: BTreeMap<String, String>,
}

/// Compares; fails if anything differs.
pub async fn check(target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let (demand_is_served, execution_is_served) = (is_served(&peers, DEMAND).await?, is_served(&peers, EXECUTION).await?);
    if !demand_is_served && !execution_is_served {
        return Err("neither demand-signal nor execution-feedback is served at this address: there is nothing to compare".into());
    }
    if demand_is_served {
        demand(&peers).await?;
    }
    if execution_is_served {
        execution(&peers).await?;
    }
    Ok(())
}

/// Whether the service of a package is at this address.
async fn is_served(peers: &Peers, package: &str) -> Result<bool, Failure> {
    match peers.records(package).batch_get(BatchGetRequest::default()).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::Unimplemented => Ok(false),
        Err(status) => Err(status.into()),
    }
}

/// The order lines of execution-feedback: one reading has both the records and what is derived, as they were at its end.
async fn execution(peers: &Peers) -> Result<(), Failure> {
    let (mut refold, mut records) = (crossdock_execution_feedback::Refold::default(), 0);
    each(peers, EXECUTION, |stored| {
        refold.take(stored);
        records += 1;
        Ok(())
    })
    .await?;
    let (lines, differences) = refold.finish();
    conclude(differences, format!("{records} records agree with {lines} order lines"))
}

async fn demand(peers: &Peers) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let mut seen = Seen::default();
        let (folded, records, at) = fold(peers, &mut seen).await?;
        let head = history(peers, &mut seen).await?;
        // New records came between the two readings: what was read does not belong together.
        if at == head {
            return compare(&folded, &seen, records);
        }
    }
    Err("records keep coming in, so that no two readings are of one moment; check when less is going on".into())
}

/// The source records folded, how many there were, and the feed then.
async fn fold(peers: &Peers, seen: &mut Seen) -> Result<(Folded, u64, String), Failure> {
    let (mut refold, mut records) = (Refold::default(), 0);
    let cursor = each(peers, DEMAND, |stored| {
        if stored.kind == number::INVENTORY_POSITION && !stored.deleted {
            let position = InventoryPosition::decode(stored.body.clone()).map_err(|error| error.to_string())?;
            seen.positions.insert(stored.key.clone(), position.on_hand);
        }
        refold.take(stored);
        records += 1;
        Ok(())
    })
    .await?;
    Ok((refold.finish(), records, cursor))
}

/// Every record of a service as it is now; where its feed ended.
async fn each(peers: &Peers, package: &str, mut see: impl FnMut(&Record) -> Result<(), Failure>) -> Result<String, Failure> {
    let request = WatchRequest { until_checkpoint: true, ..WatchRequest::default() };
    let mut pages = peers.records(package).watch(request).await?;
    let mut cursor = String::new();
    while let Some(page) = pages.message().await? {
        for record in page.records {
            let envelope = record.envelope.unwrap_or_default();
            see(&Record {
                kind: u16::try_from(record.kind).unwrap_or_default(),
                deleted: envelope.operation() == Operation::Delete,
                counts: !envelope.corroboration,
                key: envelope.key,
                connection: envelope.connection,
                set_key: envelope.set_key,
                body: record.body,
                ..Record::default()
            })?;
        }
        cursor = page.cursor;
    }
    Ok(cursor)
}

/// The daily history as planners read it, and the feed then.
async fn history(peers: &Peers, seen: &mut Seen) -> Result<String, Failure> {
    let request = ListHistoryRequest { bucket_size: BucketSize::Day.into(), ..ListHistoryRequest::default() };
    let mut client = DemandServiceClient::new(peers.channel()).max_decoding_message_size(MAX_MESSAGE);
    let mut parts = client.list_history(peers.request(request)?).await?.into_inner();
    let mut cursor = String::new();
    while let Some(part) = parts.message().await? {
        if let Some(completeness) = part.completeness {
            cursor = completeness.cursor;
        }
        for series in &part.series {
            for bucket in &series.buckets {
                let amount: Micro = bucket.quantity.parse().map_err(|error| format!("history: {:?} {error}", bucket.quantity))?;
                *seen.history.entry((sum_key(series, bucket), day(bucket.start.as_ref()))).or_default() += amount.0;
            }
        }
    }
    Ok(cursor)
}

fn sum_key(series: &HistorySeries, bucket: &HistoryBucket) -> String {
    let measure = bucket.measure().as_str_name().trim_start_matches("MEASURE_");
    let class = bucket.demand_class().as_str_name().trim_start_matches("DEMAND_CLASS_").to_lowercase();
    let mode = bucket.supply_mode().as_str_name().trim_start_matches("SUPPLY_MODE_").to_lowercase();
    key::join([&series.location_id, &series.item_id, measure, &class, &mode])
}

fn day(date: Option<&Date>) -> i64 {
    wired::civil(date).map_or(i64::MIN, crossdock_records::day)
}

fn compare(folded: &Folded, seen: &Seen, records: u64) -> Result<(), Failure> {
    let mut differences = Vec::new();
    let kept = |key: &(String, i64)| seen.history.get(key).copied().unwrap_or_default();
    let mut buckets = 0_u64;
    let mut wanted: BTreeMap<(String, i64), i64> = BTreeMap::new();
    for ((kind, key, day), amount) in &folded.sums {
        if *kind == number::HISTORY {
            wanted.insert((key.clone(), *day), *amount);
        }
    }
    for key in seen.history.keys().filter(|key| !wanted.contains_key(*key)) {
        differences.push(format!("history {} day {}: {} is kept, nothing follows from the records", key.0, key.1, Micro(kept(key))));
    }
    for (key, amount) in &wanted {
        buckets += 1;
        if kept(key) != *amount {
            differences.push(format!(
                "history {} day {}: {} is kept, {} follows from the records",
                key.0,
                key.1,
                Micro(kept(key)),
                Micro(*amount)
            ));
        }
    }
    for (key, (count, moved)) in &folded.positions {
        let counted = count.map_or(Micro::ZERO, |count| count.quantity);
        let on_hand = counted.plus(*moved).map_err(|error| format!("stock {key}: {error}"))?;
        let held = seen.positions.get(key).map_or("0", String::as_str);
        if held != on_hand.to_string() {
            differences.push(format!("stock {key}: {held} is kept, {on_hand} follows from the records"));
        }
    }
    let positions = folded.positions.len();
    conclude(differences, format!("{records} records agree with {buckets} buckets of history and {positions} stock positions"))
}

/// Says that all is well, or what differs.
fn conclude(mut differences: Vec<String>, well: String) -> Result<(), Failure> {
    if differences.is_empty() {
        return output::line(well);
    }
    let more = differences.len().saturating_sub(SHOWN);
    differences.truncate(SHOWN);
    Err(format!("{} (and {more} more)", differences.join("\n           ")).into())
}

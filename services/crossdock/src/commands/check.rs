//! `crossdock check`: folds the source records again and compares with what is derived. Everything it sees comes through the public contracts.

use crate::{cli::Target, failure::Failure, output, peers::Peers};
use crossdock_core::{Micro, key};
use crossdock_demand_signal::{Folded, Refold, number};
use crossdock_proto::{
    demand::{BucketSize, HistoryBucket, HistorySeries, InventoryPosition, ListHistoryRequest, demand_service_client::DemandServiceClient},
    records::WatchRequest,
    types::{Date, Operation},
};
use crossdock_rpc::MAX_MESSAGE;
use crossdock_store::Record;
use prost::Message;
use std::collections::BTreeMap;

const PACKAGE: &str = "crossdock.demand.v1";
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
    for _ in 0..TRIES {
        let mut seen = Seen::default();
        let (folded, records, at) = fold(&peers, &mut seen).await?;
        let head = history(&peers, &mut seen).await?;
        // New records came between the two readings: what was read does not belong together.
        if at == head {
            return compare(&folded, &seen, records);
        }
    }
    Err("records keep coming in, so that no two readings are of one moment; check when less is going on".into())
}

/// The source records folded, how many there were, and the feed then.
async fn fold(peers: &Peers, seen: &mut Seen) -> Result<(Folded, u64, String), Failure> {
    let request = WatchRequest { until_checkpoint: true, ..WatchRequest::default() };
    let mut pages = peers.records(PACKAGE).watch(request).await?;
    let (mut refold, mut records, mut cursor) = (Refold::default(), 0, String::new());
    while let Some(page) = pages.message().await? {
        for record in page.records {
            let envelope = record.envelope.unwrap_or_default();
            let stored = Record {
                kind: u16::try_from(record.kind).unwrap_or_default(),
                deleted: envelope.operation() == Operation::Delete,
                counts: !envelope.corroboration,
                key: envelope.key,
                connection: envelope.connection,
                set_key: envelope.set_key,
                body: record.body,
                ..Record::default()
            };
            if stored.kind == number::INVENTORY_POSITION && !stored.deleted {
                let position = InventoryPosition::decode(stored.body.clone()).map_err(|error| error.to_string())?;
                seen.positions.insert(stored.key.clone(), position.on_hand);
            }
            refold.take(&stored);
            records += 1;
        }
        cursor = page.cursor;
    }
    Ok((refold.finish(), records, cursor))
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
    let date = date.copied().unwrap_or_default();
    let civil = || Some((i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?));
    civil().and_then(|(year, month, day)| jiff::civil::Date::new(year, month, day).ok()).map_or(i64::MIN, crossdock_records::day)
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
    if differences.is_empty() {
        let positions = folded.positions.len();
        return output::line(format!("{records} records agree with {buckets} buckets of history and {positions} stock positions"));
    }
    let more = differences.len().saturating_sub(SHOWN);
    differences.truncate(SHOWN);
    Err(format!("{} (and {more} more)", differences.join("\n           ")).into())
}

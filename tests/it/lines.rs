//! Made-up masters and order lines.

use crossdock_proto::{
    Record,
    demand::DemandLine,
    masterdata::{Item, Location, LocationKind},
    records::IngestBatchRequest,
    types::{BatchResult, Date, Envelope, OutcomeCounts, Quantity, Version},
};
use crossdock_rpc::RecordClient;
use crossdock_tests::record;

/// The one location.
pub const EAST: &str = "EAST";

fn first() -> Envelope {
    Envelope { version: Some(Version { primary: 1, observed: 0 }), ..Envelope::default() }
}

/// The location and this many items.
pub fn masters(items: u64) -> Vec<Record> {
    let location = Location {
        location_id: EAST.into(),
        kind: LocationKind::Warehouse.into(),
        time_zone: "Europe/London".into(),
        ..Location::default()
    };
    let item = |number| {
        let item = Item { item_id: item_id(number), base_unit: "EA".into(), ..Item::default() };
        record("item", first(), &item)
    };
    std::iter::once(record("location", first(), &location)).chain((0..items).map(item)).collect()
}

/// Id of the item with this number.
pub fn item_id(number: u64) -> String {
    format!("I{number:04}")
}

/// The order line with this number: `number % 9 + 1` pieces of item `number % items`.
pub fn line(number: u64, items: u64) -> Record {
    let line = DemandLine {
        item_id: item_id(number % items),
        location_id: EAST.into(),
        quantity: Some(Quantity { value: pieces(number).to_string(), unit: "EA".into() }),
        ordered_date: Some(Date { year: 2026, month: 3, day: i32::try_from(number % 28).unwrap() + 1 }),
        ..DemandLine::default()
    };
    let envelope = Envelope { document: format!("SO{}", number / 10), line: (number % 10 + 1).to_string(), ..first() };
    record("demand_line", envelope, &line)
}

/// What the order line with this number orders.
pub fn pieces(number: u64) -> u64 {
    number % 9 + 1
}

/// Sends records in batches of at most 1,000, one after the other; the sum of their outcomes.
pub async fn send(client: &mut RecordClient, records: Vec<Record>) -> OutcomeCounts {
    let mut sum = OutcomeCounts::default();
    for batch in records.chunks(1_000) {
        let request = IngestBatchRequest { records: batch.to_vec(), ..IngestBatchRequest::default() };
        let result: BatchResult = client.ingest_batch(request).await.unwrap().result.unwrap();
        let counts = result.counts.unwrap_or_else(|| panic!("the batch failed: {:?}", result.failure));
        sum.accepted += counts.accepted;
        sum.duplicate += counts.duplicate;
        sum.superseded += counts.superseded;
        sum.parked += counts.parked;
        sum.rejected += counts.rejected;
        assert_eq!(counts.rejected, 0, "{:?}", result.results.first());
    }
    sum
}

//! `crossdock bench ingest`: how fast a running service takes records in.

use crate::{
    cli::Bench,
    commands::{
        import::rate,
        operations::request_id,
        sender::{Load, send},
    },
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_core::Cursor;
use crossdock_proto::{
    Record,
    demand::{DemandLine, Movement},
    masterdata::{Item, Location, LocationKind},
    operations::GetStatisticsRequest,
    schema,
    types::{Date, Envelope, Quantity, Version},
};
use crossdock_records::MAX_RECORDS;
use prost::Message;
use prost_types::Timestamp;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const LOCATION: &str = "BENCH-01";
const MASTERS: &str = "crossdock.masterdata.v1";
const DEMAND: &str = "crossdock.demand.v1";
/// Days over which the lines are spread.
const DAYS: u64 = 365;

/// Sends masters, waits until they are known, then measures a stream of lines.
pub async fn ingest(bench: Bench) -> Result<(), Failure> {
    let peers = Peers::new(&bench.target)?;
    let erp = peers.named("erp");
    let mut masters = vec![location()];
    masters.extend((0..bench.items).map(item));
    let (_, cursor) = stream(&erp, MASTERS, masters).await?;
    known(&peers, &cursor).await?;

    let run = request_id();
    let movements = bench.movements;
    let sender = if movements { peers.named("wms") } else { erp };
    let lines =
        (0..bench.lines).map(|number| if movements { movement(&run, number, bench.items) } else { line(&run, number, bench.items) });
    let lines: Vec<Record> = lines.collect();
    let started = Instant::now();
    let (accepted, _) = stream(&sender, DEMAND, lines).await?;
    let elapsed = started.elapsed();
    if accepted != bench.lines {
        return Err(format!("{accepted} of {} lines were accepted; the measurement says nothing", bench.lines).into());
    }
    let what = if movements { "movements" } else { "demand lines with history" };
    if bench.target.output == Format::Table {
        return output::line(format!(
            "{what}: {} in {:.2} s, {:.0} lines/s",
            bench.lines,
            elapsed.as_secs_f32(),
            rate(bench.lines, elapsed)
        ));
    }
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    output::line(json!({ "bench": "ingest", "what": what, "lines": bench.lines, "milliseconds": milliseconds }).to_string())
}

/// Streams records; how many were accepted, and the feed after the last batch.
async fn stream(peers: &Peers, package: &str, records: Vec<Record>) -> Result<(u64, String), Failure> {
    let (loads, waiting) = mpsc::channel(4);
    let feed = async move {
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let load = Load { records: records.by_ref().take(MAX_RECORDS).collect(), watermarks: Vec::new(), note: () };
            if loads.send(load).await.is_err() {
                return;
            }
        }
    };
    let (mut accepted, mut cursor) = (0, String::new());
    let sending = send(peers.records(package), waiting, |_, result| {
        accepted += u64::from(result.counts.map_or(0, |counts| counts.accepted));
        cursor.clone_from(&result.cursor);
    });
    let ((), sent) = tokio::join!(feed, sending);
    sent?;
    Ok((accepted, cursor))
}

/// Waits until demand-signal has followed master-data up to there.
async fn known(peers: &Peers, cursor: &str) -> Result<(), Failure> {
    let wanted: Cursor = cursor.parse()?;
    let started = Instant::now();
    let mut every = tokio::time::interval(Duration::from_millis(50));
    while started.elapsed() < Duration::from_secs(60) {
        every.tick().await;
        let asked = peers.request(GetStatisticsRequest { service: "demand-signal".into() })?;
        let answer = peers.operations().get_statistics(asked).await?.into_inner();
        let followed = answer.services.into_iter().flat_map(|service| service.peers).find(|peer| peer.peer == "master-data");
        let at = followed.and_then(|peer| peer.cursor?.cursor.parse::<Cursor>().ok());
        if at.is_some_and(|at| at.epoch == wanted.epoch && at.position >= wanted.position) {
            return Ok(());
        }
    }
    Err("demand-signal does not follow master-data; are both running?".into())
}

fn record(kind: &str, envelope: Envelope, message: &impl Message) -> Record {
    let number = schema().kind_named(kind).map_or(0, |info| info.number);
    Record { envelope: Some(envelope), kind: number.into(), body: message.encode_to_vec().into() }
}

fn version() -> Option<Version> {
    Some(Version { primary: 1, observed: 0 })
}

fn location() -> Record {
    let location = Location {
        location_id: LOCATION.into(),
        kind: LocationKind::Warehouse.into(),
        time_zone: "Europe/London".into(),
        ..Location::default()
    };
    record("location", Envelope { version: version(), ..Envelope::default() }, &location)
}

fn item_id(number: u64) -> String {
    format!("BENCH-{number:05}")
}

fn item(number: u64) -> Record {
    let item = Item {
        item_id: item_id(number),
        description: format!("Item {number} of the benchmark"),
        base_unit: "EA".into(),
        ..Item::default()
    };
    record("item", Envelope { version: version(), ..Envelope::default() }, &item)
}

fn envelope(run: &str, number: u64) -> Envelope {
    Envelope {
        document: format!("{}-{:07}", &run[..12], number / 20),
        line: (number % 20 + 1).to_string(),
        version: version(),
        source_time: Some(Timestamp { seconds: 1_767_225_600, nanos: 0 }),
        ..Envelope::default()
    }
}

fn scattered(number: u64, items: u64) -> u64 {
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) % items.max(1)
}

fn line(run: &str, number: u64, items: u64) -> Record {
    let day = number * DAYS / 200_000 % DAYS;
    let line = DemandLine {
        item_id: item_id(scattered(number, items)),
        location_id: LOCATION.into(),
        quantity: Some(Quantity { value: (number % 24 + 1).to_string(), unit: "EA".into() }),
        ordered_date: date(day),
        ..DemandLine::default()
    };
    record("demand_line", envelope(run, number), &line)
}

fn movement(run: &str, number: u64, items: u64) -> Record {
    let movement = Movement {
        item_id: item_id(scattered(number, items)),
        location_id: LOCATION.into(),
        quantity: Some(Quantity { value: (number % 24 + 1).to_string(), unit: "EA".into() }),
        movement_date: date(number % DAYS),
        sequence: i64::try_from(number).ok(),
        ..Movement::default()
    };
    record("movement", envelope(run, number), &movement)
}

fn date(day: u64) -> Option<Date> {
    let month = i32::try_from(day / 31).unwrap_or_default();
    let day = i32::try_from(day % 28).unwrap_or_default();
    Some(Date { year: 2026, month: month % 12 + 1, day: day + 1 })
}

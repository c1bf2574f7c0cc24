//! Random histories in random orders, against the naive way to say what must come out.

use crate::{
    bench::{Bench, batch, deleted, described, line, location, observed, policy},
    kinds::{LINE, TOTAL},
};
use crossdock_core::{Micro, Version};
use crossdock_proto::{Record, demand, types::Operation};
use crossdock_records::ISSUE;
use crossdock_store::{Location, Scan, SumScan};
use crossdock_testkit::{Place, Seed};
use prost::Message;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::collections::{BTreeMap, BTreeSet};

const ITEMS: [&str; 4] = ["I0", "I/1", "I2", "never"];
const PLACES: [&str; 3] = ["L0", "L1", "never"];
const QUANTITIES: [&str; 4] = ["0", "1", "2.5", "10"];
const LINES: [&str; 7] = ["D0", "D1", "D2", "D3", "D4", "D5", "D%/é"];

/// All versions of all things, once each.
struct History {
    masters: Vec<Record>,
    lines: Vec<Record>,
}

/// Versions without repetition, in order.
fn versions(chance: &mut StdRng) -> Vec<Version> {
    let count = chance.random_range(1..5);
    let drawn: BTreeSet<_> =
        (0..count).map(|_| Version { primary: chance.random_range(0..4), observed: chance.random_range(0..3) }).collect();
    drawn.into_iter().collect()
}

fn one_of<'a>(chance: &mut StdRng, of: &[&'a str]) -> &'a str {
    of[chance.random_range(0..of.len())]
}

impl History {
    fn draw(chance: &mut StdRng) -> Self {
        let (mut masters, mut lines) = (Vec::new(), Vec::new());
        for id in ITEMS.iter().chain(&PLACES).filter(|id| **id != "never") {
            let versions = versions(chance);
            for (index, version) in versions.iter().enumerate() {
                let record = if PLACES.contains(id) {
                    location(id, version.primary)
                } else {
                    described(id, version.primary, one_of(chance, &["a", "b"]))
                };
                let record = observed(record, version.observed);
                // It may go and come back; in the end it is there.
                let gone = index + 1 < versions.len() && chance.random_bool(0.3);
                masters.push(if gone { deleted(record) } else { record });
            }
        }
        for document in LINES {
            for version in versions(chance) {
                let (item, place) = (one_of(chance, &ITEMS), one_of(chance, &PLACES));
                let record = observed(line(document, version.primary, item, place, one_of(chance, &QUANTITIES)), version.observed);
                lines.push(if chance.random_bool(0.15) { deleted(record) } else { record });
            }
        }
        Self { masters, lines }
    }

    /// Everything, some of it more than once, shuffled.
    fn arrival(&self, chance: &mut StdRng) -> Vec<Record> {
        let mut all: Vec<Record> = Vec::new();
        for record in self.masters.iter().chain(&self.lines) {
            all.extend(std::iter::repeat_n(record.clone(), chance.random_range(1..4)));
        }
        all.shuffle(chance);
        all
    }
}

/// Item, location and quantity.
type Content = (String, String, String);

/// What is there in the end.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    /// By key: version, and content unless it is a tombstone.
    lines: BTreeMap<String, (Version, Option<Content>)>,
    /// By key: version and cause.
    parked: BTreeMap<String, (Version, String)>,
    /// Quantity by item.
    totals: BTreeMap<String, i64>,
    /// Keys by item, as a list filters them.
    by_item: BTreeMap<String, Vec<String>>,
    /// Records and quantity by cause.
    causes: BTreeMap<String, (i64, i64)>,
    backlog: i64,
}

struct Read {
    key: String,
    version: Version,
    deleted: bool,
    line: demand::DemandLine,
}

fn understand(record: &Record) -> Read {
    let envelope = record.envelope.clone().unwrap_or_default();
    let version = envelope.version.unwrap_or_default();
    Read {
        key: crossdock_core::key::join(["erp", &envelope.document, &envelope.line]),
        version: Version { primary: version.primary, observed: version.observed },
        deleted: envelope.operation() == Operation::Delete,
        line: demand::DemandLine::decode(record.body.clone()).unwrap(),
    }
}

fn micros(line: &demand::DemandLine) -> i64 {
    line.quantity.as_ref().map_or(Micro::ZERO, |quantity| quantity.value.parse().unwrap()).0
}

/// What a line waits for; `never` comes never, or at last.
fn missing(read: &Read, complete: bool) -> Option<&'static str> {
    match (read.line.item_id.as_str(), read.line.location_id.as_str()) {
        _ if read.deleted || complete => None,
        ("never", _) => Some("item/never"),
        (_, "never") => Some("location/never"),
        _ => None,
    }
}

fn content(read: &Read) -> Option<Content> {
    let quantity = read.line.quantity.as_ref().map_or("", |quantity| &quantity.value).to_owned();
    (!read.deleted).then(|| (read.line.item_id.clone(), read.line.location_id.clone(), quantity))
}

/// The oracle: the newest version counts, or waits; everything else is added up from scratch. While the newest waits, an older one that can be
/// used may stand in for it: which of them came in time is the one thing that depends on the order, and it is taken from `held`.
fn expected(history: &History, complete: bool, held: &State) -> State {
    let mut state = State::default();
    let mut versions: BTreeMap<String, Vec<Read>> = BTreeMap::new();
    for read in history.lines.iter().map(understand) {
        versions.entry(read.key.clone()).or_default().push(read);
    }
    for (key, versions) in versions {
        let newest = versions.iter().max_by_key(|read| read.version).unwrap();
        let Some(cause) = missing(newest, complete) else {
            state.lines.insert(key, (newest.version, content(newest)));
            continue;
        };
        state.parked.insert(format!("demand_line:{key}"), (newest.version, cause.to_owned()));
        let waiting = state.causes.entry(cause.to_owned()).or_default();
        *waiting = (waiting.0 + 1, waiting.1 + micros(&newest.line));
        state.backlog += 1;
        let stands_in = held
            .lines
            .get(&key)
            .filter(|held| versions.iter().any(|read| missing(read, complete).is_none() && (read.version, content(read)) == **held));
        state.lines.extend(stands_in.cloned().map(|held| (key, held)));
    }
    for (key, (_, content)) in &state.lines {
        let Some((item, _, quantity)) = content else { continue };
        *state.totals.entry(item.clone()).or_default() += quantity.parse::<Micro>().unwrap().0;
        state.by_item.entry(item.clone()).or_default().push(key.clone());
    }
    state.totals.retain(|_, total| *total != 0);
    state
}

/// What the service holds.
async fn held(bench: &Bench) -> State {
    let mut state = State { backlog: bench.backlog("demand_line").await, ..State::default() };
    for record in bench.all(LINE).await {
        let line = demand::DemandLine::decode(record.body.clone()).unwrap();
        let content = (!record.deleted).then(|| (line.item_id.clone(), line.location_id.clone(), line.quantity.unwrap_or_default().value));
        state.lines.insert(record.key, (record.version, content));
    }
    for record in bench.all(crossdock_records::PARKED).await.into_iter().filter(|record| !record.deleted) {
        let parked = crossdock_proto::operations::Parked::decode(record.body).unwrap();
        state.parked.insert(record.key, (record.version, parked.cause));
    }
    for item in ITEMS {
        let page =
            bench.read(move |read| read.scan(Scan::Field { kind: LINE, name: "item", value: item, prefix: "", after: "" }, 100)).await;
        if !page.is_empty() {
            state.by_item.insert(item.to_owned(), page.into_iter().map(|record| record.key).collect());
        }
    }
    let sums = async |kind: u16| {
        let scan = move |read: &mut crossdock_store::Read<'_>| {
            read.sums(SumScan { kind, prefix: "", after: ("", i64::MIN), buckets: (0, 1) }, 1_000)
        };
        bench.read(scan).await.into_iter().filter(|sum| sum.amount != 0).collect::<Vec<_>>()
    };
    state.totals = sums(TOTAL).await.into_iter().map(|sum| (sum.key, sum.amount)).collect();
    for sum in sums(ISSUE).await.into_iter().filter(|sum| !sum.key.starts_with("finding/")) {
        let held = state.causes.entry(sum.key).or_default();
        if sum.bucket == 0 { held.0 = sum.amount } else { held.1 = sum.amount }
    }
    state
}

/// Sends everything in batches of chance, with restarts and due work in between.
async fn arrive(bench: &mut Bench, records: Vec<Record>, chance: &mut StdRng) {
    let mut rest = records;
    while !rest.is_empty() {
        let count = chance.random_range(1..12).min(rest.len());
        let first: Vec<Record> = rest.drain(..count).collect();
        let half = chance.random_range(0..=first.len());
        let result = bench.batches(vec![batch("erp", first[..half].to_vec()), batch("erp", first[half..].to_vec())]).await;
        assert!(result.iter().all(|result| result.counts.is_some_and(|counts| counts.rejected == 0)), "{result:?}");
        match chance.random_range(0..12) {
            0 => bench.reopen().await,
            1 | 2 => bench.work().await,
            3 => {
                let cause = format!("item/{}", one_of(chance, &ITEMS));
                bench.write(move |tx, kinds, policy| crossdock_records::redrive(tx, kinds, policy, &cause)).await;
            }
            _ => {}
        }
    }
    bench.work().await;
}

/// Positions of the feed are each there once.
async fn positions(bench: &Bench) {
    let mut seen = BTreeSet::new();
    for kind in [20, 21, 24, 200, 201, LINE] {
        for record in bench.read(move |read| read.scan(Scan::Since { kind, after: 0, upto: i64::MAX }, 100_000)).await {
            assert!(seen.insert(record.position), "position {} twice", record.position);
        }
    }
    let head = bench.head().await.position;
    assert!(seen.last().is_none_or(|last| *last <= head));
}

pub async fn every_order_has_the_same_end(place: &Place) {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    // On PostgreSQL for a part: there a store takes longer to make than to fill.
    let (histories, orders) = if matches!(place.location(), Location::Sqlite(_)) { (25, 4) } else { (5, 3) };
    for history in 0..histories {
        let drawn = History::draw(&mut chance);
        for order in 0..orders {
            let place = place.another();
            let mut bench = Bench::new(&place, policy()).await;
            let records = drawn.arrival(&mut chance);
            arrive(&mut bench, records.clone(), &mut chance).await;
            same(&bench, &drawn, false, &format!("history {history}, order {order}")).await;
            // What never came comes: nothing waits any more, and nothing depends on the order.
            bench.send("erp", vec![described("never", 1, ""), location("never", 1)]).await;
            bench.work().await;
            same(&bench, &drawn, true, &format!("history {history}, order {order}, complete")).await;
            // All of it once more changes nothing and tells nobody.
            let head = bench.head().await;
            let result = bench.batch(batch("erp", records)).await;
            assert_eq!(result.counts.unwrap().accepted, 0);
            bench.work().await;
            assert_eq!(bench.head().await, head);
            same(&bench, &drawn, true, &format!("history {history}, order {order}, again")).await;
        }
    }
}

async fn same(bench: &Bench, drawn: &History, complete: bool, which: &str) {
    let held = held(bench).await;
    assert_eq!(held, expected(drawn, complete, &held), "{which}");
    positions(bench).await;
}

/// The control: an intake that adds what comes, without asking what it held, is caught by the same oracle.
pub async fn a_naive_intake_is_noticed(place: &Place) {
    let bench = Bench::new(place, policy()).await;
    let mut chance = StdRng::from_seed([7; 32]);
    let drawn = History::draw(&mut chance);
    let arrival: Vec<Read> = drawn.arrival(&mut chance).iter().filter(|record| record.kind == u32::from(LINE)).map(understand).collect();
    let sums: Vec<(String, i64)> = arrival.into_iter().map(|read| (read.line.item_id.clone(), micros(&read.line))).collect();
    bench.write(move |tx, _, _| sums.iter().try_for_each(|(item, quantity)| tx.add(TOTAL, item, 0, *quantity))).await;
    let held = held(&bench).await;
    assert_ne!(held.totals, expected(&drawn, true, &held).totals);
}

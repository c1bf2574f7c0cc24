//! A process per service, over sockets, holds what one process with all of them holds; started in any order and killed, they catch up.

use crate::{
    bad_input::{document, quantity, shipment, version},
    lines::{EAST, item_id, line, masters},
};
use crossdock_proto::{
    Record,
    demand::{DemandLine, Fulfilment, Movement},
    masterdata::{Conversion, CrossReference, Item},
    operations::{Backlog, CommitSetRequest, Issue, IssueState, OpenSetRequest, Parked, Set, SetPurpose},
    records::WatchRequest,
    schema,
    types::{Date, Operation},
};
use crossdock_testkit::{Seed, eventually_async, free_port};
use crossdock_tests::{DEMAND, Engine, GOVERNANCE, MASTERS, PATIENCE, Place, Server, call, record};
use prost::Message;
use prost_types::Timestamp;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::collections::BTreeMap;

const POLICY: &str = "
connections:
  - {name: erp, roles: [erp], default_unit: EA}
  - {name: shop, roles: [erp], ids: own}
  - {name: operator, roles: [operator]}
issue_grace: 1s
";
const ITEMS: u64 = 40;
/// A service and where its records are.
const SERVICES: [(&str, &str); 3] = [("governance", GOVERNANCE), ("master-data", MASTERS), ("demand-signal", DEMAND)];

/// A process with some of the services.
struct Part {
    services: &'static [&'static str],
    server: Option<Server>,
    port: u16,
}

/// All services, in one or several processes.
struct Suite {
    place: Place,
    parts: Vec<Part>,
}

impl Suite {
    fn new(parts: &[&'static [&'static str]]) -> Self {
        let place = Place::new(Engine::Sqlite);
        place.write("policy.yaml", POLICY);
        let parts = parts.iter().map(|services| Part { services, server: None, port: free_port() }).collect();
        Self { place, parts }
    }

    fn start(&mut self, at: usize) {
        let policy = self.place.folder().join("policy.yaml").display().to_string();
        let others = self.parts.iter().enumerate().filter(|(other, _)| *other != at);
        let peers = others.flat_map(|(_, part)| part.services.iter().map(|name| format!("{name}=http://127.0.0.1:{}", part.port)));
        let mut arguments: Vec<String> = self.parts[at].services.iter().map(ToString::to_string).collect();
        arguments.extend(peers.flat_map(|peer| ["--peer".to_owned(), peer]));
        if self.parts[at].services.contains(&"governance") {
            arguments.extend(["--policy".to_owned(), policy]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let server = self.place.serve(self.parts[at].port, &arguments);
        self.parts[at].server = Some(server);
    }

    fn kill(&mut self, at: usize) {
        self.parts[at].server.take().unwrap().process.kill9();
    }

    /// The process that a package is served by.
    fn of(&self, package: &str) -> &Server {
        let (name, _) = SERVICES.iter().find(|(_, held)| *held == package).unwrap();
        self.parts.iter().find(|part| part.services.contains(name)).and_then(|part| part.server.as_ref()).unwrap()
    }

    async fn send(&self, connection: &str, records: &[Record]) {
        for batch in records.chunks(100) {
            let package = schema().kind(batch[0].kind).unwrap().package.clone();
            let result = self.of(&package).send(&package, connection, batch.to_vec()).await;
            assert_eq!(result.counts.map(|counts| counts.rejected), Some(0), "{result:?}");
        }
    }

    async fn folded(&self) -> Folded {
        let mut folded = BTreeMap::new();
        for (name, package) in SERVICES {
            let request = WatchRequest { until_checkpoint: true, ..WatchRequest::default() };
            let mut pages = self.of(package).records(package, "operator").watch(request).await.unwrap();
            while let Some(page) = pages.message().await.unwrap() {
                for record in page.records {
                    let key = record.envelope.as_ref().unwrap().key.clone();
                    let kind = schema().kind(record.kind).unwrap().name.clone();
                    match fold(record) {
                        Some(held) => folded.insert((format!("{name} {kind}"), key), held),
                        None => folded.remove(&(format!("{name} {kind}"), key)),
                    };
                }
            }
        }
        folded
    }

    fn history(&self) -> Vec<String> {
        self.of(DEMAND)
            .run(&["history", "--output", "json"])
            .lines()
            .filter(|line| line.contains("\"quantity\""))
            .map(str::to_owned)
            .collect()
    }
}

/// What a record says, but for when it was said: content, version, whether it is gone, and whose it is.
#[derive(Clone, Debug, PartialEq)]
struct Fold {
    body: Vec<u8>,
    version: Option<crossdock_proto::types::Version>,
    deleted: bool,
    connection: String,
}

/// None for what came and went on the way: records that waited, and their issues.
fn fold(record: Record) -> Option<Fold> {
    let envelope = record.envelope.unwrap();
    let deleted = envelope.operation() == Operation::Delete;
    let name = schema().kind(record.kind).unwrap().name.as_str();
    let body = match name {
        "feed_cursor" => return None,
        "parked" | "issue" | "backlog" | "exception" if deleted => return None,
        "parked" => Parked { park_time: None, ..Parked::decode(record.body).unwrap() }.encode_to_vec(),
        "backlog" => Some(Backlog::decode(record.body).unwrap()).filter(|held| held.records > 0)?.encode_to_vec(),
        "set" => Set { open_time: None, commit_time: None, ..Set::decode(record.body).unwrap() }.encode_to_vec(),
        "issue" => {
            let issue = Some(Issue::decode(record.body).unwrap()).filter(|held| held.state() == IssueState::Open)?;
            Issue { first_time: None, update_time: None, ..issue }.encode_to_vec()
        }
        // Whether a cause stands long enough to be one depends on the clock.
        "exception" => return None,
        _ => record.body.to_vec(),
    };
    // The backlog counts what came and went on the way.
    let version = envelope.version.filter(|_| name != "backlog");
    Some(Fold { body, version, deleted, connection: envelope.connection })
}

/// Masters of the second half, own ids of the shop, and what depends on either.
fn story() -> Vec<(&'static str, Vec<Record>)> {
    let own = |space: &str, local: &str, canonical: &str| {
        let message =
            CrossReference { space: space.into(), local_id: local.into(), canonical_id: canonical.into(), ..CrossReference::default() };
        record("cross_reference", version(1), &message)
    };
    let cases = |number| {
        let message = Conversion { item_id: item_id(number), unit: "XCS".into(), numerator: 12, ..Conversion::default() };
        record("conversion", version(1), &message)
    };
    let by_case = |number: u64| {
        let message = DemandLine {
            item_id: item_id(number % ITEMS),
            location_id: EAST.into(),
            quantity: quantity("3", "XCS"),
            ordered_date: Some(Date { year: 2026, month: 4, day: 1 }),
            ..DemandLine::default()
        };
        record("demand_line", document(&format!("CASE{number}"), 1), &message)
    };
    let lost = |number: u64| {
        let message = DemandLine {
            item_id: "NEVER".into(),
            location_id: EAST.into(),
            quantity: quantity("1", "EA"),
            ordered_date: Some(Date { year: 2026, month: 4, day: 1 }),
            ..DemandLine::default()
        };
        record("demand_line", document(&format!("LOST{number}"), 1), &message)
    };
    let shipped = |number: u64| {
        let message = Fulfilment {
            item_id: item_id(number % ITEMS),
            location_id: EAST.into(),
            order_document: format!("SO{number}"),
            order_line: "1".into(),
            ..shipment()
        };
        record("fulfilment", document(&format!("F{number}"), 1), &message)
    };
    let moved = |number: u64| {
        let message = Movement {
            item_id: item_id(number % ITEMS),
            location_id: EAST.into(),
            quantity: quantity(if number.is_multiple_of(3) { "-2" } else { "5" }, "EA"),
            sequence: Some(i64::try_from(number).unwrap()),
            movement_date: Some(Date { year: 2026, month: 4, day: 2 }),
            ..Movement::default()
        };
        record("movement", document(&format!("M{number}"), 1), &message)
    };
    let of_the_shop = |number: u64| {
        let message = DemandLine {
            item_id: format!("s{number}"),
            location_id: "home".into(),
            quantity: quantity("2", "EA"),
            ordered_date: Some(Date { year: 2026, month: 5, day: 1 }),
            ..DemandLine::default()
        };
        record("demand_line", document(&format!("SHOP{number}"), 1), &message)
    };
    vec![
        // Half of it comes before its masters.
        ("erp", (0..400).map(|number| line(number, ITEMS)).collect()),
        ("shop", (0..10).map(of_the_shop).collect()),
        ("erp", masters(ITEMS)),
        ("erp", (0..50).map(by_case).chain((0..5).map(lost)).collect()),
        ("erp", (0..100).map(shipped).chain((0..120).map(moved)).collect()),
        ("erp", (0..ITEMS).map(cases).collect()),
        (
            "shop",
            (0..10).map(|number| own("item", &format!("s{number}"), &item_id(number))).chain([own("location", "home", EAST)]).collect(),
        ),
        ("erp", (400..800).map(|number| line(number, ITEMS)).collect()),
    ]
}

/// Lines that are deleted, and a full load in which an item is missing: its absence has to reach the others too.
async fn removed(suite: &Suite) {
    // What comes after its item is gone waits, and rightly so; what is deleted while it waits was never counted, and leaves no
    // trace of that: everything has to be in before.
    taken_in(suite).await;
    let gone = |number: u64| {
        let mut gone = line(number, ITEMS);
        let envelope = gone.envelope.as_mut().unwrap();
        envelope.set_operation(Operation::Delete);
        envelope.version.as_mut().unwrap().primary = 2;
        gone
    };
    suite.send("erp", &(0..40).map(gone).collect::<Vec<_>>()).await;
    let as_of = Some(Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let set = Set { set_key: "L".into(), kind: "item".into(), purpose: SetPurpose::Load.into(), as_of, ..Set::default() };
    let mut operations = suite.of(MASTERS).operations();
    operations.open_set(call("erp", OpenSetRequest { request_id: "o".into(), set: Some(set) })).await.unwrap();
    let listed = |number| {
        let mut envelope = version(2);
        envelope.set_key = "L".into();
        record("item", envelope, &Item { item_id: item_id(number), base_unit: "EA".into(), description: "again".into(), ..Item::default() })
    };
    let listed: Vec<Record> = (1..ITEMS).map(listed).collect();
    suite.send("erp", &listed).await;
    let commit = CommitSetRequest { request_id: "c".into(), kind: "item".into(), set_key: "L".into(), ..CommitSetRequest::default() };
    operations.commit_set(call("erp", commit)).await.unwrap();
}

type Folded = BTreeMap<(String, String), Fold>;

/// Five lines wait for an item that never comes, and nothing else.
async fn taken_in(suite: &Suite) {
    let parked = |folded: &Folded| folded.keys().filter(|(kind, _)| kind.ends_with(" parked")).count();
    eventually_async("everything else to be taken in", PATIENCE, async || (parked(&suite.folded().await) == 5).then_some(())).await;
}

/// The load is through too, and the five lines are an issue.
async fn settled(suite: &Suite) -> Folded {
    taken_in(suite).await;
    eventually_async("the load and the issue", PATIENCE, async || {
        let folded = suite.folded().await;
        let load = folded.get(&("master-data set".into(), "erp/L".into()));
        let removed = load.is_some_and(|held| Set::decode(held.body.as_slice()).unwrap().removed == 1);
        let issues = folded.keys().filter(|(kind, _)| kind.ends_with(" issue")).count();
        (removed && issues == 1).then_some(folded)
    })
    .await
}

async fn told(suite: &Suite) {
    for (_, package) in SERVICES {
        suite.of(package).heard(package, "operator").await;
    }
    for (connection, records) in story() {
        suite.send(connection, &records).await;
    }
    removed(suite).await;
}

fn same(one: &Folded, other: &Folded) {
    let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let wrong: Vec<_> = keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).collect();
    let first = wrong.first().map(|key| (one.get(*key), other.get(*key)));
    assert!(wrong.is_empty(), "{} of {} records differ: {:?}\n{first:?}", wrong.len(), one.len(), &wrong[..wrong.len().min(10)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_or_three_processes_hold_what_one_holds() {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let mut one = Suite::new(&[&["governance", "master-data", "demand-signal"]]);
    one.start(0);
    told(&one).await;
    let (wanted, history) = (settled(&one).await, one.history());
    assert!(wanted.len() > 1_000 && history.len() > 100, "{} {}", wanted.len(), history.len());

    let two: &[&[&str]] = &[&["governance", "master-data"], &["demand-signal"]];
    let three: &[&[&str]] = &[&["demand-signal"], &["master-data"], &["governance"]];
    for parts in [two, three] {
        let mut several = Suite::new(parts);
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.shuffle(&mut chance);
        for at in order {
            several.start(at);
        }
        told(&several).await;
        same(&wanted, &settled(&several).await);
        assert_eq!(history, several.history());
        for (_, package) in SERVICES.iter().filter(|(name, _)| *name == "demand-signal") {
            several.of(package).run(&["check"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_one_after_the_other_they_catch_up() {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let mut one = Suite::new(&[&["governance", "master-data", "demand-signal"]]);
    one.start(0);
    told(&one).await;
    let (wanted, history) = (settled(&one).await, one.history());

    let mut several = Suite::new(&[&["demand-signal"], &["master-data"], &["governance"]]);
    for at in 0..3 {
        several.start(at);
    }
    for (_, package) in SERVICES {
        several.of(package).heard(package, "operator").await;
    }
    for (connection, records) in story() {
        // One is away while the others are sent to, and one dies on the way. Without governance its last word holds.
        let package = schema().kind(records[0].kind).unwrap().package.clone();
        let writes = usize::from(package == MASTERS);
        let away = (writes + chance.random_range(1..3)) % 3;
        several.kill(away);
        several.send(connection, &records).await;
        several.start(away);
        several.kill(writes);
        several.start(writes);
        several.of(&package).heard(&package, connection).await;
        several.send(connection, &records).await;
    }
    removed(&several).await;
    several.kill(1);
    several.start(1);
    same(&wanted, &settled(&several).await);
    assert_eq!(history, several.history());
}

//! All services, in one or several processes, and everything that they hold.

use crossdock_proto::{
    Record,
    operations::IssueState,
    records::WatchRequest,
    schema,
    types::{Operation, Version},
};
use crossdock_testkit::free_port;
use crossdock_tests::{DEMAND, EXECUTION, Engine, GOVERNANCE, MASTERS, Place, Server, WRITEBACK};
use prost_reflect::{DynamicMessage, SerializeOptions};
use rand::{RngExt, rngs::StdRng};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A service and where its records are.
pub const SERVICES: [(&str, &str); 5] = [
    ("governance", GOVERNANCE),
    ("master-data", MASTERS),
    ("demand-signal", DEMAND),
    ("recommendation-writeback", WRITEBACK),
    ("execution-feedback", EXECUTION),
];

const POLICY: &str = "
connections:
  - {name: erp, roles: [erp], default_unit: EA, default_currency: GBP}
  - {name: shop, roles: [erp], ids: own}
  - {name: planner, roles: [planning]}
  - {name: desk, roles: [buyer], names_principals: true}
  - {name: edi, roles: [supplier]}
  - {name: wms, roles: [warehouse]}
  - {name: operator, roles: [operator]}
issue_grace: 1s
writeback:
  currency: GBP
  levels:
    - {name: buyer, principals: [ann]}
  approval_rules:
    - {name: small, stage: line, when: value <= 1000, levels: []}
    - {name: known, stage: order, when: value_known, levels: []}
  connectors:
    - {connection: erp}
  posting: {lease: 1h}
";

/// A process with some of the services.
struct Part {
    services: &'static [&'static str],
    server: Option<Server>,
    port: u16,
}

/// All services, in one or several processes.
pub struct Suite {
    place: Place,
    parts: Vec<Part>,
    /// If there is one, processes die when they are asked.
    pub chance: Option<StdRng>,
}

impl Suite {
    pub fn new(parts: &[&'static [&'static str]]) -> Self {
        let place = Place::new(Engine::Sqlite);
        place.write("policy.yaml", POLICY);
        let parts = parts.iter().map(|services| Part { services, server: None, port: free_port() }).collect();
        Self { place, parts, chance: None }
    }

    pub fn start(&mut self, at: usize) {
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

    pub fn kill(&mut self, at: usize) {
        self.parts[at].server.take().unwrap().process.kill9();
    }

    /// If there is trouble, some process is killed and started again.
    pub async fn trouble(&mut self) {
        let Some(chance) = &mut self.chance else { return };
        let at = chance.random_range(0..self.parts.len());
        self.again(at).await;
    }

    /// Kills a process and starts it again.
    pub async fn again(&mut self, at: usize) {
        self.kill(at);
        self.start(at);
        for (name, package) in SERVICES {
            if self.parts[at].services.contains(&name) {
                self.of(package).heard(package, "operator").await;
            }
        }
    }

    /// The process that a package is served by: which.
    pub fn at(&self, package: &str) -> usize {
        let (name, _) = SERVICES.iter().find(|(_, held)| *held == package).unwrap();
        self.parts.iter().position(|part| part.services.contains(name)).unwrap()
    }

    /// The process that a package is served by.
    pub fn of(&self, package: &str) -> &Server {
        self.parts[self.at(package)].server.as_ref().unwrap()
    }

    pub async fn send(&self, connection: &str, records: &[Record]) {
        for batch in records.chunks(100) {
            let package = schema().kind(batch[0].kind).unwrap().package.clone();
            let result = self.of(&package).send(&package, connection, batch.to_vec()).await;
            assert_eq!(result.counts.map(|counts| counts.rejected), Some(0), "{result:?}");
        }
    }

    pub async fn folded(&self) -> Folded {
        let mut folded = Folded::new();
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
        without_lives(folded)
    }

    pub fn history(&self) -> Vec<String> {
        self.of(DEMAND)
            .run(&["history", "--output", "json"])
            .lines()
            .filter(|line| line.contains("\"quantity\""))
            .map(str::to_owned)
            .collect()
    }
}

/// By service and kind, and by key.
pub type Folded = BTreeMap<(String, String), Fold>;

/// What a record says, but for when it was said: content, version, whether it is gone, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    pub body: Value,
    version: Option<Version>,
    pub deleted: bool,
    connection: String,
}

/// None for what came and went on the way: records that waited, and their issues.
fn fold(record: Record) -> Option<Fold> {
    let envelope = record.envelope.unwrap();
    let deleted = envelope.operation() == Operation::Delete;
    let info = schema().kind(record.kind).unwrap();
    let name = info.name.as_str();
    let options = SerializeOptions::new().use_proto_field_name(true);
    let dynamic = DynamicMessage::decode(info.message.clone(), record.body).unwrap();
    let mut body = dynamic.serialize_with_options(serde_json::value::Serializer, &options).unwrap();
    timeless(&mut body);
    match name {
        "feed_cursor" => return None,
        // Where a decision stands in the chain depends on what else was decided before; whether that is whole is asked of each process.
        "audit_entry" | "audit_head" => return None,
        "parked" | "issue" | "backlog" | "exception" if deleted => return None,
        "backlog" if body["records"].is_null() => return None,
        "issue" if body["state"] != IssueState::Open.as_str_name() => return None,
        // Whether a cause stands long enough to be one depends on the clock.
        "exception" => return None,
        // Each suite has a secret of its own.
        "seal_key" => return None,
        // A feed shows each record at its latest: how an order came to be what it is, a follower sees in more or fewer steps.
        "supply" => last_steps(&mut body),
        // It says until when.
        "decision_step" if body["reason"] == "LEASED" => body["message"] = Value::Null,
        _ => {}
    }
    // Of what services keep themselves the version counts its changes: how many there were depends on what came first.
    let version = envelope.version.filter(|_| !info.writers.is_empty());
    Some(Fold { body, version, deleted, connection: envelope.connection })
}

/// Leaves out when things came in, where in the feed, and what follows from that: an etag is a hash over these too, and how many days are left until an
/// order is due depends on the day on which somebody looks.
fn timeless(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            let depends =
                |name: &str| name.ends_with("time") || ["etag", "cursor", "position", "epoch", "since", "days_to_order"].contains(&name);
            fields.retain(|name, _| !depends(name));
            fields.values_mut().for_each(timeless);
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        _ => {}
    }
}

fn last_steps(supply: &mut Value) {
    for entry in supply["entries"].as_array_mut().into_iter().flatten() {
        let steps = entry["steps"].as_array_mut().unwrap();
        steps.drain(..steps.len() - 1);
    }
}

/// A posting key is a number, and a hash of the life of its store, which is another in each: the number stays.
fn without_lives(folded: Folded) -> Folded {
    let drafts: BTreeSet<String> = folded.keys().filter(|(kind, _)| kind.ends_with(" draft_order")).map(|(_, key)| key.clone()).collect();
    let numbered = |text: &str| drafts.iter().fold(text.to_owned(), |text, key| text.replace(key, &key[..7]));
    let told = |((kind, key), held): ((String, String), Fold)| {
        let body = serde_json::from_str(&numbered(&held.body.to_string())).unwrap();
        ((kind, numbered(&key)), Fold { body, ..held })
    };
    folded.into_iter().map(told).collect()
}

pub fn same(one: &Folded, other: &Folded) {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let wrong: Vec<_> = keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).collect();
    let first = wrong.first().map(|key| (one.get(*key), other.get(*key)));
    assert!(wrong.is_empty(), "{} of {} records differ: {:?}\n{first:?}", wrong.len(), one.len(), &wrong[..wrong.len().min(10)]);
}

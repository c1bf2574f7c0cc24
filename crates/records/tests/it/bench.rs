//! A service's store with a clock and a policy that the test decides, and records to send.

use crate::kinds::{self, ITEM, LINE, LOCATION, TOTAL};
use crossdock_core::{Clock, Cursor, Key, Micros, Result};
use crossdock_proto::{
    Record, Role, demand,
    governance::{self, Connection},
    masterdata,
    operations::{Backlog, Issue, Parked},
    types::{BatchResult, Envelope, Operation, Outcome, Quantity, RecordResult, Version},
};
use crossdock_records::{Batch, ISSUE, Kinds, Lane, Origin, PARKED, Policy, PolicyCell, Runner, ingest};
use crossdock_store::{Location, Read, Record as Stored, Scan, Store, Tx};
use crossdock_testkit::{Hand, Place, eventually_async};
use prost::Message;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

pub const SECOND: Micros = 1_000_000;
/// When every test begins.
pub const START: Micros = 1_700_000_000 * SECOND;
const WITHIN: Duration = Duration::from_secs(60);

pub struct Bench {
    pub location: Location,
    pub store: Store,
    pub kinds: Arc<Kinds>,
    pub policy: PolicyCell,
    clock: Arc<Hand>,
}

impl Bench {
    /// A service that owns all kinds.
    pub async fn new(place: &Place, policy: governance::Policy) -> Self {
        Self::of(place, kinds::owned(), policy).await
    }

    pub async fn of(place: &Place, kinds: Kinds, policy: governance::Policy) -> Self {
        let clock = Hand::at(START);
        let store = Store::open(place.location().clone(), Arc::<Hand>::clone(&clock)).await.unwrap();
        let policy = watch::Sender::new(Arc::new(Policy::new(policy)));
        Self { location: place.location().clone(), store, kinds: Arc::new(kinds), policy, clock }
    }

    /// As after a restart of the process.
    pub async fn reopen(&mut self) {
        self.store = Store::open(self.location.clone(), Arc::<Hand>::clone(&self.clock)).await.unwrap();
    }

    pub fn pass(&self, time: Micros) {
        self.clock.pass(time);
    }

    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    pub fn rule(&self, policy: governance::Policy) {
        self.policy.send_replace(Arc::new(Policy::new(policy)));
    }

    pub async fn batches(&self, batches: Vec<Batch>) -> Vec<BatchResult> {
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy.borrow()));
        self.store.write("ingest", move |tx| ingest(tx, &kinds, &policy, &batches)).await.unwrap()
    }

    pub async fn batch(&self, batch: Batch) -> BatchResult {
        self.batches(vec![batch]).await.remove(0)
    }

    /// Sends records in one batch; the outcome of each.
    pub async fn send(&self, connection: &str, records: Vec<Record>) -> Vec<Sent> {
        let count = records.len();
        let result = self.batch(batch(connection, records)).await;
        assert_eq!(result.failure, None);
        let mut told: BTreeMap<u32, RecordResult> = result.results.into_iter().map(|result| (result.index, result)).collect();
        let counts = result.counts.unwrap();
        let all = counts.accepted + counts.duplicate + counts.superseded + counts.parked + counts.rejected;
        assert_eq!(usize::try_from(all).unwrap(), count);
        // What was simply accepted is not told from what is a duplicate; with one record the counts say it.
        let plain = if counts.duplicate > 0 { Outcome::Duplicate } else { Outcome::Accepted };
        let sent = |index| told.remove(&index).map_or_else(|| Sent { outcome: plain, ..Sent::default() }, Sent::of);
        (0..u32::try_from(count).unwrap()).map(sent).collect()
    }

    /// Sends one record.
    pub async fn one(&self, connection: &str, record: Record) -> Sent {
        self.send(connection, vec![record]).await.remove(0)
    }

    /// Runs what is due until nothing is.
    pub async fn work(&self) {
        let runner = Runner::new(self.store.clone(), Arc::clone(&self.kinds), self.policy.clone(), &[]);
        let running = tokio::spawn(runner.run());
        eventually_async("nothing is due", WITHIN, async || {
            let next = self.read(|read| read.next_due()).await;
            next.is_none_or(|next| next > self.now()).then_some(())
        })
        .await;
        running.abort();
        running.await.ok();
    }

    pub fn lane(&self) -> Lane {
        Lane::start(self.store.clone(), Arc::clone(&self.kinds), &self.policy)
    }

    pub async fn read<T: Send + 'static>(&self, job: impl FnOnce(&mut Read<'_>) -> Result<T> + Send + 'static) -> T {
        self.store.read("test", job).await.unwrap()
    }

    pub async fn write<T: Send + 'static>(&self, job: impl Fn(&mut Tx<'_>, &Kinds, &Policy) -> Result<T> + Send + 'static) -> T {
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy.borrow()));
        self.store.write("test", move |tx| job(tx, &kinds, &policy)).await.unwrap()
    }

    pub async fn head(&self) -> Cursor {
        self.read(|read| read.head()).await
    }

    /// A record as it is stored, tombstones included.
    pub async fn held(&self, kind: u16, key: &str) -> Option<Stored> {
        let key = Key::new(kind, key);
        self.read(move |read| read.get(&[key])).await.pop()
    }

    pub async fn all(&self, kind: u16) -> Vec<Stored> {
        self.read(move |read| read.scan(Scan::Prefix { kind, prefix: "", after: "" }, 100_000)).await
    }

    /// Everything that waits: key and cause.
    pub async fn parked(&self) -> BTreeMap<String, String> {
        let waiting = self.all(PARKED).await.into_iter().filter(|held| !held.deleted);
        waiting.map(|held| (held.key.clone(), Parked::decode(held.body).unwrap().cause)).collect()
    }

    pub async fn backlog(&self, kind: &str) -> i64 {
        self.held(24, kind).await.map_or(0, |held| Backlog::decode(held.body).unwrap().records)
    }

    pub async fn issue(&self, cause: &str) -> Option<Issue> {
        self.held(ISSUE, cause).await.map(|held| Issue::decode(held.body).unwrap())
    }

    /// The sum of quantities of an item, in whole units.
    pub async fn total(&self, item: &str) -> i64 {
        let of = vec![(item.to_owned(), 0)];
        self.read(move |read| read.sum(TOTAL, &of)).await.pop().map_or(0, |sum| sum.amount / SECOND)
    }
}

/// What was answered to one record.
#[derive(Debug, Default, PartialEq)]
pub struct Sent {
    pub outcome: Outcome,
    /// Reasons of the violations.
    pub reasons: Vec<String>,
    pub fields: Vec<String>,
    pub cause: String,
    pub findings: Vec<String>,
    pub key: String,
}

impl Sent {
    fn of(result: RecordResult) -> Self {
        Self {
            outcome: result.outcome(),
            reasons: result.violations.iter().map(|violation| violation.reason.clone()).collect(),
            fields: result.violations.into_iter().map(|violation| violation.field).collect(),
            cause: result.cause,
            findings: result.findings.into_iter().map(|finding| finding.reason).collect(),
            key: result.key,
        }
    }

    /// Rejected, and why.
    pub fn rejected(&self) -> &str {
        assert_eq!(self.outcome, Outcome::Rejected, "{self:?}");
        &self.reasons[0]
    }
}

pub fn batch(connection: &str, records: Vec<Record>) -> Batch {
    let origin = Origin { connection: connection.into(), ..Origin::default() };
    Batch { number: 7, origin: Arc::new(origin), records, ..Batch::default() }
}

fn record(kind: u16, document: &str, line: &str, primary: i64, body: &impl Message) -> Record {
    let version = Some(Version { primary, observed: 0 });
    let envelope = Envelope { document: document.into(), line: line.into(), version, ..Envelope::default() };
    Record { envelope: Some(envelope), kind: kind.into(), body: body.encode_to_vec().into() }
}

pub fn item(id: &str, primary: i64) -> Record {
    described(id, primary, &format!("as of {primary}"))
}

pub fn described(id: &str, primary: i64, description: &str) -> Record {
    record(ITEM, "", "", primary, &masterdata::Item { item_id: id.into(), description: description.into(), ..Default::default() })
}

/// An item that is ordered in whole cartons.
pub fn carton(id: &str, primary: i64) -> Record {
    record(ITEM, "", "", primary, &masterdata::Item { item_id: id.into(), base_unit: "XCT".into(), ..Default::default() })
}

pub fn location(id: &str, primary: i64) -> Record {
    record(LOCATION, "", "", primary, &masterdata::Location { location_id: id.into(), ..Default::default() })
}

/// Line 1 of a document.
pub fn line(document: &str, primary: i64, item: &str, location: &str, quantity: &str) -> Record {
    let quantity = Some(Quantity { value: quantity.into(), unit: String::new() });
    let body = demand::DemandLine { item_id: item.into(), location_id: location.into(), quantity, ..Default::default() };
    record(LINE, document, "1", primary, &body)
}

pub fn deleted(record: Record) -> Record {
    with(record, |envelope| envelope.set_operation(Operation::Delete))
}

pub fn observed(record: Record, observed: i64) -> Record {
    with(record, |envelope| envelope.version.get_or_insert_default().observed = observed)
}

pub fn with(mut record: Record, change: impl FnOnce(&mut Envelope)) -> Record {
    change(record.envelope.get_or_insert_default());
    record
}

/// An ERP that calls things as the suite does.
pub fn erp(name: &str) -> Connection {
    Connection { name: name.into(), roles: vec![Role::Erp.into()], ..Connection::default() }
}

/// Two ERPs that may write everything.
pub fn policy() -> governance::Policy {
    governance::Policy { connections: vec![erp("erp"), erp("other")], ..governance::Policy::default() }
}

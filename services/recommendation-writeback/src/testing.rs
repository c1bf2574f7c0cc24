//! A store with the kinds of this service, the masters that it follows, a fake connector, and what the tests ask it.

use crate::{
    PEERS,
    app::due::TASKS,
    app::{
        change::{self, Why},
        line,
    },
    kinds,
    model::{posting::PostingLink, recommendation::Recommendation, status::Status, supply::Supply},
};
use bytes::Bytes;
use crossdock_core::{Clock, Cursor, Key, Micros};
use crossdock_master_data::{Customer, Item, ItemUnits, Location as Place, SourcingRule, Supplier, WorkingDays, samples};
use crossdock_proto::{
    Record, Role,
    execution::OrderProgress,
    governance::{self, WritebackRules},
    masterdata,
    operations::{Basis, Set, SetPurpose, SetScope, WatermarkState},
    types::{Date, Envelope, Money, Quantity, Version},
    writeback::{self as contract, LinkedRecommendation, RecommendationKind, RecommendationState as State, RecommendationStatus},
};
use crossdock_records::{Incoming, Kind, Kinds, Origin, Policy, PolicyCell, Runner, Taken, derive, follow, message, take};
use crossdock_store::{Location, Scan, Store, Tx};
use std::{
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// A clock that is set by hand.
struct ByHand(Arc<AtomicI64>);

impl Clock for ByHand {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}

/// 2026-06-15T12:00:00Z, a Monday.
pub const NOW: Micros = 1_781_524_800_000_000;
/// An hour.
pub const HOUR: Micros = 3_600 * 1_000_000;
/// The planner.
pub const PLANNER: &str = "apo";

/// The service on a temporary SQLite file.
pub struct World {
    pub store: Store,
    pub policy: Arc<Policy>,
    pub clock: Arc<AtomicI64>,
    kinds: Arc<Kinds>,
    runner: tokio::task::JoinHandle<()>,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl World {
    pub fn run<T, F: Future<Output = T>>(test: impl FnOnce(Self) -> F) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { test(Self::new().await).await })
    }

    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writeback.db");
        let connection = |name: &str| governance::Connection {
            name: name.into(),
            roles: vec![Role::Planning.into()],
            ..governance::Connection::default()
        };
        let document = governance::Policy {
            version: "v1".into(),
            connections: vec![connection(PLANNER), connection("other")],
            writeback: Some(WritebackRules { currency: "EUR".into(), ..WritebackRules::default() }),
            ..governance::Policy::default()
        };
        let (kinds, policy) = (Arc::new(kinds().unwrap()), Arc::new(Policy::new(document)));
        let clock = Arc::new(AtomicI64::new(NOW));
        let (store, runner) = start(&path, &kinds, &policy, &clock).await;
        let world = Self { store, policy, clock, kinds, runner, path, _folder: folder };
        world.masters().await;
        world
    }

    async fn masters(&self) {
        self.master::<WorkingDays>("GB-WORK", &samples::calendar()).await;
        for id in ["EAST", "WEST"] {
            self.location(&masterdata::Location { location_id: id.into(), ..samples::location() }).await;
        }
        self.item(&item("SKU1")).await;
        self.item(&item("SKU2")).await;
        for id in ["SUP001", "SUP003"] {
            self.supplier(&masterdata::Supplier { supplier_id: id.into(), ..samples::supplier() }).await;
            for item in ["SKU1", "SKU2"] {
                self.rule(&rule(item, id)).await;
            }
        }
        self.master::<Customer>("C1", &masterdata::Customer { customer_id: "C1".into(), ..samples::customer() }).await;
    }

    pub async fn item(&self, item: &masterdata::Item) {
        self.master::<Item>(&item.item_id, item).await;
    }

    pub async fn location(&self, location: &masterdata::Location) {
        self.master::<Place>(&location.location_id, location).await;
    }

    pub async fn supplier(&self, supplier: &masterdata::Supplier) {
        self.master::<Supplier>(&supplier.supplier_id, supplier).await;
    }

    pub async fn rule(&self, rule: &masterdata::SourcingRule) {
        let key = <SourcingRule as Kind>::key(rule, "", &Envelope::default());
        self.master::<SourcingRule>(&key, rule).await;
    }

    /// A case of an item.
    pub async fn case(&self, item: &str, pieces: i64) {
        let unit = masterdata::ItemUnit { unit: "XCS".into(), numerator: pieces, denominator: 1, ..masterdata::ItemUnit::default() };
        let units = masterdata::ItemUnits { item_id: item.into(), base_unit: "EA".into(), units: vec![unit] };
        self.master::<ItemUnits>(item, &units).await;
    }

    pub async fn master<K: Kind>(&self, key: &str, message: &K::Message) {
        let mut record = samples::record::<K>(message);
        record.envelope.get_or_insert_default().key = key.into();
        self.follow(1, record, Cursor { epoch: 1, position: 1 }).await;
    }

    /// An order line of the ERP, at this position of execution-feedback's feed.
    pub async fn order(&self, key: &str, position: i64, progress: &OrderProgress) {
        let mut record = samples::record::<crate::model::progress::Progress>(progress);
        let envelope = record.envelope.get_or_insert_default();
        envelope.key = key.into();
        envelope.position = position;
        self.follow(3, record, Cursor { epoch: 7, position }).await;
    }

    async fn follow(&self, peer: usize, record: Record, cursor: Cursor) {
        let kinds = Arc::clone(&self.kinds);
        self.store.write("follow", move |tx| follow(tx, &kinds, PEERS[peer], std::slice::from_ref(&record), cursor)).await.unwrap();
        self.settle().await;
    }

    /// Other rules from now on.
    pub async fn rules(&mut self, change: impl FnOnce(&mut WritebackRules)) {
        let mut document = self.policy.document.clone();
        change(document.writeback.get_or_insert_default());
        self.policy = Arc::new(Policy::new(document));
        self.restart().await;
    }

    /// A kind has to be so fresh from now on.
    pub async fn objective(&mut self, kind: &str, seconds: i64) {
        let mut document = self.policy.document.clone();
        let max_age = Some(prost_types::Duration { seconds, nanos: 0 });
        document.freshness.push(governance::FreshnessObjective { kind: kind.into(), connection: String::new(), max_age });
        self.policy = Arc::new(Policy::new(document));
        self.restart().await;
    }

    /// Everything of a kind was sent that was recorded until then.
    pub async fn watermark(&self, kind: &str, through: Micros) {
        let recorded_through = Some(crossdock_records::timestamp(through));
        let said = WatermarkState { connection: "erp".into(), kind: kind.into(), region: String::new(), recorded_through };
        let mut record = samples::record::<WatermarkState>(&said);
        record.envelope.get_or_insert_default().key = format!("erp/{kind}/");
        self.follow(2, record, Cursor { epoch: 1, position: 1 }).await;
    }

    /// Stops and starts again on the same file.
    pub async fn restart(&mut self) {
        self.runner.abort();
        let (store, runner) = start(&self.path, &self.kinds, &self.policy, &self.clock).await;
        (self.store, self.runner) = (store, runner);
    }

    /// Lets time go by.
    pub async fn later(&mut self, by: Micros) {
        self.clock.fetch_add(by, Ordering::Relaxed);
        self.restart().await;
        self.settle().await;
    }

    pub async fn open(&self, plan: &Plan) {
        let origin = Origin { connection: plan.planner.into(), ..Origin::default() };
        let scope = SetScope {
            locations: plan.locations.iter().map(|id| (*id).into()).collect(),
            suppliers: plan.suppliers.iter().map(|id| (*id).into()).collect(),
            ..SetScope::default()
        };
        let cursor = plan.seen.map(|position| Cursor { epoch: 7, position }.to_string());
        let asked = Set {
            set_key: plan.name.into(),
            kind: "recommendation".into(),
            purpose: SetPurpose::Run.into(),
            scope: Some(scope),
            horizon_end: plan.horizon_end,
            basis: cursor.map(|cursor| Basis { service: "execution-feedback".into(), cursor }).into_iter().collect(),
            ..Set::default()
        };
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        self.store.write("open", move |tx| crossdock_records::open(tx, &kinds, &policy, &origin, &asked)).await.unwrap();
    }

    pub async fn send(&self, planner: &str, records: &[Record]) -> Vec<Taken> {
        let origin = Arc::new(Origin { connection: planner.into(), ..Origin::default() });
        let one = |record: &Record| Incoming { origin: Arc::clone(&origin), record: record.clone(), redriven: None };
        let incoming: Vec<Incoming> = records.iter().map(one).collect();
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        self.store.write("test", move |tx| take(tx, &kinds, &policy, &incoming)).await.unwrap()
    }

    pub async fn commit(&self, plan: &Plan) {
        let (origin, name) = (Origin { connection: plan.planner.into(), ..Origin::default() }, plan.name);
        let commit = move |tx: &mut Tx<'_>| crossdock_records::commit(tx, &origin, &origin.connection, name, None, false);
        self.store.write("commit", commit).await.unwrap();
        // Two commits are never at the same time.
        self.clock.fetch_add(1, Ordering::Relaxed);
    }

    /// A whole run, every line sent twice.
    pub async fn plan(&self, plan: &Plan, lines: &[(&str, contract::Recommendation)]) -> Vec<Taken> {
        self.open(plan).await;
        let records: Vec<Record> = lines.iter().map(|(key, line)| record(plan.name, key, line)).collect();
        let taken = self.send(plan.planner, &records).await;
        self.send(plan.planner, &records).await;
        self.commit(plan).await;
        self.settle().await;
        taken
    }

    /// Until nothing is due.
    pub async fn settle(&self) {
        let clock = Arc::clone(&self.clock);
        loop {
            let now = clock.load(Ordering::Relaxed);
            if self.store.read("due", move |read| Ok(read.due(now, 1)?.is_empty())).await.unwrap() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    pub async fn get<K: Kind>(&self, key: &str) -> Option<K::Message> {
        let key = Key::new(K::NUMBER, key);
        let found = self.store.read("test", move |read| read.get(&[key])).await.unwrap();
        found.iter().filter(|record| !record.deleted).find_map(message::<K>)
    }

    /// The status of a line: run and document.
    pub async fn status(&self, run: &str, line: &str) -> RecommendationStatus {
        self.get::<Status>(&key(run, line)).await.unwrap_or_else(|| panic!("{run} {line} has no status"))
    }

    /// State, quantity and reasons of problems.
    pub async fn told(&self, run: &str, line: &str) -> String {
        let status = self.status(run, line).await;
        let reasons: Vec<&str> = status.problems.iter().map(|problem| problem.reason.as_str()).collect();
        format!("{} {} {}", crate::model::status::name(status.state()), status.quantity, reasons.join(" ")).trim_end().to_owned()
    }

    pub async fn statuses(&self) -> Vec<(String, RecommendationStatus)> {
        let scan = Scan::Prefix { kind: Status::NUMBER, prefix: "", after: "" };
        let records = self.store.read("test", move |read| read.scan(scan, 10_000)).await.unwrap();
        records.into_iter().filter_map(|record| Some((record.key.clone(), message::<Status>(&record)?))).collect()
    }

    pub async fn supply(&self) -> contract::Supply {
        self.get::<Supply>("SKU1/EAST").await.unwrap_or_default()
    }

    async fn change(&self, key: &str, reason: &'static str, edit: impl FnOnce(&mut RecommendationStatus) + Send + Clone + 'static) {
        let (key, key_of) = (key.to_owned(), key.to_owned());
        let change = move |tx: &mut Tx<'_>| {
            let why = Why { reason, ..Why::default() };
            let edit = edit.clone();
            derive(tx, &Bytes::new(), |to| change::recommendation(to, &key, &why, edit)).map(|_| ())
        };
        if let Err(error) = self.store.write("test", change).await {
            panic!("{reason}: {error}: {:?}", self.get::<Status>(&key_of).await);
        }
    }

    async fn proceed(&self, key: &str) {
        let (key, policy) = (key.to_owned(), Arc::clone(&self.policy));
        self.store.write("test", move |tx| line::proceed(tx, &policy, &key, None)).await.unwrap();
        self.settle().await;
    }

    /// A buyer writes another quantity.
    pub async fn edit(&self, key: &str, quantity: &str) {
        let quantity = quantity.to_owned();
        self.change(key, "EDITED", move |held| {
            held.quantity.clone_from(&quantity);
            held.edited_by = "ann".into();
        })
        .await;
        self.proceed(key).await;
    }

    /// A buyer lets it go on.
    pub async fn release(&self, key: &str) {
        let (key, policy) = (key.to_owned(), Arc::clone(&self.policy));
        let why = || Why { reason: "RELEASED", ..Why::default() };
        self.store.write("test", move |tx| line::release(tx, &policy, &key, &why())).await.unwrap();
        self.settle().await;
    }

    /// A person approves it; it is looked at a last time, and drafted.
    pub async fn approve(&self, key: &str) {
        self.change(key, "APPROVED", |held| held.set_state(State::Approved)).await;
        self.proceed(key).await;
    }

    /// It is on this draft order.
    pub async fn draft(&self, key: &str, draft: &str) {
        let draft = draft.to_owned();
        self.change(key, "DRAFTED", move |held| {
            held.set_state(State::Drafted);
            held.draft.clone_from(&draft);
        })
        .await;
        self.settle().await;
    }

    /// The ERP has all of it on this order line.
    pub async fn post(&self, key: &str, order: &str) {
        self.change(key, "POSTED", |held| {
            held.set_state(State::Posted);
            held.posted_quantity.clone_from(&held.quantity);
        })
        .await;
        let status = self.get::<Status>(key).await.unwrap();
        let link = LinkedRecommendation {
            recommendation: key.into(),
            posting_key: status.draft,
            quantity: crate::model::supply::amount(&status.posted_quantity).to_string(),
            need_by: status.need_by,
            post_time: None,
        };
        let order = order.to_owned();
        let put = move |tx: &mut Tx<'_>| {
            let link = link.clone();
            derive(tx, &Bytes::new(), |to| {
                to.edit::<PostingLink>(&order, |held| {
                    let mut held = held.unwrap_or_default();
                    held.recommendations.push(link);
                    Some(held)
                })
            })
        };
        self.store.write("test", put).await.unwrap();
        self.settle().await;
    }
}

async fn start(
    path: &std::path::Path,
    kinds: &Arc<Kinds>,
    policy: &Arc<Policy>,
    clock: &Arc<AtomicI64>,
) -> (Store, tokio::task::JoinHandle<()>) {
    let store = Store::open(Location::Sqlite(path.to_owned()), Arc::new(ByHand(Arc::clone(clock)))).await.unwrap();
    let runner = Runner::new(store.clone(), Arc::clone(kinds), PolicyCell::new(Arc::clone(policy)), TASKS);
    let runner = tokio::spawn(runner.run());
    (store, runner)
}

/// A run of the planner, without basis and for everything.
#[derive(Clone, Debug)]
pub struct Plan {
    pub planner: &'static str,
    pub name: &'static str,
    pub locations: &'static [&'static str],
    pub suppliers: &'static [&'static str],
    pub horizon_end: Option<Date>,
    /// Position of execution-feedback that it had seen.
    pub seen: Option<i64>,
}

pub fn full(name: &'static str) -> Plan {
    Plan { planner: PLANNER, name, locations: &[], suppliers: &[], horizon_end: None, seen: None }
}

/// Key of a line of the planner.
pub fn key(run: &str, line: &str) -> String {
    format!("{PLANNER}/{run}/{line}/1")
}

pub fn record(run: &str, document: &str, line: &contract::Recommendation) -> Record {
    let mut record = samples::record::<Recommendation>(line);
    record.envelope = Some(Envelope {
        document: document.into(),
        line: "1".into(),
        set_key: run.into(),
        version: Some(Version { primary: 1, observed: 0 }),
        ..Envelope::default()
    });
    record
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn quantity(value: &str, unit: &str) -> Option<Quantity> {
    Some(Quantity { value: value.into(), unit: unit.into() })
}

pub fn item(id: &str) -> masterdata::Item {
    masterdata::Item { item_id: id.into(), ..samples::item() }
}

/// Bought by the piece, at least 10, two working days and five days on the way, 99.00 EUR each.
pub fn rule(item: &str, supplier: &str) -> masterdata::SourcingRule {
    masterdata::SourcingRule {
        item_id: item.into(),
        supplier_id: supplier.into(),
        destination_location_id: String::new(),
        order_unit: String::new(),
        minimum_quantity: "10".into(),
        multiple: "2".into(),
        prices: vec![masterdata::PriceBreak {
            from_quantity: String::new(),
            unit_price: Some(Money { amount: "99".into(), currency: "EUR".into() }),
        }],
        ..samples::sourcing_rule()
    }
}

/// So many pieces of SKU1 from a supplier for EAST by 1 July.
pub fn buy(supplier: &str, value: &str) -> contract::Recommendation {
    contract::Recommendation {
        kind: RecommendationKind::Purchase.into(),
        item_id: "SKU1".into(),
        destination_location_id: "EAST".into(),
        supplier_id: supplier.into(),
        quantity: quantity(value, "EA"),
        need_by: day(2026, 7, 1),
        ..contract::Recommendation::default()
    }
}

/// An open order of the ERP for the same.
pub fn on_order(quantity: &str) -> OrderProgress {
    OrderProgress {
        item_id: "SKU1".into(),
        destination_location_id: "EAST".into(),
        ordered: quantity.into(),
        open: quantity.into(),
        due_date: day(2026, 7, 1),
        ..OrderProgress::default()
    }
}

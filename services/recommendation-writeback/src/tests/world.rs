//! The service on a store, with masters, a policy and a clock that tests move; what is due runs when the clock moves.

use super::samples::{self as own, NOW};
use crate::{
    PEERS,
    model::{
        draft_order::DraftOrder,
        posting::PostingLink,
        progress::Progress,
        status::{self, Status, Step},
        supply::Supply,
    },
    service,
};
use bytes::Bytes;
use crossdock_core::{Clock, Cursor, Micros, Result};
use crossdock_master_data::{Customer, Item, ItemUnits, Location as Place, SourcingRule, Supplier, WorkingDays, samples};
use crossdock_proto::{
    Record,
    execution::OrderProgress,
    governance::{FreshnessObjective, WritebackRules},
    masterdata,
    operations::WatermarkState,
    types::Envelope,
    writeback::{self as contract, RecommendationStatus},
};
use crossdock_records::{Derived, Kind, Policy, derive, message};
use crossdock_store::Tx;
use crossdock_testkit::{Bench, Engine};
use std::{collections::BTreeMap, future::Future, sync::Arc};

crossdock_testkit::world!(
    /// The service.
    World
);

impl World {
    /// What is known and not large goes on by itself.
    pub fn run<T, F: Future<Output = T>>(test: impl FnOnce(Self) -> F) -> T {
        Self::run_on(Engine::Sqlite, test)
    }

    /// The same on either engine.
    pub fn run_on<T, F: Future<Output = T>>(engine: Engine, test: impl FnOnce(Self) -> F) -> T {
        Self::run_by(engine, own::rules(), test)
    }

    /// Every line waits for a buyer.
    pub fn by_persons<T, F: Future<Output = T>>(test: impl FnOnce(Self) -> F) -> T {
        Self::by_persons_on(Engine::Sqlite, test)
    }

    /// The same on either engine.
    pub fn by_persons_on<T, F: Future<Output = T>>(engine: Engine, test: impl FnOnce(Self) -> F) -> T {
        Self::run_by(engine, own::by_persons(), test)
    }

    fn run_by<T, F: Future<Output = T>>(engine: Engine, rules: WritebackRules, test: impl FnOnce(Self) -> F) -> T {
        crossdock_testkit::run(async { test(Self::new(engine, rules).await).await })
    }

    async fn new(engine: Engine, rules: WritebackRules) -> Self {
        let service = service().unwrap();
        let world = Self(Bench::new(engine, NOW, service.kinds, service.tasks, own::policy(rules)).await);
        world.masters().await;
        world
    }

    async fn masters(&self) {
        self.master::<WorkingDays>("GB-WORK", &samples::calendar()).await;
        for (id, company) in [("EAST", "north"), ("WEST", "north"), ("FAR", "nobody")] {
            let (location_id, company, time_zone) = (id.into(), company.into(), "Europe/Berlin".into());
            self.location(&masterdata::Location { location_id, company, time_zone, ..samples::location() }).await;
        }
        for id in ["SUP001", "SUP003"] {
            self.supplier(&masterdata::Supplier { supplier_id: id.into(), ..samples::supplier() }).await;
        }
        for item in ["SKU1", "SKU2"] {
            self.item(&own::item(item)).await;
            self.rule(&own::rule(item, "SUP001")).await;
            self.rule(&own::rule(item, "SUP003")).await;
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
        self.hear("master-data", record, Cursor { epoch: 1, position: 1 }).await;
    }

    /// An order line of the ERP, at this position of execution-feedback's feed.
    pub async fn order(&self, key: &str, position: i64, progress: &OrderProgress) {
        let mut record = samples::record::<Progress>(progress);
        let envelope = record.envelope.get_or_insert_default();
        envelope.key = key.into();
        envelope.position = position;
        self.hear("execution-feedback", record, Cursor { epoch: 7, position }).await;
    }

    /// Everything of a kind was sent that was recorded until then.
    pub async fn watermark(&self, kind: &str, through: Micros) {
        let recorded_through = Some(crossdock_records::timestamp(through));
        let said = WatermarkState { connection: "erp".into(), kind: kind.into(), region: String::new(), recorded_through };
        let mut record = samples::record::<WatermarkState>(&said);
        record.envelope.get_or_insert_default().key = format!("erp/{kind}/");
        self.hear("demand-signal", record, Cursor { epoch: 1, position: 1 }).await;
    }

    async fn hear(&self, name: &str, record: Record, cursor: Cursor) {
        self.follow(*PEERS.iter().find(|peer| peer.name == name).unwrap(), record, cursor).await;
    }

    /// Other rules from now on.
    pub fn rules(&mut self, change: impl FnOnce(&mut WritebackRules)) {
        let mut document = self.policy.document.clone();
        change(document.writeback.get_or_insert_default());
        document.version.push('+');
        self.govern(document);
    }

    /// A kind has to be so fresh from now on.
    pub fn objective(&mut self, kind: &str, seconds: i64) {
        let mut document = self.policy.document.clone();
        let max_age = Some(prost_types::Duration { seconds, nanos: 0 });
        document.freshness.push(FreshnessObjective { kind: kind.into(), connection: String::new(), max_age });
        self.govern(document);
    }

    /// The same data in another life of the store.
    pub async fn restored(&self) {
        let renew = |tx: &mut Tx<'_>| {
            tx.renew_epoch();
            Ok(())
        };
        self.store.write("restore", renew).await.unwrap();
    }

    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Moves the clock, stopping wherever something is due.
    pub async fn later(&self, by: Micros) {
        let end = self.now() + by;
        while let Some(at) = self.settle().await.filter(|at| *at <= end) {
            self.clock.set(at);
        }
        self.clock.set(end);
    }

    pub async fn write<T: Send + 'static>(&self, job: impl Fn(&mut Tx<'_>, &Policy) -> Result<T> + Send + 'static) -> Result<T> {
        let policy = Arc::clone(&self.policy);
        self.store.write("test", move |tx| job(tx, &policy)).await
    }

    pub async fn call<T: Send + 'static>(&self, job: impl Fn(&mut Derived<'_, '_>, &Policy) -> Result<T> + Send + 'static) -> Result<T> {
        self.write(move |tx, policy| derive(tx, &Bytes::new(), |to| job(to, policy))).await
    }

    pub async fn all<K: Kind>(&self) -> Vec<(String, K::Message)> {
        let records = self.records(K::NUMBER).await;
        records.iter().filter(|record| !record.deleted).filter_map(|record| Some((record.key.clone(), message::<K>(record)?))).collect()
    }

    pub async fn status(&self, key: &str) -> RecommendationStatus {
        self.get::<Status>(key).await.unwrap_or_else(|| panic!("{key} has no status"))
    }

    /// State, quantity and reasons of problems.
    pub async fn told(&self, run: &str, line: &str) -> String {
        let status = self.status(&own::key(run, line)).await;
        let reasons: Vec<&str> = status.problems.iter().map(|problem| problem.reason.as_str()).collect();
        format!("{} {} {}", status::name(status.state()), status.quantity, reasons.join(" ")).trim_end().to_owned()
    }

    pub async fn draft(&self, key: &str) -> contract::DraftOrder {
        self.get::<DraftOrder>(key).await.unwrap_or_else(|| panic!("there is no draft order {key}"))
    }

    pub async fn supply(&self) -> contract::Supply {
        self.get::<Supply>("SKU1/EAST").await.unwrap_or_default()
    }

    pub async fn link(&self, key: &str) -> Vec<(String, String)> {
        let link = self.get::<PostingLink>(key).await.unwrap_or_default();
        link.recommendations.into_iter().map(|linked| (linked.recommendation, linked.quantity)).collect()
    }

    /// Reasons of all steps of a recommendation or draft order.
    pub async fn steps(&self, of: &str) -> Vec<String> {
        self.all::<Step>().await.into_iter().map(|(_, step)| step).filter(|step| step.subject == of).map(|step| step.reason).collect()
    }

    /// Every change of state so far, of draft orders or of recommendations.
    pub async fn edges(&self, of_drafts: bool) -> Vec<(String, String)> {
        let steps = self.all::<Step>().await.into_iter().map(|(_, step)| step);
        steps.filter(|step| step.subject.contains('/') != of_drafts && step.from != step.to).map(|step| (step.from, step.to)).collect()
    }

    /// Faults that stand, by cause.
    pub async fn faults(&self) -> BTreeMap<String, i64> {
        self.sums(crossdock_records::ISSUE).await.into_iter().map(|sum| (sum.key, sum.amount)).collect()
    }

    /// Two commits are never at the same time.
    pub fn tick(&self) {
        self.clock.pass(1);
    }
}

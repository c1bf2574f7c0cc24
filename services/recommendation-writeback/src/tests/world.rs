//! A store with a clock that tests move, a policy, persons and a connector; what is due runs when the clock moves.

use crate::{
    app::{approve, change, change::Why, draft, due, edit, lease, report, resolve, seal, settle},
    kinds,
    model::{
        draft_order::DraftOrder,
        posting::PostingLink,
        status::{Status, Step},
    },
};
use bytes::Bytes;
use crossdock_core::{Clock, Cursor, Error, Key, Micros, Result};
use crossdock_master_data::{Location as Place, samples};
use crossdock_proto::{
    Role,
    governance::{self, ApprovalLevel, ApprovalRule, ApprovalStage, Connector, PostingLimits, WritebackRules},
    masterdata,
    types::{Date, Money},
    writeback::{
        self as contract, ApproveRequest, Clearance, Decided, DraftOrderState, LeaseDraftOrdersRequest, LineOutcome, LineReport,
        PostedLine, RecommendationKind, RecommendationState, RecommendationStatus, ReportPostingRequest, Seen,
    },
};
use crossdock_records::{Derived, Kind, Origin, Peer, Policy, derive, follow, message};
use crossdock_store::{Due, Location, Scan, Store, Tx};
use std::{
    collections::BTreeMap,
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// 2026-06-15T12:00:00Z.
pub const NOON: Micros = 1_781_524_800_000_000;
pub const SECOND: Micros = 1_000_000;
pub const HOUR: Micros = 3_600 * SECOND;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Micros {
        self.0.load(Ordering::SeqCst)
    }
}

/// Recommendation-writeback on a temporary SQLite file.
pub struct World {
    pub store: Store,
    pub policy: Arc<Policy>,
    clock: Arc<Hand>,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl World {
    pub fn run<T, F: Future<Output = T>>(test: impl FnOnce(Self) -> F) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { test(Self::new().await).await })
    }

    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recommendation-writeback.db");
        let clock = Arc::new(Hand(AtomicI64::new(NOON)));
        let store = Store::open(Location::Sqlite(path.clone()), Arc::clone(&clock) as _).await.unwrap();
        let world = Self { store, policy: Arc::new(policy(rules())), clock, path, _folder: folder };
        for (id, company) in [("EAST", "north"), ("WEST", "north"), ("FAR", "nobody")] {
            let location = masterdata::Location {
                location_id: id.into(),
                company: company.into(),
                time_zone: "Europe/Berlin".into(),
                ..samples::location()
            };
            world.location(id, &location).await;
        }
        world
    }

    async fn location(&self, id: &str, location: &masterdata::Location) {
        let mut record = samples::record::<Place>(location);
        record.envelope.get_or_insert_default().key = id.into();
        let peer = Peer { name: "master-data", package: "crossdock.masterdata.v1", kinds: &[], apply: None };
        let kinds = kinds().unwrap();
        let write = move |tx: &mut Tx<'_>| follow(tx, &kinds, peer, std::slice::from_ref(&record), Cursor { epoch: 1, position: 1 });
        self.store.write("follow", write).await.unwrap();
    }

    pub fn rules(&mut self, rules: WritebackRules) {
        self.policy = Arc::new(policy(rules));
    }

    pub async fn restart(&mut self) {
        self.store = Store::open(Location::Sqlite(self.path.clone()), Arc::clone(&self.clock) as _).await.unwrap();
    }

    /// The same data in another life of the store.
    pub async fn restored(&mut self) {
        self.store
            .write("restore", |tx| {
                tx.renew_epoch();
                Ok(())
            })
            .await
            .unwrap();
    }

    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Moves the clock, stopping wherever something is due.
    pub async fn later(&self, by: Micros) {
        let end = self.now() + by;
        loop {
            let next = self.store.read("due", |read| read.next_due()).await.unwrap();
            let Some(at) = next.filter(|at| *at <= end) else { break };
            self.clock.0.store(at.max(self.now()), Ordering::SeqCst);
            let policy = Arc::clone(&self.policy);
            self.store.write("due", move |tx| run_due(tx, &policy)).await.unwrap();
        }
        self.clock.0.store(end, Ordering::SeqCst);
    }

    pub async fn write<T: Send + 'static>(&self, job: impl Fn(&mut Tx<'_>, &Policy) -> Result<T> + Send + 'static) -> Result<T> {
        let policy = Arc::clone(&self.policy);
        self.store.write("test", move |tx| job(tx, &policy)).await
    }

    pub async fn call<T: Send + 'static>(&self, job: impl Fn(&mut Derived<'_, '_>, &Policy) -> Result<T> + Send + 'static) -> Result<T> {
        let policy = Arc::clone(&self.policy);
        self.store.write("test", move |tx| derive(tx, &Bytes::new(), |to| job(to, &policy))).await
    }

    /// A recommendation as it comes to be decided on.
    pub async fn line(&self, key: &str, edit: impl Fn(&mut RecommendationStatus) + Send + 'static) -> RecommendationStatus {
        let key = key.to_owned();
        let job = move |to: &mut Derived<'_, '_>, policy: &Policy| {
            change::recommendation(to, &key, &Why { reason: "RECEIVED", ..Why::default() }, |status| {
                *status = status_of();
                edit(status);
                status.set_state(RecommendationState::Received);
            })?;
            let status = change::recommendation(to, &key, &Why { reason: "LOOKED_AT", ..Why::default() }, |status| {
                status.set_state(if status.problems.is_empty() {
                    let levels = status.clearance.as_ref().is_some_and(|clearance| !clearance.levels.is_empty());
                    if levels { RecommendationState::PendingApproval } else { RecommendationState::Approved }
                } else {
                    RecommendationState::Held
                });
            })?;
            if status.state() == RecommendationState::Approved { draft::add(to, policy, &key, &status) } else { Ok(status) }
        };
        self.call(job).await.unwrap()
    }

    pub async fn status(&self, key: &str) -> RecommendationStatus {
        self.get::<Status>(key).await.unwrap()
    }

    pub async fn draft(&self, key: &str) -> contract::DraftOrder {
        self.get::<DraftOrder>(key).await.unwrap()
    }

    pub async fn link(&self, key: &str) -> Vec<(String, String)> {
        let link = self.get::<PostingLink>(key).await.unwrap_or_default();
        link.recommendations.into_iter().map(|linked| (linked.recommendation, linked.quantity)).collect()
    }

    pub async fn get<K: Kind>(&self, key: &str) -> Option<K::Message> {
        let key = Key::new(K::NUMBER, key);
        let found = self.store.read("test", move |read| read.get(&[key])).await.unwrap();
        found.iter().filter(|record| !record.deleted).find_map(message::<K>)
    }

    pub async fn all<K: Kind>(&self) -> Vec<(String, K::Message)> {
        let scan = Scan::Prefix { kind: K::NUMBER, prefix: "", after: "" };
        let records = self.store.read("test", move |read| read.scan(scan, 10_000)).await.unwrap();
        records.iter().filter(|record| !record.deleted).filter_map(|record| Some((record.key.clone(), message::<K>(record)?))).collect()
    }

    /// Every change of state so far, of draft orders or of recommendations.
    pub async fn edges(&self, of_drafts: bool) -> Vec<(String, String)> {
        let steps = self.all::<Step>().await.into_iter().map(|(_, step)| step);
        steps.filter(|step| step.subject.contains('/') != of_drafts && step.from != step.to).map(|step| (step.from, step.to)).collect()
    }

    pub async fn approve(&self, who: &str, seen: Vec<Seen>) -> Vec<Decided> {
        let (by, asked) = (buyer(who), ApproveRequest { seen, ..ApproveRequest::default() });
        self.write(move |tx, policy| approve::approve(tx, policy, &by, &asked)).await.unwrap()
    }

    pub async fn decline(&self, who: &str, seen: Vec<Seen>) -> Vec<Decided> {
        let (by, asked) = (buyer(who), contract::DeclineRequest { seen, note: "no".into(), ..contract::DeclineRequest::default() });
        self.write(move |tx, _| approve::decline(tx, &by, &asked)).await.unwrap()
    }

    pub async fn edit(&self, who: &str, key: &str, etag: &str, quantity: &str) -> Result<RecommendationStatus> {
        let asked = contract::EditRecommendationRequest {
            recommendation: key.into(),
            etag: etag.into(),
            quantity: quantity.into(),
            ..contract::EditRecommendationRequest::default()
        };
        let by = buyer(who);
        self.write(move |tx, policy| edit::edit(tx, policy, &by, &asked)).await
    }

    pub async fn settle(&self, by: Origin, key: &str, settlement: contract::Settlement) -> Result<RecommendationStatus> {
        let asked = contract::SettleRecommendationRequest {
            recommendation: key.into(),
            etag: self.get::<Status>(key).await.unwrap_or_default().etag,
            settlement: settlement.into(),
            note: "so it is".into(),
            ..contract::SettleRecommendationRequest::default()
        };
        self.write(move |tx, policy| settle::settle(tx, policy, &by, &asked)).await
    }

    pub async fn release(&self, key: &str) -> Result<contract::DraftOrder> {
        let asked = contract::ReleaseDraftOrderRequest {
            posting_key: key.into(),
            etag: self.get::<DraftOrder>(key).await.unwrap_or_default().etag,
            ..contract::ReleaseDraftOrderRequest::default()
        };
        self.call(move |to, policy| seal::release(to, policy, &buyer("ann"), &asked)).await
    }

    pub async fn lease(&self, max: i32) -> Result<Vec<contract::DraftOrder>> {
        let (policy, asked) = (Arc::clone(&self.policy), LeaseDraftOrdersRequest { max, ..LeaseDraftOrdersRequest::default() });
        self.store.write("lease", move |tx| lease::lease(tx, &policy, &erp(), &asked)).await
    }

    pub async fn report(&self, key: &str, token: i64, lines: Vec<LineReport>) -> Result<(contract::DraftOrder, bool)> {
        self.report_by(erp(), key, token, lines).await
    }

    pub async fn report_by(&self, by: Origin, key: &str, token: i64, lines: Vec<LineReport>) -> Result<(contract::DraftOrder, bool)> {
        let asked = ReportPostingRequest { posting_key: key.into(), token, lines, ..ReportPostingRequest::default() };
        self.call(move |to, policy| report::report(to, policy, &by, &asked)).await
    }

    pub async fn resolve(&self, key: &str, resolution: contract::Resolution, document: &str) -> Result<contract::DraftOrder> {
        let asked = contract::ResolveDraftOrderRequest {
            posting_key: key.into(),
            etag: self.get::<DraftOrder>(key).await.unwrap_or_default().etag,
            resolution: resolution.into(),
            document: document.into(),
            note: "looked it up".into(),
            ..contract::ResolveDraftOrderRequest::default()
        };
        self.call(move |to, _| resolve::resolve(to, &buyer("ann"), &asked)).await
    }

    /// Faults that stand, by cause.
    pub async fn faults(&self) -> BTreeMap<String, i64> {
        let scan =
            crossdock_store::SumScan { kind: crossdock_records::ISSUE, prefix: "", after: ("", i64::MIN), buckets: (i64::MIN, i64::MAX) };
        let sums = self.store.read("test", move |read| read.sums(scan, 1_000)).await.unwrap();
        sums.into_iter().filter(|sum| sum.amount != 0).map(|sum| (sum.key, sum.amount)).collect()
    }

    /// One approved line of 24 on a sealed draft order; its posting key.
    pub async fn sealed(&self) -> String {
        let status = self.line("planner/R1/1/1", |_| {}).await;
        self.release(&status.draft).await.unwrap();
        assert_eq!(self.draft(&status.draft).await.state(), DraftOrderState::Sealed);
        status.draft
    }
}

fn run_due(tx: &mut Tx<'_>, policy: &Policy) -> Result<()> {
    let tasks: BTreeMap<_, _> = due::TASKS.iter().copied().collect();
    for due in tx.due(64)? {
        // What becomes of issues and modes is not looked at here.
        let again = match tasks.get(due.task.as_str()) {
            Some(task) => task(tx, &kinds()?, policy, &due)?,
            None => None,
        };
        match again {
            Some(at) => tx.later(Due { at, ..due }),
            None => tx.done(&due.task, &due.key),
        }
    }
    Ok(())
}

pub fn policy(rules: WritebackRules) -> Policy {
    let connection = |name: &str, role: Role| governance::Connection {
        name: name.into(),
        roles: vec![role.into()],
        names_principals: role == Role::Buyer,
        ..governance::Connection::default()
    };
    let connections = vec![
        connection("erp", Role::Erp),
        connection("desk", Role::Buyer),
        connection("planner", Role::Planning),
        connection("other", Role::Planning),
    ];
    Policy::new(governance::Policy { version: "v1".into(), connections, writeback: Some(rules), ..governance::Policy::default() })
}

/// Orders above 10,000 go to a manager; everything else that is known goes on by itself.
pub fn rules() -> WritebackRules {
    let level = |name: &str, principals: &[&str]| ApprovalLevel {
        name: name.into(),
        principals: principals.iter().map(|person| (*person).to_owned()).collect(),
    };
    let rule = |name: &str, stage: ApprovalStage, when: &str, levels: &[&str]| ApprovalRule {
        name: name.into(),
        stage: stage.into(),
        when: when.into(),
        levels: levels.iter().map(|level| (*level).to_owned()).collect(),
        expire_after: Some(prost_types::Duration { seconds: 86_400, nanos: 0 }),
        escalate_after: Some(prost_types::Duration { seconds: 14_400, nanos: 0 }),
    };
    WritebackRules {
        currency: "EUR".into(),
        approval_rules: vec![
            rule("large orders", ApprovalStage::Order, "value > 10000", &["manager"]),
            rule("other orders", ApprovalStage::Order, "true", &[]),
            rule("large lines", ApprovalStage::Line, "value > 10000", &["buyer", "manager"]),
            rule("edited lines", ApprovalStage::Line, "edited", &["buyer"]),
            rule("other lines", ApprovalStage::Line, "true", &[]),
        ],
        levels: vec![level("buyer", &["ann", "bob"]), level("manager", &["mia"])],
        connectors: vec![Connector { company: "north".into(), connection: "erp".into() }],
        posting: Some(PostingLimits { max_attempts: 4, ..PostingLimits::default() }),
        ..WritebackRules::default()
    }
}

/// 24 of an item from SUP1 for EAST, of 2,400 EUR, needed in July, cleared by a rule.
fn status_of() -> RecommendationStatus {
    let money = |amount: &str| Some(Money { amount: amount.into(), currency: "EUR".into() });
    RecommendationStatus {
        run: "planner/R1".into(),
        kind: RecommendationKind::Purchase.into(),
        item_id: "SKU1".into(),
        destination_location_id: "EAST".into(),
        supplier_id: "SUP1".into(),
        quantity: "24".into(),
        unit: "EA".into(),
        base_factor: "1/1".into(),
        need_by: day(2026, 7, 1),
        order_by: day(2026, 6, 15),
        unit_price: money("100"),
        value: money("2400"),
        clearance: Some(Clearance { values: BTreeMap::from([("fresh".to_owned(), "true".to_owned())]), ..Clearance::default() }),
        ..RecommendationStatus::default()
    }
}

/// Needs these levels.
pub fn needs(status: &mut RecommendationStatus, levels: &[&str]) {
    status.clearance.get_or_insert_default().levels = levels.iter().map(|level| (*level).to_owned()).collect();
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn buyer(who: &str) -> Origin {
    Origin { connection: "desk".into(), principal: who.into(), ..Origin::default() }
}

pub fn erp() -> Origin {
    Origin { connection: "erp".into(), ..Origin::default() }
}

pub fn seen(key: &str, etag: &str) -> Seen {
    let mut seen = Seen { etag: etag.into(), ..Seen::default() };
    *(if key.contains('/') { &mut seen.recommendation } else { &mut seen.draft_order }) = key.into();
    seen
}

/// What an ERP did with a line, on these documents: document, line, quantity.
pub fn said(number: i32, outcome: LineOutcome, parts: &[(&str, &str, &str)]) -> LineReport {
    let part = |(document, line, quantity): &(&str, &str, &str)| PostedLine {
        document: (*document).into(),
        line: (*line).into(),
        quantity: (*quantity).into(),
    };
    let message = if outcome == LineOutcome::Rejected { "refused".into() } else { String::new() };
    LineReport { number, outcome: outcome.into(), posted: parts.iter().map(part).collect(), message }
}

/// Why each was refused; empty: it was not.
pub fn reasons(decided: &[Decided]) -> Vec<&str> {
    decided.iter().map(|decided| decided.refused.as_ref().map_or("", |refused| refused.reason.as_str())).collect()
}

pub fn reason<T: std::fmt::Debug>(answer: Result<T>) -> &'static str {
    answer.map_err(|error: Error| error.reason).unwrap_err()
}

//! What planners, persons and connectors do.

use super::{
    samples::{Plan, buyer, erp, full, key, record, said, seen},
    world::World,
};
use crate::{
    app::{approve, edit, lease, report, resolve, seal, settle},
    model::draft_order::DraftOrder,
};
use crossdock_core::{Cursor, Result};
use crossdock_proto::{
    Record,
    operations::{Basis, Set, SetPurpose, SetScope},
    writeback::{
        self as contract, ApproveRequest, Decided, DraftOrderState, LeaseDraftOrdersRequest, LineOutcome, LineReport, RecommendationStatus,
        ReportPostingRequest, Seen, Settlement,
    },
};
use crossdock_records::{Incoming, Origin, Taken, take};
use std::sync::Arc;

impl World {
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
        let kinds = Arc::clone(&self.kinds);
        self.write(move |tx, policy| crossdock_records::open(tx, &kinds, policy, &origin, &asked)).await.unwrap();
    }

    pub async fn send(&self, planner: &str, records: &[Record]) -> Vec<Taken> {
        let origin = Arc::new(Origin { connection: planner.into(), ..Origin::default() });
        let one = |record: &Record| Incoming { origin: Arc::clone(&origin), record: record.clone(), redriven: None };
        let (incoming, kinds) = (records.iter().map(one).collect::<Vec<_>>(), Arc::clone(&self.kinds));
        self.write(move |tx, policy| take(tx, &kinds, policy, &incoming)).await.unwrap()
    }

    pub async fn commit(&self, plan: &Plan) {
        let (origin, name) = (Origin { connection: plan.planner.into(), ..Origin::default() }, plan.name);
        self.write(move |tx, _| crossdock_records::commit(tx, &origin, &origin.connection, name, None, false)).await.unwrap();
        self.tick();
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

    /// A run of these lines, numbered from 1.
    pub async fn lines(&self, run: &'static str, lines: &[contract::Recommendation]) -> Vec<RecommendationStatus> {
        let names: Vec<String> = (1..=lines.len()).map(|number| number.to_string()).collect();
        let named: Vec<_> = names.iter().map(String::as_str).zip(lines.iter().cloned()).collect();
        self.plan(&full(run), &named).await;
        let mut statuses = Vec::new();
        for name in &names {
            statuses.push(self.status(&key(run, name)).await);
        }
        statuses
    }

    /// A run of one line.
    pub async fn line(&self, line: contract::Recommendation) -> RecommendationStatus {
        self.lines("R1", &[line]).await.remove(0)
    }

    pub async fn approve(&self, who: &str, seen: Vec<Seen>) -> Vec<Decided> {
        let (by, asked) = (buyer(who), ApproveRequest { seen, ..ApproveRequest::default() });
        self.write(move |tx, policy| approve::approve(tx, policy, &by, &asked)).await.unwrap()
    }

    /// The manager approves it as it is.
    pub async fn agree(&self, key: &str) -> RecommendationStatus {
        let decided = self.approve("mia", vec![seen(key, &self.status(key).await.etag)]).await.remove(0);
        assert_eq!(decided.refused, None);
        decided.recommendation.unwrap()
    }

    pub async fn decline(&self, who: &str, seen: Vec<Seen>) -> Vec<Decided> {
        let (by, asked) = (buyer(who), contract::DeclineRequest { seen, note: "no".into(), ..contract::DeclineRequest::default() });
        self.write(move |tx, policy| approve::decline(tx, policy, &by, &asked)).await.unwrap()
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

    /// A buyer writes another quantity over what it is.
    pub async fn correct(&self, key: &str, quantity: &str) {
        self.edit("ann", key, &self.status(key).await.etag, quantity).await.unwrap();
        self.settle().await;
    }

    pub async fn decide(&self, by: Origin, key: &str, settlement: Settlement) -> Result<RecommendationStatus> {
        let asked = contract::SettleRecommendationRequest {
            recommendation: key.into(),
            etag: self.get::<crate::model::status::Status>(key).await.unwrap_or_default().etag,
            settlement: settlement.into(),
            note: "so it is".into(),
            ..contract::SettleRecommendationRequest::default()
        };
        self.write(move |tx, policy| settle::settle(tx, policy, &by, &asked)).await
    }

    /// A buyer seals it.
    pub async fn release(&self, key: &str) -> Result<contract::DraftOrder> {
        let asked = contract::ReleaseDraftOrderRequest {
            posting_key: key.into(),
            etag: self.get::<DraftOrder>(key).await.unwrap_or_default().etag,
            ..contract::ReleaseDraftOrderRequest::default()
        };
        self.call(move |to, policy| seal::release(to, policy, &buyer("ann"), &asked)).await
    }

    pub async fn lease(&self, max: i32) -> Result<Vec<contract::DraftOrder>> {
        let asked = LeaseDraftOrdersRequest { max, ..LeaseDraftOrdersRequest::default() };
        self.write(move |tx, policy| lease::lease(tx, policy, &erp(), &asked)).await
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
        self.call(move |to, policy| resolve::resolve(to, policy, &buyer("ann"), &asked)).await
    }

    /// One approved line of 24 on a sealed draft order; its posting key.
    pub async fn sealed(&self) -> String {
        let draft = self.line(super::samples::today("24")).await.draft;
        assert_eq!(self.release(&draft).await.unwrap().state(), DraftOrderState::Sealed);
        draft
    }

    /// The connector posts all of a sealed draft order of one line onto this document.
    pub async fn post(&self, draft: &str, document: &str) {
        let leased = self.lease(100).await.unwrap().into_iter().find(|leased| leased.posting_key == draft).unwrap();
        let line = said(leased.lines[0].number, LineOutcome::Posted, &[(document, "1", &leased.lines[0].quantity)]);
        self.report(draft, leased.lease.unwrap().token, vec![line]).await.unwrap();
        self.settle().await;
    }
}

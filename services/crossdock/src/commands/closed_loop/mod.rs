//! `crossdock loop`: one order goes the whole way, from the demand to the receipt of the goods.

mod records;

use crate::{
    cli::{Loop, Target},
    commands::operations::request_id,
    failure::Failure,
    output::line,
    peers::{Peers, SERVICES},
};
use crossdock_core::{Clock, SystemClock};
use crossdock_proto::{
    Record,
    execution::{GetJourneyRequest, execution_service_client::ExecutionServiceClient},
    operations::{CommitSetRequest, OpenSetRequest, Set, SetPurpose, SetScope},
    records::{BatchGetRequest, IngestBatchRequest},
    types::{Outcome, RecordKey},
    writeback::{
        DraftLine, DraftOrder, DraftOrderState, LeaseDraftOrdersRequest, LineOutcome, LineReport, PostedLine, RecommendationState,
        RecommendationStatus, ReleaseDraftOrderRequest, ReportPostingRequest, writeback_service_client::WritebackServiceClient,
    },
};
use prost::Message;
use records::Names;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, interval};

/// How often is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(200);

/// Drives one order through a running suite.
pub async fn run(asked: Loop) -> Result<(), Failure> {
    let mut suite = Suite::new(&asked)?;
    let names = Names::new(&asked.loop_, SystemClock.now());
    suite.put("master-data", &asked.erp, names.masters()).await?;
    line(format!("masters   item {} of supplier {} for location {}", names.item, records::SUPPLIER, records::LOCATION))?;
    suite.put("demand-signal", &asked.loop_, vec![names.demand_line()]).await?;
    suite.appears("demand-signal", "demand_line", &names.order_key()).await?;
    line(format!("demand    {} is taken, once its masters have come", names.order_key()))?;
    let draft = recommend(&mut suite, &asked, &names).await?;
    post(&mut suite, &names, &draft).await?;
    suite.put("execution-feedback", &asked.loop_, names.arrival(&draft.posting_key)).await?;
    let events = journey(&mut suite, &names).await?;
    line(format!("journey   {} has {events} steps, the last one is the receipt", names.recommendation_key()))?;
    line("the loop is closed")
}

/// The planner's run, until its line is on a draft order.
async fn recommend(suite: &mut Suite, asked: &Loop, names: &Names) -> Result<DraftOrder, Failure> {
    let scope = SetScope { locations: vec![records::LOCATION.to_owned()], ..SetScope::default() };
    let (set_key, kind) = (names.run.clone(), "recommendation".to_owned());
    let set = Set { set_key, kind, purpose: SetPurpose::Run.into(), scope: Some(scope), ..Set::default() };
    let writeback = suite.of("recommendation-writeback")?;
    writeback.operations().open_set(writeback.request(OpenSetRequest { request_id: request_id(), set: Some(set) })?).await?;
    suite.put("recommendation-writeback", &asked.loop_, vec![names.recommendation()]).await?;
    let writeback = suite.of("recommendation-writeback")?;
    let commit = CommitSetRequest {
        request_id: request_id(),
        kind: "recommendation".to_owned(),
        set_key: names.run.clone(),
        records: Some(1),
        ..CommitSetRequest::default()
    };
    writeback.operations().commit_set(writeback.request(commit)?).await?;
    let recommendation = names.recommendation_key();
    let status = suite
        .until(&format!("{recommendation} is on a draft order"), async |suite| {
            let status: Option<RecommendationStatus> =
                suite.get("recommendation-writeback", "recommendation_status", &recommendation).await?;
            let Some(status) = status else { return Ok(None) };
            match status.state() {
                RecommendationState::Drafted | RecommendationState::Posted => Ok(Some(status)),
                RecommendationState::Received | RecommendationState::Held | RecommendationState::Approved => Ok(None),
                RecommendationState::PendingApproval => {
                    Err("by this policy a person has to approve even this order: let a rule allow it where company is 'CROSSDOCK-LOOP'"
                        .into())
                }
                _ => Err(format!("{recommendation} is {}: {:?}", status.state().as_str_name(), status.problems).into()),
            }
        })
        .await?;
    line(format!("planning  {recommendation} is on draft order {}", status.draft))?;
    let draft = suite.get("recommendation-writeback", "draft_order", &status.draft).await?;
    draft.ok_or_else(|| format!("draft order {} is not there", status.draft).into())
}

/// Seals the draft order, and makes an order of it as the connector of an ERP would.
async fn post(suite: &mut Suite, names: &Names, draft: &DraftOrder) -> Result<(), Failure> {
    let writeback = suite.of("recommendation-writeback")?;
    if draft.connector != writeback.connection() {
        let message = format!(
            "orders of company {} go to the connector {:?}, and none is made there: let writeback.connectors have {{company: {}, connection: {}}}",
            records::COMPANY,
            draft.connector,
            records::COMPANY,
            writeback.connection()
        );
        return Err(message.into());
    }
    let mut verbs = WritebackServiceClient::new(writeback.channel());
    if draft.state() == DraftOrderState::Open {
        let release =
            ReleaseDraftOrderRequest { request_id: request_id(), posting_key: draft.posting_key.clone(), etag: draft.etag.clone() };
        verbs.release_draft_order(writeback.request(release)?).await?;
    }
    suite
        .until(&format!("draft order {} is posted", draft.posting_key), async |_| {
            let lease = LeaseDraftOrdersRequest { request_id: request_id(), ..LeaseDraftOrdersRequest::default() };
            let leased = verbs.clone().lease_draft_orders(writeback.request(lease)?).await?.into_inner().draft_orders;
            // The connector is this loop's own: what an earlier one left behind is posted with it.
            for leased in &leased {
                verbs.clone().report_posting(writeback.request(report(leased))?).await?;
            }
            Ok(leased.iter().any(|leased| leased.posting_key == draft.posting_key).then_some(()))
        })
        .await?;
    line(format!("posting   draft order {} of {} is posted", draft.posting_key, names.item))
}

/// Everything is in the ERP as drafted, in a document that is called as the draft order is.
fn report(leased: &DraftOrder) -> ReportPostingRequest {
    let posted = |line: &DraftLine| LineReport {
        number: line.number,
        outcome: LineOutcome::Posted.into(),
        posted: vec![PostedLine { document: leased.posting_key.clone(), line: line.number.to_string(), quantity: line.quantity.clone() }],
        ..LineReport::default()
    };
    ReportPostingRequest {
        request_id: request_id(),
        posting_key: leased.posting_key.clone(),
        token: leased.lease.as_ref().map_or(0, |lease| lease.token),
        lines: leased.lines.iter().map(posted).collect(),
    }
}

/// Waits until the story ends with the receipt; how many steps it has.
async fn journey(suite: &mut Suite, names: &Names) -> Result<usize, Failure> {
    let recommendation = names.recommendation_key();
    suite
        .until(&format!("the journey of {recommendation} has its receipt"), async |suite| {
            let execution = suite.of("execution-feedback")?;
            let asked = execution.request(GetJourneyRequest { recommendation: recommendation.clone() })?;
            let mut client = ExecutionServiceClient::new(execution.channel()).max_decoding_message_size(crossdock_rpc::MAX_MESSAGE);
            let journey = client.get_journey(asked).await?.into_inner();
            let arrived = journey.missing_services.is_empty() && journey.events.iter().any(|event| event.kind == "receipt");
            Ok(arrived.then_some(journey.events.len()))
        })
        .await
}

/// A way to every service of the suite, as the connection of the loop.
struct Suite {
    ways: BTreeMap<&'static str, Peers>,
    end: Instant,
}

impl Suite {
    fn new(asked: &Loop) -> Result<Self, Failure> {
        if let Some((unknown, _)) = asked.peers.iter().find(|(name, _)| !SERVICES.iter().any(|(known, _)| known == name)) {
            let known = SERVICES.map(|(name, _)| name).join(", ");
            return Err(format!("--peer {unknown}: is not a service; there are {known}").into());
        }
        let mut ways = BTreeMap::new();
        // Releasing a draft order is a person's decision.
        let principal = asked.target.principal.clone().or_else(|| Some(asked.loop_.clone()));
        for (name, _) in SERVICES {
            let address = asked.peers.iter().find(|(peer, _)| peer == name).map_or(&asked.target.address, |(_, address)| address);
            ways.insert(
                name,
                Peers::new(&Target { address: address.clone(), principal: principal.clone(), ..asked.target.clone() })?.named(&asked.loop_),
            );
        }
        Ok(Self { ways, end: Instant::now() + Duration::from_secs(asked.timeout_seconds) })
    }

    fn of(&self, service: &str) -> Result<Peers, Failure> {
        self.ways.get(service).cloned().ok_or_else(|| format!("{service} is not a service").into())
    }

    fn package(service: &str) -> &'static str {
        SERVICES.iter().find(|(name, _)| *name == service).map_or("", |(_, package)| package)
    }

    /// Sends records of which each has to be taken, or to wait for a master that is on its way; a service that has not heard of the policy yet is asked again.
    async fn put(&mut self, service: &str, connection: &str, records: Vec<Record>) -> Result<(), Failure> {
        let batch = IngestBatchRequest { records, ..IngestBatchRequest::default() };
        let answer = self
            .until(&format!("{service} knows the policy"), async |suite| {
                let mut way = suite.of(service)?.named(connection).records(Self::package(service));
                match way.ingest_batch(batch.clone()).await {
                    Err(status) if status.code() == tonic::Code::Unavailable => Ok(None),
                    answer => Ok(Some(answer?)),
                }
            })
            .await?;
        let result = answer.result.unwrap_or_default();
        if let Some(failure) = result.failure {
            return Err(format!("{service} refuses the batch: {failure:?}").into());
        }
        match result.results.iter().find(|result| result.outcome() == Outcome::Rejected) {
            Some(refused) => Err(format!("{service} refuses {}: {:?}", refused.key, refused.violations).into()),
            None => Ok(()),
        }
    }

    async fn get<M: Message + Default>(&self, service: &str, kind: &str, key: &str) -> Result<Option<M>, Failure> {
        let keys = vec![RecordKey { kind: kind.to_owned(), key: key.to_owned() }];
        let mut way = self.of(service)?.records(Self::package(service));
        let records = way.batch_get(BatchGetRequest { keys }).await?.records;
        Ok(records.first().and_then(Record::read).map(|(_, message)| message))
    }

    async fn appears(&mut self, service: &str, kind: &str, key: &str) -> Result<(), Failure> {
        let what = format!("{service} has {kind} {key}");
        self.until(&what, async |suite| Ok(suite.get::<()>(service, kind, key).await?.map(drop))).await
    }

    /// Waits until something is there.
    async fn until<T>(&mut self, what: &str, look: impl AsyncFn(&Self) -> Result<Option<T>, Failure>) -> Result<T, Failure> {
        let mut ticks = interval(LOOK);
        loop {
            ticks.tick().await;
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            if Instant::now() > self.end {
                return Err(format!("in the time given it did not come about that {what}").into());
            }
        }
    }
}

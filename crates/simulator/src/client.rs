//! A party's way to the services: tries until it is answered, sends things twice, loses connections, and writes down what was answered.

use crate::{Failure, Result, error::refused, ledger::Ledgers, outgoing::Outgoing, wire::Wire};
use crossdock_core::Micros;
use crossdock_proto::{
    Filter, Record,
    operations::{CommitSetRequest, OpenSetRequest, Set, operations_service_client::OperationsServiceClient},
    records::{BatchGetRequest, IngestBatchRequest, ListRequest},
    schema,
    types::{BatchResult, Outcome, RecordKey, Watermark},
};
use crossdock_rpc::{CONNECTION, Channel, PRINCIPAL, RecordClient};
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};
use tonic::{Code, Request, Response, Status, metadata::MetadataValue};

/// How long a service may be away.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// An answer that takes longer is not waited for.
const LIMIT: Duration = Duration::from_secs(20);
/// After this long a connection is cut that is to be cut.
const CUT: Duration = Duration::from_millis(2);
/// Records in a batch.
const BATCH: usize = 1_000;
/// Batches in flight.
const IN_FLIGHT: usize = 3;

/// A party's way to the services.
#[derive(Clone)]
pub struct Client {
    wire: Arc<Wire>,
    ledgers: Arc<Ledgers>,
    connection: &'static str,
    principal: Option<&'static str>,
}

impl Client {
    /// For the party with this connection.
    pub fn new(wire: Arc<Wire>, ledgers: Arc<Ledgers>, connection: &'static str) -> Self {
        Self { wire, ledgers, connection, principal: None }
    }

    /// The same way for a person.
    #[must_use]
    pub fn acting_for(&self, principal: &'static str) -> Self {
        Self { principal: Some(principal), ..self.clone() }
    }

    /// The connection.
    pub fn connection(&self) -> &'static str {
        self.connection
    }

    /// The ledgers.
    pub fn ledgers(&self) -> &Ledgers {
        &self.ledgers
    }

    /// Sends records of any kinds, in batches of one kind.
    ///
    /// # Errors
    /// If a service is away for too long or refuses a batch.
    pub async fn send(&self, mut records: Vec<Outgoing>) -> Result<()> {
        self.wire.disorder(&mut records, |sent| format!("{} {}", sent.kind, sent.key));
        let mut kinds: Vec<&'static str> = Vec::new();
        for sent in &records {
            if !kinds.contains(&sent.kind) {
                kinds.push(sent.kind);
            }
        }
        for kind in kinds {
            let (own, rest): (Vec<Outgoing>, Vec<Outgoing>) = records.into_iter().partition(|sent| sent.kind == kind);
            records = rest;
            let batches: Vec<&[Outgoing]> = own.chunks(BATCH).collect();
            stream::iter(batches).map(|batch| self.batch(kind, batch)).buffer_unordered(IN_FLIGHT).try_collect::<()>().await?;
        }
        Ok(())
    }

    async fn batch(&self, kind: &'static str, batch: &[Outgoing]) -> Result<()> {
        let records: Vec<Record> = batch.iter().map(|sent| sent.record.clone()).collect();
        let result = self.ingest(kind, records.clone(), Vec::new()).await?;
        self.book(kind, batch, &result)?;
        if self.wire.twice(self.wire.number()) {
            self.wire.traffic().twice += 1;
            let again = self.ingest(kind, records, Vec::new()).await?;
            self.nothing_new(kind, &result, &again)?;
        }
        Ok(())
    }

    /// Says that everything recorded before `now` has been sent.
    ///
    /// # Errors
    /// If a service is away for too long or refuses it.
    pub async fn watermark(&self, kind: &'static str, region: &str, now: Micros) -> Result<()> {
        let mark = Watermark { kind: kind.to_owned(), region: region.to_owned(), recorded_through: crate::days::stamp(now) };
        self.ingest(kind, Vec::new(), vec![mark]).await.map(drop)
    }

    async fn ingest(&self, kind: &str, records: Vec<Record>, watermarks: Vec<Watermark>) -> Result<BatchResult> {
        let request = IngestBatchRequest { batch: 1, records, totals: Vec::new(), watermarks };
        let answer = self.answered(|| {
            let (mut client, request) = (self.records(package(kind)), request.clone());
            async move { client.ingest_batch(request).await }
        });
        let result = answer.await.map_err(refused(format!("{} sends {kind}", self.connection)))?.result.unwrap_or_default();
        match &result.failure {
            Some(failure) => {
                Err(Failure::File(format!("{}: a batch of {kind} failed: {}: {}", self.connection, failure.reason, failure.message)))
            }
            None => Ok(result),
        }
    }

    /// Writes down what was answered.
    fn book(&self, kind: &'static str, batch: &[Outgoing], result: &BatchResult) -> Result<()> {
        let mut outcomes = vec!["in"; batch.len()];
        for told in &result.results {
            let outcome = match told.outcome() {
                Outcome::Parked => "parked",
                Outcome::Rejected => "rejected",
                Outcome::Superseded => "superseded",
                _ => "in",
            };
            if let Some(place) = usize::try_from(told.index).ok().and_then(|index| outcomes.get_mut(index)) {
                *place = outcome;
            }
            if let ("rejected", Some(violation)) = (outcome, told.violations.first()) {
                let what = format!("{} {}: {}", violation.field, violation.reason, violation.message);
                self.ledgers.add("faults", [vec!["rejected", kind, told.key.as_str(), what.as_str()]])?;
            }
        }
        let versions: Vec<(String, String)> = batch.iter().map(|sent| version(&sent.record)).collect();
        let lines = batch.iter().zip(&versions).zip(&outcomes).map(|((sent, (primary, observed)), outcome)| {
            vec!["sent", kind, sent.key.as_str(), primary.as_str(), observed.as_str(), *outcome]
        });
        self.ledgers.add(self.connection, lines)?;
        let counts = result.counts.unwrap_or_default();
        let mut traffic = self.wire.traffic();
        let told = [
            ("accepted", counts.accepted),
            ("duplicate", counts.duplicate),
            ("superseded", counts.superseded),
            ("parked", counts.parked),
            ("rejected", counts.rejected),
        ];
        for (outcome, count) in told {
            *traffic.outcomes.entry((kind, outcome)).or_default() += u64::from(count);
        }
        Ok(())
    }

    /// What was answered once is known the second time.
    fn nothing_new(&self, kind: &'static str, first: &BatchResult, again: &BatchResult) -> Result<()> {
        let (first, again) = (first.counts.unwrap_or_default(), again.counts.unwrap_or_default());
        if again.accepted > first.parked {
            let what = format!("{} of a batch were accepted when it was sent again", again.accepted);
            self.ledgers.add("faults", [vec!["doubled", kind, self.connection, what.as_str()]])?;
        }
        Ok(())
    }

    /// Opens a set.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn open(&self, set: Set) -> Result<()> {
        let (package, what) = (package(&set.kind), format!("{} opens {}", self.connection, set.set_key));
        let request = OpenSetRequest { request_id: self.request_id(), set: Some(set) };
        self.decide(package, request, async |channel, request| OperationsServiceClient::new(channel).open_set(request).await)
            .await
            .map(drop)
            .map_err(refused(what))
    }

    /// Commits a set.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn commit(&self, kind: &str, set_key: &str) -> Result<()> {
        let request = CommitSetRequest {
            request_id: self.request_id(),
            kind: kind.to_owned(),
            set_key: set_key.to_owned(),
            ..CommitSetRequest::default()
        };
        self.decide(package(kind), request, async |channel, request| OperationsServiceClient::new(channel).commit_set(request).await)
            .await
            .map(drop)
            .map_err(refused(format!("{} commits {set_key}", self.connection)))
    }

    /// A decision with a request id: now and then it is made twice, and has to be answered alike.
    ///
    /// # Errors
    /// What the service says, if it is not that it is away.
    pub async fn decide<Q: Clone, A: Message + PartialEq>(
        &self,
        package: &str,
        request: Q,
        verb: impl AsyncFn(Channel, Request<Q>) -> std::result::Result<Response<A>, Status>,
    ) -> std::result::Result<A, Status> {
        let first = self.ask(package, request.clone(), &verb).await?;
        if self.wire.twice(self.wire.number()) {
            self.wire.traffic().twice += 1;
            if self.ask(package, request, &verb).await? != first {
                let lines = [vec!["doubled", "decision", self.connection, "the same request was answered otherwise the second time"]];
                self.ledgers.add("faults", lines).map_err(|failure| Status::internal(failure.to_string()))?;
            }
        }
        Ok(first)
    }

    /// A question, or a decision once.
    ///
    /// # Errors
    /// What the service says, if it is not that it is away.
    pub async fn ask<Q: Clone, A>(
        &self,
        package: &str,
        request: Q,
        verb: impl AsyncFn(Channel, Request<Q>) -> std::result::Result<Response<A>, Status>,
    ) -> std::result::Result<A, Status> {
        let channel = self.wire.channel(package);
        self.answered(|| async { verb(channel.clone(), self.request(request.clone())?).await.map(Response::into_inner) }).await
    }

    /// Everything of a kind that the filter lets through.
    ///
    /// # Errors
    /// If the service refuses it.
    pub async fn list(&self, kind: &str, filter: &impl Message) -> Result<Vec<Record>> {
        self.list_of(package(kind), kind, filter).await
    }

    /// The same, of the service of a package: for kinds that every service keeps.
    ///
    /// # Errors
    /// If the service refuses it.
    pub async fn list_of(&self, package: &'static str, kind: &str, filter: &impl Message) -> Result<Vec<Record>> {
        let number = schema().kind_named(kind).map_or(0, |info| info.number);
        let filter = Filter { kind: number.into(), body: filter.encode_to_vec().into() };
        let (mut records, mut token) = (Vec::new(), String::new());
        loop {
            let request = ListRequest { filter: Some(filter.clone()), page_size: 1_000, page_token: token, ..ListRequest::default() };
            let page = self.answered(|| {
                let (mut client, request) = (self.records(package), request.clone());
                async move { client.list(request).await }
            });
            let page = page.await.map_err(refused(format!("{} lists {kind}", self.connection)))?;
            records.extend(page.records);
            token = page.next_page_token;
            if token.is_empty() {
                return Ok(records);
            }
        }
    }

    /// Where the feed of the service of a package stands.
    ///
    /// # Errors
    /// If the service refuses it.
    pub async fn head(&self, package: &'static str) -> Result<String> {
        let number = schema().kind_named("set").map_or(0, |info| info.number);
        let filter = Some(Filter { kind: number.into(), ..Filter::default() });
        let request = ListRequest { filter, page_size: 1, ..ListRequest::default() };
        let page = self.answered(|| {
            let (mut client, request) = (self.records(package), request.clone());
            async move { client.list(request).await }
        });
        Ok(page.await.map_err(refused(format!("{} asks {package}", self.connection)))?.completeness.unwrap_or_default().cursor)
    }

    /// Records by key.
    ///
    /// # Errors
    /// If the service refuses it.
    pub async fn get(&self, kind: &str, keys: &[&str]) -> Result<Vec<Record>> {
        let mut records = Vec::with_capacity(keys.len());
        for keys in keys.chunks(1_000) {
            let keys = keys.iter().map(|key| RecordKey { kind: kind.to_owned(), key: (*key).to_owned() }).collect();
            let request = BatchGetRequest { keys };
            let answer = self.answered(|| {
                let (mut client, request) = (self.records(package(kind)), request.clone());
                async move { client.batch_get(request).await }
            });
            records.extend(answer.await.map_err(refused(format!("{} gets {kind}", self.connection)))?.records);
        }
        Ok(records)
    }

    /// An id for one decision.
    pub fn request_id(&self) -> String {
        format!("{}-{}", self.connection, self.wire.number())
    }

    fn records(&self, package: &str) -> RecordClient {
        RecordClient::new(self.wire.channel(package), package, self.connection)
    }

    fn request<T>(&self, message: T) -> std::result::Result<Request<T>, Status> {
        let mut request = Request::new(message);
        request.metadata_mut().insert(CONNECTION, MetadataValue::from_static(self.connection));
        if let Some(principal) = self.principal {
            request.metadata_mut().insert(PRINCIPAL, MetadataValue::from_static(principal));
        }
        Ok(request)
    }

    /// Calls until there is an answer.
    async fn answered<A, F: Future<Output = std::result::Result<A, Status>>>(
        &self,
        call: impl Fn() -> F,
    ) -> std::result::Result<A, Status> {
        let (began, number) = (Instant::now(), self.wire.number());
        self.wire.traffic().calls += 1;
        if self.wire.cuts(number) {
            match timeout(CUT, call()).await {
                Ok(Ok(answer)) => return Ok(answer),
                _ => self.wire.traffic().cuts += 1,
            }
        }
        loop {
            let answer = timeout(LIMIT, call()).await.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")));
            match answer {
                Err(status) if passing(&status) && began.elapsed() < PATIENCE => {
                    self.wire.traffic().again += 1;
                    pause().await;
                }
                answer => return answer,
            }
        }
    }
}

/// The package that keeps a kind.
fn package(kind: &str) -> &'static str {
    schema().kind_named(kind).map_or("", |info| info.package.as_str())
}

fn passing(status: &Status) -> bool {
    let lost = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded | Code::Aborted);
    // What HTTP/2 says of a server that was killed in the middle of an answer.
    lost || (status.code() == Code::Internal && status.details().is_empty()) || status.code() == Code::ResourceExhausted
}

#[expect(clippy::disallowed_methods, reason = "a back-off: nothing here says when the service is back")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// Version of a record, as text.
pub fn version(record: &Record) -> (String, String) {
    let version = record.envelope.as_ref().and_then(|envelope| envelope.version).unwrap_or_default();
    (version.primary.to_string(), version.observed.to_string())
}

//! Sends batches over one ingest stream, and again after a broken connection: nothing is lost, and nothing doubles.

use crate::failure::Failure;
use crossdock_proto::{
    Record,
    records::{IngestRequest, IngestResponse},
    schema,
    types::{BatchResult, ControlTotal, Quantity, Watermark},
};
use crossdock_rpc::RecordClient;
use prost::{
    Message,
    bytes::Buf,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// Batches that are sent and not answered.
const IN_FLIGHT: usize = 8;
/// How long a service may be away before the sender gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// What goes out in one batch, with what the caller wants to know of it afterwards.
pub struct Load<N> {
    /// The records.
    pub records: Vec<Record>,
    /// Valid once they are in.
    pub watermarks: Vec<Watermark>,
    /// The caller's own.
    pub note: N,
}

/// Sends until `loads` ends and everything is answered. `answered` is called once per load, in order of the answers.
pub async fn send<N>(
    mut client: RecordClient,
    mut loads: mpsc::Receiver<Load<N>>,
    mut answered: impl FnMut(Load<N>, &BatchResult),
) -> Result<(), Failure> {
    let mut open = Unanswered { next: 0, waiting: VecDeque::new(), last: Instant::now(), done: false };
    loop {
        match open.stream(&mut client, &mut loads, &mut answered).await {
            Ok(()) => return Ok(()),
            Err(status) if passing(&status) && open.last.elapsed() < PATIENCE => pause().await,
            Err(status) => return Err(status.into()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a back-off: nothing here says when the service is back")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

fn passing(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded | Code::Aborted | Code::ResourceExhausted
    )
}

struct Unanswered<N> {
    next: u64,
    waiting: VecDeque<(u64, Load<N>)>,
    /// When an answer came last.
    last: Instant,
    done: bool,
}

impl<N> Unanswered<N> {
    async fn stream(
        &mut self,
        client: &mut RecordClient,
        loads: &mut mpsc::Receiver<Load<N>>,
        answered: &mut impl FnMut(Load<N>, &BatchResult),
    ) -> Result<(), Status> {
        let (requests, stream) = mpsc::channel(IN_FLIGHT + 1);
        let mut answers = client.ingest(ReceiverStream::new(stream)).await?;
        for (number, load) in &self.waiting {
            requests.send(request(*number, load)).await.map_err(|_| broken())?;
        }
        while !self.done || !self.waiting.is_empty() {
            tokio::select! {
                load = loads.recv(), if !self.done && self.waiting.len() < IN_FLIGHT => match load {
                    Some(load) => {
                        self.next += 1;
                        let sent = requests.send(request(self.next, &load)).await;
                        if self.waiting.is_empty() {
                            self.last = Instant::now();
                        }
                        self.waiting.push_back((self.next, load));
                        sent.map_err(|_| broken())?;
                    }
                    None => self.done = true,
                },
                answer = answers.message(), if !self.waiting.is_empty() => self.answer(answer, answered)?,
            }
        }
        Ok(())
    }

    fn answer(
        &mut self,
        answer: Result<Option<IngestResponse>, Status>,
        answered: &mut impl FnMut(Load<N>, &BatchResult),
    ) -> Result<(), Status> {
        let result = answer?.and_then(|answer| answer.result).ok_or_else(broken)?;
        if let Some(failure) = &result.failure {
            let message = format!("{}: {}", failure.reason, failure.message);
            return Err(if failure.retryable { Status::unavailable(message) } else { Status::failed_precondition(message) });
        }
        match self.waiting.pop_front() {
            Some((number, load)) if number == result.batch => {
                self.last = Instant::now();
                answered(load, &result);
                Ok(())
            }
            _ => Err(Status::internal(format!("batch {} was answered out of turn", result.batch))),
        }
    }
}

fn broken() -> Status {
    Status::unavailable("the stream ended")
}

fn request<N>(batch: u64, load: &Load<N>) -> IngestRequest {
    IngestRequest { batch, totals: totals(&load.records), records: load.records.clone(), watermarks: load.watermarks.clone() }
}

/// What this side believes the batch holds; the service refuses the batch if it finds otherwise.
fn totals(records: &[Record]) -> Vec<ControlTotal> {
    let mut by_kind: BTreeMap<u32, (u32, Option<crossdock_core::Micro>)> = BTreeMap::new();
    for record in records {
        let total = by_kind.entry(record.kind).or_insert((0, Some(crossdock_core::Micro::ZERO)));
        total.0 += 1;
        // A quantity that is no number is refused there with its reason; a sum says nothing then.
        total.1 = match (total.1, quantity(record)) {
            (Some(sum), Some(text)) => text.parse().ok().and_then(|amount| sum.plus(amount).ok()),
            (sum, None) => sum,
            (None, _) => None,
        };
    }
    let total = |(kind, (records, quantity)): (u32, (u32, Option<crossdock_core::Micro>))| {
        let info = schema().kind(kind)?;
        let summed = quantity.filter(|_| info.message.get_field_by_name("quantity").is_some());
        Some(ControlTotal { kind: info.name.clone(), records, quantity: summed.map(|sum| sum.to_string()).unwrap_or_default() })
    };
    by_kind.into_iter().filter_map(total).collect()
}

/// The value of a record's field `quantity`, found on the wire: decoding the whole record by its descriptor would cost more than sending it.
fn quantity(record: &Record) -> Option<String> {
    let wanted = schema().kind(record.kind)?.message.get_field_by_name("quantity")?.number();
    let mut body = record.body.clone();
    while body.has_remaining() {
        let (tag, wire) = decode_key(&mut body).ok()?;
        if tag == wanted && wire == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut body).ok()?).ok().filter(|length| *length <= body.remaining())?;
            return Quantity::decode(body.split_to(length)).ok().map(|quantity| quantity.value);
        }
        skip_field(wire, tag, &mut body, DecodeContext::default()).ok()?;
    }
    None
}

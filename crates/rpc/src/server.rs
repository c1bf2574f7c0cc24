//! The five record methods, once for every service.

use crate::{
    Bounds, Caller, Handle, MAX_MESSAGE, View, list,
    room::Kept,
    status,
    status::{malformed, refused},
    watch,
    weight::{Chunk, weight},
};
use crossdock_core::{Error, Key};
use crossdock_proto::records::{
    BatchGetRequest, BatchGetResponse, IngestBatchRequest, IngestBatchResponse, IngestRequest, IngestResponse, ListRequest, ListResponse,
    WatchRequest, WatchResponse,
};
use crossdock_proto::{
    Record, schema,
    types::{ControlTotal, Watermark},
};
use crossdock_records::{Batch, MAX_RECORDS};
use crossdock_store::Read;
use crossdock_telemetry::metrics::STREAMS;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use prost::Message;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{Code, Request, Response, Status, Streaming, body::Body, server::Grpc, service::Routes};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// Batches of one stream that are in flight at once.
const IN_FLIGHT: usize = 4;

type Answer<T> = Result<Response<T>, Status>;

/// The routes of `RecordService` of one package, such as `crossdock.demand.v1`.
pub fn records(package: &str, handle: &Handle) -> Routes {
    let server = RecordServer(handle.clone());
    Routes::from(axum::Router::new().route_service(&format!("/{package}.RecordService/{{*method}}"), server))
}

#[derive(Clone)]
struct RecordServer(Handle);

impl Service<http::Request<axum::body::Body>> for RecordServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<axum::body::Body>) -> Self::Future {
        let handle = self.0.clone();
        let request = request.map(Body::new);
        Box::pin(async move {
            let path = request.uri().path().trim_start_matches('/').to_owned();
            Ok(match path.rsplit('/').next().unwrap_or_default() {
                "Ingest" => grpc().streaming(service_fn(|call| open(&path, ingest(handle.clone(), call))), request).await,
                "IngestBatch" => grpc().unary(service_fn(|call| ingest_batch(handle.clone(), call)), request).await,
                "Watch" => grpc().server_streaming(service_fn(|call| open(&path, watch_feed(handle.clone(), call))), request).await,
                "BatchGet" => grpc().unary(service_fn(|call| batch_get(handle.clone(), call)), request).await,
                "List" => grpc().unary(service_fn(|call| list_page(handle.clone(), call)), request).await,
                _ => Status::unimplemented("RecordService has no such method").into_http(),
            })
        })
    }
}

fn grpc<Q, A>() -> Grpc<ProstCodec<A, Q>>
where
    Q: Message + Default + Send + 'static,
    A: Message + Send + 'static,
{
    Grpc::new(ProstCodec::default()).max_decoding_message_size(MAX_MESSAGE)
}

/// Counts a stream as long as it is open.
fn open<T: 'static>(
    method: &str,
    stream: impl Future<Output = Answer<BoxStream<'static, T>>> + Send,
) -> impl Future<Output = Answer<BoxStream<'static, T>>> + Send {
    let counted = Counted::new(method);
    async move {
        let stream = stream.await?.into_inner();
        let held = stream.inspect(move |_| _ = &counted);
        Ok(Response::new(held.boxed()))
    }
}

/// One open stream of a method.
struct Counted(String);

impl Counted {
    fn new(method: &str) -> Self {
        STREAMS.change(&[method], 1);
        Self(method.to_owned())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        STREAMS.change(&[&self.0], -1);
    }
}

/// Batches are taken in while earlier ones commit, and answered in order. What the caller sent before it vanished is taken in all the same;
/// what was not answered it sends again.
async fn ingest(handle: Handle, call: Request<Streaming<IngestRequest>>) -> Answer<BoxStream<'static, Result<IngestResponse, Status>>> {
    let caller = Caller::of(&call)?;
    let kept = call.extensions().get::<Kept>().cloned().unwrap_or_default();
    let batches = until_stop(call.into_inner(), Arc::clone(&handle.bounds));
    let answers = batches.map(move |batch| take(handle.clone(), caller.clone(), batch)).buffered(IN_FLIGHT);
    let answers = answers.inspect(move |_| kept.answered());
    Ok(Response::new(until_error(answers).boxed()))
}

/// When the process stops, what has come in is answered, and what comes later is for another one.
fn until_stop<T>(batches: Streaming<T>, bounds: Arc<Bounds>) -> impl Stream<Item = Result<T, Status>> {
    stream::unfold(Some(batches), move |batches| {
        let bounds = Arc::clone(&bounds);
        async move {
            let mut batches = batches?;
            tokio::select! {
                next = batches.next() => next.map(|next| (next, Some(batches))),
                stopped = bounds.stopped() => Some((Err(stopped), None)),
            }
        }
    })
}

async fn take(handle: Handle, caller: Caller, batch: Result<IngestRequest, Status>) -> Result<IngestResponse, Status> {
    let IngestRequest { batch: number, records, totals, watermarks } = batch.map_err(malformed)?;
    let result = handle.lane.ingest(bring(&caller, number, records, totals, watermarks)).await.map_err(status)?;
    Ok(IngestResponse { result: Some(result) })
}

/// A stream ends with its first error: later batches are not answered, so they are sent again.
fn until_error<T: Send + 'static>(
    answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
) -> impl Stream<Item = Result<T, Status>> + Send {
    answers.scan(false, |failed, answer| {
        let next = (!*failed).then_some(answer);
        *failed |= next.as_ref().is_some_and(Result::is_err);
        futures::future::ready(next)
    })
}

async fn ingest_batch(handle: Handle, call: Request<IngestBatchRequest>) -> Answer<IngestBatchResponse> {
    let caller = Caller::of(&call)?;
    let IngestBatchRequest { batch, records, totals, watermarks } = call.into_inner();
    let result = handle.lane.ingest(bring(&caller, batch, records, totals, watermarks)).await.map_err(status)?;
    Ok(Response::new(IngestBatchResponse { result: Some(result) }))
}

fn bring(caller: &Caller, number: u64, records: Vec<Record>, totals: Vec<ControlTotal>, watermarks: Vec<Watermark>) -> Batch {
    let span = Batch::span(&caller.0.connection, number, records.len());
    let origin = caller.clone().within(&span).0;
    Batch { number, origin, records, totals, watermarks, span }
}

async fn watch_feed(handle: Handle, call: Request<WatchRequest>) -> Answer<BoxStream<'static, Result<WatchResponse, Status>>> {
    let view = View::of(&handle, &Caller::of(&call)?).map_err(status)?;
    Ok(Response::new(watch::watch(handle, view, call.into_inner()).await.map_err(status)?))
}

async fn list_page(handle: Handle, call: Request<ListRequest>) -> Answer<ListResponse> {
    let view = View::of(&handle, &Caller::of(&call)?).map_err(status)?;
    list::list(&handle, view, call.into_inner()).await.map(Response::new).map_err(status)
}

async fn batch_get(handle: Handle, call: Request<BatchGetRequest>) -> Answer<BatchGetResponse> {
    let view = View::of(&handle, &Caller::of(&call)?).map_err(status)?;
    let answer = get(&handle, &view, call.into_inner()).await.map_err(status)?;
    answer.filter(|answer| answer.encoded_len() <= MAX_MESSAGE).map(Response::new).ok_or_else(|| {
        let message = format!("these records have more than {MAX_MESSAGE} bytes: ask for fewer keys");
        refused(Code::ResourceExhausted, "ANSWER_TOO_LARGE", message, [("limit", MAX_MESSAGE)])
    })
}

/// None: they are too large for one answer.
async fn get(handle: &Handle, view: &View, request: BatchGetRequest) -> Result<Option<BatchGetResponse>, Error> {
    if request.keys.len() > MAX_RECORDS {
        return Err(Error::invalid("TOO_MANY_KEYS", format!("{} keys; ask for at most {MAX_RECORDS}", request.keys.len())));
    }
    let mut keys = Vec::with_capacity(request.keys.len());
    for key in request.keys {
        let info = schema().kind_named(&key.kind).filter(|info| handle.kinds.owns(info.number.into()));
        let info = info.ok_or_else(|| watch::unknown_kind(handle, &key.kind))?;
        view.expect(info)?;
        keys.push(Key::new(info.number, key.key));
    }
    let (asked, shown, sight) = (keys.clone(), handle.clone(), view.clone());
    let look = move |read: &mut Read<'_>| {
        let (mut found, mut bytes, mut rest, mut chunk) = (Vec::new(), 0, asked.as_slice(), Chunk::new(MAX_RECORDS));
        while !rest.is_empty() && bytes <= MAX_MESSAGE {
            let (now, later) = rest.split_at(chunk.size().min(rest.len()));
            let mut some = read.get(now)?;
            chunk.learn(&some);
            some.retain(|record| watch::is_shown(&shown, record));
            found.extend(sight.reader().rows(read, some)?);
            bytes = found.iter().map(weight).sum();
            rest = later;
        }
        Ok((bytes <= MAX_MESSAGE).then_some(found))
    };
    let Some(found) = handle.store.read("get", look).await? else { return Ok(None) };
    let mut found: std::collections::HashMap<Key, crossdock_store::Record> =
        found.into_iter().map(|record| (record.id(), record)).collect();
    let records = keys.iter().filter_map(|key| found.remove(key)).map(|found| view.record(found)).collect();
    Ok(Some(BatchGetResponse { records }))
}

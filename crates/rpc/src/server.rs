//! The five record methods, once for every service.

use crate::{Caller, Handle, MAX_MESSAGE, list, status, watch};
use crossdock_core::{Error, Key};
use crossdock_proto::records::{
    BatchGetRequest, BatchGetResponse, IngestBatchRequest, IngestBatchResponse, IngestRequest, IngestResponse, ListRequest, ListResponse,
    WatchRequest, WatchResponse,
};
use crossdock_proto::{
    Record, schema,
    types::{ControlTotal, Watermark},
};
use crossdock_records::{Batch, MAX_RECORDS, record};
use crossdock_telemetry::metrics::STREAMS;
use futures::{Stream, StreamExt, stream::BoxStream};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tonic::{Request, Response, Status, Streaming, body::Body, server::Grpc, service::Routes};
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
    Q: prost::Message + Default + Send + 'static,
    A: prost::Message + Send + 'static,
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
    let answers = call.into_inner().map(move |batch| take(handle.clone(), caller.clone(), batch)).buffered(IN_FLIGHT);
    Ok(Response::new(until_error(answers).boxed()))
}

async fn take(handle: Handle, caller: Caller, batch: Result<IngestRequest, Status>) -> Result<IngestResponse, Status> {
    let IngestRequest { batch: number, records, totals, watermarks } = batch?;
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
    Ok(Response::new(watch::watch(handle, call.into_inner()).await.map_err(status)?))
}

async fn list_page(handle: Handle, call: Request<ListRequest>) -> Answer<ListResponse> {
    list::list(&handle, call.into_inner()).await.map(Response::new).map_err(status)
}

async fn batch_get(handle: Handle, call: Request<BatchGetRequest>) -> Answer<BatchGetResponse> {
    get(&handle, call.into_inner()).await.map(Response::new).map_err(status)
}

async fn get(handle: &Handle, request: BatchGetRequest) -> Result<BatchGetResponse, Error> {
    if request.keys.len() > MAX_RECORDS {
        return Err(Error::invalid("TOO_MANY_KEYS", format!("{} keys; ask for at most {MAX_RECORDS}", request.keys.len())));
    }
    let mut keys = Vec::with_capacity(request.keys.len());
    for key in request.keys {
        let info = schema().kind_named(&key.kind).filter(|info| handle.kinds.owns(info.number.into()));
        let info = info.ok_or_else(|| watch::unknown_kind(handle, &key.kind))?;
        keys.push(Key::new(info.number, key.key));
    }
    let asked = keys.clone();
    let mut found = handle.store.read("get", move |read| read.get(&asked)).await?;
    found.retain(|record| watch::is_shown(handle, record));
    let mut found: std::collections::HashMap<Key, crossdock_store::Record> =
        found.into_iter().map(|record| (record.id(), record)).collect();
    let records = keys.iter().filter_map(|key| found.remove(key)).map(record).collect();
    Ok(BatchGetResponse { records })
}

//! A client of `RecordService` of any service.

use crate::{CONNECTION, CONTRACT, Channel, MAX_MESSAGE};
use crossdock_proto::records::{
    BatchGetRequest, BatchGetResponse, IngestBatchRequest, IngestBatchResponse, IngestRequest, IngestResponse, ListRequest, ListResponse,
    WatchRequest, WatchResponse,
};
use futures::Stream;
use http::uri::PathAndQuery;
use prost::Message;
use tonic::{Request, Response, Status, Streaming, client::Grpc, metadata::MetadataValue};
use tonic_prost::ProstCodec;

/// Calls the five record methods of one service, as one connection.
#[derive(Clone)]
pub struct RecordClient {
    grpc: Grpc<Channel>,
    package: String,
    connection: String,
}

type Answer<T> = Result<T, Status>;

impl RecordClient {
    /// A client of the service of this package, such as `crossdock.demand.v1`, calling as `connection`; empty: as the only one that what the channel
    /// shows ([`crate::bearing`], a certificate) is good for.
    pub fn new(channel: Channel, package: impl Into<String>, connection: impl Into<String>) -> Self {
        let grpc = Grpc::new(channel).max_decoding_message_size(MAX_MESSAGE);
        Self { grpc, package: package.into(), connection: connection.into() }
    }

    /// Batches in, answers out.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn ingest(&mut self, batches: impl Stream<Item = IngestRequest> + Send + 'static) -> Answer<Streaming<IngestResponse>> {
        let (path, codec) = self.ready("Ingest").await?;
        let request = self.request(batches)?;
        self.grpc.streaming(request, path, codec).await.map(Response::into_inner)
    }

    /// One batch.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn ingest_batch(&mut self, request: IngestBatchRequest) -> Answer<IngestBatchResponse> {
        self.unary("IngestBatch", request).await
    }

    /// The feed.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn watch(&mut self, request: WatchRequest) -> Answer<Streaming<WatchResponse>> {
        let (path, codec) = self.ready("Watch").await?;
        let request = self.request(request)?;
        self.grpc.server_streaming(request, path, codec).await.map(Response::into_inner)
    }

    /// Records by key.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn batch_get(&mut self, request: BatchGetRequest) -> Answer<BatchGetResponse> {
        self.unary("BatchGet", request).await
    }

    /// Records by filter.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn list(&mut self, request: ListRequest) -> Answer<ListResponse> {
        self.unary("List", request).await
    }

    async fn unary<Q, A>(&mut self, method: &str, request: Q) -> Answer<A>
    where
        Q: Message + Send + 'static,
        A: Message + Default + Send + 'static,
    {
        let (path, codec) = self.ready(method).await?;
        let request = self.request(request)?;
        self.grpc.unary(request, path, codec).await.map(Response::into_inner)
    }

    async fn ready<Q, A>(&mut self, method: &str) -> Answer<(PathAndQuery, ProstCodec<Q, A>)>
    where
        Q: Message + Send + 'static,
        A: Message + Default + Send + 'static,
    {
        self.grpc.ready().await?;
        let path = format!("/{}.RecordService/{method}", self.package);
        Ok((PathAndQuery::try_from(path).map_err(|error| Status::internal(error.to_string()))?, ProstCodec::default()))
    }

    fn request<T>(&self, message: T) -> Answer<Request<T>> {
        let mut request = Request::new(message);
        if !self.connection.is_empty() {
            let name = MetadataValue::try_from(&self.connection).map_err(|_| Status::invalid_argument("a connection's name is ASCII"))?;
            request.metadata_mut().insert(CONNECTION, name);
        }
        request.metadata_mut().insert(CONTRACT, MetadataValue::from_static(crossdock_proto::VERSION));
        Ok(request)
    }
}

//! One channel type: a generated client neither knows nor cares whether its service is in this process.

use crate::calls::{Call, Why};
use http::{Request, Response};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use tonic::{Status, body::Body, service::Routes, transport};
use tower::{Service, ServiceExt, util::BoxCloneSyncService};
use tracing::Instrument;

/// What every client is built over.
pub type Channel = BoxCloneSyncService<Request<Body>, Response<Body>, Status>;

/// Calls go over the network.
pub fn remote(channel: transport::Channel) -> Channel {
    Channel::new(Outgoing(channel.map_err(|error| Status::from_error(error.into()))))
}

/// Calls go straight into `routes`, which already carry the layers that a network call would meet.
pub fn local(routes: Routes) -> Channel {
    Channel::new(Outgoing(ServiceExt::<Request<Body>>::map_err(routes.prepare(), |never| match never {})))
}

/// Traces a call, and ends it at its `grpc-timeout` with DEADLINE_EXCEEDED; what arrives later counts as late. tonic's own timer sits in its
/// transport only, and answers CANCELLED.
#[derive(Clone)]
struct Outgoing<S>(S);

impl<S> Service<Request<Body>> for Outgoing<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Status>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let call = Call::client(&path, request.headers_mut());
        let limit = request.headers().get("grpc-timeout").and_then(|value| parse(value.to_str().ok()?));
        let answer = in_time(limit, self.0.call(request)).instrument(call.span.clone());
        Box::pin(async move {
            match answer.await {
                Ok(answer) => Ok(call.answered(answer).map(Body::new)),
                Err(status) => {
                    call.end(status.code(), &Why::of(&status));
                    Err(status)
                }
            }
        })
    }
}

async fn in_time<T>(limit: Option<Duration>, answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let Some(limit) = limit else { return answer.await };
    let started = Instant::now();
    match timeout(limit, answer).await {
        Ok(answer) if started.elapsed() < limit => answer,
        _ => Err(Status::deadline_exceeded(format!("no answer within {limit:?}"))),
    }
}

/// `TimeoutValue TimeoutUnit` of the gRPC over HTTP/2 specification, such as `250m`.
fn parse(text: &str) -> Option<Duration> {
    let (value, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let value = value.parse().ok().filter(|value| *value <= 99_999_999)?;
    Some(match unit {
        "H" => Duration::from_secs(value * 3600),
        "M" => Duration::from_secs(value * 60),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

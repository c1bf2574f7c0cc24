//! One channel type: a generated client neither knows nor cares whether its service is in this process.

use crate::{
    again::Again,
    calls::{Call, Why},
};
use crossdock_core::{Error, Result};
use crossdock_identity::{Connector, Proof, Secret};
use http::{HeaderMap, HeaderValue, Request, Response, header::AUTHORIZATION};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use tonic::{Status, body::Body, service::Routes, transport::Endpoint};
use tower::{Service, ServiceExt, util::BoxCloneSyncService};
use tracing::Instrument;

/// What every client is built over.
pub type Channel = BoxCloneSyncService<Request<Body>, Response<Body>, Status>;

/// Silence after which the other side is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Calls go over the network, to `http://…` in plain text or to `https://…` over TLS. It connects when it is first used, and again when that is needed.
///
/// # Errors
/// If the address is none, or wants certificates that the connector does not have.
pub fn remote(address: &str, connector: Connector) -> Result<Channel> {
    let wrong = |why: &str| Error::invalid("ADDRESS", format!("{address:?} {why}"));
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| wrong("is no address such as https://crossdock.example:7400"))?;
    match endpoint.uri().scheme_str() {
        Some("http") => {}
        Some("https") if connector.is_secret() => {}
        Some("https") => return Err(wrong("wants certificates, and there are none here: configure tls")),
        _ => return Err(wrong("begins neither with https:// nor with http://")),
    }
    let endpoint = endpoint
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_while_idle(true);
    let (connector, complaint) = connector.heard();
    Ok(Channel::new(Outgoing { to: Again { to: endpoint.connect_with_connector_lazy(connector), complaint }, proof: None }))
}

/// Calls go straight into `routes`, which already carry the layers that a network call would meet; `proof` is what they know of the caller.
pub fn local(routes: Routes, proof: Proof) -> Channel {
    Channel::new(Outgoing { to: ServiceExt::<Request<Body>>::map_err(routes.prepare(), |never| match never {}), proof: Some(proof) })
}

/// The same way, where every call shows the token that counts then.
pub fn bearing(channel: Channel, token: impl Fn() -> Option<Secret> + Clone + Send + Sync + 'static) -> Channel {
    let show = move |mut request: Request<Body>| {
        let value = token().and_then(|secret| HeaderValue::try_from(format!("Bearer {}", secret.expose())).ok());
        if let Some(mut value) = value {
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        request
    };
    Channel::new(channel.map_request(show))
}

/// Traces a call, and ends it at its `grpc-timeout` with DEADLINE_EXCEEDED; what arrives later counts as late. tonic's own timer sits in its
/// transport only, and answers CANCELLED.
#[derive(Clone)]
struct Outgoing<S> {
    to: S,
    /// For calls within the process.
    proof: Option<Proof>,
}

impl<S> Service<Request<Body>> for Outgoing<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Status>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.to.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(proof) = &self.proof {
            request.extensions_mut().insert(proof.clone());
        }
        let path = request.uri().path().to_owned();
        let call = Call::client(&path, request.headers_mut());
        let limit = timeout_of(request.headers());
        let answer = in_time(limit, self.to.call(request)).instrument(call.span.clone());
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

/// The deadline that a caller names; a malformed one is none.
pub(crate) fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    headers.get("grpc-timeout").and_then(|value| parse(value.to_str().ok()?))
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

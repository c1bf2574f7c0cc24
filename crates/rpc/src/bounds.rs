//! The limits of a call, around whatever answers it: its messages, its time, and a caller who stops half-way.

use crate::{
    Limits, Line,
    channel::timeout_of,
    receive::{Patience, Received},
    room::{Kept, Room, Rooms},
    send::Sent,
    status::{malformed, refused, status},
};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use crossdock_core::{Error, ErrorKind};
use crossdock_proto::{MethodInfo, parts};
use futures::future::BoxFuture;
use http::HeaderMap;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};
use tonic::{Code, Status, service::Routes};

/// Largest request of what is no method of Crossdock: health, reflection.
const FOREIGN_BYTES: usize = 64 * 1024;

/// The limits of a process, and what is used of those that all calls share.
#[derive(Debug)]
pub struct Bounds {
    limits: Limits,
    rooms: Arc<Rooms>,
    stopping: watch::Sender<bool>,
}

impl Bounds {
    /// With nothing used.
    pub fn new(limits: Limits) -> Arc<Self> {
        let rooms = Arc::new(Rooms::new(limits.receiving_bytes));
        Arc::new(Self { limits, rooms, stopping: watch::Sender::new(false) })
    }

    /// Streams that would go on for ever end from now on: the process stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until streams are to end; what they are to end with.
    pub(crate) async fn stopped(&self) -> Status {
        // The sender is held here: it cannot go before.
        self.stopping.subscribe().wait_for(|stopping| *stopping).await.ok();
        let message = "this process stops: go on with another one, from what was answered last";
        status(Error::new(ErrorKind::Unavailable, "STOPPING", message))
    }

    /// How long a silent caller is put up with.
    fn stall(&self) -> Duration {
        Duration::from_secs(self.limits.stall_seconds)
    }

    /// How long a call may take that names no deadline, and a message of a stream.
    fn patience(&self) -> Duration {
        Duration::from_secs(self.limits.deadline_seconds)
    }

    fn deadline(&self, headers: &HeaderMap) -> Duration {
        timeout_of(headers).unwrap_or(self.patience()).min(Duration::from_secs(self.limits.longest_deadline_seconds))
    }
}

/// Puts the limits around routes that are no service of Crossdock.
pub fn bound(routes: Routes, bounds: &Arc<Bounds>) -> Routes {
    let layer = from_fn_with_state(Arc::clone(bounds), async |State(bounds): State<Arc<Bounds>>, request: Request, next: Next| {
        within(&bounds, None, "", request, next).await
    });
    Routes::from(routes.into_axum_router().layer(layer))
}

/// Answers a request of a connection within the limits. Without a method it is one that is not Crossdock's own.
pub(crate) async fn within(
    bounds: &Arc<Bounds>,
    method: Option<&'static MethodInfo>,
    connection: &str,
    request: Request,
    next: Next,
) -> Response {
    let single = method.is_some_and(|method| !method.client_streaming && !method.server_streaming);
    let limit = single.then(|| bounds.deadline(request.headers()));
    let line = request.extensions().get::<Line>().cloned();
    let asked = Asked::new(bounds, method, connection);
    // Held until it is answered.
    let kept = asked.kept.clone();
    let mut request = request.map(|body| Body::new(Received::new(body, asked, Patience::new(bounds.stall(), bounds.patience()))));
    request.extensions_mut().insert(kept.clone());
    let answer = match limit {
        Some(limit) => timeout(limit, next.run(request)).await.unwrap_or_else(|_| late(limit).into_http()),
        None => next.run(request).await,
    };
    drop(kept);
    let answer = match answer.extensions().get::<Status>() {
        Some(status) => malformed(status.clone()).into_http(),
        None => answer,
    };
    match line {
        Some(line) => answer.map(|body| Body::new(Sent::new(body, line, bounds.stall()))),
        None => answer,
    }
}

fn late(limit: Duration) -> Status {
    let message = format!("there is no answer after {limit:?}: ask for less, or name a longer grpc-timeout");
    refused(Code::DeadlineExceeded, "DEADLINE", message, [])
}

/// What a method takes.
pub(crate) struct Asked {
    method: Option<&'static MethodInfo>,
    connection: String,
    rooms: Arc<Rooms>,
    most_bytes: usize,
    /// The room of its messages, until they are answered.
    pub kept: Kept,
}

impl Asked {
    pub fn new(bounds: &Bounds, method: Option<&'static MethodInfo>, connection: &str) -> Self {
        let most_bytes = method.map_or(FOREIGN_BYTES, |method| method.max_request_bytes).min(bounds.limits.message_bytes);
        Self { method, connection: connection.to_owned(), rooms: Arc::clone(&bounds.rooms), most_bytes, kept: Kept::default() }
    }

    /// Any number of messages.
    pub fn many(&self) -> bool {
        self.method.is_none_or(|method| method.client_streaming)
    }

    /// Looks at the length of a message before its bytes are there, and waits for room for them where they need any.
    pub fn room(&self, length: usize) -> Result<Option<BoxFuture<'static, Option<Room>>>, Status> {
        let most = self.most_bytes;
        if length > most {
            let message = format!("the message has {length} bytes; this method takes at most {most}: send it in parts");
            return Err(refused(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", message, [("value", length), ("limit", most)]));
        }
        Ok(self.rooms.wait(&self.connection, length))
    }

    /// Looks at a message before it is decoded.
    pub fn whole(&self, message: &[u8]) -> Result<(), Status> {
        let Some(method) = self.method else { return Ok(()) };
        let most = method.max_request_parts;
        if parts(&method.request, message, most) > most {
            let message = format!("the message has more than {most} repeated parts, such as records, keys and ids: send it in parts");
            return Err(refused(Code::ResourceExhausted, "TOO_MANY_PARTS", message, [("limit", most)]));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use crossdock_proto::schema;
    use std::future::pending;
    use tower::ServiceExt;

    /// The status of a call that is never answered; none if it is still open after a while.
    async fn status(path: &'static str, timeout: Option<&str>, limits: Limits) -> Option<Code> {
        let bounds = Bounds::new(limits);
        let layer = from_fn_with_state(bounds, async move |State(bounds): State<Arc<Bounds>>, request: Request, next: Next| {
            within(&bounds, schema().method(path), "erp", request, next).await
        });
        let routes: Router = Router::new().fallback(async || pending::<()>().await).layer(layer);
        let mut request = http::Request::post(path);
        if let Some(value) = timeout {
            request = request.header("grpc-timeout", value);
        }
        let answer = routes.oneshot(request.body(Body::empty()).unwrap());
        let answer = tokio::time::timeout(Duration::from_millis(300), answer).await.ok()?.unwrap();
        Some(Code::from_bytes(answer.headers()["grpc-status"].as_bytes()))
    }

    #[tokio::test]
    async fn a_call_ends_at_its_deadline_and_a_stream_has_none() {
        const ONE: &str = "/crossdock.masterdata.v1.RecordService/BatchGet";
        const STREAM: &str = "/crossdock.masterdata.v1.RecordService/Watch";
        let late = Some(Code::DeadlineExceeded);
        let short = || Limits { deadline_seconds: 0, ..Limits::default() };
        assert_eq!(status(ONE, Some("20m"), Limits::default()).await, late);
        assert_eq!(status(ONE, Some("1H"), Limits { longest_deadline_seconds: 0, ..Limits::default() }).await, late);
        assert_eq!(status(ONE, None, short()).await, late);
        assert_eq!(status(ONE, Some("soon"), short()).await, late, "malformed is none");
        assert_eq!(status(ONE, Some("1H"), short()).await, None);
        assert_eq!(status(STREAM, Some("20m"), short()).await, None);
    }
}

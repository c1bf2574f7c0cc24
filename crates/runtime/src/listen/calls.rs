//! The calls of one connection.

use super::rest;
use axum::{Router, body::Body, extract::Request, response::Response};
use crossdock_identity::Proof;
use crossdock_rpc::Line;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

/// Gives every call of a connection what it is to know, and counts those that are open.
pub(super) struct Calls {
    pub routes: Router,
    pub proof: Proof,
    pub line: Line,
    pub open: Open,
}

impl Calls {
    /// Answers one.
    pub fn answer(&self, request: hyper::Request<Incoming>) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let mut request: Request = request.map(|body| Body::new(rest::Request::new(body)));
        request.extensions_mut().insert(self.proof.clone());
        request.extensions_mut().insert(self.line.clone());
        let held = self.open.hold();
        let answer = self.routes.clone().oneshot(request);
        async move {
            // It is open until its last byte was taken.
            let hold = move |frame| {
                let _ = &held;
                frame
            };
            Ok(answer.await?.map(|body| Body::new(body.map_frame(hold))))
        }
    }
}

/// How many calls are open, and since when it is that many.
#[derive(Clone)]
pub(super) struct Open(Arc<Mutex<(usize, Instant)>>);

impl Open {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new((0, Instant::now()))))
    }

    /// Waits until none was open for this long.
    pub async fn idle(&self, time: Duration) {
        loop {
            let (open, since) = *self.lock();
            let left = if open == 0 { time.saturating_sub(since.elapsed()) } else { time };
            if left.is_zero() {
                return;
            }
            timeout(left, pending::<()>()).await.ok();
        }
    }

    fn hold(&self) -> Held {
        let mut held = self.lock();
        *held = (held.0 + 1, Instant::now());
        Held(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, (usize, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open call.
struct Held(Open);

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        *held = (held.0 - 1, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn idle_is_counted_from_the_end_of_the_last_call() {
        let (open, idle) = (Open::new(), Duration::from_millis(20));
        let (first, second) = (open.hold(), open.hold());
        drop(first);
        assert!(timeout(idle * 5, open.idle(idle)).await.is_err());
        drop(second);
        let ended = Instant::now();
        open.idle(idle).await;
        assert!(ended.elapsed() >= idle);
    }
}

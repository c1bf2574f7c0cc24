//! What a call leaves unread of its request.

use super::connection::STREAM_WINDOW;
use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{runtime::Handle, time::timeout};

/// How long more of a request is taken.
const TIME: Duration = Duration::from_secs(2);

/// The body of a request. What is unread when its call is answered is taken for a moment, as much as may be on its way, and thrown away. Else the stream would be
/// reset with the rest of the request still coming, and HTTP/2 counts what comes to a stream that was reset as a fault of the caller: one who is only refused
/// often would lose the connection, with all its other calls.
pub(super) struct Request {
    /// None: there is nothing more of it.
    body: Option<Incoming>,
}

impl Request {
    pub fn new(body: Incoming) -> Self {
        Self { body: Some(body) }
    }
}

impl Body for Request {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(&frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // Without a runtime the process ends.
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(TIME, throw_away(body)));
        }
    }
}

/// Takes what the caller may have sent before it learns that nobody reads it.
async fn throw_away(mut body: Incoming) {
    let mut left = usize::try_from(STREAM_WINDOW).unwrap_or(usize::MAX);
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

//! Calls that were not taken are sent again.

use bytes::Bytes;
use crossdock_identity::{Complaint, explain};
use h2::Reason;
use http::{Request, Response};
use http_body::Frame;
use std::{
    collections::VecDeque,
    error::Error,
    future::Future,
    iter::successors,
    mem::{replace, take},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::sync::oneshot;
use tonic::{Status, body::Body, transport};
use tower::{Service, ServiceExt};

/// How often a call is sent at most.
const TRIES: usize = 3;
/// What is kept of a request, in case that it has to be sent again.
const KEPT: usize = 1024 * 1024;

/// A connection may stop to take calls (it is old, or its server stops) just when one is on its way to it. What the server did not look at then goes over the next
/// one, and its caller is not troubled; the specification of gRPC calls it a transparent retry.
#[derive(Clone)]
pub(crate) struct Again {
    pub to: transport::Channel,
    /// What its last connection broke with.
    pub complaint: Complaint,
}

impl Service<Request<Body>> for Again {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.to.poll_ready(context).map_err(|error| failed(error, &self.complaint))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // It is this one that is ready, not its copy.
        let next = self.to.clone();
        let mut to = replace(&mut self.to, next);
        let complaint = self.complaint.clone();
        let failed = move |error| failed(error, &complaint);
        Box::pin(async move {
            let (head, mut body) = request.into_parts();
            for _ in 1..TRIES {
                let (lent, back) = Lent::of(body);
                let error = match to.call(Request::from_parts(head.clone(), Body::new(lent))).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                match back.await {
                    Ok(whole) if was_not_taken(&error, whole.read.is_empty()) => body = Body::new(whole),
                    _ => return Err(failed(error)),
                }
                to.ready().await.map_err(&failed)?;
            }
            to.call(Request::from_parts(head, body)).await.map_err(failed)
        })
    }
}

/// HTTP/2 may have lost why there is no connection any more.
fn failed(error: transport::Error, complaint: &Complaint) -> Status {
    let broken = complaint.take().filter(|broken| explain(broken).is_some() && explain(&error).is_none());
    let Some(broken) = broken else { return Status::from_error(error.into()) };
    let mut status = Status::unavailable(broken.to_string());
    status.set_source(Arc::new(broken));
    status
}

/// Whether the server has not looked at a call. It says so itself of streams that it refuses, and of those above the last one that its GOAWAY names: h2 ends only these
/// with the GOAWAY. Else that is certain only if nothing of the body was sent; and that a connection could not be made is the caller's to know.
fn was_not_taken(error: &transport::Error, is_unread: bool) -> bool {
    let mut causes = successors(Some(error as &(dyn Error + 'static)), |error| (*error).source());
    let said = |error: &h2::Error| match error.reason() {
        Some(Reason::NO_ERROR) => error.is_go_away() && error.is_remote(),
        Some(Reason::REFUSED_STREAM) => error.is_reset() && error.is_remote(),
        _ => false,
    };
    if is_unread {
        return !causes.any(|error| error.is::<tonic::ConnectError>());
    }
    causes.any(|error| error.downcast_ref().is_some_and(said))
}

/// The body of a request; when nobody needs it any more, it comes back, unless too much of it was read.
struct Lent {
    body: Body,
    read: Read,
    back: Option<oneshot::Sender<Whole>>,
}

/// What was read of a body.
#[derive(Default)]
struct Read {
    frames: VecDeque<Bytes>,
    bytes: usize,
}

impl Lent {
    fn of(body: Body) -> (Self, oneshot::Receiver<Whole>) {
        let (back, returned) = oneshot::channel();
        (Self { body, read: Read::default(), back: Some(back) }, returned)
    }

    /// Keeps what is read as long as the call may have to be sent again.
    fn keep(&mut self, frame: &Frame<Bytes>) {
        let is_waited_for = self.back.as_ref().is_some_and(|back| !back.is_closed());
        match frame.data_ref() {
            Some(data) if is_waited_for && self.read.bytes + data.len() <= KEPT => {
                self.read.bytes += data.len();
                self.read.frames.push_back(data.clone());
            }
            _ => (self.read, self.back) = (Read::default(), None),
        }
    }
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => self.keep(frame),
            Some(Err(_)) => self.back = None,
            // It may not be asked again.
            None => self.body = Body::empty(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            // Nobody waits for it any more if the call was answered.
            back.send(Whole { read: take(&mut self.read.frames), rest: take(&mut self.body) }).ok();
        }
    }
}

/// A body from its beginning: what was read of it already, and the rest.
struct Whole {
    read: VecDeque<Bytes>,
    rest: Body,
}

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.read.pop_front() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, StreamBody};

    /// A body of frames of these sizes, of which so many were read.
    async fn lent(sizes: &[usize], read: usize) -> Option<Whole> {
        let frames: Vec<_> = sizes.iter().zip(0_u8..).map(|(size, byte)| Ok::<_, Status>(Frame::data(vec![byte; *size].into()))).collect();
        let (mut lent, back) = Lent::of(Body::new(StreamBody::new(futures::stream::iter(frames))));
        for _ in 0..read {
            lent.frame().await;
        }
        drop(lent);
        back.await.ok()
    }

    #[tokio::test]
    async fn a_body_comes_back_from_its_beginning() {
        for read in 0..=4 {
            let whole = lent(&[2, 1, 3], read).await.unwrap();
            assert_eq!(whole.read.is_empty(), read == 0);
            assert_eq!(whole.collect().await.unwrap().to_bytes(), [0, 0, 1, 2, 2, 2][..], "{read} frames were read");
        }
    }

    #[tokio::test]
    async fn a_large_body_comes_back_only_if_it_was_not_read() {
        assert!(lent(&[KEPT, 1], 1).await.is_some());
        assert!(lent(&[KEPT, 1], 2).await.is_none());
        assert_eq!(lent(&[KEPT, 1], 0).await.unwrap().collect().await.unwrap().to_bytes().len(), KEPT + 1);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_call_that_was_answered() {
        let body = Body::new(StreamBody::new(futures::stream::iter([Ok::<_, Status>(Frame::data(Bytes::from_static(b"one")))])));
        let (mut lent, back) = Lent::of(body);
        drop(back);
        lent.frame().await;
        assert!(lent.read.frames.is_empty() && lent.back.is_none());
    }
}

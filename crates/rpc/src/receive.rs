//! Request messages on their way in: nothing is decoded, and no large piece of memory is taken, before it is known to keep to the limits.

use crate::{bounds::Asked, room::Room, status::refused};
use bytes::{Buf, Bytes, BytesMut};
use futures::{FutureExt, future::BoxFuture};
use http_body::{Body, Frame};
use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Interval, interval_at};
use tonic::{Code, Status};

#[cfg(test)]
mod tests;

/// Before each message of gRPC: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The body of a request. Hands on whole messages.
pub(crate) struct Received<B> {
    body: B,
    asked: Asked,
    patience: Patience,
    held: BytesMut,
    coming: Option<Coming>,
    messages: usize,
    ended: bool,
}

/// The message that is being received.
struct Coming {
    /// With its prefix.
    length: usize,
    /// It waits for room; nothing is read meanwhile.
    wait: Option<BoxFuture<'static, Option<Room>>>,
    room: Option<Room>,
}

impl<B> Received<B> {
    pub fn new(body: B, asked: Asked, patience: Patience) -> Self {
        Self { body, asked, patience, held: BytesMut::new(), coming: None, messages: 0, ended: false }
    }

    /// The next whole message, if it is there.
    fn message(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(coming) = self.coming.take_if(|coming| self.held.len() >= coming.length) else { return Ok(None) };
        let message = self.held.split_to(coming.length).freeze();
        if self.held.is_empty() {
            // Not the memory of the message that is handed on.
            self.held = BytesMut::new();
        }
        self.asked.whole(message.get(PREFIX..).unwrap_or_default())?;
        self.messages += 1;
        self.patience.begin();
        self.asked.kept.keep(coming.room);
        Ok(Some(message))
    }

    /// Reads the prefix of a message.
    fn announced(&self) -> Result<Coming, Status> {
        let mut prefix = self.held.get(..PREFIX).unwrap_or_default();
        if prefix.try_get_u8() != Ok(0) {
            return Err(Status::unimplemented("messages are taken uncompressed only: send without grpc-encoding"));
        }
        if self.messages > 0 && !self.asked.many() {
            return Err(Status::invalid_argument("this method takes one message, and there is another"));
        }
        let length = prefix.try_get_u32().ok().and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
        Ok(Coming { length: PREFIX.saturating_add(length), wait: self.asked.room(length)?, room: None })
    }

    /// Reads the prefix of the next message when it is there, and waits for room for the rest.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.coming.is_none() && self.held.len() >= PREFIX {
            self.coming = Some(self.announced()?);
        }
        if let Some(coming) = &mut self.coming
            && let Some(wait) = &mut coming.wait
        {
            coming.room = ready!(wait.poll_unpin(context));
            coming.wait = None;
            // The time it waited for us does not count.
            self.patience.begin();
        }
        Poll::Ready(Ok(()))
    }

    /// Takes what came of a message.
    fn take(&mut self, data: &[u8]) -> Result<(), Status> {
        if self.held.is_empty() {
            self.patience.begin();
        }
        self.held.extend_from_slice(data);
        self.patience.heard()
    }

    /// Something of this request is missing without which it cannot be answered.
    fn is_incomplete(&self) -> bool {
        !self.held.is_empty() || !self.asked.many()
    }

    fn refuse<T>(&mut self, why: Status) -> Poll<Option<Result<T, Status>>> {
        self.ended = true;
        self.coming = None;
        self.held = BytesMut::new();
        Poll::Ready(Some(Err(why)))
    }
}

impl<B> Body for Received<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if let Err(why) = ready!(this.poll_room(context)) {
                return this.refuse(why);
            }
            match this.message() {
                Ok(None) => {}
                Ok(Some(message)) => return Poll::Ready(Some(Ok(Frame::data(message)))),
                Err(why) => return this.refuse(why),
            }
            if this.ended {
                // Half a message: the decoder says so.
                let rest = mem::take(&mut this.held).freeze();
                return Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))));
            }
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        if let Err(why) = this.take(&data) {
                            return this.refuse(why);
                        }
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Poll::Ready(Some(Err(error))) => return this.refuse(Status::from_error(error.into())),
                Poll::Ready(None) => this.ended = true,
                Poll::Pending if this.is_incomplete() && this.patience.is_over(context) => {
                    let why = this.patience.stalled();
                    return this.refuse(why);
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && (self.ended || self.body.is_end_stream())
    }
}

/// How long is waited for a message.
pub(crate) struct Patience {
    /// For its next bytes.
    stall: Duration,
    /// For all of it.
    whole: Duration,
    timer: Interval,
    is_waiting: bool,
    began: Instant,
}

impl Patience {
    pub fn new(stall: Duration, whole: Duration) -> Self {
        let now = Instant::now();
        Self { stall, whole, timer: interval_at(now + stall, stall), is_waiting: false, began: now }
    }

    /// A message begins.
    fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// Some of it came.
    fn heard(&mut self) -> Result<(), Status> {
        self.is_waiting = false;
        if self.began.elapsed() > self.whole {
            return Err(slow(format!("the message is not complete after {:?}: send it faster, or in parts", self.whole)));
        }
        Ok(())
    }

    /// Nothing comes: too long already? Only the time in which somebody waits for it counts.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        if !mem::replace(&mut self.is_waiting, true) {
            self.timer.reset();
        }
        self.timer.poll_tick(context).is_ready()
    }

    fn stalled(&self) -> Status {
        slow(format!("nothing more of the request came for {:?}: send it whole, and end it", self.stall))
    }
}

fn slow(message: String) -> Status {
    refused(Code::DeadlineExceeded, "REQUEST_STALLED", message, [])
}

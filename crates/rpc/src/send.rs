//! Answers on their way out: a caller that does not read them is cut off.

use crate::Line;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    task::AbortHandle,
    time::{Instant, interval},
};

/// An answer is handed over in pieces of this size: each that was sent shows that the caller reads.
const PIECE: usize = 32 * 1024;
/// Looks at an answer within the time that a caller may stand still.
const LOOKS: u32 = 4;

/// The body of an answer. The connection below takes a piece, and lets go of it when it is sent: until then the caller does not read.
pub(crate) struct Sent<B> {
    body: B,
    rest: Bytes,
    unread: Arc<Unread>,
}

/// Pieces that are handed over and not sent.
struct Unread {
    pieces: AtomicUsize,
    /// When the last was sent, or the first was handed over: milliseconds from the beginning.
    moved: AtomicU64,
    began: Instant,
    watch: Option<AbortHandle>,
}

impl Unread {
    /// Watches over one answer as long as it, or a piece of it, is there.
    fn new(line: Line, stall: Duration) -> Arc<Self> {
        Arc::new_cyclic(|unread: &Weak<Self>| {
            let watch = tokio::spawn(watch(Weak::clone(unread), line, stall)).abort_handle();
            Self { pieces: AtomicUsize::new(0), moved: AtomicU64::new(0), began: Instant::now(), watch: Some(watch) }
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn hand_over(self: &Arc<Self>, piece: Bytes) -> Bytes {
        if self.pieces.fetch_add(1, Ordering::Relaxed) == 0 {
            self.moved.store(self.now(), Ordering::Relaxed);
        }
        Bytes::from_owner(Piece { bytes: piece, of: Arc::clone(self) })
    }

    fn is_stuck(&self, stall: Duration) -> bool {
        let still = self.now().saturating_sub(self.moved.load(Ordering::Relaxed));
        self.pieces.load(Ordering::Relaxed) > 0 && Duration::from_millis(still) >= stall
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

async fn watch(unread: Weak<Unread>, line: Line, stall: Duration) {
    let mut looks = interval((stall / LOOKS).max(Duration::from_millis(1)));
    loop {
        looks.tick().await;
        // Not there yet, or not any more: then this task is ended.
        if unread.upgrade().is_some_and(|unread| unread.is_stuck(stall)) {
            return line.cut();
        }
    }
}

/// A piece that tells when it is let go of.
struct Piece {
    bytes: Bytes,
    of: Arc<Unread>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.of.moved.store(self.of.now(), Ordering::Relaxed);
        self.of.pieces.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<B> Sent<B> {
    pub fn new(body: B, line: Line, stall: Duration) -> Self {
        Self { body, rest: Bytes::new(), unread: Unread::new(line, stall) }
    }

    fn piece(&mut self) -> Option<Frame<Bytes>> {
        let piece = self.rest.split_to(PIECE.min(self.rest.len()));
        (!piece.is_empty()).then(|| Frame::data(self.unread.hand_over(piece)))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Sent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        loop {
            if let Some(piece) = self.piece() {
                return Poll::Ready(Some(Ok(piece)));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower().saturating_add(left));
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(left));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::poll_fn;
    use http_body_util::Full;
    use tokio::time::timeout;

    const STALL: Duration = Duration::from_millis(40);

    async fn next(sent: &mut Sent<Full<Bytes>>) -> Option<Bytes> {
        let frame = poll_fn(|context| Pin::new(&mut *sent).poll_frame(context)).await?;
        Some(frame.unwrap().into_data().unwrap())
    }

    #[tokio::test]
    async fn pieces_make_the_answer_and_a_caller_who_reads_them_is_left_alone() {
        let line = Line::default();
        let said = Bytes::from([7; 5].repeat(PIECE));
        let mut sent = Sent::new(Full::new(said.clone()), line.clone(), STALL);
        let mut read = Vec::new();
        while let Some(piece) = next(&mut sent).await {
            assert!(piece.len() <= PIECE);
            assert_eq!(sent.size_hint().exact().unwrap(), u64::try_from(said.len() - read.len() - piece.len()).unwrap());
            read.extend_from_slice(&piece);
            drop(piece);
            assert!(timeout(STALL / 2, line.is_cut()).await.is_err());
        }
        assert!(sent.is_end_stream() && read == said);
        assert!(timeout(STALL * 5, line.is_cut()).await.is_err(), "it has nothing to read");
    }

    #[tokio::test]
    async fn who_does_not_read_is_cut_off_also_from_the_end_of_an_answer() {
        for pieces in [1, 3] {
            let line = Line::default();
            let mut sent = Sent::new(Full::new(Bytes::from(vec![7; pieces * PIECE])), line.clone(), STALL);
            let held = next(&mut sent).await.unwrap();
            if pieces == 1 {
                drop(sent);
            }
            timeout(Duration::from_secs(10), line.is_cut()).await.unwrap();
            drop(held);
        }
    }
}

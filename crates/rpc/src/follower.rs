//! Follows one peer's feed into the own store.

use crate::{Channel, Handle, PEER, RecordClient, from_status};
use crossdock_core::{Cursor, Error, ErrorKind, Key, Result, TraceParent};
use crossdock_proto::{
    Record,
    operations::FeedCursor,
    records::{WatchRequest, WatchResponse},
    schema,
};
use crossdock_records::{FEED_CURSOR, POLICY, Peer, SEAL_KEY, TOKEN, follow, forget};
use crossdock_telemetry::{metrics::RETRIES, trace};
use prost::Message;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::{Instrument, Span, debug_span};

/// Between two tries to reach a peer.
const PAUSE: Duration = Duration::from_millis(500);

/// Follows a peer for as long as the service runs.
pub struct Follower {
    handle: Handle,
    client: RecordClient,
    peer: Peer,
}

impl Follower {
    /// Of `peer` into the store of `handle`.
    pub fn new(handle: Handle, channel: Channel, peer: Peer) -> Self {
        Self { handle, client: RecordClient::new(channel, peer.package, PEER), peer }
    }

    /// Follows; a peer that is away is tried again, and never makes this service fail.
    #[expect(clippy::disallowed_methods, reason = "a back-off: the peer is away, and nothing here says when it is back")]
    pub async fn run(mut self) {
        let mut reached = true;
        self.handle.feeds.listen(self.peer.name);
        loop {
            match self.follow().await {
                Ok(()) => {}
                Err(error) if error.kind == ErrorKind::OutOfRange => {
                    tracing::warn!(service = self.handle.name, peer = self.peer.name, "the peer was restored; its feed is read again");
                    if let Err(error) = self.reset().await {
                        tracing::warn!(service = self.handle.name, %error, "the cursor could not be reset");
                    }
                }
                Err(error) => {
                    if reached {
                        tracing::info!(service = self.handle.name, peer = self.peer.name, %error, "the peer is away; it is tried again");
                    }
                    reached = false;
                    RETRIES.record(&[self.handle.name, "peer"], 1);
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            reached = true;
        }
    }

    /// Follows until the feed ends. That of a feed that lasted is no failure: connections do not last for ever, and the next try says whether the peer is away.
    async fn follow(&mut self) -> Result<()> {
        let held = self.cursor().await?;
        // Another process on the same store may have kept, before this cursor, what this one has not heard of.
        if self.peer.kinds.contains(&POLICY) {
            self.handle.reload().await?;
        }
        let numbers = self.peer.kinds.iter();
        let kinds = numbers.filter_map(|number| schema().kind((*number).into())).map(|info| info.name.clone()).collect();
        let request =
            WatchRequest { cursor: held.as_ref().map(|held| held.cursor.clone()).unwrap_or_default(), kinds, ..WatchRequest::default() };
        let mut pages = self.client.watch(request).await.map_err(|status| from_status(&status))?;
        // After a restore of the peer; a first reading has nothing to forget.
        let mut sweep = held.is_some_and(|held| held.cursor.is_empty());
        let began = Instant::now();
        loop {
            let page = match pages.message().await {
                Ok(Some(page)) => page,
                Ok(None) | Err(_) if began.elapsed() > PAUSE => return Ok(()),
                Ok(None) => return Err(Error::new(ErrorKind::Unavailable, "PEER_UNAVAILABLE", "the peer ended its feed")),
                Err(status) => return Err(from_status(&status)),
            };
            self.handle.feeds.heard(self.peer.name, &page);
            let (checkpoint, cursor) = (page.checkpoint, page.cursor.parse::<Cursor>()?);
            // A page without records only moves the cursor. Writing that down would move our own feed, and whoever follows it would do the same.
            if !page.records.is_empty() {
                self.keep(page, cursor).await?;
            }
            if checkpoint && std::mem::take(&mut sweep) {
                self.forget(cursor.epoch).await?;
            }
        }
    }

    async fn keep(&self, page: WatchResponse, cursor: Cursor) -> Result<()> {
        let (kinds, peer, records) = (Arc::clone(&self.handle.kinds), self.peer, page.records);
        let rules = records.iter().any(|record| [POLICY, TOKEN, SEAL_KEY].into_iter().any(|kind| record.kind == u32::from(kind)));
        let span = self.span(&records);
        self.handle.store.write("follow", move |tx| follow(tx, &kinds, peer, &records, cursor)).instrument(span).await?;
        if rules { self.handle.reload().await } else { Ok(()) }
    }

    /// A page begins a trace of its own, linked to those of the calls that its records came with.
    fn span(&self, records: &[Record]) -> Span {
        let span = debug_span!(
            parent: None,
            "follow",
            otel.name = format!("follow {}", self.peer.name),
            otel.kind = "consumer",
            crossdock.service = self.handle.name,
            crossdock.peer = self.peer.name,
            crossdock.records = records.len(),
        );
        if !span.is_disabled() {
            let calls: BTreeSet<&str> = records.iter().filter_map(|record| Some(record.envelope.as_ref()?.traceparent.as_str())).collect();
            for call in calls.into_iter().filter_map(TraceParent::parse).take(trace::MOST_LINKS) {
                trace::link(&span, call.as_bytes());
            }
        }
        span
    }

    /// The whole feed was read: what it did not show is gone.
    async fn forget(&self, epoch: u64) -> Result<()> {
        for kind in self.peer.kinds.iter().filter(|_| self.peer.apply.is_none()) {
            let (kind, mut after) = (*kind, Some(String::new()));
            while let Some(from) = after {
                after = self.handle.store.write("forget", move |tx| forget(tx, kind, epoch, &from)).await?;
            }
        }
        Ok(())
    }

    async fn cursor(&self) -> Result<Option<FeedCursor>> {
        let key = Key::new(FEED_CURSOR, self.peer.name);
        let held = self.handle.store.read("cursor", move |read| read.get(&[key])).await?;
        Ok(held.first().filter(|held| !held.deleted).and_then(|held| FeedCursor::decode(held.body.clone()).ok()))
    }

    async fn reset(&self) -> Result<()> {
        let (kinds, peer) = (Arc::clone(&self.handle.kinds), self.peer);
        self.handle.store.write("follow.reset", move |tx| follow(tx, &kinds, peer, &[], Cursor::default())).await
    }
}

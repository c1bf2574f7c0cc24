//! How far a service is behind the feeds that it follows.

use crossdock_core::Cursor;
use crossdock_proto::records::WatchResponse;
use crossdock_telemetry::metrics::{FEED_AGE, FEED_LAG, Measured};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// By peer: positions that its last page left to read, if it had one, and when it was heard.
#[derive(Debug, Default)]
pub struct Feeds(Mutex<BTreeMap<&'static str, (Option<i64>, Instant)>>);

impl Feeds {
    /// Begins to listen: a peer that never answers is silent since now.
    pub(crate) fn listen(&self, peer: &'static str) {
        self.note(peer, None);
    }

    /// A page came, or a heartbeat.
    pub(crate) fn heard(&self, peer: &'static str, page: &WatchResponse) {
        let position = |cursor: &str| cursor.parse::<Cursor>().ok().map(|cursor| cursor.position);
        self.note(peer, position(&page.head).zip(position(&page.cursor)).map(|(head, read)| head - read));
    }

    fn note(&self, peer: &'static str, behind: Option<i64>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, (behind, Instant::now()));
    }

    /// As gauges of this service.
    pub fn gauges(&self, service: &str) -> Vec<Measured> {
        let mut said = Vec::new();
        for (peer, (behind, at)) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            said.extend(behind.map(|behind| Measured::new(&FEED_LAG, &[service, peer], behind)));
            said.push(Measured::new(&FEED_AGE, &[service, peer], at.elapsed()));
        }
        said
    }
}

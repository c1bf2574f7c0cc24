//! The feed, live.

use crate::{Handle, status};
use crossdock_core::{Cursor, Error, Result};
use crossdock_proto::{
    records::{WatchRequest, WatchResponse},
    schema,
};
use crossdock_records::record;
use crossdock_store::{Read, Record, Scan};
use futures::{StreamExt, stream::BoxStream};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Records of one page.
const PAGE: usize = 500;
/// Pages that wait for a slow reader.
const AHEAD: usize = 2;
/// How long silence lasts before a heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(crate) fn unknown_kind(handle: &Handle, name: &str) -> Error {
    let kinds: Vec<_> = handle.kinds.owned().map(|info| info.name.as_str()).collect();
    Error::invalid("UNKNOWN_KIND", format!("{name:?} is not a kind of {}; it has {}", handle.name, kinds.join(", ")))
}

/// Records of a set that is not committed are not shown.
pub(crate) fn is_shown(handle: &Handle, record: &Record) -> bool {
    record.counts || !handle.kinds.info(record.kind).is_some_and(|info| info.on_commit)
}

/// Streams the feed from a cursor.
pub(crate) async fn watch(handle: Handle, request: WatchRequest) -> Result<BoxStream<'static, Result<WatchResponse, Status>>> {
    let kinds = kinds(&handle, &request.kinds)?;
    let head = handle.store.read("head", |read| read.head()).await?;
    let from = match request.cursor.as_str() {
        "" => Cursor { epoch: head.epoch, position: 0 },
        cursor => cursor.parse::<Cursor>()?.check(head)?,
    };
    let (pages, stream) = mpsc::channel(AHEAD);
    let WatchRequest { key_prefix: prefix, location_id: location, until_checkpoint, .. } = request;
    let watcher = Watcher { handle, kinds, prefix, location, at: from, until_checkpoint, pages };
    tokio::spawn(watcher.run());
    Ok(ReceiverStream::new(stream).boxed())
}

fn kinds(handle: &Handle, named: &[String]) -> Result<Vec<u16>> {
    if named.is_empty() {
        return Ok(handle.kinds.owned().map(|info| info.number).collect());
    }
    let number = |name: &String| match schema().kind_named(name) {
        Some(info) if handle.kinds.owns(info.number.into()) => Ok(info.number),
        _ => Err(unknown_kind(handle, name)),
    };
    named.iter().map(number).collect()
}

struct Watcher {
    handle: Handle,
    kinds: Vec<u16>,
    prefix: String,
    location: String,
    at: Cursor,
    until_checkpoint: bool,
    pages: mpsc::Sender<Result<WatchResponse, Status>>,
}

impl Watcher {
    async fn run(mut self) {
        let mut moved = self.handle.store.head();
        loop {
            moved.mark_unchanged();
            match self.next().await {
                Ok(page) => {
                    let done = page.checkpoint;
                    if self.pages.send(Ok(page)).await.is_err() || (done && self.until_checkpoint) {
                        return;
                    }
                    if done && !self.wait(&mut moved).await {
                        return;
                    }
                }
                Err(error) => {
                    self.pages.send(Err(status(error))).await.ok();
                    return;
                }
            }
        }
    }

    /// Waits for the head to move, with heartbeats; false if nobody listens any more.
    async fn wait(&self, moved: &mut tokio::sync::watch::Receiver<Cursor>) -> bool {
        loop {
            tokio::select! {
                changed = tokio::time::timeout(HEARTBEAT, moved.changed()) => match changed {
                    Ok(changed) => return changed.is_ok(),
                    Err(_) => {
                        let at = self.at.to_string();
                        let beat = WatchResponse { cursor: at.clone(), head: at, ..WatchResponse::default() };
                        if self.pages.send(Ok(beat)).await.is_err() {
                            return false;
                        }
                    }
                },
                () = self.pages.closed() => return false,
            }
        }
    }

    async fn next(&mut self) -> Result<WatchResponse> {
        let (kinds, at) = (self.kinds.clone(), self.at);
        let (records, head) = self.handle.store.read("watch", move |read| page(read, &kinds, at)).await?;
        let checkpoint = records.len() < PAGE;
        let last = records.last().map(|record| record.position);
        self.at.position = if checkpoint { head.position } else { last.unwrap_or(head.position) };
        let here = |stored: &Record| self.location.is_empty() || self.handle.kinds.is_at(stored, &self.location);
        let shown = |stored: &Record| is_shown(&self.handle, stored) && stored.key.starts_with(&self.prefix) && here(stored);
        let records = records.into_iter().filter(shown).map(record).collect();
        Ok(WatchResponse { records, cursor: self.at.to_string(), checkpoint, head: head.to_string() })
    }
}

/// The next records of several kinds, by position.
fn page(read: &mut Read<'_>, kinds: &[u16], from: Cursor) -> Result<(Vec<Record>, Cursor)> {
    let head = read.head()?;
    if head.epoch != from.epoch {
        return Err(from.check(head).err().unwrap_or_else(|| Error::internal("the feed was lost", "epoch changed")));
    }
    let mut records = Vec::new();
    for kind in kinds {
        records.extend(read.scan(Scan::Since { kind: *kind, after: from.position, upto: head.position }, PAGE)?);
    }
    records.sort_unstable_by_key(|record| record.position);
    records.truncate(PAGE);
    Ok((records, head))
}

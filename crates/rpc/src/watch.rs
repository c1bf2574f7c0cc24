//! The feed, live.

use crate::{
    Handle, View, status,
    weight::{Chunk, Filling},
};
use crossdock_core::{Cursor, Error, Result};
use crossdock_proto::{
    records::{WatchRequest, WatchResponse},
    schema,
};
use crossdock_store::{Read, Record, Scan};
use futures::{StreamExt, stream::BoxStream};
use std::{ops::Range, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};
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
pub(crate) async fn watch(handle: Handle, view: View, request: WatchRequest) -> Result<BoxStream<'static, Result<WatchResponse, Status>>> {
    let kinds = kinds(&handle, &view, &request.kinds)?;
    let head = handle.store.read("head", |read| read.head()).await?;
    let from = match request.cursor.as_str() {
        "" => Cursor { epoch: head.epoch, position: 0 },
        cursor => view.take_cursor(cursor)?.check(head).map_err(|error| view.told(error))?,
    };
    let (pages, stream) = mpsc::channel(AHEAD);
    let WatchRequest { key_prefix: prefix, location_id: location, until_checkpoint, .. } = request;
    let watcher = Watcher { handle, view, kinds, prefix, location, at: from, until_checkpoint, is_told: false, pages };
    tokio::spawn(watcher.run());
    Ok(ReceiverStream::new(stream).boxed())
}

/// The kinds that were named; else all that the caller's roles read.
fn kinds(handle: &Handle, view: &View, named: &[String]) -> Result<Vec<u16>> {
    if named.is_empty() {
        return Ok(handle.kinds.owned().filter(|info| view.sight().reads(info)).map(|info| info.number).collect());
    }
    let number = |name: &String| match schema().kind_named(name) {
        Some(info) if handle.kinds.owns(info.number.into()) => view.expect(info).map(|()| info.number),
        _ => Err(unknown_kind(handle, name)),
    };
    named.iter().map(number).collect()
}

struct Watcher {
    handle: Handle,
    view: View,
    kinds: Vec<u16>,
    prefix: String,
    location: String,
    at: Cursor,
    until_checkpoint: bool,
    /// The reader has had a checkpoint.
    is_told: bool,
    pages: mpsc::Sender<Result<WatchResponse, Status>>,
}

impl Watcher {
    async fn run(mut self) {
        let mut moved = self.handle.store.head();
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        loop {
            moved.mark_unchanged();
            match self.next().await {
                Ok(page) => {
                    let done = page.checkpoint;
                    if self.is_news(&page) {
                        self.is_told |= done;
                        beat.reset();
                        if self.pages.send(Ok(page)).await.is_err() {
                            return;
                        }
                    }
                    if done && (self.until_checkpoint || !self.wait(&mut moved, &mut beat).await) {
                        return;
                    }
                }
                Err(error) => {
                    self.pages.send(Err(status(self.view.told(error)))).await.ok();
                    return;
                }
            }
        }
    }

    /// A page without records says that something happened that is not shown: whoever is limited to a part of the business is not told.
    fn is_news(&self, page: &WatchResponse) -> bool {
        !page.records.is_empty() || !self.view.sight().is_limited() || (page.checkpoint && !self.is_told)
    }

    /// Waits for the head to move, with heartbeats; false if nobody listens any more.
    async fn wait(&self, moved: &mut tokio::sync::watch::Receiver<Cursor>, beat: &mut Interval) -> bool {
        loop {
            tokio::select! {
                changed = moved.changed() => return changed.is_ok(),
                stopped = self.handle.bounds.stopped() => {
                    self.pages.send(Err(stopped)).await.ok();
                    return false;
                },
                _ = beat.tick() => {
                    let page = self.told(Vec::new(), false, self.at).map_err(status);
                    if self.pages.send(page).await.is_err() {
                        return false;
                    }
                },
                () = self.pages.closed() => return false,
            }
        }
    }

    async fn next(&mut self) -> Result<WatchResponse> {
        let (kinds, at, handle, view) = (self.kinds.clone(), self.at, self.handle.clone(), self.view.clone());
        let (prefix, location) = (self.prefix.clone(), self.location.clone());
        let look = move |read: &mut Read<'_>| {
            let (mut records, checkpoint, head) = page(read, &kinds, at)?;
            let last = records.last().map(|record| record.position);
            let here = |stored: &Record| location.is_empty() || handle.kinds.is_at(stored, &location);
            records.retain(|stored| is_shown(&handle, stored) && stored.key.starts_with(&prefix) && here(stored));
            let position = if checkpoint { head.position } else { last.unwrap_or(head.position) };
            Ok((view.reader().rows(read, records)?, position, checkpoint, head))
        };
        let (records, position, checkpoint, head) = self.handle.store.read("watch", look).await?;
        self.at.position = position;
        self.told(records, checkpoint, head)
    }

    /// A page; where the feed ends is not for whoever sees a part of it.
    fn told(&self, records: Vec<Record>, checkpoint: bool, head: Cursor) -> Result<WatchResponse> {
        let head = if self.view.sight().is_limited() { String::new() } else { head.to_string() };
        let records = records.into_iter().map(|stored| self.view.record(stored)).collect();
        Ok(WatchResponse { records, cursor: self.view.give_cursor(self.at)?, checkpoint, head })
    }
}

/// The next records of several kinds, by position; and whether these are all.
fn page(read: &mut Read<'_>, kinds: &[u16], from: Cursor) -> Result<(Vec<Record>, bool, Cursor)> {
    let head = read.head()?;
    if head.epoch != from.epoch {
        return Err(from.check(head).err().unwrap_or_else(|| Error::internal("the feed was lost", "epoch changed")));
    }
    let (mut page, mut chunk, mut after) = (Filling::new(PAGE), Chunk::new(PAGE), from.position);
    while !page.is_full() {
        let limit = chunk.size().min(PAGE - page.records.len());
        let more = merged(read, kinds, after..head.position, limit)?;
        chunk.learn(&more);
        let is_end = more.len() < limit;
        after = more.last().map_or(after, |last| last.position);
        let mut more = more.into_iter();
        while !page.is_full()
            && let Some(record) = more.next()
        {
            page.push(record);
        }
        if is_end && more.len() == 0 {
            return Ok((page.records, true, head));
        }
    }
    Ok((page.records, false, head))
}

/// So many records of several kinds, after one position and up to another.
fn merged(read: &mut Read<'_>, kinds: &[u16], between: Range<i64>, limit: usize) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for kind in kinds {
        records.extend(read.scan(Scan::Since { kind: *kind, after: between.start, upto: between.end }, limit)?);
    }
    records.sort_unstable_by_key(|record| record.position);
    records.truncate(limit);
    Ok(records)
}

//! Following a peer's feed: its records become replicas here, together with the cursor, in one transaction.

use crate::{Derived, Kind, Kinds, Known, Parse, Rules, Source, parking, stored};
use bytes::Bytes;
use crossdock_core::{Cursor, Key, Result, TraceParent};
use crossdock_proto::{
    Record,
    operations::FeedCursor,
    types::{Envelope, Operation},
};
use crossdock_store::{Record as Stored, Scan, Tx};

/// Number of the kind of cursors of peers.
pub const FEED_CURSOR: u16 = 25;
/// Replicas looked at in one transaction after a peer's restore.
const CHUNK: usize = 1_000;

impl Kind for FeedCursor {
    const NUMBER: u16 = FEED_CURSOR;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for FeedCursor {}

/// A peer whose feed is followed.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its name, such as `master-data`.
    pub name: &'static str,
    /// Its protobuf package, such as `crossdock.masterdata.v1`.
    pub package: &'static str,
    /// Numbers of the kinds that are followed.
    pub kinds: &'static [u16],
    /// What becomes of a record of it; by default a replica under the same key.
    pub apply: Option<Apply>,
}

/// What becomes of a record of the feed `peer`, with the epoch of that feed.
pub type Apply = fn(of: (&'static str, u64), record: &Record, to: &mut Derived<'_, '_>) -> Result<()>;

/// Takes a page of a peer's feed. The owner has settled and checked these records; here they replace what is held, in feed order.
///
/// # Errors
/// If the store fails.
pub fn follow(tx: &mut Tx<'_>, kinds: &Kinds, peer: Peer, page: &[Record], cursor: Cursor) -> Result<()> {
    let mut known = Known::default();
    let envelope = |record: &Record| record.envelope.clone().unwrap_or_default();
    let key = |record: &Record| Key::new(u16::try_from(record.kind).unwrap_or_default(), envelope(record).key);
    if peer.apply.is_none() {
        known.load(tx, page.iter().map(key))?;
    }
    let mut frees = Vec::new();
    for record in page {
        let envelope = envelope(record);
        match peer.apply {
            Some(apply) => {
                let trace = trace(&envelope);
                apply(
                    (peer.name, cursor.epoch),
                    record,
                    &mut Derived { tx, known: &mut known, frees: &mut frees, trace: &trace, source: Source::default() },
                )?;
            }
            None => replicate(tx, kinds, &mut known, &mut frees, cursor.epoch, record, &envelope),
        }
    }
    let mut derived = Derived { tx, known: &mut known, frees: &mut Vec::new(), trace: &Bytes::new(), source: Source::default() };
    derived.edit::<FeedCursor>(peer.name, |_| Some(at(cursor)))?;
    parking::wake(tx, frees)
}

/// The default cursor is the beginning.
fn at(cursor: Cursor) -> FeedCursor {
    let text = if cursor == Cursor::default() { String::new() } else { cursor.to_string() };
    FeedCursor { cursor: text, epoch: cursor.epoch }
}

fn replicate(tx: &mut Tx<'_>, kinds: &Kinds, known: &mut Known, frees: &mut Vec<String>, epoch: u64, record: &Record, envelope: &Envelope) {
    let replica = Stored {
        kind: u16::try_from(record.kind).unwrap_or_default(),
        key: envelope.key.clone(),
        version: stored::version(envelope),
        position: 0,
        deleted: envelope.operation() == Operation::Delete,
        counts: !envelope.corroboration,
        connection: envelope.connection.clone(),
        set_key: epoch.to_string(),
        received: tx.now(),
        meta: stored::meta(envelope, &envelope.principal, &[]),
        trace: trace(envelope),
        body: record.body.clone(),
    };
    let held = known.record(replica.kind, &replica.key);
    let same = |held: &Stored| (held.deleted, held.counts, &held.body) == (replica.deleted, replica.counts, &replica.body);
    if held.is_some_and(same) {
        tx.touch(replica.id(), replica.version, &replica.set_key);
        return;
    }
    if let Some(kind) = kinds.get(replica.kind).filter(|_| replica.counts) {
        frees.extend(kind.frees(&replica));
    }
    known.set(replica.clone());
    tx.put(replica, Vec::new(), Vec::new());
}

fn trace(envelope: &Envelope) -> Bytes {
    TraceParent::parse(&envelope.traceparent).map_or_else(Bytes::new, |trace| Bytes::copy_from_slice(trace.as_bytes()))
}

/// After a peer's restore its whole feed was read again: what it did not show is gone. A chunk at a time; the key to go on after, if there is more.
///
/// # Errors
/// If the store fails.
pub fn forget(tx: &mut Tx<'_>, kind: u16, epoch: u64, after: &str) -> Result<Option<String>> {
    let page = tx.scan(Scan::Prefix { kind, prefix: "", after }, CHUNK)?;
    let next = (page.len() == CHUNK).then(|| page.last().map(|last| last.key.clone())).flatten();
    let epoch = epoch.to_string();
    for mut replica in page.into_iter().filter(|replica| !replica.deleted && replica.set_key != epoch) {
        replica.deleted = true;
        tx.put(replica, Vec::new(), Vec::new());
    }
    Ok(next)
}

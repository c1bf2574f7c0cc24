//! What is in the tables.

use bytes::Bytes;
use crossdock_core::{Key, Micros, Version};

/// What a list filters a record by: name and value.
pub type Fields = Vec<(&'static str, String)>;

/// One record: the latest version of one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Number of its kind.
    pub kind: u16,
    /// Key within the kind.
    pub key: String,
    /// The source's version.
    pub version: Version,
    /// Position in the feed; given by the store when it is put.
    pub position: i64,
    /// A tombstone.
    pub deleted: bool,
    /// Counts; otherwise it is kept for comparison, or its set is not committed.
    pub counts: bool,
    /// The connection that sent it; empty for what Crossdock keeps itself.
    pub connection: String,
    /// The set it came in; empty for none. For a replica: the owner's epoch.
    pub set_key: String,
    /// When this version was taken in.
    pub received: Micros,
    /// What else came with it, encoded by the layer above.
    pub meta: Bytes,
    /// Trace context of the call that brought it, 25 bytes or none.
    pub trace: Bytes,
    /// The kind's message, encoded.
    pub body: Bytes,
}

impl Record {
    /// Its name.
    pub fn id(&self) -> Key {
        Key::new(self.kind, self.key.clone())
    }
}

/// A task with its time. There is at most one per task and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What to do, such as `redrive`.
    pub task: String,
    /// To what, such as `item/ABC`.
    pub key: String,
    /// When.
    pub at: Micros,
    /// How often it was tried.
    pub attempt: i64,
}

/// An exact total, in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Key within the kind of sum.
    pub key: String,
    /// Bucket, such as a day number.
    pub bucket: i64,
    /// The total.
    pub amount: i64,
}

/// A call that must have one effect however often it is made.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who calls: the connection.
    pub caller: &'a str,
    /// The caller's id for the call.
    pub id: &'a str,
    /// The method.
    pub method: &'static str,
    /// Digest of the request without its id.
    pub digest: &'a [u8],
}

/// How many records of a kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindCount {
    /// Number of the kind.
    pub kind: u16,
    /// Tombstones.
    pub deleted: bool,
    /// How many.
    pub records: i64,
}

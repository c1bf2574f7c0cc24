//! What was decided, as a chain: each entry carries the hash of the one before, and is written in the transaction of its decision.

mod difference;
mod verify;

pub use difference::{Change, differences};
pub use verify::{Fault, Mark, Verification};

use crate::{Kind, Origin, Parse, Rules, encoded, timestamp};
use bytes::Bytes;
use crossdock_core::{Error, Key, Result, Version};
use crossdock_proto::operations::{AuditEntry, AuditHead};
use crossdock_store::{Fields, Record, Tx};
use prost::Message;
use sha2::{Digest, Sha256};

/// Number of the kind of entries.
pub const AUDIT_ENTRY: u16 = 27;
/// Number of the kind that holds where the chain ends; its key is `head`.
pub const AUDIT_HEAD: u16 = 28;

/// Key of the head.
const HEAD: &str = "head";
/// Longest text that an entry keeps, in characters.
const LONGEST: usize = 1_000;

/// Appends a decision to the chain of the service whose transaction this is. What was done to what, why and what was seen is the caller's to say; who, when and
/// the place in the chain are filled in here. Nothing else writes entries, and nothing changes or removes them.
///
/// # Errors
/// If the store fails, or where the chain ends cannot be read.
pub fn audit(tx: &mut Tx<'_>, by: Option<&Origin>, decision: AuditEntry) -> Result<()> {
    let held = tx.get(&[Key::new(AUDIT_HEAD, HEAD)])?.pop();
    let head = held.as_ref().map(|held| AuditHead::decode(held.body.clone())).transpose();
    let head = head.map_err(|error| Error::internal("where the audit chain ends cannot be read", error))?.unwrap_or_default();
    let mut entry = AuditEntry {
        sequence: head.sequence + 1,
        service: tx.service().to_owned(),
        time: Some(timestamp(tx.now())),
        connection: by.map_or_else(String::new, |by| by.connection.clone()),
        principal: by.map_or_else(String::new, |by| by.principal.clone()),
        message: short(decision.message),
        // An empty value of a map is encoded in two ways, depending on the language.
        values: decision.values.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, short(value))).collect(),
        previous: head.hash,
        hash: Bytes::new(),
        ..decision
    };
    entry.hash = hash(&entry);
    let trace = by.map_or_else(Bytes::new, |by| by.trace.clone());
    let end = AuditHead { sequence: entry.sequence, hash: entry.hash.clone() };
    let fields = entry.fields();
    put(tx, Record { kind: AUDIT_ENTRY, key: entry_key(entry.sequence), trace, ..record(&entry) }, 1, fields);
    put(tx, Record { kind: AUDIT_HEAD, key: HEAD.to_owned(), ..record(&end) }, end.sequence, Fields::new());
    Ok(())
}

fn record(message: &impl Message) -> Record {
    Record { counts: true, body: encoded(message).into(), ..Record::default() }
}

fn put(tx: &mut Tx<'_>, record: Record, version: i64, fields: Fields) {
    let version = Version { primary: version, observed: 0 };
    tx.put(Record { version, received: tx.now(), ..record }, Fields::new(), fields);
}

/// The key of an entry: keys are in the order of the chain.
pub fn entry_key(sequence: i64) -> String {
    format!("{sequence:020}")
}

/// SHA-256 of the canonical body: the message as it is encoded without `hash`.
fn hash(entry: &AuditEntry) -> Bytes {
    let body = AuditEntry { hash: Bytes::new(), ..entry.clone() };
    Bytes::copy_from_slice(&Sha256::digest(encoded(&body)))
}

fn short(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Kind for AuditEntry {
    const NUMBER: u16 = AUDIT_ENTRY;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for AuditEntry {
    fn fields(&self) -> Fields {
        let by = if self.principal.is_empty() { &self.connection } else { &self.principal };
        // The key is escaped already.
        let all = [("subject", format!("{}/{}", self.kind, self.key)), ("by", by.clone()), ("action", self.action.clone())];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

impl Kind for AuditHead {
    const NUMBER: u16 = AUDIT_HEAD;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for AuditHead {}

//! What a batch knows of the store: loaded once, own changes included.

use crate::{Kind, Parse, Rules, Sight, parking};
use bytes::Bytes;
use crossdock_core::{Key, Micro, Micros, Result, TraceParent, Version};
use crossdock_store::{Due, Record, Scan, Tx};
use crossdock_telemetry::{
    metrics::{Instrument, Measured, Number},
    trace,
};
use prost::Message;
use std::{any::Any, cell::OnceCell, collections::HashMap};

/// How long a fault of a derived record may stand before it becomes an issue.
const MINUTE: Micros = 60 * 1_000_000;

/// Records by kind and key, with their models made on first use.
#[derive(Default)]
pub struct Known {
    held: HashMap<u16, HashMap<String, Slot>>,
}

#[derive(Default)]
struct Slot {
    record: Option<Record>,
    model: OnceCell<Option<Box<dyn Any + Send + Sync>>>,
}

impl Known {
    /// Loads what is not known yet, in one round trip.
    pub(crate) fn load(&mut self, tx: &mut Tx<'_>, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let mut missing = Vec::new();
        for key in keys {
            if self.assume_absent(&key) {
                missing.push(key);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        for record in tx.get(&missing)? {
            self.set(record);
        }
        Ok(())
    }

    /// Takes what is not known as not there; whether it was not known.
    pub(crate) fn assume_absent(&mut self, key: &Key) -> bool {
        let held = self.held.entry(key.kind).or_default();
        if held.contains_key(&key.key) {
            return false;
        }
        held.insert(key.key.clone(), Slot::default());
        true
    }

    pub(crate) fn set(&mut self, record: Record) {
        let slots = self.held.entry(record.kind).or_default();
        slots.insert(record.key.clone(), Slot { record: Some(record), model: OnceCell::new() });
    }

    /// The record as it is stored, tombstones included.
    pub(crate) fn record(&self, kind: u16, key: &str) -> Option<&Record> {
        self.held.get(&kind)?.get(key)?.record.as_ref()
    }

    /// Whether anybody has looked: if so, what is not there is not there.
    pub fn is_known(&self, kind: u16, key: &str) -> bool {
        self.held.get(&kind).is_some_and(|held| held.contains_key(key))
    }

    /// Whether a record is there, whether it counts or not.
    pub fn is_held(&self, kind: u16, key: &str) -> bool {
        self.record(kind, key).is_some_and(|record| !record.deleted)
    }

    /// Whether a record is there and counts.
    pub fn exists(&self, kind: u16, key: &str) -> bool {
        self.record(kind, key).is_some_and(|record| !record.deleted && record.counts)
    }

    /// The model of a record that is there and counts. It must have been named by `needs` or `looks_at`.
    pub fn get<K: Kind>(&self, key: &str) -> Option<&K> {
        let slot = self.held.get(&K::NUMBER)?.get(key)?;
        let record = slot.record.as_ref().filter(|record| !record.deleted && record.counts)?;
        let model = slot.model.get_or_init(|| parse_stored::<K>(&record.body).map(|model| Box::new(model) as _));
        model.as_ref()?.downcast_ref()
    }
}

/// Changes derived records outside of a batch; what that frees is made due.
///
/// # Errors
/// If `work` fails or the store does.
pub fn derive<T>(tx: &mut Tx<'_>, trace: &Bytes, work: impl FnOnce(&mut Derived<'_, '_>) -> Result<T>) -> Result<T> {
    let (mut known, mut frees) = (Known::default(), Vec::new());
    let answer = work(&mut Derived { tx, known: &mut known, frees: &mut frees, trace, source: Source::default() })?;
    parking::wake(tx, frees)?;
    Ok(answer)
}

/// The record that something follows from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Source<'a> {
    /// Its key.
    pub key: &'a str,
    /// When that version came in.
    pub received: Micros,
    /// When its source recorded that version; unknown if absent.
    pub recorded: Option<Micros>,
}

/// Where rules put what follows from a record.
pub struct Derived<'a, 'b> {
    pub(crate) tx: &'a mut Tx<'b>,
    pub(crate) known: &'a mut Known,
    pub(crate) frees: &'a mut Vec<String>,
    pub(crate) trace: &'a Bytes,
    pub(crate) source: Source<'a>,
}

impl<'a, 'b> Derived<'a, 'b> {
    /// The transaction, for a use case of its own. What this has read before it, it does not read again.
    pub fn tx(&mut self) -> &mut Tx<'b> {
        self.tx
    }

    /// Adds to an exact total: `kind` is the number of a kind of sum, `bucket` a day or 0.
    ///
    /// # Errors
    /// If the total overflows.
    pub fn add(&mut self, kind: u16, key: &str, bucket: i64, amount: Micro) -> Result<()> {
        if amount == Micro::ZERO { Ok(()) } else { self.tx.add(kind, key, bucket, amount.0) }
    }

    /// What is known, own changes included.
    pub fn known(&self) -> &Known {
        self.known
    }

    /// The record that comes, changes or goes; nothing where it is not one of this service's own records that does.
    pub fn source(&self) -> Source<'a> {
        self.source
    }

    /// Committed records whose keys begin so, by key, tombstones included, each as it is now.
    ///
    /// # Errors
    /// If the store fails.
    pub fn page(&mut self, kind: u16, prefix: &str, after: &str, limit: usize) -> Result<Vec<Record>> {
        self.tx.scan(Scan::Prefix { kind, prefix, after }, limit)
    }

    /// When this is written.
    pub fn now(&self) -> Micros {
        self.tx.now()
    }

    /// Which life of the store this is: another after every restore.
    pub fn epoch(&self) -> u64 {
        self.tx.head().epoch
    }

    /// The exact total of one key over the buckets from `first` to `last`, own additions included.
    ///
    /// # Errors
    /// If the store fails.
    pub fn total(&mut self, kind: u16, key: &str, first: i64, last: i64) -> Result<Micro> {
        self.tx.range(kind, key, first, last).map(Micro)
    }

    /// A derived record as it is now.
    ///
    /// # Errors
    /// If it was not named by `looks_at` and cannot be read.
    pub fn held<K: Kind + Clone>(&mut self, key: &str) -> Result<Option<K>> {
        self.known.load(self.tx, [Key::new(K::NUMBER, key)])?;
        Ok(self.known.get::<K>(key).cloned())
    }

    /// A derived record as it is now, if this sight covers it. What it does not cover is not there, and takes as long to find.
    ///
    /// # Errors
    /// If the store fails.
    pub fn seen<K: Kind + Clone>(&mut self, sight: &Sight, key: &str) -> Result<Option<K>> {
        let held = self.held::<K>(key)?;
        let part = held.as_ref().map(|held| held.scope().into()).unwrap_or_default();
        let covered = sight.covers(&mut |keys| self.tx.get(keys), &[part])?;
        Ok(held.filter(|_| covered == [true]))
    }

    /// Counts faults of derived records, so that they become an issue when they stand longer than a minute: `finding/<reason>/<of>`.
    ///
    /// # Errors
    /// If the count overflows.
    pub fn count_finding(&mut self, reason: &str, of: &str, by: i64) -> Result<()> {
        parking::count_finding(self.tx, reason, of, by, MINUTE)
    }

    /// Measures a fact: it is recorded under these label values once it is on disk, and never if it does not get there.
    pub fn measure(&mut self, instrument: &'static Instrument, values: &[&str], value: impl Into<Number>) {
        let trace = TraceParent::from_bytes(self.trace);
        self.tx.measure(Measured::new(instrument, values, value).within(trace));
    }

    /// Makes a task of this service due now.
    pub fn due(&mut self, task: &str, key: impl Into<String>) {
        self.due_at(self.tx.now(), task, key);
    }

    /// Makes a task of this service due then, instead of when it was to be before.
    pub fn due_at(&mut self, at: Micros, task: &str, key: impl Into<String>) {
        self.tx.later(Due { task: task.to_owned(), key: key.into(), at, attempt: 0 });
    }

    /// A task of this service is not due any more.
    pub fn not_due(&mut self, task: &str, key: &str) {
        self.tx.done(task, key);
    }

    /// Changes a derived record: `change` gets what is there and says what shall be; `None` is not there. Without a difference nothing is
    /// written.
    ///
    /// # Errors
    /// If the record was not named by `looks_at` and cannot be read.
    pub fn edit<K: Kind>(&mut self, key: &str, change: impl FnOnce(Option<K::Message>) -> Option<K::Message>) -> Result<()> {
        self.known.load(self.tx, [Key::new(K::NUMBER, key)])?;
        let held = self.known.record(K::NUMBER, key).cloned();
        let old = held.as_ref().filter(|held| !held.deleted).and_then(|held| K::Message::decode(held.body.clone()).ok());
        let new = change(old.clone());
        if new == old {
            return Ok(());
        }
        let model = |message: &Option<K::Message>| K::parse(message.as_ref()?, &mut Parse::stored());
        let (was, is) = (model(&old), model(&new));
        let before = was.as_ref().map_or_else(Vec::new, Rules::fields);
        let after = is.as_ref().map_or_else(Vec::new, Rules::fields);
        if let Some(is) = &is {
            self.frees.extend(is.frees(key));
        }
        let version = Version { primary: held.as_ref().map_or(0, |held| held.version.primary) + 1, observed: 0 };
        if let Some(held) = &held {
            self.tx.built_on(&held.trace);
        }
        let deleted = new.is_none();
        let body = new.or(old).map(|message| message.encode_to_vec().into()).unwrap_or_default();
        let record = Record {
            kind: K::NUMBER,
            key: key.to_owned(),
            version,
            deleted,
            counts: true,
            received: self.tx.now(),
            trace: if self.trace.is_empty() { current() } else { self.trace.clone() },
            body,
            ..Record::default()
        };
        self.known.set(record.clone());
        self.tx.put(record, before, after);
        Ok(())
    }
}

/// What is not done for a call hangs on the span that does it.
fn current() -> Bytes {
    trace::current().map_or_else(Bytes::new, |trace| Bytes::copy_from_slice(trace.as_bytes()))
}

/// The model of a stored body.
pub(crate) fn parse_stored<K: Kind>(body: &[u8]) -> Option<K> {
    K::parse(&K::Message::decode(body).ok()?, &mut Parse::stored())
}

//! The kinds of a service, and a record on its way in with its type erased.

use crate::{
    Derived, Findings, Incoming, Kind, Known, Parse, Part, Policy, Reference, Rules, Scope, Sender, Source, Verdict, known::parse_stored,
    parking, sets, stored,
};
use bytes::Bytes;
use crossdock_core::{Error, Key, Micro, Result, Violation};
use crossdock_proto::{
    KindInfo, Rows, UNREADABLE,
    operations::{AuditEntry, AuditHead, Backlog, FeedCursor, Issue, Parked, Set, WatermarkState},
    parts, schema,
    types::{Date, Envelope, Operation},
};
use crossdock_store::{Fields, Record, Tx};
use prost::{Message, Name};
use std::{collections::BTreeMap, marker::PhantomData};

/// Most bytes of what a record says.
pub const MAX_BODY: usize = 256 * 1024;
/// Most bytes of a record's envelope.
pub const MAX_ENVELOPE: usize = 8 * 1024;
/// Most elements of the repeated fields of a record, at any depth.
pub const MAX_PARTS: usize = 4_096;

/// The kinds that a service knows: its own, and those it follows from peers.
#[derive(Default)]
pub struct Kinds {
    known: BTreeMap<u16, Entry>,
}

struct Entry {
    info: &'static KindInfo,
    kind: Box<dyn AnyKind>,
    owned: bool,
}

impl Kinds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind that this service owns.
    ///
    /// # Errors
    /// If the contract has another message at this number.
    pub fn own<K: Kind>(self) -> Result<Self> {
        self.add::<K>(true)
    }

    /// Adds a kind that a peer owns.
    ///
    /// # Errors
    /// If the contract has another message at this number.
    pub fn follow<K: Kind>(self) -> Result<Self> {
        self.add::<K>(false)
    }

    /// Adds what every service keeps about its own work.
    ///
    /// # Errors
    /// If the contract has other messages at these numbers.
    pub fn with_operations(self) -> Result<Self> {
        let parking = self.own::<Parked>()?.own::<Issue>()?.own::<Set>()?.own::<WatermarkState>()?.own::<Backlog>()?;
        parking.own::<FeedCursor>()?.own::<AuditEntry>()?.own::<AuditHead>()
    }

    fn add<K: Kind>(mut self, owned: bool) -> Result<Self> {
        let info = schema()
            .kind(K::NUMBER.into())
            .filter(|info| info.message.full_name() == K::Message::full_name())
            .ok_or_else(|| Error::internal("a kind is not in the contract", format!("{} at {}", K::Message::full_name(), K::NUMBER)))?;
        self.known.insert(K::NUMBER, Entry { info, kind: Box::new(Typed::<K>(PhantomData)), owned });
        Ok(self)
    }

    /// What the contract says of a kind of this service, followed ones included.
    pub fn info(&self, number: u16) -> Option<&'static KindInfo> {
        self.known.get(&number).map(|entry| entry.info)
    }

    /// The kinds that this service owns, by number.
    pub fn owned(&self) -> impl Iterator<Item = &'static KindInfo> {
        self.known.values().filter(|entry| entry.owned).map(|entry| entry.info)
    }

    /// Whether this service owns the kind.
    pub fn owns(&self, number: u32) -> bool {
        u16::try_from(number).is_ok_and(|number| self.known.get(&number).is_some_and(|entry| entry.owned))
    }

    pub(crate) fn get(&self, number: u16) -> Option<&dyn AnyKind> {
        self.known.get(&number).map(|entry| entry.kind.as_ref())
    }

    /// A record on its way in; refused if its kind cannot be written here or its bytes are not that kind's.
    pub(crate) fn open(&self, record: &crossdock_proto::Record) -> Result<Box<dyn Draft>, Violation> {
        if record.kind == UNREADABLE {
            let why = String::from_utf8_lossy(&record.body);
            return Err(Violation::new("envelope", "MALFORMED_MESSAGE", why, "must be an envelope, with texts in UTF-8"));
        }
        let entry = u16::try_from(record.kind).ok().and_then(|number| self.known.get(&number)).filter(|entry| entry.owned);
        let writable =
            || self.owned().filter(|info| !info.writers.is_empty()).map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ");
        let Some(entry) = entry else {
            return Err(Violation::new("kind", "UNKNOWN_KIND", record.kind.to_string(), format!("must be one of {}", writable())));
        };
        if entry.info.writers.is_empty() {
            return Err(Violation::new(
                "kind",
                "READ_ONLY_KIND",
                &entry.info.name,
                format!("is kept by Crossdock; may be one of {}", writable()),
            ));
        }
        fits(entry.info, record)?;
        entry.kind.open(&record.body).map_err(|error| {
            Violation::new(&entry.info.name, "MALFORMED_MESSAGE", error.to_string(), "must be a message of this kind, with texts in UTF-8")
        })
    }

    /// Whether a stored record is of this location, or of none.
    pub fn is_at(&self, record: &Record, location: &str) -> bool {
        self.get(record.kind).is_none_or(|kind| kind.in_scope(record, &mut |scope| scope.location.is_none_or(|held| held == location)))
    }

    /// What a stored record says itself of the part of the business that it belongs to, and the records that say the rest.
    pub(crate) fn part(&self, record: &Record) -> (Part, Vec<Key>) {
        let entry = self.known.get(&record.kind).filter(|entry| entry.info.rows == Rows::Scoped);
        entry.map_or_else(Default::default, |entry| entry.kind.part(record))
    }

    /// Every field of a stored record, findings and sets included.
    pub fn all_fields(&self, held: &Record) -> Fields {
        let mut fields = self.fields(held);
        parking::finding_fields(&stored::findings(held), &mut fields);
        sets::field(self, held, &mut fields);
        fields
    }

    /// What a committed set means for the derived state of its kind.
    ///
    /// # Errors
    /// If the store fails.
    pub fn committed(&self, number: u16, (key, set): (&str, &Set), to: &mut Derived<'_, '_>) -> Result<()> {
        self.get(number).map_or(Ok(()), |kind| kind.committed(key, set, to))
    }

    /// The fields that lists filter a stored record by.
    pub fn fields(&self, record: &Record) -> Fields {
        self.get(record.kind).map_or_else(Vec::new, |kind| kind.fields(record))
    }
}

/// Whether a record is within the limits of all kinds: before it is decoded.
fn fits(info: &KindInfo, record: &crossdock_proto::Record) -> Result<(), Violation> {
    let most = |field: &str, bytes: usize, most: usize| match bytes > most {
        true => Err(Violation::new(field, "TOO_LARGE", bytes.to_string(), format!("must be at most {most} bytes"))),
        false => Ok(()),
    };
    most("envelope", record.envelope.as_ref().map_or(0, Message::encoded_len), MAX_ENVELOPE)?;
    most(&info.name, record.body.len(), MAX_BODY)?;
    if parts(&info.message, &record.body, MAX_PARTS) > MAX_PARTS {
        let message = format!("must have at most {MAX_PARTS} elements in its repeated fields together");
        return Err(Violation::new(&info.name, "TOO_MANY", format!("more than {MAX_PARTS}"), message));
    }
    Ok(())
}

/// A kind with its type erased.
pub(crate) trait AnyKind: Send + Sync {
    fn open(&self, body: &[u8]) -> Result<Box<dyn Draft>, prost::DecodeError>;
    fn fields(&self, record: &Record) -> Fields;
    fn frees(&self, record: &Record) -> Vec<String>;
    fn is_document(&self) -> bool;
    fn in_scope(&self, record: &Record, within: &mut dyn FnMut(Scope<'_>) -> bool) -> bool;
    fn part(&self, record: &Record) -> (Part, Vec<Key>);
    /// Takes a stored record out of what is derived from it.
    fn forget(&self, record: &Record, tx: &mut Tx<'_>, known: &mut Known) -> Result<()>;
    fn committed(&self, key: &str, set: &Set, to: &mut Derived<'_, '_>) -> Result<()>;
}

struct Typed<K>(PhantomData<fn() -> K>);

impl<K: Kind> AnyKind for Typed<K> {
    fn open(&self, body: &[u8]) -> Result<Box<dyn Draft>, prost::DecodeError> {
        let mut message = K::Message::decode(body)?;
        K::strip(&mut message);
        Ok(Box::new(TypedDraft::<K> { message, model: None }))
    }

    fn fields(&self, record: &Record) -> Fields {
        if record.deleted { Vec::new() } else { parse_stored::<K>(&record.body).map_or_else(Vec::new, |model| model.fields()) }
    }

    fn frees(&self, record: &Record) -> Vec<String> {
        if record.deleted { Vec::new() } else { parse_stored::<K>(&record.body).map_or_else(Vec::new, |model| model.frees(&record.key)) }
    }

    fn committed(&self, key: &str, set: &Set, to: &mut Derived<'_, '_>) -> Result<()> {
        K::committed(key, set, to)
    }

    fn is_document(&self) -> bool {
        K::DOCUMENT
    }

    fn part(&self, record: &Record) -> (Part, Vec<Key>) {
        parse_stored::<K>(&record.body).map_or_else(Default::default, |model| (model.scope().into(), model.belongs_to()))
    }

    fn in_scope(&self, record: &Record, within: &mut dyn FnMut(Scope<'_>) -> bool) -> bool {
        parse_stored::<K>(&record.body).is_some_and(|model| within(model.scope()))
    }

    fn forget(&self, record: &Record, tx: &mut Tx<'_>, known: &mut Known) -> Result<()> {
        let Some(model) = parse_stored::<K>(&record.body).filter(|_| record.counts) else { return Ok(()) };
        known.load(tx, model.looks_at())?;
        let source = Source { key: &record.key, received: record.received, recorded: None };
        K::derive(Some(&model), None, &mut Derived { tx, known, frees: &mut Vec::new(), trace: &Bytes::new(), source })
    }
}

/// The model of a stored record, also of a tombstone.
pub fn model<K: Kind>(record: &Record) -> Option<K> {
    parse_stored::<K>(&record.body)
}

/// The contract message of a stored record, also of a tombstone.
pub fn message<K: Kind>(record: &Record) -> Option<K::Message> {
    K::Message::decode(record.body.clone()).ok()
}

/// A record on its way in.
pub(crate) trait Draft: Send {
    fn number(&self) -> u16;
    fn is_document(&self) -> bool;
    fn key(&self, connection: &str, envelope: &Envelope) -> String;
    fn references(&mut self, visit: &mut dyn FnMut(Reference<'_>));
    fn business_date(&self) -> Option<Date>;
    fn quantity(&self) -> Option<&str>;
    /// Makes the model, or says every violation.
    fn parse(&mut self, key: &str, sender: &Sender<'_>) -> (Vec<Violation>, Findings);
    fn needs(&self) -> Vec<Key>;
    fn looks_at(&self) -> Vec<Key>;
    fn fields(&self) -> Fields;
    fn scope(&self) -> Scope<'_>;
    fn belongs_to(&self) -> Vec<Key>;
    fn frees(&self, key: &str) -> Vec<String>;
    /// Its content is that of a stored body.
    fn same(&self, held: &[u8]) -> bool;
    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict;
    fn users(&self) -> &'static [(u16, &'static str)];
    fn is_ended(&self, today: i64) -> bool;
    /// Its body as it is stored.
    fn body(&mut self) -> Bytes;
    /// What its tombstone keeps: the last content, as far as it may be kept.
    fn tombstone(&self, held: Option<&Record>) -> Bytes;
    /// Records that derived state of the held version needs.
    fn looked_at(&self, held: &Record) -> Vec<Key>;
    /// `newer` is held and this one, which is older, came after it.
    fn late(&self, newer: &Record, to: &mut Derived<'_, '_>) -> Result<()>;
    /// It counts, under this key.
    fn counts(&self, key: &str, to: &mut Derived<'_, '_>);
    /// `old` was, `new` says whether this draft takes its place.
    fn derive(&self, old: Option<&Record>, new: bool, to: &mut Derived<'_, '_>) -> Result<()>;
}

struct TypedDraft<K: Kind> {
    message: K::Message,
    model: Option<K>,
}

impl<K: Kind> Draft for TypedDraft<K> {
    fn number(&self) -> u16 {
        K::NUMBER
    }

    fn is_document(&self) -> bool {
        K::DOCUMENT
    }

    fn key(&self, connection: &str, envelope: &Envelope) -> String {
        K::key(&self.message, connection, envelope)
    }

    fn references(&mut self, visit: &mut dyn FnMut(Reference<'_>)) {
        K::references(&mut self.message, visit);
    }

    fn business_date(&self) -> Option<Date> {
        K::business_date(&self.message)
    }

    fn quantity(&self) -> Option<&str> {
        K::quantity(&self.message)
    }

    fn parse(&mut self, key: &str, sender: &Sender<'_>) -> (Vec<Violation>, Findings) {
        let mut parse = Parse::new(sender.default_unit, sender.default_currency).of(key);
        K::fill(&mut self.message, sender);
        self.model = K::parse(&self.message, &mut parse);
        let (mut violations, findings) = parse.finish();
        if self.model.is_none() && violations.is_empty() {
            violations.push(Violation::new("", "MALFORMED_RECORD", "", "cannot be read"));
        }
        (violations, findings)
    }

    fn needs(&self) -> Vec<Key> {
        self.model.as_ref().map_or_else(Vec::new, Rules::needs)
    }

    fn looks_at(&self) -> Vec<Key> {
        self.model.as_ref().map_or_else(Vec::new, Rules::looks_at)
    }

    fn fields(&self) -> Fields {
        self.model.as_ref().map_or_else(Vec::new, Rules::fields)
    }

    fn scope(&self) -> Scope<'_> {
        self.model.as_ref().map_or_else(Scope::default, Rules::scope)
    }

    fn belongs_to(&self) -> Vec<Key> {
        self.model.as_ref().map_or_else(Vec::new, Rules::belongs_to)
    }

    fn frees(&self, key: &str) -> Vec<String> {
        self.model.as_ref().map_or_else(Vec::new, |model| model.frees(key))
    }

    fn same(&self, held: &[u8]) -> bool {
        K::Message::decode(held).is_ok_and(|mut held| {
            K::strip(&mut held);
            held == self.message
        })
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.model.as_mut().map_or(Verdict::Use, |model| model.check(known, findings))
    }

    fn users(&self) -> &'static [(u16, &'static str)] {
        K::USERS
    }

    fn is_ended(&self, today: i64) -> bool {
        self.model.as_ref().is_some_and(|model| model.is_ended(today))
    }

    fn body(&mut self) -> Bytes {
        if let Some(model) = &self.model {
            model.complete(&mut self.message);
        }
        self.message.encode_to_vec().into()
    }

    fn tombstone(&self, held: Option<&Record>) -> Bytes {
        let mut last = held.and_then(|held| K::Message::decode(held.body.clone()).ok()).unwrap_or_else(|| self.message.clone());
        K::forget(&mut last);
        last.encode_to_vec().into()
    }

    fn looked_at(&self, held: &Record) -> Vec<Key> {
        parse_stored::<K>(&held.body).map_or_else(Vec::new, |model| model.looks_at())
    }

    fn late(&self, newer: &Record, to: &mut Derived<'_, '_>) -> Result<()> {
        match (&self.model, parse_stored::<K>(&newer.body)) {
            (Some(model), Some(newer)) => model.late(&newer, to),
            _ => Ok(()),
        }
    }

    fn counts(&self, key: &str, to: &mut Derived<'_, '_>) {
        if let Some(model) = &self.model {
            model.counts(key, to);
        }
    }

    fn derive(&self, old: Option<&Record>, new: bool, to: &mut Derived<'_, '_>) -> Result<()> {
        let old = old.and_then(|old| parse_stored::<K>(&old.body));
        let new = self.model.as_ref().filter(|_| new);
        if old.is_none() && new.is_none() { Ok(()) } else { K::derive(old.as_ref(), new, to) }
    }
}

/// One incoming record after its own bytes were looked at.
pub(crate) struct Opened {
    pub draft: Option<Box<dyn Draft>>,
    pub envelope: Envelope,
    pub deletes: bool,
    pub key: String,
    pub violations: Vec<Violation>,
    pub wait: Option<crate::Cause>,
    pub findings: Findings,
}

impl Opened {
    pub fn new(kinds: &Kinds, incoming: &Incoming) -> Self {
        let envelope = incoming.record.envelope.clone().unwrap_or_default();
        let deletes = envelope.operation() == Operation::Delete;
        let (draft, violations) = match kinds.open(&incoming.record) {
            Ok(draft) => (Some(draft), Vec::new()),
            Err(violation) => (None, vec![violation]),
        };
        Self { draft, envelope, deletes, key: String::new(), violations, wait: None, findings: Findings::default() }
    }

    /// Identity and content, once references are canonical.
    pub fn prepare(&mut self, incoming: &Incoming, policy: &Policy) {
        let Some(draft) = &mut self.draft else { return };
        self.violations.extend(identity(&self.envelope, draft.is_document()));
        self.key = draft.key(&incoming.origin.connection, &self.envelope);
        if self.key.is_empty() {
            self.violations.push(Violation::new("", "MISSING", "", "the id that names the record is required"));
        }
        if self.deletes || self.wait.is_some() {
            return;
        }
        let (violations, findings) = draft.parse(&self.key, &policy.sender(&incoming.origin.connection));
        self.violations.extend(violations);
        self.findings = findings;
    }
}

fn identity(envelope: &Envelope, document: bool) -> Vec<Violation> {
    let mut parse = Parse::new("", "");
    parse.within("envelope", |parse| {
        if document {
            parse.id("document", &envelope.document);
        } else {
            parse.optional_id("document", &envelope.document);
        }
        parse.optional_id("line", &envelope.line);
        parse.optional_id("set_key", &envelope.set_key);
        let version = envelope.version.unwrap_or_default();
        for (field, value) in [("version.primary", version.primary), ("version.observed", version.observed)] {
            if value < 0 {
                parse.bad::<()>(field, "NEGATIVE", value.to_string(), "must be zero or more");
            }
        }
        if Operation::try_from(envelope.operation).is_err() {
            parse.bad::<()>("operation", "UNKNOWN_VALUE", envelope.operation.to_string(), "must be UPSERT or DELETE");
        }
        Some(())
    });
    parse.finish().0
}

/// Quantity as sent, for totals; `None` if it has none or it is no number.
pub(crate) fn quantity(draft: &dyn Draft) -> Option<Micro> {
    draft.quantity()?.parse().ok()
}

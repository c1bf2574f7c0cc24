//! Records that cannot be used yet, and the issues that tell people why.
//!
//! Of one key only the newest version is parked. What hangs on a cause is counted in sums; a due task makes an issue of it after the policy's
//! grace period, keeps the picture fresh while the cause stands, and resolves it.

use crate::{
    Incoming, Kind, Kinds, Known, Origin, Parse, Policy, Rules, Sight, Taken,
    registry::{self, Opened},
    stored,
    take::{Passing, take},
};
use crossdock_core::{Error, Key, Micro, Micros, Result, key};
use crossdock_proto::{
    operations::{Backlog, Issue, IssueState, Parked, ParkedSelection},
    schema,
    types::{Envelope, Finding, Operation, Outcome, Severity},
};
use crossdock_store::{Due, Fields, Record, Scan, Tx};
use prost::Message;
use std::{collections::BTreeSet, sync::Arc};

/// Number of the kind of parked records; the sums of a kind of cause carry it too.
pub const PARKED: u16 = 20;
/// Number of the kind of issues; the sums of a cause carry it too.
pub const ISSUE: u16 = 21;
pub(crate) const BACKLOG: u16 = 24;

/// The task that redrives a cause, and the one that goes on with it.
pub(crate) const REDRIVE: &str = "redrive";
pub(crate) const REDRIVE_ON: &str = "redrive_on";

/// Buckets of the sums of a cause.
pub(crate) const RECORDS: i64 = 0;
const QUANTITY: i64 = 1;

/// Records that one redrive tries.
const CHUNK: usize = 1_000;
/// How often an open issue's picture is renewed.
const RENEW: Micros = 60 * 1_000_000;

impl Kind for Parked {
    const NUMBER: u16 = PARKED;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Parked {
    fn fields(&self) -> Fields {
        vec![("cause", self.cause.clone()), ("cause_kind", self.cause_kind.clone())]
    }
}

impl Kind for Issue {
    const NUMBER: u16 = ISSUE;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Issue {
    fn fields(&self) -> Fields {
        let state = if self.state() == IssueState::Open { "open" } else { "resolved" };
        vec![("state", state.to_owned())]
    }
}

impl Kind for Backlog {
    const NUMBER: u16 = BACKLOG;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(*message)
    }
}

impl Rules for Backlog {}

pub(crate) fn name(kind: &str, key: &str) -> String {
    format!("{kind}:{key}")
}

/// Loads the parked versions of what comes in. While nothing of a kind is parked, one count per kind says so.
pub(crate) fn load(tx: &mut Tx<'_>, known: &mut Known, incoming: &[Incoming], opened: &[Opened]) -> Result<()> {
    let kind = |opened: &Opened| Some(schema().kind(opened.draft.as_ref()?.number().into())?.name.as_str());
    let kinds: BTreeSet<&str> = opened.iter().filter_map(kind).collect();
    known.load(tx, kinds.iter().map(|kind| Key::new(BACKLOG, *kind)))?;
    let mut asked: Vec<Key> = incoming.iter().filter_map(|incoming| Some(Key::new(PARKED, incoming.redriven.as_deref()?))).collect();
    for opened in opened.iter().filter(|opened| opened.violations.is_empty()) {
        let Some(kind) = kind(opened) else { continue };
        let key = Key::new(PARKED, name(kind, &opened.key));
        if backlog(known, kind) > 0 {
            asked.push(key);
        } else {
            known.assume_absent(&key);
        }
    }
    known.load(tx, asked)
}

/// Loads the parked version of a record whose key was not known before.
pub(crate) fn load_one(tx: &mut Tx<'_>, known: &mut Known, kind: &str, key: &str) -> Result<()> {
    if backlog(known, kind) > 0 { known.load(tx, [Key::new(PARKED, name(kind, key))]) } else { Ok(()) }
}

/// Whether this version waits already, with other content.
pub(crate) fn is_reused(kinds: &Kinds, known: &Known, passing: &Passing<'_>) -> bool {
    let incoming = &passing.incoming.record;
    let Some(held) = known.record(PARKED, &passing.parked_name()).filter(|held| !held.deleted) else { return false };
    if passing.incoming.redriven.is_some() || held.version != stored::version(&passing.opened.envelope) {
        return false;
    }
    let Ok(parked) = Parked::decode(held.body.clone()) else { return false };
    let operation = parked.envelope.as_ref().map_or(Operation::Unspecified, Envelope::operation);
    let body = parked.record.map(|record| record.value).unwrap_or_default();
    let same = || kinds.open(incoming).is_ok_and(|as_sent| as_sent.same(&body));
    (operation == Operation::Delete) != passing.opened.deletes || !(passing.opened.deletes || same())
}

fn backlog(known: &Known, kind: &str) -> i64 {
    known.get::<Backlog>(kind).map_or(0, |backlog| backlog.records)
}

/// Parks a record under its cause.
pub(crate) fn park(tx: &mut Tx<'_>, known: &mut Known, policy: &Policy, passing: &Passing<'_>, cause: &crate::Cause) -> Result<Taken> {
    let name = passing.parked_name();
    known.load(tx, [Key::new(PARKED, name.as_str())])?;
    // It waited under the connection's own word, and waits under its id from now on.
    if let Some(was) = passing.incoming.redriven.as_ref().filter(|was| **was != name)
        && let Some(was) = known.record(PARKED, was).filter(|was| !was.deleted).cloned()
    {
        remove(tx, known, was)?;
    }
    let held = known.record(PARKED, &name).filter(|held| !held.deleted).cloned();
    let version = stored::version(&passing.opened.envelope);
    let taken = |outcome| Taken { cause: Some(cause.clone()), ..passing.taken(outcome) };
    let was = held.as_ref().and_then(|held| Parked::decode(held.body.clone()).ok());
    match held.as_ref().map(|held| held.version.cmp(&version)) {
        Some(std::cmp::Ordering::Greater) => return Ok(Taken { cause: None, ..taken(Outcome::Superseded) }),
        Some(std::cmp::Ordering::Equal) if was.as_ref().is_some_and(|was| was.cause == cause.key) => return Ok(taken(Outcome::Parked)),
        _ => {}
    }
    let quantity = registry::quantity(passing.draft.as_ref());
    let parked = message(tx.now(), passing, cause, quantity, was.as_ref());
    if let Some(was) = &was {
        count(tx, &was.cause, -1, amount(was).negated())?;
    } else {
        change_backlog(tx, known, passing.kind, 1)?;
    }
    count(tx, &cause.key, 1, quantity.unwrap_or_default())?;
    tx.keep_due(Due { task: "issue".into(), key: cause.key.clone(), at: tx.now() + policy.issue_grace(), attempt: 0 });
    let origin = &passing.incoming.origin;
    let record = Record {
        kind: PARKED,
        key: name,
        version,
        counts: true,
        connection: origin.connection.clone(),
        set_key: passing.opened.envelope.set_key.clone(),
        received: origin.received.unwrap_or(tx.now()),
        meta: stored::meta(&passing.opened.envelope, &origin.principal, &[]),
        trace: origin.trace.clone(),
        body: parked.encode_to_vec().into(),
        ..Record::default()
    };
    known.set(record.clone());
    tx.put(record, was.as_ref().map_or_else(Vec::new, Rules::fields), parked.fields());
    Ok(taken(Outcome::Parked))
}

fn message(now: Micros, passing: &Passing<'_>, cause: &crate::Cause, quantity: Option<Micro>, was: Option<&Parked>) -> Parked {
    let info = schema().kind(passing.draft.number().into());
    let url = info.map_or_else(String::new, |info| format!("type.googleapis.com/{}", info.message.full_name()));
    Parked {
        kind: passing.kind.to_owned(),
        key: passing.opened.key.clone(),
        cause: cause.key.clone(),
        cause_kind: kind_of(&cause.key).to_owned(),
        reason: cause.reason.clone(),
        message: cause.message.clone(),
        record: Some(prost_types::Any { type_url: url, value: passing.incoming.record.body.to_vec() }),
        envelope: passing.incoming.record.envelope.clone(),
        quantity: quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
        park_time: was.and_then(|was| was.park_time).or_else(|| Some(stored::timestamp(now))),
    }
}

/// A parked record leaves.
pub(crate) fn remove(tx: &mut Tx<'_>, known: &mut Known, mut record: Record) -> Result<()> {
    let Ok(parked) = Parked::decode(record.body.clone()) else {
        return Err(Error::internal("a parked record cannot be read", record.key));
    };
    count(tx, &parked.cause, -1, amount(&parked).negated())?;
    change_backlog(tx, known, &parked.kind, -1)?;
    record.deleted = true;
    // What it was is in the record that took its place; the tombstone is for watchers.
    record.body = Parked { kind: parked.kind.clone(), key: parked.key.clone(), cause: parked.cause.clone(), ..Parked::default() }
        .encode_to_vec()
        .into();
    known.set(record.clone());
    tx.put(record, parked.fields(), Vec::new());
    Ok(())
}

fn count(tx: &mut Tx<'_>, cause: &str, records: i64, quantity: Micro) -> Result<()> {
    tx.add(PARKED, kind_of(cause), RECORDS, records)?;
    tx.add(ISSUE, cause, RECORDS, records)?;
    tx.add(ISSUE, cause, QUANTITY, quantity.0)
}

/// The kind of a cause, such as `item` of `item/ABC`.
pub(crate) fn kind_of(cause: &str) -> &str {
    cause.split('/').next().unwrap_or_default()
}

fn amount(parked: &Parked) -> Micro {
    parked.quantity.parse().unwrap_or_default()
}

fn change_backlog(tx: &mut Tx<'_>, known: &mut Known, kind: &str, by: i64) -> Result<()> {
    let mut derived = crate::Derived { tx, known, frees: &mut Vec::new(), trace: &bytes::Bytes::new(), source: crate::Source::default() };
    derived.edit::<Backlog>(kind, |held| Some(Backlog { records: held.map_or(0, |held| held.records) + by }))
}

/// Makes the records due that wait for what has come.
pub(crate) fn wake(tx: &mut Tx<'_>, mut causes: Vec<String>) -> Result<()> {
    causes.sort_unstable();
    causes.dedup();
    if causes.is_empty() {
        return Ok(());
    }
    for cause in tx.having(PARKED, "cause", &causes)? {
        tx.later(Due { task: REDRIVE.into(), key: cause, at: tx.now(), attempt: 0 });
    }
    Ok(())
}

/// Tries the records again that are parked on a cause, the first chunk of them; the key to go on after, if there are more.
///
/// # Errors
/// If the store fails.
pub fn redrive(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, cause: &str) -> Result<Option<String>> {
    redrive_after(tx, kinds, policy, cause, "")
}

/// Those that stay where they are are left behind: the next chunk begins after them.
fn redrive_after(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, cause: &str, after: &str) -> Result<Option<String>> {
    let page = tx.scan(Scan::Field { kind: PARKED, name: "cause", value: cause, prefix: "", after }, CHUNK)?;
    let next = page.last().filter(|_| page.len() == CHUNK).map(|last| last.key.clone());
    // Somebody else in the group may have taken it in, or discarded it.
    let waiting = page.into_iter().filter(|parked| !parked.deleted);
    let incoming = waiting.map(again).collect::<Result<Vec<_>>>()?;
    take(tx, kinds, policy, &incoming)?;
    Ok(next)
}

/// Redrives a cause chunk by chunk. The first chunk is the task of the cause, so that a cause that goes away again begins again.
pub(crate) fn redrive_all(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    let parts = if due.task == REDRIVE { vec![due.key.clone()] } else { key::split(&due.key) };
    let (cause, after) = (parts.first().map_or("", String::as_str), parts.get(1).map_or("", String::as_str));
    if let Some(next) = redrive_after(tx, kinds, policy, cause, after)? {
        tx.later(Due { task: REDRIVE_ON.into(), key: key::join([cause, &next]), at: tx.now(), attempt: 0 });
        return Ok(None);
    }
    look_again(tx, cause)?;
    Ok(None)
}

/// Nothing waits for a cause any more: its issue, if there is one, should not stand until it is renewed.
fn look_again(tx: &mut Tx<'_>, cause: &str) -> Result<()> {
    if tx.sum(ISSUE, &[(cause.to_owned(), RECORDS)])? == [0] {
        tx.later(Due { task: "issue".into(), key: cause.to_owned(), at: tx.now(), attempt: 0 });
    }
    Ok(())
}

/// A parked record, as it came.
fn again(stored: Record) -> Result<Incoming> {
    let parked = Parked::decode(stored.body.clone()).map_err(|error| Error::internal("a parked record cannot be read", error))?;
    let kind = schema().kind_named(&parked.kind).map_or(0, |info| info.number);
    let principal = stored::envelope(&stored).principal;
    Ok(Incoming {
        origin: Arc::new(Origin { connection: stored.connection, principal, trace: stored.trace, received: Some(stored.received) }),
        record: crossdock_proto::Record {
            envelope: parked.envelope,
            kind: kind.into(),
            body: parked.record.map(|record| record.value).unwrap_or_default().into(),
        },
        redriven: Some(stored.key),
    })
}

/// Makes parked records due that a person selected; how many are tried.
///
/// # Errors
/// If the store fails, or nothing is parked there.
pub fn wake_selected(tx: &mut Tx<'_>, sight: &Sight, selection: &ParkedSelection) -> Result<i64> {
    // A cause is of the whole business: nothing is parked for whoever is limited to a part of it.
    if sight.is_limited() {
        return Err(not_parked(if selection.key.is_empty() { &selection.cause } else { &selection.key }));
    }
    let cause = if selection.key.is_empty() {
        selection.cause.clone()
    } else {
        let held = tx.get(&[Key::new(PARKED, selection.key.as_str())])?;
        let parked = held.first().filter(|held| !held.deleted).and_then(|held| Parked::decode(held.body.clone()).ok());
        parked.map(|parked| parked.cause).ok_or_else(|| not_parked(&selection.key))?
    };
    let records = tx.sum(ISSUE, &[(cause.clone(), RECORDS)])?.first().copied().unwrap_or_default();
    if records == 0 {
        return Err(not_parked(&cause));
    }
    tx.later(Due { task: REDRIVE.into(), key: cause, at: tx.now(), attempt: 0 });
    Ok(records)
}

fn not_parked(name: &str) -> Error {
    Error::not_found("NOT_PARKED", format!("nothing is parked under {name:?}; list parked records to see what is"))
}

/// Drops parked records for good; how many. At most 1,000 a call.
///
/// # Errors
/// If the store fails.
pub fn discard(tx: &mut Tx<'_>, kinds: &Kinds, sight: &Sight, selection: &ParkedSelection, (principal, note): (&str, &str)) -> Result<i64> {
    if sight.is_limited() {
        return Ok(0);
    }
    let page = if selection.key.is_empty() {
        tx.scan(Scan::Field { kind: PARKED, name: "cause", value: &selection.cause, prefix: "", after: "" }, CHUNK)?
    } else {
        tx.get(&[Key::new(PARKED, selection.key.as_str())])?
    };
    let mut known = Known::default();
    known.load(tx, kinds.owned().map(|info| Key::new(BACKLOG, info.name.as_str())))?;
    let mut dropped = 0;
    for mut record in page.into_iter().filter(|record| !record.deleted) {
        tracing::info!(key = record.key, note, principal, "a parked record was discarded");
        record.meta = stored::meta(&stored::envelope(&record), principal, &[discarded(note)]);
        let cause = Parked::decode(record.body.clone()).map(|parked| parked.cause).unwrap_or_default();
        remove(tx, &mut known, record)?;
        look_again(tx, &cause)?;
        dropped += 1;
    }
    Ok(dropped)
}

/// Who discarded a record and why stays on its tombstone.
fn discarded(note: &str) -> Finding {
    Finding { field: String::new(), reason: "DISCARDED".into(), severity: Severity::Info.into(), message: note.to_owned() }
}

/// Brings the issue of a cause up to date; when to look again.
///
/// # Errors
/// If the store fails.
pub(crate) fn renew_issue(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    let cause = due.key.as_str();
    let totals = tx.sum(ISSUE, &[(cause.to_owned(), RECORDS), (cause.to_owned(), QUANTITY)])?;
    let (records, quantity) = (totals.first().copied().unwrap_or_default(), totals.get(1).copied().unwrap_or_default());
    let now = tx.now();
    let about = if records > 0 { about(tx, cause)? } else { None };
    let mut known = Known::default();
    let mut derived =
        crate::Derived { tx, known: &mut known, frees: &mut Vec::new(), trace: &bytes::Bytes::new(), source: crate::Source::default() };
    derived.edit::<Issue>(cause, |held| {
        if records == 0 {
            return held.map(|held| Issue { records: 0, quantity: "0".into(), ..held }.settled(now, IssueState::Resolved));
        }
        let open = held.filter(|held| held.state() == IssueState::Open).unwrap_or_else(|| Issue {
            cause: cause.to_owned(),
            severity: Severity::Warning.into(),
            // A held load is an issue at once, all else after the grace period.
            first_time: Some(stored::timestamp(if cause.starts_with("set/") { due.at } else { due.at - policy.issue_grace() })),
            ..Issue::default()
        });
        let (reason, message) = about.unwrap_or_else(|| (open.reason.clone(), open.message.clone()));
        let picture = Issue { records, quantity: Micro(quantity).to_string(), reason, message, ..open.clone() };
        // The same picture is no news.
        let unchanged = Issue { update_time: open.update_time, ..picture.clone() } == open;
        Some(if unchanged { open } else { picture.settled(now, IssueState::Open) })
    })?;
    Ok((records > 0).then_some(now + RENEW))
}

trait Settle {
    fn settled(self, now: Micros, state: IssueState) -> Self;
}

impl Settle for Issue {
    fn settled(mut self, now: Micros, state: IssueState) -> Self {
        self.set_state(state);
        self.update_time = Some(stored::timestamp(now));
        self
    }
}

/// Reason and message of a cause, from one that waits for it.
fn about(tx: &mut Tx<'_>, cause: &str) -> Result<Option<(String, String)>> {
    if let Some((reason, connection)) = cause.strip_prefix("finding/").and_then(|rest| rest.split_once('/')) {
        return Ok(Some((
            reason.to_owned(),
            format!("records of {connection} have the finding {reason}: list them with their findings and mend them at the source"),
        )));
    }
    if cause.starts_with("set/") {
        let message = "a load would remove more than the policy allows: look what is missing, then commit it with force, or abort it";
        return Ok(Some(("LOAD_HELD".to_owned(), message.to_owned())));
    }
    let page = tx.scan(Scan::Field { kind: PARKED, name: "cause", value: cause, prefix: "", after: "" }, 1)?;
    let parked = page.first().and_then(|record| Parked::decode(record.body.clone()).ok());
    Ok(parked.map(|parked| (parked.reason, parked.message)))
}

/// Keeps the count of each finding of a connection.
pub(crate) fn count_findings(tx: &mut Tx<'_>, policy: &Policy, held: Option<&Record>, new: &Record) -> Result<()> {
    let old = held.map_or_else(Vec::new, stored::findings);
    for (findings, record, by) in [(old, held, -1), (stored::findings(new), Some(new), 1)] {
        for finding in findings {
            count_finding(tx, &finding.reason, record.map_or("", |record| record.connection.as_str()), by, policy.issue_grace())?;
        }
    }
    Ok(())
}

/// Counts one finding of a connection, or of a place for derived records; in time an issue says so.
pub(crate) fn count_finding(tx: &mut Tx<'_>, reason: &str, of: &str, by: i64, grace: Micros) -> Result<()> {
    let cause = format!("finding/{reason}/{of}");
    tx.add(ISSUE, &cause, RECORDS, by)?;
    tx.keep_due(Due { task: "issue".into(), key: cause, at: tx.now() + grace, attempt: 0 });
    Ok(())
}

pub(crate) fn finding_fields(findings: &[Finding], fields: &mut Fields) {
    for finding in findings {
        let field = ("finding", finding.reason.clone());
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
}

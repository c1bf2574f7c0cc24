//! Sets: everything that arrives as a whole.
//!
//! A committed load counts what of its scope was not sent; if the policy allows it, that is removed in chunks by due work. A run's records are shown
//! by its commit.

use crate::{Derived, Kind, Kinds, Known, Origin, Parse, Part, Policy, Rules, Scope, Sight, audit, derive, parking, stored};
use bytes::Bytes;
use crossdock_core::{Error, ErrorKind, Key, Micros, Result, Version, Violation, key};
use crossdock_proto::{
    operations::{AuditEntry, Set, SetProgress, SetPurpose, SetScope, SetState},
    schema,
};
use crossdock_store::{Due, Fields, Record, Scan, Tx};

/// Number of the kind of sets; the sum of a set's records carries it too.
pub const SET: u16 = 22;

/// Records looked at in one transaction.
const CHUNK: usize = 1_000;

impl Kind for Set {
    const NUMBER: u16 = SET;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Set {
    fn fields(&self) -> Fields {
        let state = self.state().as_str_name().trim_start_matches("SET_STATE_").to_lowercase();
        let mut fields = vec![("kind", self.kind.clone()), ("state", state)];
        if matches!(self.state(), SetState::Open | SetState::Applying | SetState::Held) {
            fields.push(("open", self.kind.clone()));
        }
        fields
    }
}

pub(crate) fn key(connection: &str, set_key: &str) -> Key {
    Key::new(SET, key::join([connection, set_key]))
}

/// Whether a record of this set counts at once; refused if the set does not take it. One that `waited` since the set was open belongs to it
/// still, and comes late.
pub(crate) fn admit(known: &Known, connection: &str, (set_key, kind): (&str, &str), waited: bool) -> Result<bool, Violation> {
    if set_key.is_empty() {
        return Ok(true);
    }
    let refused = |message: String| Violation::new("envelope.set_key", "SET_NOT_OPEN", set_key, message);
    let Some(set) = known.get::<Set>(&key(connection, set_key).key) else {
        return Err(refused(format!("connection {connection} has no such set; open it first")));
    };
    if set.kind != kind {
        return Err(refused(format!("is a set of {}", set.kind)));
    }
    if waited && matches!(set.state(), SetState::Applying | SetState::Applied | SetState::Held) {
        return Ok(true);
    }
    if set.state() != SetState::Open {
        return Err(refused(format!("takes no more records, it is {}; open another set", set.state().as_str_name())));
    }
    Ok(!shown_on_commit(kind))
}

/// A run acts only inside its scope and horizon: what it brings from outside is refused.
pub(crate) fn within_run(known: &Known, connection: &str, set_key: &str, scope: Scope<'_>) -> Result<(), Violation> {
    let run = known.get::<Set>(&key(connection, set_key).key).filter(|set| set.purpose() == SetPurpose::Run);
    let Some(run) = run.filter(|run| !in_run(run, scope)) else { return Ok(()) };
    let places = [scope.location, scope.supplier].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let message = format!("is outside of the scope or horizon of run {}; open the run for it, or leave it out", run.set_key);
    Err(Violation::new("envelope.set_key", "OUTSIDE_RUN", places, message))
}

/// Whether something is in the scope and horizon of a run.
pub fn in_run(run: &Set, scope: Scope<'_>) -> bool {
    let end = run.horizon_end.as_ref().and_then(|date| Parse::stored().date("", Some(date))).map(crate::day);
    within(run.scope.as_ref(), scope) && end.is_none_or(|end| scope.day.is_none_or(|day| day <= end))
}

fn shown_on_commit(kind: &str) -> bool {
    schema().kind_named(kind).is_some_and(|info| info.on_commit)
}

/// Counts a record into its set, once however often it is sent.
pub(crate) fn count(tx: &mut Tx<'_>, held: Option<&Record>, new: &Record) -> Result<()> {
    if new.set_key.is_empty() || held.is_some_and(|held| held.set_key == new.set_key) {
        return Ok(());
    }
    tx.add(SET, &key(&new.connection, &new.set_key).key, 0, 1)
}

/// Records of a kind that is shown on commit can be found by their set.
pub(crate) fn field(kinds: &Kinds, record: &Record, fields: &mut Fields) {
    if !record.set_key.is_empty() && kinds.info(record.kind).is_some_and(|info| info.on_commit) {
        fields.push(("set", key(&record.connection, &record.set_key).key));
    }
}

/// Opens a set; the same again answers with the set as it stands.
///
/// # Errors
/// If the set is malformed, is there with other content, or this connection may not write its kind.
pub fn open(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, origin: &Origin, asked: &Set) -> Result<Set> {
    let mut parse = Parse::new("", "");
    parse.id("set.set_key", &asked.set_key);
    let info = schema().kind_named(&asked.kind).filter(|info| kinds.owns(info.number.into()) && !info.writers.is_empty());
    if info.is_none() {
        parse.bad::<()>("set.kind", "UNKNOWN_KIND", &asked.kind, "must be a kind of this service that a connection writes");
    }
    match asked.purpose() {
        SetPurpose::Unspecified => _ = parse.bad::<()>("set.purpose", "MISSING", "", "must be LOAD or RUN"),
        SetPurpose::Load if asked.as_of.is_none() => {
            _ = parse.bad::<()>("set.as_of", "MISSING", "", "a load needs the source's clock before its extract began");
        }
        SetPurpose::Load if shown_on_commit(&asked.kind) => {
            _ = parse.bad::<()>("set.purpose", "WRONG_PURPOSE", "LOAD", "must be RUN: this kind is shown by its set's commit");
        }
        SetPurpose::Run if info.is_some() && !shown_on_commit(&asked.kind) => {
            _ = parse.bad::<()>("set.purpose", "WRONG_PURPOSE", "RUN", "must be LOAD: records of this kind count as they come");
        }
        SetPurpose::Load | SetPurpose::Run => {}
    }
    if let Some(violation) = parse.finish().0.into_iter().next() {
        return Err(Error::field(violation));
    }
    if info.is_some_and(|info| !policy.allows(&origin.connection, &info.writers)) {
        return Err(Error::new(
            ErrorKind::Denied,
            "ROLE_MAY_NOT_WRITE",
            format!("connection {} may not write {}", origin.connection, asked.kind),
        ));
    }
    if asked.purpose() == SetPurpose::Run {
        speaks_for_own(tx, &policy.sight(&origin.connection), asked.scope.as_ref())?;
    }
    let id = key(&origin.connection, &asked.set_key);
    let opened = Set { state: SetState::Open.into(), open_time: Some(stored::timestamp(tx.now())), ..as_asked(asked) };
    if let Some(held) = held(tx, &id)? {
        if as_asked(&held) == as_asked(asked) {
            return Ok(held);
        }
        return Err(Error::new(
            ErrorKind::Conflict,
            "SET_EXISTS",
            format!("set {} was opened with other content; draw a new set_key", asked.set_key),
        ));
    }
    change(tx, &id.key, &origin.trace, |_| Some(opened.clone()))?;
    Ok(opened)
}

/// A run takes the place of others in its scope: whoever is limited to a part of the business may only speak for that.
fn speaks_for_own(tx: &mut Tx<'_>, sight: &Sight, scope: Option<&SetScope>) -> Result<()> {
    let named = |ids: &[String]| if ids.is_empty() { vec![None] } else { ids.iter().cloned().map(Some).collect() };
    let (locations, suppliers) = scope.map_or_else(|| (vec![None], vec![None]), |scope| (named(&scope.locations), named(&scope.suppliers)));
    // Each list is looked at by itself, beside the first of the other.
    let first = |ids: &[Option<String>]| ids.first().cloned().flatten();
    let (location, supplier) = (first(&locations), first(&suppliers));
    let by_location = locations.into_iter().map(|location| Part { location, supplier: supplier.clone(), ..Part::default() });
    let mut parts: Vec<Part> = by_location.collect();
    parts.extend(suppliers.into_iter().map(|supplier| Part { location: location.clone(), supplier, ..Part::default() }));
    if sight.covers(&mut |keys| tx.get(keys), &parts)?.contains(&false) {
        let message = format!("connection {} speaks for a part of the business: name no others, and not all", sight.connection());
        return Err(Error::field(Violation::new("set.scope", "OUT_OF_SCOPE", "", message)));
    }
    Ok(())
}

/// What the sender decides of a set.
fn as_asked(set: &Set) -> Set {
    Set {
        state: SetState::Unspecified.into(),
        records: 0,
        removed: 0,
        note: String::new(),
        open_time: None,
        commit_time: None,
        progress: None,
        ..set.clone()
    }
}

/// Commits a set, or a held one with `force`. Due work applies it.
///
/// # Errors
/// If there is no such set, it is not open, or the sender's total does not match.
pub fn commit(tx: &mut Tx<'_>, origin: &Origin, connection: &str, set_key: &str, records: Option<i64>, force: bool) -> Result<Set> {
    let id = key(connection, set_key);
    let set = expect(tx, &id)?;
    let would_remove = set.removed;
    let counted = tx.sum(SET, &[(id.key.clone(), 0)])?.first().copied().unwrap_or_default();
    match set.state() {
        SetState::Open => {}
        SetState::Held if force => settle_issue(tx, &id.key, set.removed)?,
        SetState::Applying | SetState::Applied => return Ok(set),
        SetState::Held => {
            return Err(Error::precondition("LOAD_HELD", format!("{}; an operator commits it with force, or aborts it", set.note)));
        }
        SetState::Aborted | SetState::Unspecified => {
            return Err(Error::precondition("SET_ABORTED", format!("set {set_key} was aborted: {}", set.note)));
        }
    }
    if let Some(said) = records.filter(|said| *said != counted) {
        let message = format!("{said} records were sent says the sender, {counted} came in: send what is missing, then commit again");
        return Err(Error::precondition("CONTROL_TOTALS", message));
    }
    let committed = Set {
        state: SetState::Applying.into(),
        records: counted,
        removed: 0,
        note: String::new(),
        commit_time: Some(stored::timestamp(tx.now())),
        progress: Some(SetProgress { removing: force, ..SetProgress::default() }),
        ..set
    };
    tx.later(Due { task: "set".into(), key: id.key.clone(), at: tx.now(), attempt: 0 });
    change(tx, &id.key, &origin.trace, |_| Some(committed.clone()))?;
    if force || origin.connection != connection {
        operated(
            tx,
            origin,
            if force { "SET_FORCED" } else { "SET_COMMITTED" },
            &id.key,
            &Set { removed: would_remove, ..committed.clone() },
        )?;
    }
    Ok(committed)
}

/// Gives a set up. What a load brought stays; what a run brought is never shown.
///
/// # Errors
/// If there is no such set, or it was committed.
pub fn abort(tx: &mut Tx<'_>, origin: &Origin, connection: &str, set_key: &str, note: &str) -> Result<Set> {
    let id = key(connection, set_key);
    let set = expect(tx, &id)?;
    match set.state() {
        SetState::Open => {}
        SetState::Held => settle_issue(tx, &id.key, set.removed)?,
        SetState::Aborted => return Ok(set),
        SetState::Applying | SetState::Applied | SetState::Unspecified => {
            return Err(Error::precondition("SET_COMMITTED", format!("set {set_key} is committed; open another to correct it")));
        }
    }
    let aborted = Set { state: SetState::Aborted.into(), note: note.to_owned(), ..set };
    change(tx, &id.key, &origin.trace, |_| Some(aborted.clone()))?;
    if origin.connection != connection {
        operated(tx, origin, "SET_ABORTED", &id.key, &aborted)?;
    }
    Ok(aborted)
}

/// An operator decided on a set: on another connection's, or by force.
fn operated(tx: &mut Tx<'_>, origin: &Origin, action: &str, key: &str, set: &Set) -> Result<()> {
    let values = [("kind", set.kind.clone()), ("records", set.records.to_string()), ("removes", set.removed.to_string())];
    let decision = AuditEntry {
        action: action.to_owned(),
        kind: "set".to_owned(),
        key: key.to_owned(),
        message: set.note.clone(),
        values: values.map(|(name, value)| (name.to_owned(), value)).into(),
        ..AuditEntry::default()
    };
    audit(tx, Some(origin), decision)
}

fn held(tx: &mut Tx<'_>, id: &Key) -> Result<Option<Set>> {
    let found = tx.get(std::slice::from_ref(id))?;
    Ok(found.first().filter(|held| !held.deleted).and_then(|held| <Set as prost::Message>::decode(held.body.clone()).ok()))
}

fn expect(tx: &mut Tx<'_>, id: &Key) -> Result<Set> {
    held(tx, id)?.ok_or_else(|| unknown_set(&id.key))
}

/// There is no set with this key.
pub fn unknown_set(key: &str) -> Error {
    Error::not_found("UNKNOWN_SET", format!("there is no set {key:?}; open it first"))
}

fn change(tx: &mut Tx<'_>, key: &str, trace: &Bytes, to: impl FnOnce(Option<Set>) -> Option<Set>) -> Result<()> {
    Derived { tx, known: &mut Known::default(), frees: &mut Vec::new(), trace, source: crate::Source::default() }.edit::<Set>(key, to)
}

/// A held load is an issue of its own.
fn settle_issue(tx: &mut Tx<'_>, set: &str, removed: i64) -> Result<()> {
    let cause = format!("set/{set}");
    tx.add(parking::ISSUE, &cause, parking::RECORDS, -removed)?;
    tx.later(Due { task: "issue".into(), key: cause, at: tx.now(), attempt: 0 });
    Ok(())
}

/// Applies a committed set, a chunk at a time.
pub(crate) fn apply(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    let Some(set) = held(tx, &Key::new(SET, due.key.as_str()))?.filter(|set| set.state() == SetState::Applying) else { return Ok(None) };
    let now = tx.now();
    let next = match set.purpose() {
        SetPurpose::Load => apply_load(tx, kinds, policy, &due.key, set)?,
        SetPurpose::Run | SetPurpose::Unspecified => show(tx, kinds, &due.key, set)?,
    };
    let more = next.state() == SetState::Applying;
    change(tx, &due.key, &Bytes::new(), |_| Some(next))?;
    Ok(more.then_some(now))
}

/// Shows the records of a run.
fn show(tx: &mut Tx<'_>, kinds: &Kinds, id: &str, mut set: Set) -> Result<Set> {
    let number = schema().kind_named(&set.kind).map_or(0, |info| info.number);
    if set.progress.as_ref().is_none_or(|progress| progress.after.is_empty()) {
        committed(tx, kinds, number, (id, &set))?;
    }
    let after = set.progress.get_or_insert_default();
    let page = tx.scan(Scan::Field { kind: number, name: "set", value: id, prefix: "", after: &after.after }, CHUNK)?;
    let full = page.len() == CHUNK;
    for mut record in page {
        after.after.clone_from(&record.key);
        record.counts = true;
        tx.put(record, Vec::new(), Vec::new());
    }
    if !full {
        set.state = SetState::Applied.into();
    }
    Ok(set)
}

fn apply_load(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, id: &str, mut set: Set) -> Result<Set> {
    let connection = key::split(id).into_iter().next().unwrap_or_default();
    let mut progress = set.progress.take().unwrap_or_default();
    let number = schema().kind_named(&set.kind).map_or(0, |info| info.number);
    let prefix =
        if kinds.get(number).is_some_and(|kind| kind.is_document()) { key::join([connection.as_str(), ""]) } else { String::new() };
    if progress.removing && progress.after.is_empty() {
        committed(tx, kinds, number, (id, &set))?;
    }
    let page = tx.scan(Scan::Prefix { kind: number, prefix: &prefix, after: &progress.after }, CHUNK)?;
    let full = page.len() == CHUNK;
    if let Some(last) = page.last() {
        progress.after.clone_from(&last.key);
    }
    let in_scope: Vec<Record> = page.into_iter().filter(|record| speaks_for(kinds, &set, &connection, record)).collect();
    let missing = missing(tx, &set, in_scope.iter())?;
    if progress.removing {
        set.removed += i64::try_from(missing.len()).unwrap_or(i64::MAX);
        let as_of = set.as_of.as_ref().map(stored::micros).unwrap_or_default();
        for record in missing {
            remove(tx, kinds, policy, record, as_of)?;
        }
        if !full {
            set.state = SetState::Applied.into();
        }
    } else {
        progress.in_scope += i64::try_from(in_scope.len()).unwrap_or(i64::MAX);
        set.removed += i64::try_from(missing.len()).unwrap_or(i64::MAX);
        if !full {
            decide(tx, policy, id, &mut set, &mut progress)?;
            if set.state() == SetState::Applied {
                committed(tx, kinds, number, (id, &set))?;
            }
        }
    }
    set.progress = Some(progress);
    Ok(set)
}

/// What the set means for the derived state of its kind, before anything is shown or removed; a load that is held means nothing yet.
fn committed(tx: &mut Tx<'_>, kinds: &Kinds, number: u16, set: (&str, &Set)) -> Result<()> {
    derive(tx, &Bytes::new(), |to| kinds.committed(number, set, to))
}

/// Everything is counted: remove, or hold.
fn decide(tx: &mut Tx<'_>, policy: &Policy, id: &str, set: &mut Set, progress: &mut SetProgress) -> Result<()> {
    let guard = i64::from(policy.load_guard(&set.kind));
    if set.removed * 100 > guard * progress.in_scope {
        set.state = SetState::Held.into();
        set.note = format!("{} of {} records would disappear, more than {guard} percent", set.removed, progress.in_scope);
        let cause = format!("set/{id}");
        tx.add(parking::ISSUE, &cause, parking::RECORDS, set.removed)?;
        tx.later(Due { task: "issue".into(), key: cause, at: tx.now(), attempt: 0 });
    } else if set.removed == 0 {
        set.state = SetState::Applied.into();
    } else {
        *progress = SetProgress { in_scope: progress.in_scope, removing: true, after: String::new() };
        set.removed = 0;
    }
    Ok(())
}

fn speaks_for(kinds: &Kinds, set: &Set, connection: &str, record: &Record) -> bool {
    !record.deleted
        && record.connection == connection
        && kinds.get(record.kind).is_some_and(|kind| kind.in_scope(record, &mut |scope| within(set.scope.as_ref(), scope)))
}

fn within(of: Option<&SetScope>, scope: Scope<'_>) -> bool {
    let Some(of) = of else { return true };
    let has =
        |allowed: &[String], value: Option<&str>| allowed.is_empty() || value.is_some_and(|value| allowed.iter().any(|held| held == value));
    let day = |date: &crossdock_proto::types::Date| Parse::stored().date("", Some(date)).map(crate::day);
    let from = of.from.as_ref().and_then(day);
    let to = of.to.as_ref().and_then(day);
    let dated = |day: i64| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to);
    has(&of.locations, scope.location)
        && has(&of.suppliers, scope.supplier)
        && ((from.is_none() && to.is_none()) || scope.day.is_some_and(dated))
}

/// Those that were not sent in the set, nor later, and do not wait in it.
fn missing<'r>(tx: &mut Tx<'_>, set: &Set, records: impl Iterator<Item = &'r Record>) -> Result<Vec<Record>> {
    let as_of = set.as_of.as_ref().map(stored::micros).unwrap_or_default();
    let older = |record: &&Record| {
        let seen = if record.version.observed > 0 { record.version.observed } else { record.received };
        record.set_key != set.set_key && seen < as_of
    };
    let candidates: Vec<&Record> = records.filter(older).collect();
    let names: Vec<Key> = candidates.iter().map(|record| Key::new(parking::PARKED, parking::name(&set.kind, &record.key))).collect();
    let parked = tx.get(&names)?;
    let waits = |record: &Record| {
        let name = parking::name(&set.kind, &record.key);
        parked.iter().any(|parked| !parked.deleted && parked.set_key == set.set_key && parked.key == name)
    };
    Ok(candidates.into_iter().filter(|record| !waits(record)).cloned().collect())
}

/// A record that its source no longer has. The tombstone is as new as the load, so that a late copy of an older version does not bring it back.
fn remove(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, mut record: Record, as_of: Micros) -> Result<()> {
    let Some(kind) = kinds.get(record.kind) else { return Ok(()) };
    let before = kinds.all_fields(&record);
    let mut known = Known::default();
    known.set(record.clone());
    kind.forget(&record, tx, &mut known)?;
    let held = record.clone();
    let envelope = stored::envelope(&held);
    record.meta = stored::meta(&envelope, &envelope.principal, &[]);
    parking::count_findings(tx, policy, Some(&held), &record)?;
    record.deleted = true;
    record.version = record.version.max(Version { primary: record.version.primary, observed: as_of });
    tx.put(record, before, Vec::new());
    Ok(())
}

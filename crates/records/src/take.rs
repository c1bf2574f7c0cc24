//! The one way in.

use crate::{
    Cause, Derived, Findings, Incoming, Kinds, Known, Part, Policy, Scope, Source, Taken, Verdict,
    parking::{self, PARKED},
    policy::Standing,
    references,
    registry::{Draft, Opened},
    sets,
    settle::{Held, Settled, settle},
    sight, stored,
};
use crossdock_core::{DAY, Key, Micros, Result, Violation, instant, key};
use crossdock_proto::{
    Rows,
    types::{Finding, Outcome},
};
use crossdock_store::{Fields, Record, Tx};
use crossdock_telemetry::metrics::{Measured, RECORDS};
use std::{collections::BTreeMap, mem, slice};

/// How far a source's clock may be ahead of ours before it is worth a word.
const AHEAD: Micros = 5 * 60 * 1_000_000;

/// Takes records in: get, settle, check, derive, put. What is wrong with a record is its outcome, not an error; only the store fails a batch.
///
/// # Errors
/// If the store fails, or a total overflows.
pub fn take(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, incoming: &[Incoming]) -> Result<Vec<Taken>> {
    for again in incoming.iter().filter(|incoming| incoming.redriven.is_some()) {
        tx.built_on(&again.origin.trace);
    }
    let mut known = Known::default();
    let mut opened: Vec<Opened> = incoming.iter().map(|incoming| Opened::new(kinds, incoming)).collect();
    references::translate(tx, policy, incoming, &mut known, &mut opened)?;
    for (incoming, opened) in incoming.iter().zip(&mut opened) {
        opened.prepare(incoming, policy);
    }
    known.load(tx, incoming.iter().zip(&opened).flat_map(|(incoming, opened)| keys(incoming, opened)))?;
    // What derived state hung on the versions that are about to be replaced.
    let looked_at = opened.iter().flat_map(|opened| looked_at(&known, opened)).collect::<Vec<_>>();
    known.load(tx, looked_at)?;
    parking::load(tx, &mut known, incoming, &opened)?;

    let mut intake = Intake { tx, kinds, policy, known, frees: Vec::new() };
    let mut taken = Vec::with_capacity(incoming.len());
    for (incoming, opened) in incoming.iter().zip(opened) {
        taken.push(intake.one(incoming, opened)?);
    }
    let frees = mem::take(&mut intake.frees);
    parking::wake(intake.tx, frees)?;
    measure(tx, incoming, &taken);
    Ok(taken)
}

/// Counts outcomes. A parked record that stays parked is no news.
fn measure(tx: &mut Tx<'_>, incoming: &[Incoming], taken: &[Taken]) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (incoming, taken) in incoming.iter().zip(taken) {
        let outcome = match taken.outcome {
            Outcome::Accepted => "accepted",
            Outcome::Duplicate => "duplicate",
            Outcome::Superseded => "superseded",
            Outcome::Parked if incoming.redriven.is_some() => continue,
            Outcome::Parked => "parked",
            Outcome::Rejected | Outcome::Unspecified => "rejected",
        };
        let kind = if taken.kind.is_empty() { "unknown" } else { taken.kind };
        *counts.entry((kind, outcome)).or_default() += 1;
    }
    for ((kind, outcome), count) in counts {
        tx.measure(Measured::new(&RECORDS, &[kind, outcome], count));
    }
}

fn keys(incoming: &Incoming, opened: &Opened) -> Vec<Key> {
    let Some(draft) = opened.draft.as_ref().filter(|_| opened.violations.is_empty()) else { return Vec::new() };
    let mut keys = vec![Key::new(draft.number(), opened.key.as_str())];
    if !opened.envelope.set_key.is_empty() {
        keys.push(sets::key(&incoming.origin.connection, &opened.envelope.set_key));
    }
    if opened.wait.is_none() {
        keys.extend(draft.needs());
        keys.extend(draft.looks_at());
    }
    keys
}

fn looked_at(known: &Known, opened: &Opened) -> Vec<Key> {
    let held = opened.draft.as_ref().and_then(|draft| Some((draft, known.record(draft.number(), &opened.key)?)));
    held.map_or_else(Vec::new, |(draft, held)| draft.looked_at(held))
}

pub(crate) struct Intake<'a, 'b> {
    pub tx: &'a mut Tx<'b>,
    pub kinds: &'a Kinds,
    pub policy: &'a Policy,
    pub known: Known,
    pub frees: Vec<String>,
}

/// A record that is well formed, on its way through.
pub(crate) struct Passing<'i> {
    pub incoming: &'i Incoming,
    pub draft: Box<dyn Draft>,
    pub opened: Opened,
    pub kind: &'static str,
}

impl Intake<'_, '_> {
    fn one(&mut self, incoming: &Incoming, mut opened: Opened) -> Result<Taken> {
        let kind = opened.draft.as_ref().and_then(|draft| self.kinds.info(draft.number())).map_or("", |info| info.name.as_str());
        let Some(draft) = opened.draft.take() else {
            return Ok(Taken { outcome: Outcome::Rejected, kind, violations: opened.violations, ..Taken::default() });
        };
        let mut passing = Passing { incoming, draft, opened, kind };
        if !passing.opened.violations.is_empty() {
            let violations = mem::take(&mut passing.opened.violations);
            return self.refuse(&passing, violations);
        }
        if let Some(cause) = passing.opened.wait.clone() {
            return self.park(&passing, &cause);
        }
        match self.within(&passing)? {
            Within::Yes => {}
            Within::No(violation) => return self.refuse(&passing, vec![violation]),
            Within::Unknown(key) => return self.park(&passing, &self.missing(&key)),
        }
        let counts = match self.stands(&mut passing) {
            Ok(counts) => counts,
            Err(violation) => return self.refuse(&passing, vec![violation]),
        };
        self.settle(passing, counts)
    }

    /// Whether its connection may write this kind, in this part of the business. Whoever is limited to a part learns no more of a record that something
    /// belongs to, or of a location, than if it were not there.
    fn within(&mut self, passing: &Passing<'_>) -> Result<Within> {
        let connection = passing.incoming.origin.connection.as_str();
        let Some(info) = self.kinds.info(passing.draft.number()) else { return Ok(Within::Yes) };
        if !self.policy.allows(connection, &info.writers) {
            let roles: Vec<_> = info.writers.iter().map(|role| role.as_str_name()).collect();
            let message = format!("connection {connection} may not write {}: that needs one of {}", passing.kind, roles.join(", "));
            return Ok(Within::No(Violation::new("", "ROLE_MAY_NOT_WRITE", connection, message)));
        }
        let sight = self.policy.sight(connection);
        if !sight.is_limited() || info.rows != Rows::Scoped {
            return Ok(Within::Yes);
        }
        let held = self.known.record(info.number, &passing.opened.key).filter(|_| passing.opened.deletes);
        let (part, of) = match held {
            Some(held) => self.kinds.part(held),
            // Nobody else's documents have such a key.
            None if passing.opened.deletes && passing.draft.is_document() => return Ok(Within::Yes),
            None if passing.opened.deletes => Default::default(),
            None => (passing.draft.scope().into(), passing.draft.belongs_to()),
        };
        if sight.is_foreign(&part) {
            return Ok(Within::No(out_of_scope(connection, &part)));
        }
        let Self { tx, kinds, known, .. } = self;
        let mut get = |keys: &[Key]| {
            known.load(tx, keys.iter().cloned())?;
            Ok(keys.iter().filter_map(|key| known.record(key.kind, &key.key)).cloned().collect())
        };
        let belongs = of.first().cloned();
        let resolved = sight::resolve(kinds, &mut get, vec![(part, of)])?;
        let Some((part, _)) = resolved.into_iter().next() else { return Ok(Within::Yes) };
        Ok(match (sight.covers(&mut get, slice::from_ref(&part))?.as_slice(), belongs.or_else(|| sight::location_of(&part))) {
            ([true], _) => Within::Yes,
            (_, Some(key)) => Within::Unknown(key),
            (_, None) => Within::No(out_of_scope(connection, &part)),
        })
    }

    /// Whether it counts by policy and set.
    fn stands(&self, passing: &mut Passing<'_>) -> Result<Counting, Violation> {
        let connection = passing.incoming.origin.connection.as_str();
        let mut standing = Standing::Counts;
        self.in_scope(passing, &mut |scope| {
            standing = self.policy.standing(connection, passing.kind, scope);
            true
        });
        let set = (passing.opened.envelope.set_key.as_str(), passing.kind);
        let in_set = sets::admit(&self.known, connection, set, passing.incoming.redriven.is_some())?;
        if !passing.opened.deletes {
            sets::within_run(&self.known, connection, set.0, passing.draft.scope())?;
        }
        let by_policy = match standing {
            Standing::Refused(authority) => {
                let message = format!("records of this kind and scope count from {authority}; change the policy or send from there");
                return Err(Violation::new("", "NOT_AUTHORITY", connection, message));
            }
            Standing::Corroborates(_) => {
                if !passing.draft.is_document() {
                    passing.opened.key = key::join([&passing.opened.key, connection]);
                }
                Counting { counts: false, named: false, shown: in_set }
            }
            Standing::Named => Counting { counts: true, named: true, shown: in_set },
            Standing::Counts => Counting { counts: true, named: false, shown: in_set },
        };
        Ok(Counting { counts: by_policy.counts && in_set, ..by_policy })
    }

    /// Its scope; a tombstone has that of what it deletes.
    fn in_scope(&self, passing: &Passing<'_>, then: &mut dyn FnMut(Scope<'_>) -> bool) {
        let number = passing.draft.number();
        let held = self.known.record(number, &passing.opened.key).filter(|held| held.connection == passing.incoming.origin.connection);
        let told = passing.opened.deletes && self.kinds.get(number).zip(held).is_some_and(|(kind, held)| kind.in_scope(held, then));
        if !told {
            then(if passing.opened.deletes { Scope::default() } else { passing.draft.scope() });
        }
    }

    fn settle(&mut self, mut passing: Passing<'_>, counting: Counting) -> Result<Taken> {
        let connection = passing.incoming.origin.connection.as_str();
        let number = passing.draft.number();
        self.known.load(self.tx, [Key::new(number, passing.opened.key.as_str())])?;
        parking::load_one(self.tx, &mut self.known, passing.kind, &passing.opened.key)?;
        let held = self.known.record(number, &passing.opened.key).cloned();
        if let Some(held) = held.as_ref().filter(|held| held.connection != connection && !counting.named) {
            // Whoever is limited to a part of the business learns that an id is taken, and not by whom.
            let whom = if self.policy.sight(connection).is_limited() { "another connection" } else { &held.connection };
            let message = format!("{} is held from {whom}; a policy must say which connection counts", passing.opened.key);
            return self.refuse(&passing, vec![Violation::new("", "NOT_AUTHORITY", connection, message)]);
        }
        let deletes = passing.opened.deletes;
        let version = stored::version(&passing.opened.envelope);
        // Versions of two connections do not compare: the one that counts now wins.
        let same_source = held.as_ref().filter(|held| held.connection == connection);
        let same = same_source.is_some_and(|held| held.deleted == deletes && (deletes || passing.draft.same(&held.body)));
        let recounted = same_source.is_some_and(|held| !deletes && held.counts != counting.counts);
        let against = same_source.map(|held| Held { version: held.version, same: same && !recounted });
        match settle(against, version) {
            // The policy has changed since it was sent: it is the same, and counts now, or does not any more.
            Settled::Reused if same && counting.shown => self.replace(passing, held.as_ref(), counting.counts),
            Settled::Replace if parking::is_reused(self.kinds, &self.known, &passing) => self.reused(&passing),
            Settled::Replace => self.replace(passing, held.as_ref(), counting.counts),
            Settled::Touch | Settled::Duplicate => {
                self.seen_again(&passing, held.as_ref())?;
                self.unpark(&passing)?;
                Ok(passing.taken(Outcome::Duplicate))
            }
            Settled::Reused => self.reused(&passing),
            Settled::Superseded { regressed } => {
                self.unpark(&passing)?;
                if let Some(newer) = held.as_ref().filter(|held| !held.deleted && held.counts && counting.counts && !deletes) {
                    let trace = &passing.incoming.origin.trace;
                    let source = passing.source(self.tx.now());
                    let mut derived = Derived { tx: self.tx, known: &mut self.known, frees: &mut self.frees, trace, source };
                    passing.draft.late(newer, &mut derived)?;
                }
                let mut taken = passing.taken(Outcome::Superseded);
                if regressed {
                    let message = "the source was read later than the version that is held, and shows an older one: was it restored?";
                    passing.opened.findings.warn("envelope.version", "SOURCE_REGRESSED", message);
                    taken.findings = mem::take(&mut passing.opened.findings.0);
                }
                Ok(taken)
            }
        }
    }

    fn reused(&mut self, passing: &Passing<'_>) -> Result<Taken> {
        let version = stored::version(&passing.opened.envelope);
        let value = format!("{}.{}", version.primary, version.observed);
        let message = "was sent before with other content; a change needs a higher version.primary, or a later version.observed";
        self.refuse(passing, vec![Violation::new("envelope.version", "VERSION_REUSED", value, message)])
    }

    fn replace(&mut self, mut passing: Passing<'_>, held: Option<&Record>, counts: bool) -> Result<Taken> {
        let mut findings = mem::take(&mut passing.opened.findings);
        let deletes = passing.opened.deletes;
        if !deletes {
            if let Some(cause) =
                passing.draft.needs().iter().find(|key| !self.known.exists(key.kind, &key.key)).map(|key| self.missing(key))
            {
                return self.park(&passing, &cause);
            }
            loop {
                match passing.draft.check(&self.known, &mut findings) {
                    Verdict::Use => break,
                    Verdict::Look(keys) => self.known.load(self.tx, keys)?,
                    Verdict::Wait(cause) => return self.park(&passing, &cause),
                    Verdict::Refuse(violation) => return self.refuse(&passing, vec![violation]),
                }
            }
            self.look_at_time(&passing, &mut findings);
        }
        let today = self.tx.now().div_euclid(DAY);
        if counts && (deletes || passing.draft.is_ended(today)) {
            self.look_at_users(&passing, &mut findings)?;
        }
        if let Some(held) = held {
            self.tx.built_on(&held.trace);
        }
        let old = held.filter(|held| !held.deleted && held.counts);
        let (source, trace) = (passing.source(self.tx.now()), &passing.incoming.origin.trace);
        let mut derived = Derived { tx: self.tx, known: &mut self.known, frees: &mut self.frees, trace, source };
        passing.draft.derive(old, counts && !deletes, &mut derived)?;
        if counts && !deletes {
            passing.draft.counts(&passing.opened.key, &mut derived);
        }
        let before = held.map_or_else(Vec::new, |held| self.kinds.all_fields(held));
        let record = passing.record(self.tx.now(), held, counts, &findings.0);
        let after = self.after(&passing, &record);
        sets::count(self.tx, held, &record)?;
        parking::count_findings(self.tx, self.policy, held, &record)?;
        // Also what does not count: a reversal waits for its receipt, and is kept for comparison as that is.
        if !deletes {
            self.frees.extend(passing.draft.frees(&passing.opened.key));
        }
        self.known.set(record.clone());
        self.tx.put(record, before, after);
        self.unpark(&passing)?;
        Ok(Taken { findings: findings.0, ..passing.taken(Outcome::Accepted) })
    }

    fn after(&self, passing: &Passing<'_>, record: &Record) -> Fields {
        let mut fields = if record.deleted { Vec::new() } else { passing.draft.fields() };
        parking::finding_fields(&stored::findings(record), &mut fields);
        sets::field(self.kinds, record, &mut fields);
        fields
    }

    /// Nothing new; but its version advances, and the set it came in has it.
    fn seen_again(&mut self, passing: &Passing<'_>, held: Option<&Record>) -> Result<()> {
        let Some(held) = held else { return Ok(()) };
        let version = stored::version(&passing.opened.envelope);
        let set_key = if passing.opened.envelope.set_key.is_empty() { &held.set_key } else { &passing.opened.envelope.set_key };
        if version == held.version && *set_key == held.set_key {
            return Ok(());
        }
        let mut touched = held.clone();
        touched.version = version;
        touched.set_key.clone_from(set_key);
        sets::count(self.tx, Some(held), &touched)?;
        self.tx.touch(held.id(), version, set_key);
        self.known.set(touched);
        Ok(())
    }

    fn missing(&self, key: &Key) -> Cause {
        let kind = self.kinds.info(key.kind).map_or("record", |info| info.name.as_str());
        Cause {
            key: format!("{kind}/{}", key.key),
            reason: format!("UNKNOWN_{}", kind.to_uppercase()),
            message: format!("{kind} {:?} is not known here; send it, and what waits for it is taken in by itself", key.key),
        }
    }

    fn look_at_time(&self, passing: &Passing<'_>, findings: &mut Findings) {
        if let Some(at) = passing.opened.envelope.source_time.as_ref().map(stored::micros)
            && at > self.tx.now() + AHEAD
        {
            let message = format!("{} is in the future; the source's clock is wrong, or the time zone was forgotten", instant(at));
            findings.warn("envelope.source_time", "SOURCE_TIME_IN_FUTURE", message);
        }
    }

    fn look_at_users(&mut self, passing: &Passing<'_>, findings: &mut Findings) -> Result<()> {
        // Who is leaned on is a master: its key is its id.
        let id = key::split(&passing.opened.key).concat();
        for (kind, field) in passing.draft.users() {
            if !self.tx.having(*kind, field, slice::from_ref(&id))?.is_empty() {
                let user = self.kinds.info(*kind).map_or("record", |info| info.name.as_str());
                findings.error("", "STILL_USED", format!("{} {id:?} ends, and there is a {user} whose {field} names it", passing.kind));
            }
        }
        Ok(())
    }

    /// Refuses a record; one that was parked stays parked, for a person to decide.
    pub(crate) fn refuse(&mut self, passing: &Passing<'_>, violations: Vec<Violation>) -> Result<Taken> {
        if passing.incoming.redriven.is_some()
            && let Some(first) = violations.first()
        {
            let cause = Cause {
                key: format!("refused/{}", first.reason),
                reason: first.reason.to_owned(),
                message: format!("{} {}: it cannot be taken in; discard it, or mend the reason and redrive", first.field, first.message),
            };
            return self.park(passing, &cause);
        }
        Ok(Taken { violations, ..passing.taken(Outcome::Rejected) })
    }
}

/// Whether a record is in the part of the business that its connection may write.
enum Within {
    Yes,
    No(Violation),
    /// That depends on this record, which is not there; or is another's, which must look the same.
    Unknown(Key),
}

fn out_of_scope(connection: &str, part: &Part) -> Violation {
    let row = part.places().chain(part.supplier.as_deref()).collect::<Vec<_>>().join(", ");
    let message = format!("connection {connection} may not write rows of this location, supplier or company");
    Violation::new("", "OUT_OF_SCOPE", row, message)
}

#[derive(Clone, Copy)]
struct Counting {
    counts: bool,
    /// The policy names this connection as the authority.
    named: bool,
    /// No set hides it until its commit.
    shown: bool,
}

impl Passing<'_> {
    /// Its key while it is parked. A master whose id is not known yet has only its connection's own word for it.
    pub fn parked_name(&self) -> String {
        if self.opened.wait.is_some() && !self.draft.is_document() {
            return parking::name(self.kind, &key::join([&self.incoming.origin.connection, &self.opened.key]));
        }
        parking::name(self.kind, &self.opened.key)
    }

    /// What derived state learns of it.
    fn source(&self, now: Micros) -> Source<'_> {
        let received = self.incoming.origin.received.unwrap_or(now);
        let recorded = self.opened.envelope.source_time.as_ref().map(stored::micros);
        Source { key: &self.opened.key, received, recorded }
    }

    pub fn taken(&self, outcome: Outcome) -> Taken {
        Taken { outcome, kind: self.kind, key: self.opened.key.clone(), ..Taken::default() }
    }

    fn record(&mut self, now: Micros, held: Option<&Record>, counts: bool, findings: &[Finding]) -> Record {
        let origin = &self.incoming.origin;
        let deleted = self.opened.deletes;
        // A tombstone keeps the last content: readers learn what went.
        let body = if deleted { self.draft.tombstone(held) } else { self.draft.body() };
        Record {
            kind: self.draft.number(),
            key: self.opened.key.clone(),
            version: stored::version(&self.opened.envelope),
            position: 0,
            deleted,
            counts,
            connection: origin.connection.clone(),
            set_key: self.opened.envelope.set_key.clone(),
            received: origin.received.unwrap_or(now),
            meta: stored::meta(&self.opened.envelope, &origin.principal, findings),
            trace: origin.trace.clone(),
            body,
        }
    }
}

impl Intake<'_, '_> {
    /// Its parked version, if this one takes its place; and itself, if it was parked under another name.
    fn unpark(&mut self, passing: &Passing<'_>) -> Result<()> {
        let version = stored::version(&passing.opened.envelope);
        for name in [Some(&passing.parked_name()), passing.incoming.redriven.as_ref()].into_iter().flatten() {
            let waits = |parked: &&Record| !parked.deleted && parked.version <= version;
            if let Some(parked) = self.known.record(PARKED, name).filter(waits).cloned() {
                parking::remove(self.tx, &mut self.known, parked)?;
            }
        }
        Ok(())
    }

    fn park(&mut self, passing: &Passing<'_>, cause: &Cause) -> Result<Taken> {
        let number = passing.draft.number();
        let version = stored::version(&passing.opened.envelope);
        let held = self.known.record(number, &passing.opened.key);
        if held.is_some_and(|held| held.connection == passing.incoming.origin.connection && held.version >= version) {
            self.unpark(passing)?;
            return Ok(passing.taken(Outcome::Superseded));
        }
        self.known.load(self.tx, [Key::new(PARKED, passing.parked_name())])?;
        if parking::is_reused(self.kinds, &self.known, passing) {
            return self.reused(passing);
        }
        parking::park(self.tx, &mut self.known, self.policy, passing, cause)
    }
}

//! Writing: buffered, seen by one's own reads, given positions and written once, at commit.

use crate::{
    Read, Scan, SumScan,
    engine::{Column, Connection, Deferred, Value},
    rows::{Due, Fields, Record, Request, Sum},
    statements::{self, Statement},
};
use bytes::Bytes;
use crossdock_core::{Cursor, Error, Key, Micros, Result, Version};
use crossdock_telemetry::{
    metrics::Measured,
    trace::{self, MOST_LINKS},
};
use indexmap::{IndexMap, IndexSet, map::Entry};
use std::collections::{BTreeMap, HashMap};
use tracing::Span;

/// The one transaction of this store that writes now. Reads see its own puts; pages ([`Tx::scan`], [`Tx::sums`]) are those of what was committed
/// before it.
pub struct Tx<'a> {
    connection: &'a mut Connection,
    service: &'a str,
    head: Cursor,
    now: Micros,
    puts: IndexMap<Key, Record>,
    touches: IndexMap<Key, (Version, String)>,
    fields: IndexMap<FieldKey, bool>,
    sums: BTreeMap<(u16, String, i64), i64>,
    due: IndexMap<(String, String), Option<(Due, bool)>>,
    answers: IndexMap<(String, String), Answer>,
    epoch: Option<u64>,
    changes: usize,
    /// Traces of rows that what is written builds upon.
    links: IndexSet<Bytes>,
    measured: Vec<Measured>,
}

/// What a transaction left.
pub(crate) struct Committed {
    /// The feed afterwards.
    pub head: Cursor,
    /// Tasks were made, moved or done.
    pub due: bool,
    /// What was measured of it.
    pub measured: Vec<Measured>,
}

type FieldKey = (u16, &'static str, String, String);

#[derive(Clone)]
struct Answer {
    method: String,
    digest: Bytes,
    reply: Bytes,
}

impl<'a> Tx<'a> {
    pub(crate) fn begin(connection: &'a mut Connection, service: &'a str, now: Micros) -> Result<Self> {
        connection.begin()?;
        let head = Read { connection }.head_by(statements::HEAD_LOCK)?;
        Ok(Self {
            connection,
            service,
            head,
            now,
            puts: IndexMap::new(),
            touches: IndexMap::new(),
            fields: IndexMap::new(),
            sums: BTreeMap::new(),
            due: IndexMap::new(),
            answers: IndexMap::new(),
            epoch: None,
            changes: 0,
            links: IndexSet::new(),
            measured: Vec::new(),
        })
    }

    /// What is written builds upon a row with this trace: the span that does it is linked to that.
    pub fn built_on(&mut self, trace: &Bytes) {
        if !trace.is_empty() && self.links.len() < MOST_LINKS {
            self.links.insert(trace.clone());
        }
    }

    /// Links a span to what was built upon since the last call. What is of its own trace needs no link.
    pub fn link(&mut self, span: &Span) {
        if self.links.is_empty() {
            return;
        }
        let links = std::mem::take(&mut self.links);
        let Some(own) = trace::context(span) else { return };
        for link in links.iter().filter(|link| link.get(..16) != own.as_bytes().get(..16)) {
            trace::link(span, link);
        }
    }

    /// Whose store it is.
    pub fn service(&self) -> &str {
        self.service
    }

    /// When this transaction began.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// The feed before this transaction.
    pub fn head(&self) -> Cursor {
        self.head
    }

    /// The records with these keys that are there, own puts included, in no order; in one round trip.
    pub fn get(&mut self, keys: &[Key]) -> Result<Vec<Record>> {
        let (held, asked): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| self.puts.contains_key(*key));
        let asked: Vec<Key> = asked.into_iter().cloned().collect();
        let mut records = self.read().get(&asked)?;
        self.bring_up_to_date(&mut records);
        records.extend(held.into_iter().map(|key| self.puts[key].clone()));
        Ok(records)
    }

    /// One page of what was committed before this transaction, each record as it is now: one that was put meanwhile may be a tombstone, or have other
    /// fields than were asked for.
    pub fn scan(&mut self, scan: Scan<'_>, limit: usize) -> Result<Vec<Record>> {
        let mut page = self.read().scan(scan, limit)?;
        self.bring_up_to_date(&mut page);
        Ok(page)
    }

    fn bring_up_to_date(&self, records: &mut [Record]) {
        if self.weight() == 0 {
            return;
        }
        for record in records {
            let id = record.id();
            if let Some(put) = self.puts.get(&id) {
                record.clone_from(put);
            } else if let Some((version, set_key)) = self.touches.get(&id) {
                record.version = *version;
                record.set_key.clone_from(set_key);
            }
        }
    }

    /// One page of sums as they were before this transaction.
    pub fn sums(&mut self, scan: SumScan<'_>, limit: usize) -> Result<Vec<Sum>> {
        self.read().sums(scan, limit)
    }

    /// Sums by key and bucket, own additions included; zero where there is none.
    ///
    /// # Errors
    /// If one overflows.
    pub fn sum(&mut self, kind: u16, of: &[(String, i64)]) -> Result<Vec<i64>> {
        let stored: HashMap<_, _> = self.read().sum(kind, of)?.into_iter().map(|sum| ((sum.key, sum.bucket), sum.amount)).collect();
        let total = |(key, bucket): &(String, i64)| {
            let stored = stored.get(&(key.clone(), *bucket)).copied().unwrap_or_default();
            let added = self.sums.get(&(kind, key.clone(), *bucket)).copied().unwrap_or_default();
            stored.checked_add(added).ok_or_else(|| overflow(key))
        };
        of.iter().map(total).collect()
    }

    /// The total of one key over the buckets from `first` to `last`, own additions included.
    pub fn range(&mut self, kind: u16, key: &str, first: i64, last: i64) -> Result<i64> {
        if first > last {
            return Ok(0);
        }
        let stored = self.read().range(kind, key, first, last)?;
        let own = self.sums.range((kind, key.to_owned(), first)..=(kind, key.to_owned(), last));
        Ok(own.fold(stored, |total, (_, amount)| total.saturating_add(*amount)))
    }

    /// Which of these values some record of the kind has in this field, own puts included.
    pub fn having(&mut self, kind: u16, name: &'static str, values: &[String]) -> Result<Vec<String>> {
        let mut found = self.read().having(kind, name, values)?;
        let own = |value: &String| self.fields.iter().any(|((k, n, v, _), put)| *put && *k == kind && *n == name && v == value);
        if !self.fields.is_empty() {
            found.extend(values.iter().filter(|value| own(value)).cloned());
        }
        Ok(found)
    }

    /// Tasks that were due before this transaction and that it has not touched: what somebody else in the group asks for is left for the next.
    pub fn due(&mut self, limit: usize) -> Result<Vec<Due>> {
        let now = self.now;
        let mut due = self.read().due(now, limit)?;
        due.retain(|due| !self.due.contains_key(&(due.task.clone(), due.key.clone())));
        Ok(due)
    }

    /// Puts a record; its position is given at commit. `before` and `after` are its fields as they were and as they are now.
    #[expect(clippy::needless_pass_by_value, reason = "what a record was is of no use to its caller any more")]
    pub fn put(&mut self, record: Record, before: Fields, after: Fields) {
        self.changes += 1;
        for (name, value) in &before {
            if !after.iter().any(|field| field.0 == *name && field.1 == *value) {
                self.fields.insert((record.kind, name, value.clone(), record.key.clone()), false);
            }
        }
        for (name, value) in after {
            if !before.iter().any(|field| field.0 == name && field.1 == value) {
                self.fields.insert((record.kind, name, value, record.key.clone()), true);
            }
        }
        let key = record.id();
        self.touches.swap_remove(&key);
        self.puts.insert(key, record);
    }

    /// The version of a record advances and nothing else: no event.
    pub fn touch(&mut self, key: Key, version: Version, set_key: &str) {
        self.changes += 1;
        match self.puts.get_mut(&key) {
            Some(record) => {
                record.version = version;
                set_key.clone_into(&mut record.set_key);
            }
            None => {
                self.touches.insert(key, (version, set_key.to_owned()));
            }
        }
    }

    /// Adds to a sum.
    ///
    /// # Errors
    /// If what this transaction adds overflows.
    pub fn add(&mut self, kind: u16, key: &str, bucket: i64, amount: i64) -> Result<()> {
        self.changes += 1;
        let total = self.sums.entry((kind, key.to_owned(), bucket)).or_default();
        *total = total.checked_add(amount).ok_or_else(|| overflow(key))?;
        Ok(())
    }

    /// Sets when a task is due, whatever was said before.
    pub fn later(&mut self, due: Due) {
        self.changes += 1;
        self.due.insert((due.task.clone(), due.key.clone()), Some((due, true)));
    }

    /// Makes a task due unless it is already.
    pub fn keep_due(&mut self, due: Due) {
        self.changes += 1;
        match self.due.entry((due.task.clone(), due.key.clone())) {
            Entry::Vacant(entry) => _ = entry.insert(Some((due, false))),
            // It was done within this transaction, and is needed again.
            Entry::Occupied(mut entry) if entry.get().is_none() => _ = entry.insert(Some((due, true))),
            Entry::Occupied(_) => {}
        }
    }

    /// A task is done.
    pub fn done(&mut self, task: &str, key: &str) {
        self.changes += 1;
        self.due.insert((task.to_owned(), key.to_owned()), None);
    }

    /// What was answered to this request before.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED` if it was another request.
    pub fn answered(&mut self, request: Request<'_>) -> Result<Option<Bytes>> {
        let key = (request.caller.to_owned(), request.id.to_owned());
        let held = match self.answers.get(&key) {
            Some(answer) => Some(answer.clone()),
            None => {
                let mut rows = self.connection.query(statements::ANSWER_GET, &[Value::Text(key.0), Value::Text(key.1)])?;
                let read = |row: &mut crate::engine::Row| Ok(Answer { method: row.text()?, digest: row.blob()?, reply: row.blob()? });
                rows.first_mut().map(read).transpose()?
            }
        };
        match held {
            Some(answer) if answer.method == request.method && answer.digest == request.digest => Ok(Some(answer.reply)),
            Some(answer) => Err(Error::invalid(
                "REQUEST_ID_REUSED",
                format!(
                    "request_id {:?} was used before for another {} request; draw a new id for a new request",
                    request.id, answer.method
                ),
            )),
            None => Ok(None),
        }
    }

    /// Keeps the answer to a request.
    pub fn answer(&mut self, request: Request<'_>, reply: Bytes) {
        self.changes += 1;
        let answer = Answer { method: request.method.to_owned(), digest: Bytes::copy_from_slice(request.digest), reply };
        self.answers.insert((request.caller.to_owned(), request.id.to_owned()), answer);
    }

    /// Begins another life of the store, after a restore: every cursor given out before is out of range.
    #[expect(clippy::disallowed_methods, reason = "an epoch only has to differ from those before")]
    pub fn renew_epoch(&mut self) {
        self.changes += 1;
        self.epoch = Some(rand::random::<u64>() >> 1);
    }

    /// Measures a fact of this transaction: it is recorded once that is on disk, and never if it fails.
    pub fn measure(&mut self, fact: Measured) {
        self.measured.push(fact);
    }

    /// The facts that were measured so far.
    pub fn measured(&self) -> &[Measured] {
        &self.measured
    }

    /// Forgets the facts after these.
    pub(crate) fn forget_measured(&mut self, after: usize) {
        self.measured.truncate(after);
    }

    fn read(&mut self) -> Read<'_> {
        Read { connection: self.connection }
    }

    /// How much is waiting to be written.
    pub fn weight(&self) -> usize {
        self.puts.len() + self.touches.len()
    }

    /// How often something was changed.
    pub(crate) fn changes(&self) -> usize {
        self.changes
    }

    /// Writes and commits; the feed afterwards.
    pub(crate) fn commit(mut self) -> Result<Committed> {
        let due = !self.due.is_empty();
        let head = Cursor {
            position: self.head.position + i64::try_from(self.puts.len()).unwrap_or(i64::MAX),
            epoch: self.epoch.unwrap_or(self.head.epoch),
        };
        let writes = self.writes(head);
        self.connection.commit(&writes)?;
        Ok(Committed { head, due, measured: self.measured })
    }

    fn writes(&mut self, head: Cursor) -> Vec<Deferred> {
        let mut writes = Vec::new();
        let mut push = |statement: Statement, columns: Vec<Column>| writes.push((statement, columns));
        if !self.puts.is_empty() {
            push(statements::RECORD_PUT, record_columns(std::mem::take(&mut self.puts), self.head.position));
            push(statements::HEAD_ADVANCE, vec![Column::Int(vec![head.position])]);
        }
        if !self.touches.is_empty() {
            push(statements::RECORD_TOUCH, touch_columns(std::mem::take(&mut self.touches)));
        }
        let (put, cut): (Vec<_>, Vec<_>) = std::mem::take(&mut self.fields).into_iter().partition(|(_, put)| *put);
        for (statement, fields) in [(statements::FIELD_CUT, cut), (statements::FIELD_PUT, put)] {
            if !fields.is_empty() {
                push(statement, field_columns(fields.into_iter().map(|(field, _)| field).collect()));
            }
        }
        let sums: Vec<_> = std::mem::take(&mut self.sums).into_iter().filter(|(_, amount)| *amount != 0).collect();
        if !sums.is_empty() {
            push(statements::SUM_ADD, sum_columns(sums));
        }
        self.due_writes(&mut push);
        if !self.answers.is_empty() {
            push(statements::ANSWER_PUT, answer_columns(std::mem::take(&mut self.answers), self.now));
        }
        if let Some(epoch) = self.epoch {
            push(statements::HEAD_EPOCH, vec![Column::Int(vec![epoch.cast_signed()])]);
        }
        writes
    }

    fn due_writes(&mut self, push: &mut impl FnMut(Statement, Vec<Column>)) {
        let (mut set, mut keep, mut cut) = (Vec::new(), Vec::new(), (Vec::new(), Vec::new()));
        for ((task, key), due) in std::mem::take(&mut self.due) {
            match due {
                Some((due, true)) => set.push(due),
                Some((due, false)) => keep.push(due),
                None => {
                    cut.0.push(task);
                    cut.1.push(key);
                }
            }
        }
        for (statement, rows) in [(statements::DUE_SET, set), (statements::DUE_KEEP, keep)] {
            if !rows.is_empty() {
                push(
                    statement,
                    vec![
                        Column::Text(rows.iter().map(|due| due.task.clone()).collect()),
                        Column::Text(rows.iter().map(|due| due.key.clone()).collect()),
                        Column::Int(rows.iter().map(|due| due.at).collect()),
                        Column::Int(rows.iter().map(|due| due.attempt).collect()),
                    ],
                );
            }
        }
        if !cut.0.is_empty() {
            push(statements::DUE_CUT, vec![Column::Text(cut.0), Column::Text(cut.1)]);
        }
    }
}

fn overflow(key: &str) -> Error {
    Error::new(crossdock_core::ErrorKind::OutOfRange, "SUM_OVERFLOW", format!("the total of {key} would pass 9,223,372,036,854"))
}

fn record_columns(puts: IndexMap<Key, Record>, head: i64) -> Vec<Column> {
    let count = puts.len();
    let mut ints: [Vec<i64>; 7] = std::array::from_fn(|_| Vec::with_capacity(count));
    let mut texts: [Vec<String>; 3] = std::array::from_fn(|_| Vec::with_capacity(count));
    let mut blobs: [Vec<Bytes>; 3] = std::array::from_fn(|_| Vec::with_capacity(count));
    for (position, record) in (head + 1..).zip(puts.into_values()) {
        let row = [
            record.kind.into(),
            record.version.primary,
            record.version.observed,
            position,
            record.deleted.into(),
            record.counts.into(),
            record.received,
        ];
        ints.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        texts.iter_mut().zip([record.key, record.connection, record.set_key]).for_each(|(column, value)| column.push(value));
        blobs.iter_mut().zip([record.meta, record.trace, record.body]).for_each(|(column, value)| column.push(value));
    }
    let [kind, primary, observed, pos, deleted, counts, received] = ints.map(Column::Int);
    let [key, connection, set_key] = texts.map(Column::Text);
    let [meta, trace, body] = blobs.map(Column::Blob);
    vec![kind, key, primary, observed, pos, deleted, counts, connection, set_key, received, meta, trace, body]
}

fn touch_columns(touches: IndexMap<Key, (Version, String)>) -> Vec<Column> {
    let (keys, values): (Vec<Key>, Vec<(Version, String)>) = touches.into_iter().unzip();
    vec![
        Column::Int(keys.iter().map(|key| key.kind.into()).collect()),
        Column::Text(keys.into_iter().map(|key| key.key).collect()),
        Column::Int(values.iter().map(|(version, _)| version.primary).collect()),
        Column::Int(values.iter().map(|(version, _)| version.observed).collect()),
        Column::Text(values.into_iter().map(|(_, set_key)| set_key).collect()),
    ]
}

fn field_columns(fields: Vec<FieldKey>) -> Vec<Column> {
    vec![
        Column::Int(fields.iter().map(|field| field.0.into()).collect()),
        Column::Text(fields.iter().map(|field| field.1.to_owned()).collect()),
        Column::Text(fields.iter().map(|field| field.2.clone()).collect()),
        Column::Text(fields.into_iter().map(|field| field.3).collect()),
    ]
}

fn sum_columns(sums: Vec<((u16, String, i64), i64)>) -> Vec<Column> {
    let kinds = sums.iter().map(|((kind, _, _), _)| (*kind).into()).collect();
    let buckets = sums.iter().map(|((_, _, bucket), _)| *bucket).collect();
    let amounts = sums.iter().map(|(_, amount)| *amount).collect();
    let keys = sums.into_iter().map(|((_, key, _), _)| key).collect();
    vec![Column::Int(kinds), Column::Text(keys), Column::Int(buckets), Column::Int(amounts)]
}

fn answer_columns(answers: IndexMap<(String, String), Answer>, now: Micros) -> Vec<Column> {
    let count = answers.len();
    let (keys, answers): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    let (callers, ids): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
    vec![
        Column::Text(callers),
        Column::Text(ids),
        Column::Text(answers.iter().map(|answer| answer.method.clone()).collect()),
        Column::Blob(answers.iter().map(|answer| answer.digest.clone()).collect()),
        Column::Blob(answers.into_iter().map(|answer| answer.reply).collect()),
        Column::Int(vec![now; count]),
    ]
}

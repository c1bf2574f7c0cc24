//! Reading: by key, by page, by sum.

use crate::{
    engine::{Column, Connection, Row, Value},
    rows::{Due, KindCount, Record, Sum},
    statements::{self, Statement},
};
use crossdock_core::{Cursor, Error, Key, Micros, Result, Version};

/// More of the last of all characters than a key begins with.
const LONGEST: usize = 128;

/// One state of the store. Lists are pages: `limit` is the most that comes back.
pub struct Read<'a> {
    pub(crate) connection: &'a mut Connection,
}

/// Which records, in which order.
#[derive(Clone, Copy, Debug)]
pub enum Scan<'a> {
    /// The feed of one kind, by position: after `after`, up to and including `upto`.
    Since {
        /// The kind.
        kind: u16,
        /// Begin after this position.
        after: i64,
        /// End with this position.
        upto: i64,
    },
    /// Keys that begin with `prefix`, by key.
    Prefix {
        /// The kind.
        kind: u16,
        /// Begins every key.
        prefix: &'a str,
        /// Begin after this key; empty for the first page.
        after: &'a str,
    },
    /// Records with this field, by key.
    Field {
        /// The kind.
        kind: u16,
        /// Name of the field.
        name: &'a str,
        /// Its value.
        value: &'a str,
        /// Begins every key.
        prefix: &'a str,
        /// Begin after this key; empty for the first page.
        after: &'a str,
    },
}

/// Which sums, by key and bucket.
#[derive(Clone, Copy, Debug)]
pub struct SumScan<'a> {
    /// The kind of sum.
    pub kind: u16,
    /// Begins every key.
    pub prefix: &'a str,
    /// Begin after this key and bucket.
    pub after: (&'a str, i64),
    /// First and last bucket.
    pub buckets: (i64, i64),
}

impl Read<'_> {
    /// Where the feed ends.
    pub fn head(&mut self) -> Result<Cursor> {
        self.head_by(statements::HEAD_READ)
    }

    pub(crate) fn head_by(&mut self, statement: Statement) -> Result<Cursor> {
        let mut rows = self.connection.query(statement, &[])?;
        let row = rows.first_mut().ok_or_else(|| Error::internal("the store has no head row", "head is empty"))?;
        let position = row.int()?;
        Ok(Cursor { position, epoch: row.int()?.unsigned_abs() })
    }

    /// The records with these keys that are there, in no order; in one round trip.
    pub fn get(&mut self, keys: &[Key]) -> Result<Vec<Record>> {
        let columns =
            [Column::Int(keys.iter().map(|key| key.kind.into()).collect()), Column::Text(keys.iter().map(|key| key.key.clone()).collect())];
        self.connection.bulk(statements::RECORD_GET, &columns)?.iter_mut().map(record).collect()
    }

    /// One page of records.
    pub fn scan(&mut self, scan: Scan<'_>, limit: usize) -> Result<Vec<Record>> {
        let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
        let text = |text: &str| Value::Text(text.to_owned());
        let mut rows = match scan {
            Scan::Since { kind, after, upto } => {
                self.connection.query(statements::RECORD_SINCE, &[Value::Int(kind.into()), Value::Int(after), Value::Int(upto), limit])
            }
            Scan::Prefix { kind, prefix, after } => self.connection.query(
                statements::RECORD_PREFIX,
                &[Value::Int(kind.into()), text(after), text(prefix), Value::Text(end_of(prefix)), limit],
            ),
            Scan::Field { kind, name, value, prefix, after } => self.connection.query(
                statements::RECORD_FIELD,
                &[Value::Int(kind.into()), text(name), text(value), text(after), text(prefix), Value::Text(end_of(prefix)), limit],
            ),
        }?;
        rows.iter_mut().map(record).collect()
    }

    /// Which of these values some record of the kind has in this field.
    pub fn having(&mut self, kind: u16, name: &str, values: &[String]) -> Result<Vec<String>> {
        let columns = [
            Column::Int(vec![kind.into(); values.len()]),
            Column::Text(vec![name.to_owned(); values.len()]),
            Column::Text(values.to_vec()),
        ];
        self.connection.bulk(statements::FIELD_HAVING, &columns)?.iter_mut().map(Row::text).collect()
    }

    /// One page of sums.
    pub fn sums(&mut self, scan: SumScan<'_>, limit: usize) -> Result<Vec<Sum>> {
        let parameters = [
            Value::Int(scan.kind.into()),
            Value::Text(scan.after.0.to_owned()),
            Value::Int(scan.after.1),
            Value::Text(scan.prefix.to_owned()),
            Value::Text(end_of(scan.prefix)),
            Value::Int(scan.buckets.0),
            Value::Int(scan.buckets.1),
            Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        self.connection.query(statements::SUM_SCAN, &parameters)?.iter_mut().map(sum).collect()
    }

    /// Sums by key and bucket; what is not there is left out.
    pub fn sum(&mut self, kind: u16, of: &[(String, i64)]) -> Result<Vec<Sum>> {
        let columns = [
            Column::Int(vec![kind.into(); of.len()]),
            Column::Text(of.iter().map(|(key, _)| key.clone()).collect()),
            Column::Int(of.iter().map(|(_, bucket)| *bucket).collect()),
        ];
        self.connection.bulk(statements::SUM_GET, &columns)?.iter_mut().map(sum).collect()
    }

    /// The total of one key over the buckets from `first` to `last`.
    pub fn range(&mut self, kind: u16, key: &str, first: i64, last: i64) -> Result<i64> {
        let parameters = [Value::Int(kind.into()), Value::Text(key.to_owned()), Value::Int(first), Value::Int(last)];
        self.connection.query(statements::SUM_RANGE, &parameters)?.first_mut().map_or(Ok(0), Row::int)
    }

    /// Tasks whose time has come, the oldest first.
    pub fn due(&mut self, now: Micros, limit: usize) -> Result<Vec<Due>> {
        let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut rows = self.connection.query(statements::DUE_NEXT, &[Value::Int(now), limit])?;
        rows.iter_mut().map(|row| Ok(Due { task: row.text()?, key: row.text()?, at: row.int()?, attempt: row.int()? })).collect()
    }

    /// When the next task is due.
    pub fn next_due(&mut self) -> Result<Option<Micros>> {
        self.connection.query(statements::DUE_FIRST, &[])?.first_mut().map(Row::int).transpose()
    }

    /// How many records there are; reads them all.
    pub fn count(&mut self) -> Result<Vec<KindCount>> {
        let mut rows = self.connection.query(statements::RECORD_COUNT, &[])?;
        rows.iter_mut().map(|row| Ok(KindCount { kind: small(row.int()?)?, deleted: row.int()? != 0, records: row.int()? })).collect()
    }
}

/// The first text, by bytes, after all that begin with `prefix`: its last character that has a next one is replaced by that.
fn end_of(prefix: &str) -> String {
    let kept = prefix.trim_end_matches(char::MAX);
    let mut end = kept.to_owned();
    match end.pop() {
        Some(last) => end.extend((last..=char::MAX).nth(1)),
        // There is none: after every key that is shorter than this.
        None => end.extend([char::MAX; LONGEST]),
    }
    end
}

fn sum(row: &mut Row) -> Result<Sum> {
    Ok(Sum { key: row.text()?, bucket: row.int()?, amount: row.int()? })
}

fn record(row: &mut Row) -> Result<Record> {
    Ok(Record {
        kind: small(row.int()?)?,
        key: row.text()?,
        version: Version { primary: row.int()?, observed: row.int()? },
        position: row.int()?,
        deleted: row.int()? != 0,
        counts: row.int()? != 0,
        connection: row.text()?,
        set_key: row.text()?,
        received: row.int()?,
        meta: row.blob()?,
        trace: row.blob()?,
        body: row.blob()?,
    })
}

fn small(value: i64) -> Result<u16> {
    u16::try_from(value).map_err(|error| Error::internal("the store holds a kind that cannot be", error))
}

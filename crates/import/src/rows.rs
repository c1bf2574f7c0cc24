//! What becomes of each line.

use crate::{
    InputError, LineError, Mapping,
    csv::CsvRows,
    fields::Fields,
    jsonl::JsonRows,
    keys::{Fingerprint, Fingerprints, Ordinals, Seen},
    mapping::{Form, Output},
    plan::Line,
};
use bytes::Bytes;
use crossdock_proto::{Record, types::Envelope};
use prost::Message;

/// A line of the input and what became of it.
#[derive(Debug)]
pub struct Row {
    /// Its number, from 1; of a row that spans lines, the first.
    pub line: u64,
    /// As it is in the input, without its end. A line that is too long is cut.
    pub raw: Bytes,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a line. Every line has exactly one fate.
#[derive(Debug, PartialEq)]
pub enum Fate {
    /// It gave records.
    Records(Vec<Made>),
    /// A rule of the mapping takes it out.
    Skipped {
        /// Index of the rule in [`Mapping::rules`].
        rule: usize,
    },
    /// Every record that it would give was given by an earlier line.
    Repeated,
    /// It is no record's line: no `when` holds.
    Unmatched,
    /// It gives nothing because something is wrong with it.
    Bad(LineError),
}

/// A record made of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Index of the mapping's output in [`Mapping::outputs`].
    pub output: usize,
    /// The record.
    pub record: Record,
}

/// How many lines met which fate so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read: blank lines and the header are none.
    pub rows: u64,
    /// Rows that gave records.
    pub taken: u64,
    /// Rows taken out, by rule.
    pub skipped: Vec<u64>,
    /// Rows whose records were all given before.
    pub repeated: u64,
    /// Rows that no output wants.
    pub unmatched: u64,
    /// Rows with an error.
    pub bad: u64,
    /// Records made, by output.
    pub records: Vec<u64>,
}

impl Counts {
    /// Rows of all fates: always as many as were read.
    pub fn accounted(&self) -> u64 {
        self.taken + self.skipped.iter().sum::<u64>() + self.repeated + self.unmatched + self.bad
    }

    fn count(&mut self, fate: &Fate) {
        self.rows += 1;
        match fate {
            Fate::Records(made) => {
                self.taken += 1;
                for made in made {
                    self.records[made.output] += 1;
                }
            }
            Fate::Skipped { rule } => self.skipped[*rule] += 1,
            Fate::Repeated => self.repeated += 1,
            Fate::Unmatched => self.unmatched += 1,
            Fate::Bad(_) => self.bad += 1,
        }
    }
}

/// What is wrong with a row as such.
pub(crate) struct Problem {
    /// The declared column; nothing if it is the row as a whole.
    pub(crate) column: Option<usize>,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn not_utf8(column: usize) -> Self {
        Self { column: Some(column), message: String::from("is not UTF-8: save the file as UTF-8") }
    }
}

/// A row as it was read.
pub(crate) struct RawRow {
    pub(crate) number: u64,
    pub(crate) raw: Vec<u8>,
    pub(crate) problem: Option<Problem>,
}

enum Reader<'a> {
    Csv(Box<CsvRows<'a>>),
    Json(JsonRows<'a>),
}

/// The rows of an input, one after the other. Memory is bounded but for one key of about 50 bytes per group of an ordinal and per value of a
/// `distinct_by`.
pub struct Rows<'a> {
    mapping: &'a Mapping,
    reader: Reader<'a>,
    fields: Fields,
    fingerprints: Fingerprints,
    groups: Vec<Ordinals>,
    ordinals: Vec<u64>,
    /// By output.
    seen: Vec<Seen>,
    counts: Counts,
    done: bool,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(mapping: &'a Mapping, lines: crate::lines::Lines<'a>) -> Result<Self, InputError> {
        let columns = &mapping.columns;
        let reader = match mapping.form {
            Form::Csv { delimiter, header } => Reader::Csv(Box::new(CsvRows::new(lines, delimiter, header, mapping.trim, columns)?)),
            Form::Jsonl => Reader::Json(JsonRows::new(lines, mapping.trim, columns)),
        };
        let counts = Counts { skipped: vec![0; mapping.skips.len()], records: vec![0; mapping.outputs.len()], ..Counts::default() };
        Ok(Self {
            mapping,
            reader,
            fields: Fields::default(),
            fingerprints: Fingerprints::default(),
            groups: mapping.groups.iter().map(|_| Ordinals::default()).collect(),
            ordinals: Vec::new(),
            seen: mapping.outputs.iter().map(|_| Seen::default()).collect(),
            counts,
            done: false,
        })
    }

    /// What became of the rows so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn read(&mut self) -> Result<Option<Row>, InputError> {
        let raw = match &mut self.reader {
            Reader::Csv(rows) => rows.next(&mut self.fields)?,
            Reader::Json(rows) => rows.next(&mut self.fields)?,
        };
        let Some(row) = raw else { return Ok(None) };
        // Every row counts in its group, whatever becomes of it: a mended or skipped row must not renumber its neighbours.
        self.number(row.problem.is_none());
        let fate = match row.problem {
            Some(problem) => Fate::Bad(self.problem(row.number, problem)),
            None => self.fate(row.number).unwrap_or_else(Fate::Bad),
        };
        self.counts.count(&fate);
        Ok(Some(Row { line: row.number, raw: row.raw.into(), fate }))
    }

    fn problem(&self, line: u64, problem: Problem) -> LineError {
        let name = problem.column.and_then(|column| self.mapping.columns.get(column)).map_or("", String::as_str);
        let value = problem.column.and_then(|column| self.fields.bytes(column)).map(String::from_utf8_lossy).unwrap_or_default();
        LineError::new(line, name, &value, problem.message)
    }

    /// The ordinal of the row in each group. A sound row without a column has it empty; of a bad row it is not known.
    fn number(&mut self, sound: bool) {
        self.ordinals.clear();
        for (columns, group) in self.mapping.groups.iter().zip(&mut self.groups) {
            let key: Option<Vec<&[u8]>> = columns.iter().map(|column| self.fields.bytes(*column).or(sound.then_some(b""))).collect();
            self.ordinals.push(key.map_or(0, |key| group.next(self.fingerprints.of(&key))));
        }
    }

    fn fate(&mut self, number: u64) -> Result<Fate, LineError> {
        let mapping = self.mapping;
        let line = Line { number, fields: &self.fields, ordinals: &self.ordinals, columns: &mapping.columns, context: &mapping.context };
        for (rule, skip) in mapping.skips.iter().enumerate() {
            if skip.when.holds(line.context, line.fields).map_err(|error| fault(&line, &skip.rule, &skip.when, error))? {
                return Ok(Fate::Skipped { rule });
            }
        }
        let (mut made, mut keys, mut repeated) = (Vec::new(), Vec::new(), false);
        for (index, output) in mapping.outputs.iter().enumerate() {
            if let Some(when) = &output.when
                && !when.holds(line.context, line.fields).map_err(|error| fault(&line, &format!("{}.when", output.name), when, error))?
            {
                continue;
            }
            if !output.distinct_by.is_empty() {
                let key = distinct_key(output, &line, &self.fingerprints)?;
                if self.seen[index].contains(&key) {
                    repeated = true;
                    continue;
                }
                keys.push((index, key));
            }
            made.push(Made { output: index, record: record(output, &line)? });
        }
        for (index, key) in keys {
            self.seen[index].insert(key);
        }
        Ok(match (made.is_empty(), repeated) {
            (false, _) => Fate::Records(made),
            (true, true) => Fate::Repeated,
            (true, false) => Fate::Unmatched,
        })
    }
}

fn fault(line: &Line<'_>, field: &str, expression: &crate::expression::Expression, message: String) -> LineError {
    LineError::new(line.number, field, &expression.seen(line), message)
}

fn distinct_key(output: &Output, line: &Line<'_>, fingerprints: &Fingerprints) -> Result<Fingerprint, LineError> {
    let mut key = Vec::with_capacity(output.distinct_by.len());
    for path in &output.distinct_by {
        let Some(leaf) = output.fields.leaf(path) else { continue };
        let value = leaf.source.value(line).map_err(|error| leaf.source.error(line, &leaf.path, error))?;
        key.push(value.text().into_owned());
    }
    Ok(fingerprints.of(&key))
}

fn record(output: &Output, line: &Line<'_>) -> Result<Record, LineError> {
    let mut bytes = Vec::with_capacity(128);
    output.envelope.write(line, &mut bytes)?;
    let envelope = Envelope::decode(bytes.as_slice()).map_err(|error| LineError::new(line.number, &output.name, "", error.to_string()))?;
    bytes.clear();
    output.fields.write(line, &mut bytes)?;
    Ok(Record { envelope: Some(envelope), kind: output.kind, body: Bytes::from(bytes) })
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, InputError>;

    /// After an error there are no more rows: the input is broken or cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let row = self.read().transpose();
        self.done = !matches!(row, Some(Ok(_)));
        row
    }
}

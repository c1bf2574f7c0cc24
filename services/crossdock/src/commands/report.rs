//! What became of every line of an import.

use crate::{
    commands::import::rate,
    failure::{Failure, at},
    output::{self, Format},
};
use crossdock_import::{Counts, LineError, Mapping};
use crossdock_proto::{
    Record, schema,
    types::{BatchResult, Outcome, RecordResult},
};
use prost::bytes::Bytes;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Duration,
};

/// Counts outcomes, and writes down the lines that were not taken.
pub struct Report {
    not_taken: Option<BufWriter<File>>,
    written: Result<(), std::io::Error>,
    lines: Counts,
    outcomes: BTreeMap<String, [u64; 5]>,
    reasons: BTreeMap<(String, &'static str, String), (u64, String)>,
}

const OUTCOMES: [&str; 5] = ["accepted", "duplicate", "superseded", "parked", "rejected"];

impl Report {
    /// Lines that were not taken go to this file.
    pub fn new(not_taken: Option<&Path>) -> Result<Self, Failure> {
        let file = not_taken.map(|path| File::create(path).map_err(at(path.display()))).transpose()?;
        Ok(Self {
            not_taken: file.map(BufWriter::new),
            written: Ok(()),
            lines: Counts::default(),
            outcomes: BTreeMap::new(),
            reasons: BTreeMap::new(),
        })
    }

    /// A line that gave nothing.
    pub fn bad(&mut self, error: &LineError, raw: &Bytes) {
        self.write(error.line, raw, &json!({ "field": error.field, "value": error.value, "message": error.message }));
    }

    /// Every line was read.
    pub fn read(&mut self, lines: Counts) {
        self.lines = lines;
    }

    /// A batch was answered; `from` says which line gave each record.
    pub fn answered(&mut self, records: &[Record], from: &[(u64, Bytes)], result: &BatchResult) {
        let name = |kind: u32| schema().kind(kind).map_or("?", |info| info.name.as_str());
        let mut told = result.results.iter().peekable();
        let mut duplicates = result.counts.map_or(0, |counts| counts.duplicate);
        for ((index, record), (line, raw)) in (0_u32..).zip(records).zip(from) {
            let result = told.next_if(|result| result.index == index);
            let outcome = match result.map(RecordResult::outcome) {
                Some(outcome) => outcome,
                // What is not told was simply accepted, or known already.
                None if duplicates > 0 => {
                    duplicates -= 1;
                    Outcome::Duplicate
                }
                None => Outcome::Accepted,
            };
            let column = match outcome {
                Outcome::Accepted => 0,
                Outcome::Duplicate => 1,
                Outcome::Superseded => 2,
                Outcome::Parked => 3,
                Outcome::Rejected | Outcome::Unspecified => 4,
            };
            self.outcomes.entry(name(record.kind).to_owned()).or_default()[column] += 1;
            if let Some(result) = result {
                self.tell(name(record.kind), column, result, *line, raw);
            }
        }
    }

    fn tell(&mut self, kind: &str, column: usize, result: &RecordResult, line: u64, raw: &Bytes) {
        let violations = result.violations.iter().map(|held| (OUTCOMES[column], held.reason.clone(), held.message.clone()));
        let findings = result.findings.iter().map(|held| ("finding", held.reason.clone(), held.message.clone()));
        for (what, reason, message) in violations.chain(findings) {
            self.reasons.entry((kind.to_owned(), what, reason)).or_insert((0, message)).0 += 1;
        }
        if result.outcome() == Outcome::Rejected {
            let violations: Vec<_> = result
                .violations
                .iter()
                .map(|held| json!({ "field": held.field, "reason": held.reason, "value": held.value, "message": held.message }))
                .collect();
            self.write(line, raw, &json!({ "kind": kind, "violations": violations }));
        }
    }

    fn write(&mut self, line: u64, raw: &Bytes, why: &serde_json::Value) {
        if let (Some(file), Ok(())) = (&mut self.not_taken, &self.written) {
            self.written = writeln!(file, "{}", json!({ "line": line, "raw": String::from_utf8_lossy(raw), "why": why }));
        }
    }

    /// Prints what became of every line and record.
    pub fn print(&mut self, format: Format, mapping: &Mapping, elapsed: Duration) -> Result<(), Failure> {
        std::mem::replace(&mut self.written, Ok(()))?;
        if let Some(file) = &mut self.not_taken {
            file.flush()?;
        }
        if format == Format::Json {
            return self.print_json(mapping, elapsed);
        }
        let lines = &self.lines;
        output::line(format!("{} lines read in {:.1} s, {:.0} lines/s", lines.rows, elapsed.as_secs_f32(), rate(lines.rows, elapsed)))?;
        let fates = self.fates(mapping).into_iter().filter(|(_, count)| *count > 0).map(|(fate, count)| vec![fate, count.to_string()]);
        output::table(&["lines", "count"], fates)?;
        output::line("")?;
        let row = |(kind, counts): (&String, &[u64; 5])| std::iter::once(kind.clone()).chain(counts.iter().map(u64::to_string)).collect();
        output::table(&["records", "accepted", "duplicate", "superseded", "parked", "rejected"], self.outcomes.iter().map(row))?;
        if !self.reasons.is_empty() {
            output::line("")?;
            let row = |((kind, what, reason), (count, example)): (&(String, &str, String), &(u64, String))| {
                vec![kind.clone(), (*what).to_owned(), reason.clone(), count.to_string(), example.chars().take(110).collect()]
            };
            output::table(&["kind", "what", "reason", "count", "for example"], self.reasons.iter().map(row))?;
        }
        Ok(())
    }

    fn fates(&self, mapping: &Mapping) -> Vec<(String, u64)> {
        let lines = &self.lines;
        let mut fates = vec![("gave records".to_owned(), lines.taken)];
        let rules = mapping.rules().zip(&lines.skipped);
        fates.extend(rules.map(|(rule, count)| (format!("left out by rule {}: {}", rule.name, rule.because), *count)));
        fates.push(("repeat what an earlier line gave".into(), lines.repeated));
        fates.push(("match no record of the mapping".into(), lines.unmatched));
        fates.push(("could not be read".into(), lines.bad));
        fates
    }

    fn print_json(&self, mapping: &Mapping, elapsed: Duration) -> Result<(), Failure> {
        let outcomes: BTreeMap<_, BTreeMap<_, _>> =
            self.outcomes.iter().map(|(kind, counts)| (kind, OUTCOMES.into_iter().zip(counts).collect())).collect();
        let reasons: Vec<_> = self
            .reasons
            .iter()
            .map(|((kind, what, reason), (count, example))| json!({ "kind": kind, "what": what, "reason": reason, "count": count, "example": example }))
            .collect();
        let fates: BTreeMap<_, _> = self.fates(mapping).into_iter().collect();
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        output::line(
            json!({ "lines": self.lines.rows, "milliseconds": milliseconds, "fates": fates, "records": outcomes, "reasons": reasons })
                .to_string(),
        )
    }
}

//! Rows of comma-separated values.
//!
//! A row may span lines inside of quotes. A quote that was never meant to open would swallow good rows, so a row of several lines counts only if
//! it has as many columns as the header; else its first line is at fault and reading goes on with the second.

use crate::{
    InputError,
    fields::Fields,
    lines::{LONGEST, Lines, PhysicalLine},
    rows::{Problem, RawRow},
};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

/// Reads rows.
pub(crate) struct CsvRows<'i> {
    lines: Lines<'i>,
    parser: Reader,
    /// Number of columns of the file.
    width: usize,
    /// Column of the file for each declared column.
    positions: Vec<usize>,
    trim: bool,
    ends: Vec<usize>,
}

/// What the parser made of some lines.
enum Parsed {
    /// A row with so many columns.
    Row(usize),
    /// A quote is still open.
    Open,
}

impl<'i> CsvRows<'i> {
    pub(crate) fn new(lines: Lines<'i>, delimiter: u8, header: bool, trim: bool, columns: &[String]) -> Result<Self, InputError> {
        let parser = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        let positions = (0..columns.len()).collect();
        let mut rows = Self { lines, parser, width: columns.len(), positions, trim, ends: Vec::new() };
        if header {
            rows.read_header(columns)?;
        }
        Ok(rows)
    }

    fn read_header(&mut self, columns: &[String]) -> Result<(), InputError> {
        let Some(line) = self.next_line()? else {
            return Err(InputError::Header { found: String::from("nothing"), missing: String::from("the input is empty") });
        };
        let mut bytes = Vec::new();
        self.begin(&mut bytes);
        self.feed(&line, &mut bytes);
        let names: Vec<_> = spans(&self.ends, &bytes, true).map(|(start, end)| String::from_utf8_lossy(&bytes[start..end])).collect();
        self.width = names.len();
        for (position, column) in self.positions.iter_mut().zip(columns) {
            let mut found = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(index, _)| index);
            let problem = match (found.next(), found.next()) {
                (Some(index), None) => {
                    *position = index;
                    continue;
                }
                (None, _) => format!("`{column}` is missing"),
                (Some(_), Some(_)) => format!("`{column}` is there twice"),
            };
            let names: String = names.join(", ").chars().take(500).collect();
            return Err(InputError::Header { found: names, missing: problem });
        }
        Ok(())
    }

    /// The next row that is not blank; its columns go to `fields`.
    pub(crate) fn next(&mut self, fields: &mut Fields) -> Result<Option<RawRow>, InputError> {
        let Some(first) = self.next_line()? else { return Ok(None) };
        let (mut bytes, mut found) = fields.recycle();
        let number = first.number;
        let mut lines = vec![first];
        let problem = self.parse_row(&mut lines, &mut bytes)?.map(|message| Problem { column: None, message });
        let spans: Vec<_> = spans(&self.ends, &bytes, self.trim).collect();
        found.extend(self.positions.iter().map(|position| spans.get(*position).copied()));
        let problem = problem.or(fields.fill(bytes, found).map(Problem::not_utf8));
        Ok(Some(RawRow { number, raw: join(lines), problem }))
    }

    /// Parses as many lines as the row has. Says what is wrong with it; then `lines` is the one line at fault.
    fn parse_row(&mut self, lines: &mut Vec<PhysicalLine>, bytes: &mut Vec<u8>) -> Result<Option<String>, InputError> {
        self.begin(bytes);
        let Some(first) = lines.first().filter(|line| !line.too_long) else {
            return Ok(Some(format!("is longer than {LONGEST} bytes")));
        };
        let mut parsed = self.feed(first, bytes);
        while matches!(parsed, Parsed::Open) {
            let Some(line) = self.lines.next()? else { break };
            if line.too_long || bytes.len() + line.bytes.len() >= LONGEST {
                self.lines.give_back(std::iter::once(line));
                break;
            }
            parsed = self.feed(&line, bytes);
            lines.push(line);
        }
        match parsed {
            Parsed::Row(width) if width == self.width => return Ok(None),
            Parsed::Row(width) if lines.len() == 1 => return Ok(Some(format!("has {width} columns instead of {}", self.width))),
            Parsed::Row(_) | Parsed::Open => {}
        }
        self.lines.give_back(lines.drain(1..));
        self.begin(bytes);
        if let Some(first) = lines.first()
            && matches!(self.feed(first, bytes), Parsed::Open)
        {
            // The columns before the quote are good for ordinals.
            self.ends.truncate(self.ends.len().saturating_sub(1));
        }
        Ok(Some(String::from("opens a quote that is not closed in a row with the right number of columns")))
    }

    /// Begins a row.
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        self.parser.reset();
        self.ends.clear();
        bytes.clear();
    }

    /// Parses one more line of a row. Columns are appended to `bytes`, their ends to `self.ends`.
    fn feed(&mut self, line: &PhysicalLine, bytes: &mut Vec<u8>) -> Parsed {
        let (mut written, mut columns) = (bytes.len(), self.ends.len());
        bytes.resize(written + line.bytes.len() + 1, 0);
        self.ends.resize(columns + line.bytes.len() + 2, 0);
        let end: &[u8] = b"\n";
        let mut parsed = Parsed::Open;
        for part in [line.bytes.as_slice(), end].into_iter().filter(|part| !part.is_empty()) {
            let (result, _, out, ends) = self.parser.read_record(part, &mut bytes[written..], &mut self.ends[columns..]);
            written += out;
            columns += ends;
            if matches!(result, ReadRecordResult::Record) {
                parsed = Parsed::Row(columns);
            }
        }
        bytes.truncate(written);
        self.ends.truncate(columns);
        parsed
    }

    fn next_line(&mut self) -> Result<Option<PhysicalLine>, InputError> {
        loop {
            match self.lines.next()? {
                Some(line) if line.bytes.is_empty() => {}
                line => return Ok(line),
            }
        }
    }
}

fn spans(ends: &[usize], bytes: &[u8], trim: bool) -> impl Iterator<Item = (usize, usize)> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends.iter().copied()).map(move |(start, end)| {
        let Some(column) = bytes.get(start..end).filter(|_| trim) else { return (start, end) };
        let start = start + (column.len() - column.trim_ascii_start().len());
        (start, start + column.trim_ascii().len())
    })
}

fn join(lines: Vec<PhysicalLine>) -> Vec<u8> {
    let mut lines = lines.into_iter().map(|line| line.bytes);
    let mut raw = lines.next().unwrap_or_default();
    for line in lines {
        raw.push(b'\n');
        raw.extend(line);
    }
    raw
}

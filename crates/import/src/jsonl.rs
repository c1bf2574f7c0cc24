//! Rows of JSON lines: one object per line.
//!
//! Columns are names of its members, with dots into nested objects. Numbers keep their digits; null is absent; a list is its JSON text.

use crate::{
    InputError,
    fields::Fields,
    lines::{LONGEST, Lines},
    rows::{Problem, RawRow},
};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap, fmt};

/// Reads rows.
pub(crate) struct JsonRows<'i> {
    lines: Lines<'i>,
    trim: bool,
    columns: HashMap<String, usize>,
}

impl<'i> JsonRows<'i> {
    pub(crate) fn new(lines: Lines<'i>, trim: bool, columns: &[String]) -> Self {
        let columns = columns.iter().enumerate().map(|(index, column)| (column.clone(), index)).collect();
        Self { lines, trim, columns }
    }

    /// The next row that is not blank; its columns go to `fields`.
    pub(crate) fn next(&mut self, fields: &mut Fields) -> Result<Option<RawRow>, InputError> {
        let line = loop {
            match self.lines.next()? {
                Some(line) if line.bytes.trim_ascii().is_empty() => {}
                Some(line) => break line,
                None => return Ok(None),
            }
        };
        let (mut bytes, mut spans) = fields.recycle();
        spans.resize(self.columns.len(), None);
        let problem = if line.too_long {
            Some(format!("is longer than {LONGEST} bytes"))
        } else {
            self.parse(&line.bytes, &mut bytes, &mut spans).err()
        };
        fields.fill(bytes, spans);
        let problem = problem.map(|message| Problem { column: None, message });
        Ok(Some(RawRow { number: line.number, raw: line.bytes, problem }))
    }

    fn parse(&self, line: &[u8], bytes: &mut Vec<u8>, spans: &mut [Option<(usize, usize)>]) -> Result<(), String> {
        let text = std::str::from_utf8(line).map_err(|_| String::from("is not UTF-8: save the file as UTF-8"))?;
        let members = Members { columns: &self.columns, trim: self.trim, prefix: "", bytes, spans };
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = members.deserialize(&mut reader).and_then(|()| reader.end());
        read.map_err(|error| format!("is not a JSON object: {error}"))
    }
}

/// Collects the members of an object that are columns.
struct Members<'a> {
    columns: &'a HashMap<String, usize>,
    trim: bool,
    prefix: &'a str,
    bytes: &'a mut Vec<u8>,
    spans: &'a mut [Option<(usize, usize)>],
}

impl Members<'_> {
    /// Whether a column is within the object at this path. What is deeper than every column is not looked into: a line may nest as deep as it is long.
    fn leads_to_a_column(&self, path: &str) -> bool {
        self.columns.keys().any(|column| column.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let value: &RawValue = map.next_value()?;
            let path = if self.prefix.is_empty() { name } else { Cow::Owned(format!("{}.{name}", self.prefix)) };
            if let Some(column) = self.columns.get(path.as_ref()) {
                let start = self.bytes.len();
                let text = text(value).map_err(A::Error::custom)?;
                let text = if self.trim { text.trim() } else { &text };
                self.bytes.extend_from_slice(text.as_bytes());
                self.spans[*column] = Some((start, self.bytes.len()));
            } else if value.get().starts_with('{') && self.leads_to_a_column(&path) {
                let inner =
                    Members { columns: self.columns, trim: self.trim, prefix: &path, bytes: &mut *self.bytes, spans: &mut *self.spans };
                inner.deserialize(&mut serde_json::Deserializer::from_str(value.get())).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

fn text(value: &RawValue) -> serde_json::Result<Cow<'_, str>> {
    match value.get() {
        "null" => Ok(Cow::Borrowed("")),
        raw if raw.starts_with('"') => serde_json::from_str::<String>(raw).map(Cow::Owned),
        raw => Ok(Cow::Borrowed(raw)),
    }
}

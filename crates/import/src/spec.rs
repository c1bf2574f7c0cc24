//! The mapping file as it is written.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use std::fmt;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingSpec {
    pub(crate) input: InputSpec,
    #[serde(default)]
    pub(crate) skip: Vec<SkipSpec>,
    pub(crate) records: Vec<RecordSpec>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Csv,
    Jsonl,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputSpec {
    pub(crate) format: Format,
    pub(crate) columns: Vec<String>,
    pub(crate) delimiter: Option<String>,
    pub(crate) header: Option<bool>,
    #[serde(default)]
    pub(crate) trim: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipSpec {
    pub(crate) rule: String,
    pub(crate) when: String,
    pub(crate) because: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordSpec {
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) when: Option<String>,
    #[serde(default)]
    pub(crate) distinct_by: Vec<String>,
    #[serde(default)]
    pub(crate) envelope: Assignments,
    pub(crate) fields: Assignments,
}

/// Where a field's value comes from: exactly one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "one of {column: …}, {constant: …}, {cel: …}, {ordinal: […]}")]
pub(crate) struct ValueSpec {
    pub(crate) column: Option<String>,
    pub(crate) constant: Option<String>,
    pub(crate) cel: Option<String>,
    pub(crate) ordinal: Option<Vec<String>>,
}

/// Field paths and their values, as written: in order, with repetitions.
#[derive(Debug, Default)]
pub(crate) struct Assignments(pub(crate) Vec<(String, ValueSpec)>);

impl<'de> Deserialize<'de> for Assignments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AssignmentsVisitor)
    }
}

struct AssignmentsVisitor;

impl<'de> Visitor<'de> for AssignmentsVisitor {
    type Value = Assignments;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("field paths with their values, such as `item_id: {column: Item}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Assignments, A::Error> {
        let mut found = Vec::new();
        while let Some(entry) = map.next_entry()? {
            found.push(entry);
        }
        Ok(Assignments(found))
    }
}

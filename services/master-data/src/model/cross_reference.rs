//! Cross-references: what a connection's own id means.

use crossdock_core::{Result, key};
use crossdock_proto::operations::{ReferenceEntry, ReferenceTable};
use crossdock_records::{Derived, Rules};

/// One meaning of an id. All of an id are kept together in a table, which is what records are translated by.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossReference {
    /// The connection whose id it is.
    pub connection: String,
    /// What sort of id.
    pub space: String,
    /// The id as the connection writes it.
    pub local_id: String,
    /// What it means, and from when.
    pub entry: ReferenceEntry,
}

impl CrossReference {
    fn table(&self) -> String {
        key::join([&self.connection, &self.space, &self.local_id])
    }

    fn change(to: &mut Derived<'_, '_>, table: &str, old: Option<&Self>, new: Option<&Self>) -> Result<()> {
        to.edit::<ReferenceTable>(table, |held| {
            let mut table = held.unwrap_or_default();
            table.entries.retain(|entry| !old.is_some_and(|old| is_same(&old.entry, entry)));
            table.entries.extend(new.map(|new| new.entry.clone()));
            table.entries.sort_by(|a, b| order(a).cmp(&order(b)));
            (!table.entries.is_empty()).then_some(table)
        })
    }
}

fn is_same(a: &ReferenceEntry, b: &ReferenceEntry) -> bool {
    (&a.namespace, a.valid_from) == (&b.namespace, b.valid_from)
}

fn order(entry: &ReferenceEntry) -> (&str, Option<(i32, i32, i32)>) {
    (&entry.namespace, entry.valid_from.map(|date| (date.year, date.month, date.day)))
}

impl Rules for CrossReference {
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("space", self.space.clone()), ("canonical_id", self.entry.canonical_id.clone())]
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        // The key names the table, so that both versions are of one.
        new.or(old).map_or(Ok(()), |any| Self::change(to, &any.table(), old, new))
    }
}

//! All conversions of an item in one record: derived from them.

use super::units::{Edge, between};
use crossdock_core::{Ratio, key};
use crossdock_records::{Rules, day};
use jiff::civil::Date;

/// The units of an item that has conversions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemUnits {
    /// Unit in which its stock and demand are counted.
    pub base: String,
    /// Its conversions.
    pub entries: Vec<Entry>,
}

/// One conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The unit described.
    pub unit: String,
    /// The unit it is described in; the base unit if absent.
    pub to: Option<String>,
    /// From this day; always if absent.
    pub from: Option<Date>,
    /// How many of `to` are in one `unit`.
    pub factor: Ratio,
}

impl ItemUnits {
    /// Base units in one `unit`, by the conversions that count on this business date. None if nothing says so: wait for
    /// `conversion/<item>/<unit>`. The base unit itself needs no conversion, and an item without any has no `ItemUnits`.
    pub fn factor(&self, unit: &str, on: Date) -> Option<Ratio> {
        let edges: Vec<Edge<'_>> = self.entries.iter().map(|entry| entry.edge(&self.base)).collect();
        between(&edges, unit, &self.base, day(on))
    }

    /// The units that are converted to the base unit on some day.
    pub fn convertible(&self) -> Vec<&str> {
        let edges: Vec<Edge<'_>> = self.entries.iter().map(|entry| entry.edge(&self.base)).collect();
        let mut units: Vec<&str> = edges.iter().flat_map(|edge| [edge.unit, edge.to]).filter(|unit| *unit != self.base).collect();
        units.sort_unstable();
        units.dedup();
        units.retain(|unit| edges.iter().any(|edge| between(&edges, unit, &self.base, edge.from).is_some()));
        units
    }
}

impl Entry {
    /// As an edge of the graph.
    pub fn edge<'a>(&'a self, base: &'a str) -> Edge<'a> {
        let from = self.from.map_or(i64::MIN, day);
        Edge { unit: &self.unit, to: self.to.as_deref().unwrap_or(base), from, factor: self.factor }
    }
}

impl Rules for ItemUnits {
    /// What waits for the conversion of one of its units.
    fn frees(&self, key: &str) -> Vec<String> {
        // The key is escaped already.
        self.convertible().into_iter().map(|unit| format!("conversion/{key}/{}", key::join([unit]))).collect()
    }
}

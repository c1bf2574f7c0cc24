//! Promotions.

use super::place::{item, location};
use crossdock_core::{Key, Ratio};
use crossdock_records::{Rules, Scope, day};
use jiff::civil::Date;

/// A promotion, planned or past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// What is promoted.
    pub items: Vec<String>,
    /// Where; everywhere if none.
    pub locations: Vec<String>,
    /// First day.
    pub from: Date,
    /// Last day, not before the first.
    pub to: Date,
    /// Demand with it by demand without it.
    pub uplift: Option<Ratio>,
}

impl Rules for Promotion {
    fn needs(&self) -> Vec<Key> {
        self.items.iter().map(|id| item(id)).chain(self.locations.iter().map(|id| location(id))).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        self.items.iter().map(|item| ("item_id", item.clone())).collect()
    }

    fn scope(&self) -> Scope<'_> {
        // A promotion of several locations is of none of them alone.
        let location = if let [location] = self.locations.as_slice() { Some(location.as_str()) } else { None };
        Scope { location, everywhere: self.locations.is_empty(), day: Some(day(self.from)), ..Scope::default() }
    }
}

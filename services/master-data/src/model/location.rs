//! Locations.

use super::{number, walk};
use crossdock_core::Key;
use crossdock_records::{Findings, Known, Rules, Scope, Verdict};
use jiff::tz::TimeZone;

/// A place where stock is or goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// Canonical id.
    pub id: String,
    /// Several locations taken together: read, never ordered to.
    pub is_group: bool,
    /// The location it belongs to.
    pub parent: Option<String>,
    /// Company that owns it.
    pub company: Option<String>,
    /// Where its days begin and end.
    pub zone: TimeZone,
    /// Its working days; Monday to Friday if absent.
    pub calendar: Option<String>,
    /// In which its stock is valued.
    pub currency: Option<String>,
}

impl Rules for Location {
    fn needs(&self) -> Vec<Key> {
        let parent = self.parent.as_ref().map(|id| Key::new(number::LOCATION, id.as_str()));
        let calendar = self.calendar.as_ref().map(|id| Key::new(number::CALENDAR, id.as_str()));
        parent.into_iter().chain(calendar).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        self.parent.iter().map(|id| ("parent_id", id.clone())).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.id), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, _: &mut Findings) -> Verdict {
        let start = Key::new(number::LOCATION, self.id.as_str());
        let next = |id| known.get::<Self>(id).and_then(|location| location.parent.as_deref());
        walk::ends("parent_id", &start, self.parent.as_deref(), known, next)
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("location/{key}")]
    }
}

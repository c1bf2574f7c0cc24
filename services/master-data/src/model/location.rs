//! Locations.

use super::{get, named, number, walk};
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
    const USERS: &'static [(u16, &'static str)] = &[
        (number::LOCATION, "parent_id"),
        (number::SOURCING_RULE, "origin_location_id"),
        (number::SOURCING_RULE, "destination_location_id"),
    ];

    fn needs(&self) -> Vec<Key> {
        let parent = self.parent.as_ref().map(|id| named(number::LOCATION, id));
        let calendar = self.calendar.as_ref().map(|id| named(number::CALENDAR, id));
        parent.into_iter().chain(calendar).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let parent = self.parent.iter().map(|id| ("parent_id", id.clone()));
        parent.chain(self.calendar.iter().map(|id| ("calendar_id", id.clone()))).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.id), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, _: &mut Findings) -> Verdict {
        let next = |id| get::<Self>(known, id).and_then(|location| location.parent.as_deref());
        walk::ends("parent_id", number::LOCATION, &self.id, self.parent.as_deref(), known, next)
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("location/{key}")]
    }
}

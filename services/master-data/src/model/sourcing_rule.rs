//! Sourcing rules: how an item is got.

use super::{get, item::Item, item_units::ItemUnits, location::Location, named, number, supplier::Supplier};
use crossdock_core::{Key, Micro, key};
use crossdock_records::{Cause, Findings, Known, Rules, Scope, Verdict};
use jiff::civil::Date;

/// How an item is got: from where, to where, when, and on what terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcingRule {
    /// The item.
    pub item: String,
    /// From where.
    pub source: Source,
    /// To where; anywhere if absent.
    pub destination: Option<String>,
    /// First day it holds for.
    pub from: Option<Date>,
    /// Last day it holds for.
    pub to: Option<Date>,
    /// Processing, transit and receiving, those that there are.
    pub lead: Vec<LeadTime>,
    /// Unit in which it is ordered; the base unit if absent.
    pub order_unit: Option<String>,
    /// Smallest order, in order units; zero is none.
    pub minimum: Micro,
    /// Orders are a multiple of this; zero is none.
    pub multiple: Micro,
    /// Prices, from the smallest quantity up.
    pub prices: Vec<Price>,
    /// Taken first.
    pub is_preferred: bool,
}

/// From where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Bought from a supplier.
    Supplier(String),
    /// Transferred from a location.
    Location(String),
}

/// A part of a lead time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadTime {
    /// How many days.
    pub days: u16,
    /// Working days of this calendar; every day counts if absent.
    pub calendar: Option<String>,
}

/// A price from a quantity on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// In order units.
    pub from: Micro,
    /// Of one order unit.
    pub amount: Micro,
    /// Its currency.
    pub currency: String,
}

impl SourcingRule {
    /// Price of one order unit in an order of this many.
    pub fn price(&self, quantity: Micro) -> Option<&Price> {
        self.prices.iter().filter(|price| price.from <= quantity).max_by_key(|price| price.from)
    }

    /// Whether it holds on this day.
    pub fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    fn supplier(&self) -> Option<&str> {
        match &self.source {
            Source::Supplier(id) => Some(id),
            Source::Location(_) => None,
        }
    }

    fn origin(&self) -> Option<&str> {
        match &self.source {
            Source::Supplier(_) => None,
            Source::Location(id) => Some(id),
        }
    }

    fn calendars(&self) -> Vec<&str> {
        let mut calendars: Vec<&str> = self.lead.iter().filter_map(|lead| lead.calendar.as_deref()).collect();
        calendars.sort_unstable();
        calendars.dedup();
        calendars
    }

    /// The unit that it is ordered in and nobody can convert.
    fn unknown_unit(&self, known: &Known) -> Option<Cause> {
        let unit = self.order_unit.as_deref()?;
        let base = get::<Item>(known, &self.item).map(|item| item.base_unit.as_str());
        let converts = |units: &ItemUnits| units.convertible().contains(&unit);
        if base == Some(unit) || get::<ItemUnits>(known, &self.item).is_some_and(converts) {
            return None;
        }
        Some(Cause {
            key: format!("conversion/{}", key::join([&self.item, unit])),
            reason: "NO_CONVERSION".into(),
            message: format!(
                "{} is ordered in {unit} and nothing says how many {} that is; send that conversion",
                self.item,
                base.unwrap_or_default()
            ),
        })
    }

    fn look_at_places(&self, known: &Known, findings: &mut Findings) {
        let places = [("origin_location_id", self.origin()), ("destination_location_id", self.destination.as_deref())];
        for (field, id) in places.into_iter().filter_map(|(field, id)| Some((field, id?))) {
            if get::<Location>(known, id).is_some_and(|location| location.is_group) {
                findings.error(field, "GROUP_LOCATION", format!("{id} is a group of locations: it can be read, not ordered to or from"));
            }
        }
        if self.origin().is_some() && self.origin() == self.destination.as_deref() {
            findings.error("destination_location_id", "SAME_LOCATION", "is the origin itself: nothing would be moved");
        }
        if self.supplier().and_then(|id| get::<Supplier>(known, id)).is_some_and(|supplier| supplier.is_blocked) {
            findings.warn("supplier_id", "SUPPLIER_BLOCKED", "the supplier is blocked: nothing can be ordered by this rule");
        }
    }
}

impl Rules for SourcingRule {
    fn needs(&self) -> Vec<Key> {
        let places = [self.origin(), self.destination.as_deref()].into_iter().flatten().map(|id| named(number::LOCATION, id));
        let item = [named(number::ITEM, &self.item)].into_iter();
        let supplier = self.supplier().map(|id| named(number::SUPPLIER, id));
        item.chain(supplier).chain(places).chain(self.calendars().into_iter().map(|id| named(number::CALENDAR, id))).collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        vec![named(number::ITEM_UNITS, &self.item)]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let named = [
            ("item_id", Some(self.item.as_str())),
            ("supplier_id", self.supplier()),
            ("origin_location_id", self.origin()),
            ("destination_location_id", self.destination.as_deref()),
        ];
        let calendars = self.calendars().into_iter().map(|id| ("calendar_id", Some(id)));
        named.into_iter().chain(calendars).filter_map(|(name, id)| Some((name, id?.to_owned()))).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            supplier: self.supplier(),
            origin: self.origin(),
            location: self.destination.as_deref(),
            everywhere: self.destination.is_none(),
            ..Scope::default()
        }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        if let Some(cause) = self.unknown_unit(known) {
            return Verdict::Wait(cause);
        }
        self.look_at_places(known, findings);
        Verdict::Use
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("sourcing_rule/{key}")]
    }
}

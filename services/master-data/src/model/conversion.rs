//! Conversions between two units of an item.

use super::{
    get,
    item::Item,
    item_units::{Entry, ItemUnits},
    named, number, units,
};
use crate::wired::date;
use crossdock_core::{Key, Ratio, Result, Violation, key};
use crossdock_proto::masterdata as contract;
use crossdock_records::{Derived, Findings, Known, Rules, Verdict, day};
use jiff::civil::Date;

/// How many of one unit of an item are in another, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The item.
    pub item: String,
    /// The unit described.
    pub unit: String,
    /// The unit it is described in; the item's base unit if absent.
    pub to: Option<String>,
    /// From this day; always if absent.
    pub from: Option<Date>,
    /// How many of `to` are in one `unit`.
    pub factor: Ratio,
}

impl Conversion {
    fn disagreement(&self, base: &str, held: &[Entry]) -> Option<Violation> {
        let to = self.to.as_deref().unwrap_or(base);
        let factor = self.factor;
        if self.unit == to {
            let message = format!("describes {to} by itself; {} has {base} as its base unit", self.item);
            return Some(Violation::new("unit", "SAME_UNIT", &self.unit, message));
        }
        let new = units::Edge { unit: &self.unit, to, from: self.from.map_or(i64::MIN, day), factor };
        let others: Vec<_> = held.iter().filter(|entry| !self.takes_the_place_of(entry)).map(|entry| entry.edge(base)).collect();
        let (since, found) = units::conflict(&others, &new)?;
        let since = since_day(since);
        let message = format!(
            "one {} is {factor} {to} by this conversion and {found} {to} by the others{since}: correct one of them, or delete the other path first",
            self.unit
        );
        Some(Violation::new("numerator", "CONVERSION_DISAGREES", factor.to_string(), message))
    }

    fn is_entry(&self, entry: &contract::ItemUnit) -> bool {
        (entry.unit.as_str(), entry.to_unit.as_str()) == (&self.unit, self.to.as_deref().unwrap_or_default())
            && entry.valid_from == self.from.map(date)
    }

    fn takes_the_place_of(&self, entry: &Entry) -> bool {
        (&entry.unit, &entry.to, entry.from) == (&self.unit, &self.to, self.from)
    }

    fn entry(&self) -> contract::ItemUnit {
        contract::ItemUnit {
            unit: self.unit.clone(),
            to_unit: self.to.clone().unwrap_or_default(),
            valid_from: self.from.map(date),
            numerator: self.factor.numerator(),
            denominator: self.factor.denominator(),
        }
    }
}

fn since_day(day: i64) -> String {
    let epoch = Date::constant(1970, 1, 1);
    let since = i32::try_from(day).ok().and_then(|days| epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok());
    since.map_or_else(String::new, |since| format!(" from {since}"))
}

impl Rules for Conversion {
    fn needs(&self) -> Vec<Key> {
        vec![named(number::ITEM, &self.item)]
    }

    fn looks_at(&self) -> Vec<Key> {
        vec![named(number::ITEM, &self.item), named(number::ITEM_UNITS, &self.item)]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let units = [Some(&self.unit), self.to.as_ref()].into_iter().flatten();
        units.map(|unit| ("unit", unit.clone())).chain([("item_id", self.item.clone())]).collect()
    }

    fn check(&mut self, known: &Known, _: &mut Findings) -> Verdict {
        let base = get::<Item>(known, &self.item).map_or("", |item| &item.base_unit);
        let held = get::<ItemUnits>(known, &self.item).map_or(&[][..], |units| &units.entries);
        self.disagreement(base, held).map_or(Verdict::Use, Verdict::Refuse)
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        let Some(item) = new.or(old).map(|conversion| conversion.item.as_str()) else { return Ok(()) };
        let base = get::<Item>(to.known(), item).map(|item| item.base_unit.clone());
        to.edit::<ItemUnits>(&key::join([item]), |held: Option<contract::ItemUnits>| {
            let mut units = held.unwrap_or_else(|| contract::ItemUnits { item_id: item.to_owned(), ..contract::ItemUnits::default() });
            units.base_unit = base.unwrap_or(units.base_unit);
            units.units.retain(|entry| !old.is_some_and(|old| old.is_entry(entry)));
            units.units.extend(new.map(Self::entry));
            units.units.sort_by(|a, b| order(a).cmp(&order(b)));
            (!units.units.is_empty()).then_some(units)
        })
    }
}

fn order(entry: &contract::ItemUnit) -> (&str, &str, Option<(i32, i32, i32)>) {
    (&entry.unit, &entry.to_unit, entry.valid_from.map(|date| (date.year, date.month, date.day)))
}

//! What the `wire` rooms of all services share: places, quantities and dates between message and model.

use crate::model::{
    amount::{Amount, Base},
    place::Place,
};
use crossdock_proto::types::{Date, Quantity};
use crossdock_records::Parse;
use jiff::civil;

/// An item at a location, from the fields `item_id` and `location_id`.
pub fn place(parse: &mut Parse<'_>, item: &str, location: &str) -> Option<Place> {
    let item = parse.id("item_id", item);
    let location = parse.id("location_id", location);
    Some(Place { location: location?, item: item? })
}

/// A quantity as sent, and as it counts if it comes from a store.
pub fn amount(parse: &mut Parse<'_>, quantity: Option<&Quantity>, signed: bool, base: (&str, &str)) -> Option<Amount> {
    let (value, unit) = parse.quantity("quantity", quantity, signed)?;
    let kept = || Some(Base { quantity: base.0.parse().ok()?, factor: base.1.parse().ok()? });
    let base = if parse.is_stored() { kept() } else { None };
    Some(Amount { value, unit, base })
}

/// Stores how a quantity counts.
pub fn complete(amount: &Amount, quantity: &mut String, factor: &mut String) {
    if let Some(base) = amount.base {
        *quantity = base.quantity.to_string();
        *factor = base.factor.to_string();
    }
}

/// A quantity as it was sent, for control totals.
pub fn quantity(quantity: Option<&Quantity>) -> Option<&str> {
    quantity.map(|quantity| quantity.value.as_str())
}

/// The connection's unit, where the record names none.
pub fn fill(quantity: Option<&mut Quantity>, unit: &str) {
    if let Some(quantity) = quantity.filter(|quantity| quantity.unit.is_empty()) {
        unit.clone_into(&mut quantity.unit);
    }
}

/// A date that was checked before, as a day.
pub fn civil(date: Option<&Date>) -> Option<civil::Date> {
    Parse::stored().date("", Some(date?))
}

/// A date as the contracts have it.
pub fn date(date: civil::Date) -> Date {
    Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}

//! From the contract's messages to the model, one file per kind; and the verbs, thin.

mod customer_return;
mod demand_line;
mod forecast;
mod fulfilment;
mod inventory_position;
mod inventory_snapshot;
mod lost_sale;
mod movement;
mod promotion;
pub mod service;

mod stocking_target;
mod target_acknowledgement;

use crate::model::{
    amount::{Amount, Base},
    history::{Class, Measure, Mode},
    inventory_position::Position,
    place::Place,
};
use crossdock_proto::{
    demand as contract,
    demand::StockStatus,
    types::{Date, Quantity},
};
use crossdock_records::Parse;
use jiff::civil;

/// Longest text that says why or how, in characters.
const WHY: usize = 100;

fn place(parse: &mut Parse<'_>, item: &str, location: &str) -> Option<Place> {
    let item = parse.id("item_id", item);
    let location = parse.id("location_id", location);
    Some(Place { location: location?, item: item? })
}

fn position(parse: &mut Parse<'_>, of: (&str, &str), status: i32, owner: &str, lot: &str) -> Option<Position> {
    let place = place(parse, of.0, of.1);
    let status = parse.choice("status", status).map(|status| match status {
        StockStatus::Unspecified => StockStatus::Unrestricted,
        status => status,
    });
    let owner = parse.optional_id("owner_id", owner);
    let lot = parse.optional_id("lot", lot);
    Some(Position { place: place?, status: status?, owner: owner?, lot: lot? })
}

/// A quantity as sent, and as it counts if it comes from a store.
fn amount(parse: &mut Parse<'_>, quantity: Option<&Quantity>, signed: bool, base: (&str, &str)) -> Option<Amount> {
    let (value, unit) = parse.quantity("quantity", quantity, signed)?;
    let kept = || Some(Base { quantity: base.0.parse().ok()?, factor: base.1.parse().ok()? });
    let base = if parse.is_stored() { kept() } else { None };
    Some(Amount { value, unit, base })
}

/// Stores how a quantity counts.
fn complete(amount: &Amount, quantity: &mut String, factor: &mut String) {
    if let Some(base) = amount.base {
        *quantity = base.quantity.to_string();
        *factor = base.factor.to_string();
    }
}

fn class(parse: &mut Parse<'_>, class: i32, mode: i32) -> Option<(Class, Mode)> {
    let class = parse.choice("demand_class", class).map(|class| match class {
        contract::DemandClass::Unspecified | contract::DemandClass::Regular => Class::Regular,
        contract::DemandClass::Promotion => Class::Promotion,
        contract::DemandClass::Project => Class::Project,
    });
    let mode = parse.choice("supply_mode", mode).map(|mode| match mode {
        contract::SupplyMode::Unspecified | contract::SupplyMode::Stock => Mode::Stock,
        contract::SupplyMode::DropShip => Mode::DropShip,
        contract::SupplyMode::BackToBack => Mode::BackToBack,
    });
    Some((class?, mode?))
}

fn measure(measure: contract::Measure) -> Option<Measure> {
    match measure {
        contract::Measure::Unspecified => None,
        contract::Measure::Ordered => Some(Measure::Ordered),
        contract::Measure::Requested => Some(Measure::Requested),
        contract::Measure::Shipped => Some(Measure::Shipped),
        contract::Measure::Returned => Some(Measure::Returned),
        contract::Measure::CancelledByCustomer => Some(Measure::CancelledByCustomer),
        contract::Measure::CancelledBySupply => Some(Measure::CancelledBySupply),
        contract::Measure::Lost => Some(Measure::Lost),
    }
}

fn quantity(quantity: Option<&Quantity>) -> Option<&str> {
    quantity.map(|quantity| quantity.value.as_str())
}

/// The connection's unit, where the record names none.
fn fill(quantity: Option<&mut Quantity>, unit: &str) {
    if let Some(quantity) = quantity.filter(|quantity| quantity.unit.is_empty()) {
        unit.clone_into(&mut quantity.unit);
    }
}

fn date(date: civil::Date) -> Date {
    Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}

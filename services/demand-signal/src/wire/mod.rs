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

pub mod survey;

mod stocking_target;
mod target_acknowledgement;

use crate::model::{
    history::{Class, Measure, Mode},
    inventory_position::Position,
};
use crossdock_master_data::wired::{amount, complete, date, fill, place, quantity};
use crossdock_proto::{demand as contract, demand::StockStatus};
use crossdock_records::Parse;

/// Longest text that says why or how, in characters.
const WHY: usize = 100;

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

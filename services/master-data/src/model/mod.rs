//! The rules of each kind, on types that cannot be invalid.

pub mod amount;
pub mod calendar;
pub mod conversion;
pub mod cross_reference;
pub mod customer;
pub mod exchange_rate;
pub mod item;
pub mod item_units;
pub mod location;
pub mod place;
pub mod sourcing_rule;
pub mod supplier;
pub mod units;
pub mod walk;

use crossdock_core::{Key, key};
use crossdock_records::{Kind, Known};

/// The record of a master with this id.
fn named(kind: u16, id: &str) -> Key {
    Key::new(kind, key::join([id]))
}

/// The master with this id, if it is there and was asked for.
fn get<'k, K: Kind>(known: &'k Known, id: &str) -> Option<&'k K> {
    known.get(&key::join([id]))
}

/// Numbers of the kinds.
pub mod number {
    /// Items.
    pub const ITEM: u16 = 200;
    /// Locations.
    pub const LOCATION: u16 = 201;
    /// Conversions between two units of an item.
    pub const CONVERSION: u16 = 202;
    /// All conversions of an item.
    pub const ITEM_UNITS: u16 = 203;
    /// Suppliers.
    pub const SUPPLIER: u16 = 204;
    /// Sourcing rules.
    pub const SOURCING_RULE: u16 = 205;
    /// Customers.
    pub const CUSTOMER: u16 = 206;
    /// Calendars.
    pub const CALENDAR: u16 = 207;
    /// Exchange rates.
    pub const EXCHANGE_RATE: u16 = 208;
    /// Cross-references.
    pub const CROSS_REFERENCE: u16 = 209;
}

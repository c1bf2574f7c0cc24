//! The rules of each kind, on types that cannot be invalid.

pub mod conversion;
pub mod customer;
pub mod item;
pub mod item_units;
pub mod location;
pub mod units;
pub mod walk;

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

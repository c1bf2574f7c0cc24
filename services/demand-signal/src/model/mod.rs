//! The rules of each kind, on types that cannot be invalid.

pub mod accuracy;
pub mod bucket;
pub mod customer_return;
pub mod demand_line;
pub mod forecast;
pub mod fulfilment;
pub mod history;
pub mod inventory_position;
pub mod inventory_snapshot;
pub mod lost_sale;
pub mod movement;
pub mod promotion;
pub mod served;
pub mod stock_level;
pub mod stocking_target;
pub mod target_acknowledgement;
pub mod total;

pub use crossdock_master_data::{amount, place};

/// Numbers of the kinds, and of the sums that are kept beside them.
pub mod number {
    /// Lines of customers' orders.
    pub const DEMAND_LINE: u16 = 300;
    /// Goods that left.
    pub const FULFILMENT: u16 = 301;
    /// Goods that came back.
    pub const CUSTOMER_RETURN: u16 = 302;
    /// Demand that never became an order.
    pub const LOST_SALE: u16 = 303;
    /// Promotions.
    pub const PROMOTION: u16 = 304;
    /// Sum: shipped for a demand line, by its key and the ship day.
    pub const PROGRESS: u16 = 305;
    /// Sum: of that, what left as another item than was ordered.
    pub const SUBSTITUTED: u16 = 306;
    /// Changes of stock.
    pub const MOVEMENT: u16 = 310;
    /// What a source says is there.
    pub const INVENTORY_SNAPSHOT: u16 = 311;
    /// What is there now.
    pub const INVENTORY_POSITION: u16 = 312;
    /// Sum: movements of a position, by its key and their sequence.
    pub const LEDGER: u16 = 313;
    /// Newest complete snapshot of a location.
    pub const SNAPSHOT_MARK: u16 = 314;
    /// Values of forecast runs.
    pub const FORECAST: u16 = 320;
    /// How stock is to be steered.
    pub const STOCKING_TARGET: u16 = 321;
    /// What the ERP did with a target.
    pub const TARGET_ACKNOWLEDGEMENT: u16 = 322;
    /// Sum: history, by location, item, measure, class and supply mode, and the day.
    pub const HISTORY: u16 = 350;
    /// Sums over all items, in whole units: what left (`shipped`, by day) and what is there (`on_hand`).
    pub const TOTAL: u16 = 352;
    /// Histories that lost a record to another one.
    pub const SERIES_CHANGE: u16 = 351;
}

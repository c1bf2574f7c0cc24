//! The rules of each kind, on types that cannot be invalid.

pub mod confirmation;
pub mod counting;
pub mod disruption;
pub mod expected;
pub mod facts;
pub mod lines;
pub mod measure;
pub mod milestone;
pub mod performance;
pub mod progress;
pub mod promise;
pub mod receipt;
pub mod shares;
pub mod shipment;
pub mod supply_order;

pub use crossdock_master_data::{amount, place};

/// Numbers of the kinds, and of the sums that are kept beside them.
pub mod number {
    /// Lines of purchase and transfer orders.
    pub const SUPPLY_ORDER: u16 = 500;
    /// What suppliers say of them.
    pub const CONFIRMATION: u16 = 501;
    /// Goods on their way.
    pub const SHIPMENT: u16 = 502;
    /// Events of shipments.
    pub const MILESTONE: u16 = 503;
    /// Goods received.
    pub const RECEIPT: u16 = 504;
    /// Suppliers and lanes that cannot be counted on.
    pub const DISRUPTION: u16 = 505;
    /// How far order lines are.
    pub const ORDER_PROGRESS: u16 = 510;
    /// What became of recommendations.
    pub const FEEDBACK: u16 = 511;
    /// What is known of order lines.
    pub const ORDER_FACTS: u16 = 512;
    /// Shipments as a whole.
    pub const SHIPMENT_TRACK: u16 = 513;
    /// Disruptions by what they speak of.
    pub const DISRUPTION_TABLE: u16 = 514;
    /// Sum: performance, by supplier, origin, destination and measure, and the day the line was done.
    pub const PERFORMANCE: u16 = 550;
    /// Sum: order lines that are open, by the day they are due; without one on the last of all days.
    pub const OPEN_LINES: u16 = 551;
    /// Sum: disruptions, by their last day; without one on the last of all days.
    pub const DISRUPTION_ENDS: u16 = 552;
}

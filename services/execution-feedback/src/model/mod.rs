//! The rules of each kind, on types that cannot be invalid.

pub mod progress;

/// Numbers of the kinds.
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
}

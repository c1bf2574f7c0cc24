//! Stock against its target.

use super::stocking_target::StockingTarget;
use crossdock_core::Micro;

/// How the stock of an item at a location stands to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockLevel {
    /// There is nothing.
    Stockout,
    /// It is as it should be, or on its way there.
    Fine,
    /// There is more than orders would bring it up to.
    Excess,
}

/// What is there, in base units, against a target. One that says nothing of a most is never exceeded.
pub fn level(on_hand: Micro, target: &StockingTarget) -> StockLevel {
    let most = target.order_up_to.max(target.maximum).map(|most| target.unit.alike(most));
    if on_hand <= Micro::ZERO {
        StockLevel::Stockout
    } else if most.is_some_and(|most| on_hand > most) {
        StockLevel::Excess
    } else {
        StockLevel::Fine
    }
}

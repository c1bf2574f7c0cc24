//! How stock is to be steered.

use super::{amount::Amount, place::Place};
use crossdock_core::{Key, Micro};
use crossdock_records::{Findings, Known, Rules, Scope, Verdict, day};
use jiff::civil::Date;

/// Targets of an item at a location from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockingTarget {
    /// Item and location.
    pub place: Place,
    /// One unit of every quantity here.
    pub unit: Amount,
    /// Stock against uncertainty.
    pub safety_stock: Option<Micro>,
    /// Order when stock falls to it.
    pub reorder_point: Option<Micro>,
    /// Never less.
    pub minimum: Option<Micro>,
    /// Never more.
    pub maximum: Option<Micro>,
    /// Order up to this.
    pub order_up_to: Option<Micro>,
    /// First day.
    pub from: Date,
    /// Last day, not before the first.
    pub to: Option<Date>,
}

impl StockingTarget {
    fn look_at_order(&self, findings: &mut Findings) {
        let pairs = [
            ("minimum", self.minimum, "maximum", self.maximum),
            ("safety_stock", self.safety_stock, "reorder_point", self.reorder_point),
            ("reorder_point", self.reorder_point, "order_up_to", self.order_up_to),
        ];
        for (field, low, other, high) in pairs {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                findings.warn(field, "TARGET_ORDER", format!("{low} is more than {other}, which is {high}: one of them is wrong"));
            }
        }
    }
}

impl Rules for StockingTarget {
    fn needs(&self) -> Vec<Key> {
        self.place.needs()
    }

    fn looks_at(&self) -> Vec<Key> {
        self.unit.unit.iter().map(|_| Amount::looks_at(&self.place.item)).collect()
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("item_id", self.place.item.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.place.location), day: Some(day(self.from)), ..Scope::default() }
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        self.look_at_order(findings);
        self.unit.convert(&self.place.item, self.from, known, findings)
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("stocking_target/{key}")]
    }
}

//! Items.

use super::{get, item_units::ItemUnits, named, number, walk};
use crossdock_core::{Key, Ratio, Violation};
use crossdock_records::{Findings, Known, Rules, Verdict};
use jiff::civil::Date;

/// A thing that is bought, stored and sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Canonical id.
    pub id: String,
    /// Unit in which stock and demand are counted.
    pub base_unit: String,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// What takes over.
    pub successor: Option<Successor>,
}

/// Where an item is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// Not sold yet.
    Planned,
    /// Bought and sold.
    Active,
    /// Sold while stock lasts.
    PhaseOut,
    /// Neither bought nor sold.
    Discontinued,
}

/// What takes over from an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// The item.
    pub item: String,
    /// From this day; at once if absent.
    pub from: Option<Date>,
    /// Units of it for one of the item.
    pub ratio: Ratio,
}

impl Item {
    fn succeeded_by(&self) -> Option<&str> {
        self.successor.as_ref().map(|successor| successor.item.as_str())
    }

    /// What is counted in one unit cannot be counted on in another.
    fn keeps_base_unit(&self, known: &Known) -> Result<(), Violation> {
        let item = get::<Self>(known, &self.id).map(|item| item.base_unit.as_str());
        let units = || get::<ItemUnits>(known, &self.id).map(|units| units.base.as_str());
        match item.or_else(units).filter(|held| *held != self.base_unit) {
            None => Ok(()),
            Some(held) => {
                let message = format!(
                    "stock and demand of {} are counted in {held}: send a new item in {} and name it as the successor of this one with the \
                     ratio between the units; where nothing is counted yet, delete the item and its conversions and send it again",
                    self.id, self.base_unit
                );
                Err(Violation::new("base_unit", "BASE_UNIT_CHANGED", &self.base_unit, message))
            }
        }
    }

    fn look_at_successor(&self, known: &Known, findings: &mut Findings) {
        let Some(id) = self.succeeded_by() else { return };
        if get::<Self>(known, id).is_some_and(|item| item.lifecycle == Lifecycle::Discontinued) {
            let message = format!("{id} is discontinued itself: demand of {} moves to an item that nobody buys", self.id);
            findings.error("successor.item_id", "SUCCESSOR_DISCONTINUED", message);
        }
    }
}

impl Rules for Item {
    const USERS: &'static [(u16, &'static str)] = &[(number::ITEM, "successor")];

    fn needs(&self) -> Vec<Key> {
        self.succeeded_by().map(|id| named(number::ITEM, id)).into_iter().collect()
    }

    fn looks_at(&self) -> Vec<Key> {
        vec![named(number::ITEM_UNITS, &self.id)]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        self.succeeded_by().map(|id| ("successor", id.to_owned())).into_iter().collect()
    }

    fn check(&mut self, known: &Known, findings: &mut Findings) -> Verdict {
        if let Err(violation) = self.keeps_base_unit(known) {
            return Verdict::Refuse(violation);
        }
        let next = |id| get::<Self>(known, id).and_then(Self::succeeded_by);
        let verdict = walk::ends("successor.item_id", number::ITEM, &self.id, self.succeeded_by(), known, next);
        if verdict == Verdict::Use {
            self.look_at_successor(known, findings);
        }
        verdict
    }

    fn is_ended(&self, _: i64) -> bool {
        self.lifecycle == Lifecycle::Discontinued
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("item/{key}")]
    }
}

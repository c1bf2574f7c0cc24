//! Daily history: exact sums that change with every record they come from. The old is subtracted, the new is added, so that arrival order,
//! repetition and corrections leave the same totals as if only the last version of each record had ever come.

use super::{number, place::Place};
use crossdock_core::{Micro, Result, key};
use crossdock_proto::demand as contract;
use crossdock_records::{Derived, Rules, day};
use jiff::civil::Date;

/// What is counted; all are gross and never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Order intake on the ordered date, before cancellations.
    Ordered,
    /// What is ordered after cancellations, on the requested date.
    Requested,
    /// What left, on the ship date.
    Shipped,
    /// What came back, on the return date.
    Returned,
    /// What customers cancelled, on the requested date.
    CancelledByCustomer,
    /// What was cancelled for lack of supply, on the requested date.
    CancelledBySupply,
    /// Demand that never became an order, on the day it was wanted.
    Lost,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ordered, Self::Requested, Self::Shipped, Self::Returned, Self::CancelledByCustomer, Self::CancelledBySupply, Self::Lost];

    /// As it stands in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ORDERED",
            Self::Requested => "REQUESTED",
            Self::Shipped => "SHIPPED",
            Self::Returned => "RETURNED",
            Self::CancelledByCustomer => "CANCELLED_BY_CUSTOMER",
            Self::CancelledBySupply => "CANCELLED_BY_SUPPLY",
            Self::Lost => "LOST",
        }
    }
}

/// Why the customer wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Everyday demand.
    Regular,
    /// Because of a promotion.
    Promotion,
    /// For a project.
    Project,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Regular, Self::Promotion, Self::Project];

    /// As it stands in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Promotion => "promotion",
            Self::Project => "project",
        }
    }
}

/// Where the goods come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// From stock.
    Stock,
    /// From the supplier to the customer.
    DropShip,
    /// Bought for the order.
    BackToBack,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stock, Self::DropShip, Self::BackToBack];

    /// As it stands in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::DropShip => "drop_ship",
            Self::BackToBack => "back_to_back",
        }
    }
}

/// One amount of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is counted.
    pub measure: Measure,
    /// On which day.
    pub on: Date,
    /// How much, in the base unit.
    pub amount: Micro,
}

/// A record that history is made of.
pub trait Historic: Rules + Sized {
    /// Its item and location.
    fn place(&self) -> &Place;
    /// Of which demand it is.
    fn class(&self) -> (Class, Mode);
    /// What it counts for.
    fn entries(&self) -> Vec<Entry>;
}

/// Key of a sum of history.
pub fn series_key(place: &Place, measure: Measure, (class, mode): (Class, Mode)) -> String {
    key::join([&place.location, &place.item, measure.name(), class.name(), mode.name()])
}

/// What a record adds to which sums.
pub fn sums<T: Historic>(record: &T) -> impl Iterator<Item = (String, i64, Micro)> {
    let of = record.class();
    record.entries().into_iter().map(move |entry| (series_key(record.place(), entry.measure, of), day(entry.on), entry.amount))
}

/// Subtracts the old, adds the new.
///
/// # Errors
/// If a total overflows.
pub fn derive<T: Historic>(old: Option<&T>, new: Option<&T>, to: &mut Derived<'_, '_>) -> Result<()> {
    for (key, bucket, amount) in old.into_iter().flat_map(sums) {
        to.add(number::HISTORY, &key, bucket, amount.negated())?;
    }
    for (key, bucket, amount) in new.into_iter().flat_map(sums) {
        to.add(number::HISTORY, &key, bucket, amount)?;
    }
    // The feed shows the record under its new series alone: the one that it left says so itself.
    match old.map(Historic::place) {
        Some(left) if new.map(Historic::place) != Some(left) => {
            to.edit::<SeriesChange>(&left.key(), |held| Some(contract::SeriesChange { changes: held.map_or(0, |held| held.changes) + 1 }))
        }
        _ => Ok(()),
    }
}

/// A series lost a record to another one: its key says which. Derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesChange;

impl Rules for SeriesChange {}

//! What the planner changes of orders that are there, by the stock, the open orders and the mean day that it has read. Per item and centre:
//!
//! - CANCEL, the last order first, what is beyond the order-up-to level even at the horizon's end. What is left of the line keeps minimum and multiple
//!   of the item, or nothing is left.
//! - Where nothing is cancelled, EXPEDITE the next order to the day on which the stock runs out, if it comes [`LATE`] days later.
//! - RESCHEDULE an order that comes [`EARLY`] days before it is needed.
//!
//! Left alone is a line of which something has left or come, or for which something else comes; one that is due in the frozen days; and one that was
//! changed, is about to be, or for which a buyer wanted no change.

use super::{
    HORIZON, PLANNER,
    read::{Picture, amount},
    recommend::{LASTS, MILLION, SAFETY, in_scope},
};
use crate::{
    Result, days,
    outgoing::{Outgoing, quantity},
    party::Moment,
    world::{CENTRES, ERPS, Good, World},
};
use crossdock_core::key;
use crossdock_proto::{
    execution::OrderProgress,
    operations::SetScope,
    writeback::{Recommendation, RecommendationKind, Target},
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// An order that comes so many days after the stock has run out is expedited.
const LATE: i64 = 2;
/// An order that comes more than so many days before it is needed is rescheduled.
const EARLY: i64 = 7;
/// Days from today on that are frozen, by centre: in Los Angeles those of the policy.
const FROZEN: [i64; CENTRES.len()] = [2, 5, 2, 2];

/// An open order line as the planner sees it. Amounts are millionths of a piece.
struct Order<'a> {
    key: &'a str,
    seen: &'a OrderProgress,
    open: i64,
    /// When the first of it is expected.
    comes: Date,
    /// When it is due; none if it may not be changed.
    changeable: Option<Date>,
}

/// What is to become of it.
struct Change {
    kind: RecommendationKind,
    units: i64,
    need_by: Date,
    reason: &'static str,
}

/// The changes, each with the key of the order line that it is for. `taken`: order lines that are left alone.
pub fn lines(
    world: &World,
    picture: &Picture,
    taken: &BTreeSet<String>,
    (set, scope): (&str, &SetScope),
    moment: Moment,
) -> Result<Vec<(String, Outgoing)>> {
    let mut places: BTreeMap<(usize, usize), Vec<Order<'_>>> = BTreeMap::new();
    for (place, key, seen) in &picture.orders {
        if in_scope(world, scope, place.0, world.source(place.0, place.1)) {
            let frozen = days::after(moment.day, FROZEN[place.0]);
            places.entry(*place).or_default().extend(order(key, seen, taken, frozen)?);
        }
    }
    let mut sent = Vec::new();
    for (place, mut orders) in places {
        orders.sort_by_key(|order| (order.comes, order.key));
        for (order, change) in changes(world, picture, place, &orders, moment) {
            sent.push((order.key.to_owned(), line(&world.goods[place.1], order, &change, set, moment)));
        }
    }
    Ok(sent)
}

/// None if nobody knows when it comes.
fn order<'a>(key: &'a str, seen: &'a OrderProgress, taken: &BTreeSet<String>, frozen: Date) -> Result<Option<Order<'a>>> {
    let Some(comes) = seen.expected.iter().filter_map(|part| days::read(part.date.as_ref())).min() else { return Ok(None) };
    let is_untouched = amount(&seen.received)? == 0 && amount(&seen.shipped)? == 0 && !seen.substituted;
    let is_posted = key::split(key).first().is_some_and(|connection| ERPS.contains(&connection.as_str()));
    let due = days::read(seen.due_date.as_ref()).filter(|due| *due > frozen);
    let changeable = due.filter(|_| is_untouched && is_posted && !taken.contains(key));
    Ok(Some(Order { key, seen, open: amount(&seen.open)?, comes, changeable }))
}

fn changes<'a>(
    world: &World,
    picture: &Picture,
    place: (usize, usize),
    orders: &'a [Order<'a>],
    moment: Moment,
) -> Vec<(&'a Order<'a>, Change)> {
    let (item, daily) = (&world.goods[place.1], picture.daily(place));
    let held = |amounts: &BTreeMap<(usize, usize), i64>| amounts.get(&place).copied().unwrap_or(0);
    let (stock, coming) = (held(&picture.stock), held(&picture.coming));
    let level = daily * (HORIZON + world.lead_days(world.source(place.0, place.1)) + SAFETY + LASTS);
    let surplus = stock + coming - level;
    let cancelled = cancels(item, surplus / MILLION, orders);
    if !cancelled.is_empty() {
        return cancelled;
    }
    let runs_out = |there: i64| days::after(moment.day, (there.max(0) / daily.max(1)).min(HORIZON));
    let soonest = days::after(moment.day, FROZEN[place.0] + 1);
    dates(item, stock, orders, soonest, runs_out)
}

fn cancels<'a>(item: &Good, surplus: i64, orders: &'a [Order<'a>]) -> Vec<(&'a Order<'a>, Change)> {
    let (mut surplus, mut changes) = (surplus, Vec::new());
    for order in orders.iter().rev() {
        let Some(due) = order.changeable else { continue };
        let units = dispensable(item, open_units(item, order), surplus / item.per);
        if units > 0 {
            surplus -= units * item.per;
            changes.push((order, Change { kind: RecommendationKind::Cancel, units, need_by: due, reason: "SURPLUS" }));
        }
    }
    changes
}

/// How much of an order line can go, if so much is not needed.
fn dispensable(item: &Good, open: i64, surplus: i64) -> i64 {
    if surplus >= open { open } else { (open - item.order_units((open - surplus) * item.per)).max(0) }
}

fn dates<'a>(
    item: &Good,
    stock: i64,
    orders: &'a [Order<'a>],
    soonest: Date,
    runs_out: impl Fn(i64) -> Date,
) -> Vec<(&'a Order<'a>, Change)> {
    let (mut there, mut changes) = (stock, Vec::new());
    for (index, order) in orders.iter().enumerate() {
        let empty = runs_out(there);
        there += order.open;
        let Some(due) = order.changeable else { continue };
        let (sooner, later) = (empty.max(soonest), days::after(empty, -SAFETY));
        let units = open_units(item, order);
        if index == 0 && days::after(sooner, LATE) <= order.comes && sooner < due {
            changes.push((order, Change { kind: RecommendationKind::Expedite, units, need_by: sooner, reason: "STOCK_OUT" }));
        } else if later > days::after(order.comes, EARLY) && later > due {
            changes.push((order, Change { kind: RecommendationKind::Reschedule, units, need_by: later, reason: "TOO_EARLY" }));
        }
    }
    changes
}

/// What is open, in the unit in which the item is ordered.
fn open_units(item: &Good, order: &Order<'_>) -> i64 {
    order.open / (item.per * MILLION)
}

fn line(item: &Good, order: &Order<'_>, change: &Change, set: &str, moment: Moment) -> Outgoing {
    let mut parts = key::split(order.key).into_iter();
    let mut part = || parts.next().unwrap_or_default();
    let target = Target {
        connection: part(),
        document: part(),
        line: part(),
        expected_quantity: open_units(item, order).to_string(),
        expected_due_date: order.seen.due_date,
    };
    let own = (format!("{}-{}", target.connection, target.document), target.line.clone());
    let message = Recommendation {
        kind: change.kind.into(),
        item_id: item.id.clone(),
        destination_location_id: order.seen.destination_location_id.clone(),
        supplier_id: order.seen.supplier_id.clone(),
        origin_location_id: order.seen.origin_location_id.clone(),
        quantity: quantity(change.units, item.unit()),
        need_by: days::wire(change.need_by),
        order_by: days::wire(moment.day),
        reason_codes: vec![change.reason.to_owned()],
        target: Some(target),
        ..Recommendation::default()
    };
    Outgoing::run("recommendation", PLANNER, (set, &own.0, &own.1), moment.now, &message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossdock_core::Micro;

    #[test]
    fn what_is_left_of_a_cancelled_line_can_be_ordered() {
        for (per, minimum, multiple) in [(1, 24, 6), (12, 4, 1), (1, 6, 1)] {
            let item =
                Good { id: String::new(), description: String::new(), class: "A", price: Micro::ONE, supplier: 0, per, minimum, multiple };
            for pieces in [1, 100, 1_000] {
                let open = item.order_units(pieces);
                for surplus in -5..open + 5 {
                    let (gone, left) = (dispensable(&item, open, surplus), open - dispensable(&item, open, surplus));
                    assert!((0..=surplus.max(0)).contains(&gone), "{surplus} of {open}: {gone}");
                    assert!(left == 0 || (left >= minimum && left % multiple == 0), "{surplus} of {open}: {left} are left");
                }
                assert_eq!(dispensable(&item, open, open), open);
            }
        }
    }
}

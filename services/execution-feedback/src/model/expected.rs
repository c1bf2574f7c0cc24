//! When what is open is expected, as well as anybody knows: what is on its way, then what the supplier confirmed, then what was asked for.

use super::{
    disruption::hits,
    facts::{less, micro, rank, total},
};
use crossdock_core::Micro;
use crossdock_master_data::wired::civil;
use crossdock_proto::execution::{self as contract, ConfirmationState as State, Firmness};
use jiff::civil::Date;
use std::collections::{BTreeMap, VecDeque};

/// A part of what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How much.
    pub quantity: Micro,
    /// When; nobody said if absent.
    pub date: Option<Date>,
    /// How sure.
    pub firmness: Firmness,
}

/// The parts of the confirmations that count: the newest document, and all that add; by date, without one last.
pub fn confirmed(facts: &contract::OrderFacts) -> Vec<contract::ConfirmedPart> {
    let newest = facts.confirmations.iter().filter(|held| !held.adds).max_by_key(|held| rank(held.date.as_ref(), &held.key));
    let adding = facts.confirmations.iter().filter(|held| held.adds);
    let mut parts: Vec<contract::ConfirmedPart> = newest.into_iter().chain(adding).flat_map(|held| held.parts.iter().cloned()).collect();
    parts.retain(|part| micro(&part.quantity) != Micro::ZERO);
    parts.sort_by_cached_key(|part| {
        let date = civil(part.date.as_ref());
        (date.is_none(), date, part.state, part.substitute_item_id.clone(), micro(&part.quantity))
    });
    parts
}

/// Whether a confirmed part still comes.
pub fn comes(part: &contract::ConfirmedPart) -> bool {
    !matches!(part.state(), State::Rejected | State::Deleted)
}

/// What is open of an order line, by date.
pub fn expected(facts: &contract::OrderFacts, open: Micro, disruptions: &[contract::Disruption]) -> Vec<Part> {
    let Some(order) = &facts.order else { return Vec::new() };
    let mut left = open;
    let mut parts = Vec::new();
    let mut add = |left: &mut Micro, quantity: Micro, date: Option<Date>, firmness: Firmness| {
        let quantity = quantity.min(*left);
        *left = less(*left, quantity);
        parts.push(Part { quantity, date, firmness });
    };
    for (quantity, shipment) in on_the_way(facts) {
        add(&mut left, quantity, arrival(shipment), firmness(shipment));
    }
    let confirmed = confirmed(facts);
    let coming: Vec<_> = confirmed.iter().filter(|part| comes(part)).collect();
    // What came and what is on its way are the first of what was confirmed.
    let mut met = less(total(coming.iter().map(|part| micro(&part.quantity))), left);
    for part in coming {
        let quantity = micro(&part.quantity);
        let rest = less(quantity, met);
        met = less(met, quantity);
        let (date, sure) = (civil(part.date.as_ref()), matches!(part.state(), State::Backordered | State::OnHold));
        let (date, firmness) =
            if sure { (date, Firmness::Doubtful) } else { (date.or(civil(order.due_date.as_ref())), Firmness::Confirmed) };
        add(&mut left, rest, date, firmness);
    }
    let refused = total(confirmed.iter().filter(|part| !comes(part)).map(|part| micro(&part.quantity)));
    let unanswered = less(left, refused);
    add(&mut left, unanswered, civil(order.due_date.as_ref()), Firmness::Ordered);
    let is_hit = |date: Date| disruptions.iter().any(|disruption| hits(disruption, order, date));
    merge(parts, is_hit)
}

/// What is shipped and not received: receipts that name their shipment are taken off it, others off the shipment that is expected first.
fn on_the_way(facts: &contract::OrderFacts) -> Vec<(Micro, &contract::ShipmentFact)> {
    let mut shipments: Vec<&contract::ShipmentFact> = facts.shipments.iter().collect();
    shipments.sort_by_key(|held| {
        let date = arrival(held).or(civil(held.shipped_date.as_ref()));
        (date.is_none(), date, &held.key)
    });
    let (named, mut unnamed) = super::progress::received_by_shipment(facts);
    let mut left: Vec<(Micro, &contract::ShipmentFact)> = Vec::with_capacity(shipments.len());
    let mut named: BTreeMap<String, Micro> = named;
    for shipment in shipments {
        let quantity = micro(&shipment.quantity);
        let got = named.get_mut(&super::shipment::whole(&shipment.key)).map_or(Micro::ZERO, |received| {
            let got = quantity.min(*received);
            *received = less(*received, got);
            got
        });
        left.push((less(quantity, got), shipment));
    }
    for (quantity, _) in &mut left {
        let got = (*quantity).min(unnamed);
        unnamed = less(unnamed, got);
        *quantity = less(*quantity, got);
    }
    left
}

fn arrival(shipment: &contract::ShipmentFact) -> Option<Date> {
    let said = shipment.standing.as_ref().and_then(|standing| civil(standing.expected_date.as_ref()));
    said.or_else(|| civil(shipment.expected_date.as_ref()))
}

/// Whether a shipment has left.
pub fn has_left(shipment: &contract::ShipmentFact) -> bool {
    shipment.shipped_date.is_some() || shipment.standing.as_ref().is_some_and(|standing| standing.departed)
}

fn firmness(shipment: &contract::ShipmentFact) -> Firmness {
    if shipment.standing.as_ref().is_some_and(|standing| standing.delayed) {
        return Firmness::Doubtful;
    }
    if has_left(shipment) { Firmness::Shipped } else { Firmness::Confirmed }
}

/// By date, without one last; those of one date and firmness together.
fn merge(parts: Vec<Part>, is_hit: impl Fn(Date) -> bool) -> Vec<Part> {
    let mut merged: BTreeMap<(bool, Option<Date>, i32), Part> = BTreeMap::new();
    for mut part in parts.into_iter().filter(|part| part.quantity != Micro::ZERO) {
        if part.date.is_some_and(&is_hit) {
            part.firmness = Firmness::Doubtful;
        }
        let held = merged.entry((part.date.is_none(), part.date, part.firmness.into())).or_insert(Part { quantity: Micro::ZERO, ..part });
        held.quantity = total([held.quantity, part.quantity]);
    }
    merged.into_values().collect()
}

/// Takes so much of what is expected off the front.
pub fn take(parts: &mut VecDeque<Part>, quantity: Micro) -> Vec<Part> {
    let (mut room, mut taken) = (quantity, Vec::new());
    while room != Micro::ZERO
        && let Some(first) = parts.front_mut()
    {
        let part = first.quantity.min(room);
        taken.push(Part { quantity: part, ..*first });
        (room, first.quantity) = (less(room, part), less(first.quantity, part));
        if first.quantity == Micro::ZERO {
            parts.pop_front();
        }
    }
    taken
}

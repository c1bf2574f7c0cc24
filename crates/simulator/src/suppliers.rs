//! The suppliers, behind one EDI connection: they confirm in parts, later, less, something else, or not at all; and they ship.

use crate::{
    Result,
    client::Client,
    connector::{is_bought, order_key},
    days,
    outgoing::{Outgoing, quantity},
    party::Moment,
    trade::{Delivery, OrderLine, Place, Trade},
    world::{CENTRES, ERPS, Source, World},
};
use crossdock_proto::execution::{Confirmation, ConfirmationState, ConfirmedPart, OrderLineReference, Shipment};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Connection of the suppliers.
pub const EDI: &str = "edi";

/// The suppliers.
pub struct Suppliers {
    client: Client,
    /// Connection that tells of transfers: they have no supplier.
    transfers: Client,
    /// Order lines that were looked at.
    seen: BTreeSet<(usize, Place)>,
    /// Order lines that are backordered, and when the supplier writes again.
    waiting: Vec<(Date, usize, Place)>,
    shipments: u64,
}

/// A part of an answer: what it says, how much of what, and when it arrives.
struct Part {
    state: ConfirmationState,
    units: i64,
    good: usize,
    arrives: Option<Date>,
}

impl Suppliers {
    /// With these ways to Crossdock.
    pub fn new(client: Client, transfers: Client) -> Self {
        Self { client, transfers, seen: BTreeSet::new(), waiting: Vec::new(), shipments: 0 }
    }

    /// Answers new orders, changed ones, and those that were backordered.
    pub async fn answer(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Result<()> {
        let mut sent = self.amended(world, trade, moment);
        for (erp, place, line) in self.fresh(trade) {
            let arrives = days::after(moment.day, world.lead_days(line.source) - 2);
            if matches!(line.source, Source::Centre(_)) {
                promise(trade, erp, &place, &line, &[part(ConfirmationState::Accepted, &line, line.wanted(), arrives)], moment.day);
                continue;
            }
            let about = order_key(erp, &place);
            let answers = world.chance.draw("supplier", &content(&line)) % 100;
            let parts = parts(world, &line, arrives, answers);
            if parts.iter().any(|part| part.state == ConfirmationState::Backordered) {
                self.waiting.push((days::after(moment.day, world.chance.between(2, 6, "backorder", &about)), erp, place.clone()));
            }
            promise(trade, erp, &place, &line, &parts, moment.day);
            if answers < 95 {
                sent.push(confirmation(world, (erp, &place), &line, &parts, moment));
            }
        }
        let (due, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|(day, ..)| *day <= moment.day);
        self.waiting = waiting;
        let due: Vec<(Date, usize, Place)> = due;
        for (_, erp, place) in due {
            let Some(line) = trade.books[erp].lines.get(&place).cloned() else { continue };
            let parts = [part(ConfirmationState::AcceptedWithChange, &line, line.wanted(), days::after(moment.day, 3))];
            promise(trade, erp, &place, &line, &parts, moment.day);
            sent.push(confirmation(world, (erp, &place), &line, &parts, moment));
        }
        self.client.send(sent).await
    }

    /// What they say of orders that were changed after their answer: the new date, or somewhat later.
    fn amended(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Vec<Outgoing> {
        let mut sent = Vec::new();
        for erp in 0..ERPS.len() {
            for place in std::mem::take(&mut trade.books[erp].amended) {
                let Some(line) = trade.books[erp].lines.get(&place).cloned() else { continue };
                if !self.seen.contains(&(erp, place.clone())) {
                    continue;
                }
                self.waiting.retain(|(_, of, held)| (*of, held) != (erp, &place));
                trade.deliveries.retain(|delivery| (delivery.erp, &delivery.place) != (erp, &place));
                let late = if world.chance.holds(25, "cannot", &content(&line)) { 2 } else { 0 };
                let arrives = days::after(line.due.max(days::after(moment.day, 2)), late);
                let accepted = part(ConfirmationState::AcceptedWithChange, &line, line.wanted(), arrives);
                let parts = if line.wanted() > 0 { vec![accepted] } else { Vec::new() };
                promise(trade, erp, &place, &line, &parts, moment.day);
                if is_bought(line.source) {
                    sent.push(confirmation(world, (erp, &place), &line, &parts, moment));
                }
            }
        }
        sent
    }

    fn fresh(&mut self, trade: &Trade) -> Vec<(usize, Place, OrderLine)> {
        let mut fresh = Vec::new();
        for (erp, book) in trade.books.iter().enumerate() {
            for (place, line) in &book.lines {
                if !line.closed && line.wanted() > 0 && self.seen.insert((erp, place.clone())) {
                    fresh.push((erp, place.clone(), line.clone()));
                }
            }
        }
        fresh
    }

    /// Ships what is to leave; a centre ships what it has.
    pub async fn ship(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Result<()> {
        let (mut bought, mut moved) = (Vec::new(), Vec::new());
        let mut deliveries = std::mem::take(&mut trade.deliveries);
        for delivery in deliveries.iter_mut().filter(|delivery| delivery.shipment.is_empty() && delivery.ships <= moment.day) {
            let Some(line) = trade.books[delivery.erp].lines.get(&delivery.place).cloned() else { continue };
            let about = content(&line);
            if let Source::Centre(origin) = line.source {
                delivery.pieces = delivery.pieces.min(trade.on_hand(origin, delivery.good));
                if delivery.pieces <= 0 {
                    // Nothing there: it is tried again tomorrow.
                    (delivery.pieces, delivery.ships) = (line.wanted() * line.per, days::after(moment.day, 1));
                    delivery.arrives = delivery.arrives.max(days::after(delivery.ships, 2));
                    continue;
                }
                trade.moves(origin, delivery.good, -delivery.pieces, false);
            } else if world.chance.holds(4, "ships short", &about) && delivery.pieces > line.per {
                delivery.pieces -= line.per;
            }
            self.shipments += 1;
            delivery.shipment = format!("S{}", self.shipments);
            let sent = if matches!(line.source, Source::Centre(_)) { &mut moved } else { &mut bought };
            sent.push((delivery.clone(), line));
        }
        trade.deliveries = deliveries;
        for (client, shipped) in [(&self.client, bought), (&self.transfers, moved)] {
            let sent = shipped.iter().map(|(delivery, line)| shipment(world, client.connection(), delivery, line, moment));
            client.send(sent.collect()).await?;
        }
        Ok(())
    }
}

/// What an order line is about, whatever number the ERP gave it.
pub fn content(line: &OrderLine) -> String {
    format!("{} {} {} {}", line.good, CENTRES[line.centre].id, line.ordered, line.quantity)
}

fn part(state: ConfirmationState, line: &OrderLine, units: i64, arrives: Date) -> Part {
    Part { state, units, good: line.good, arrives: Some(arrives) }
}

/// What the supplier says of a line.
fn parts(world: &World, line: &OrderLine, arrives: Date, answers: u64) -> Vec<Part> {
    let units = line.wanted();
    let about = content(line);
    let later = days::after(arrives, world.chance.between(2, 6, "later", &about));
    match answers {
        55..=69 if units > 1 => vec![
            part(ConfirmationState::Accepted, line, units / 2, arrives),
            part(ConfirmationState::AcceptedWithChange, line, units - units / 2, later),
        ],
        70..=79 => vec![part(ConfirmationState::AcceptedWithChange, line, units, later)],
        80..=85 if units > 4 => vec![
            part(ConfirmationState::AcceptedWithChange, line, units * 4 / 5, arrives),
            Part { state: ConfirmationState::Rejected, units: units - units * 4 / 5, good: line.good, arrives: None },
        ],
        86..=90 => vec![Part { state: ConfirmationState::Backordered, units, good: line.good, arrives: None }],
        91..=94 => match substitute(world, line.good) {
            Some(good) => vec![Part { state: ConfirmationState::Substituted, units, good, arrives: Some(arrives) }],
            None => vec![part(ConfirmationState::Accepted, line, units, arrives)],
        },
        _ => vec![part(ConfirmationState::Accepted, line, units, arrives)],
    }
}

/// Another item of the supplier in the same packing.
fn substitute(world: &World, good: usize) -> Option<usize> {
    let (supplier, per) = (world.goods[good].supplier, world.goods[good].per);
    world
        .goods
        .iter()
        .enumerate()
        .find(|(other, item)| *other != good && item.supplier == supplier && item.per == per)
        .map(|(other, _)| other)
}

fn promise(trade: &mut Trade, erp: usize, place: &Place, line: &OrderLine, parts: &[Part], today: Date) {
    for part in parts {
        let Some(arrives) = part.arrives else { continue };
        let ships = days::after(arrives, -2).max(today);
        trade.deliveries.push(Delivery {
            erp,
            place: place.clone(),
            good: part.good,
            pieces: part.units * line.per,
            ships,
            arrives: arrives.max(ships),
            shipment: String::new(),
            done: false,
        });
    }
}

/// Names an order line.
pub fn reference(erp: usize, place: &Place) -> Option<OrderLineReference> {
    Some(OrderLineReference { connection: ERPS[erp].to_owned(), document: place.0.clone(), line: place.1.clone() })
}

fn confirmation(world: &World, (erp, place): (usize, &Place), line: &OrderLine, parts: &[Part], moment: Moment) -> Outgoing {
    let said = |part: &Part| ConfirmedPart {
        quantity: part.units.to_string(),
        date: part.arrives.and_then(days::wire),
        unit_price: None,
        state: part.state.into(),
        substitute_item_id: if part.good == line.good { String::new() } else { world.goods[part.good].id.clone() },
    };
    let message = Confirmation {
        order: reference(erp, place),
        unit: line.unit.to_owned(),
        parts: parts.iter().map(said).collect(),
        confirmed_date: days::wire(moment.day),
        ..Confirmation::default()
    };
    Outgoing::document("confirmation", EDI, (&format!("OC-{}-{}-{}", ERPS[erp], place.0, place.1), ""), moment.now, &message)
}

fn shipment(world: &World, connection: &str, delivery: &Delivery, line: &OrderLine, moment: Moment) -> Outgoing {
    let message = Shipment {
        order: reference(delivery.erp, &delivery.place),
        item_id: if delivery.good == line.good { String::new() } else { world.goods[delivery.good].id.clone() },
        quantity: quantity(delivery.pieces, "EA"),
        shipped_date: days::wire(moment.day),
        expected_date: days::wire(delivery.arrives),
        tracking_number: format!("TRK{:08}", world.chance.draw("tracking", &delivery.shipment) % 100_000_000),
        ..Shipment::default()
    };
    Outgoing::document("shipment", connection, (&delivery.shipment, ""), moment.now, &message)
}

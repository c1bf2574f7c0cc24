//! The warehouses and the carriers: goods on their way, and what is received of them.

use crate::{
    Result,
    client::Client,
    connector::{is_bought, order_key},
    days,
    outgoing::{Outgoing, document_key, quantity},
    party::Moment,
    suppliers::{EDI, content, reference},
    trade::{Delivery, OrderLine, Trade},
    world::{ERPS, World},
};
use crossdock_proto::execution::{Milestone, MilestoneKind, Receipt};
use std::collections::BTreeSet;

/// Connection of the warehouses.
pub const WMS: &str = "wms";
/// Connection of the carriers.
pub const CARRIER: &str = "carrier";

/// The warehouses and the carriers.
pub struct Warehouse {
    client: Client,
    carrier: Client,
    erps: [Client; 2],
    /// Shipments that the carrier has told of.
    departed: BTreeSet<String>,
    receipts: u64,
}

impl Warehouse {
    /// With these ways to Crossdock.
    pub fn new(client: Client, carrier: Client, erps: [Client; 2]) -> Self {
        Self { client, carrier, erps, departed: BTreeSet::new(), receipts: 0 }
    }

    /// What the carriers tell: what left, and what will be late.
    pub async fn carry(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Result<()> {
        let mut sent = Vec::new();
        let Trade { books, deliveries, .. } = trade;
        for delivery in deliveries.iter_mut().filter(|delivery| !delivery.shipment.is_empty() && !delivery.done) {
            let Some(line) = books[delivery.erp].lines.get(&delivery.place) else { continue };
            if !self.departed.insert(delivery.shipment.clone()) {
                continue;
            }
            let connection = if is_bought(line.source) { EDI } else { WMS };
            sent.push(milestone(connection, &delivery.shipment, MilestoneKind::Departed, delivery, moment));
            if world.chance.holds(10, "delayed", &content(line)) {
                delivery.arrives = days::after(delivery.arrives, 2);
                sent.push(milestone(connection, &delivery.shipment, MilestoneKind::Delayed, delivery, moment));
            }
        }
        self.carrier.send(sent).await
    }

    /// Receives what has arrived.
    pub async fn receive(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Result<()> {
        let (mut received, mut arrived, mut compared) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
        let mut deliveries = std::mem::take(&mut trade.deliveries);
        for delivery in deliveries.iter_mut().filter(|d| !d.done && !d.shipment.is_empty() && d.arrives <= moment.day) {
            let Some(line) = trade.books[delivery.erp].lines.get(&delivery.place).cloned() else { continue };
            delivery.done = true;
            let connection = if is_bought(line.source) { EDI } else { WMS };
            arrived.push(milestone(connection, &delivery.shipment, MilestoneKind::Arrived, delivery, moment));
            let (pieces, damaged) = counted(world, delivery, &line);
            if pieces <= 0 {
                continue;
            }
            let about = content(&line);
            if world.chance.holds(5, "miscounted", &about) {
                let wrong = self.receipt(world, delivery, &line, (pieces + line.per, 0), "", moment)?;
                let back = self.receipt(world, delivery, &line, (pieces + line.per, 0), &wrong.key, moment)?;
                received.extend([wrong, back]);
            }
            let receipt = self.receipt(world, delivery, &line, (pieces, damaged), "", moment)?;
            if world.chance.holds(10, "ERP books it too", &about) {
                compared[delivery.erp].push(as_erp(world, delivery, &line, pieces, &receipt, moment));
            }
            received.push(receipt);
            trade.books[delivery.erp].change(&delivery.place, |line| line.received += pieces);
            trade.moves(line.centre, delivery.good, pieces - damaged, false);
            trade.moves(line.centre, delivery.good, damaged, true);
        }
        trade.deliveries = deliveries;
        self.carrier.send(arrived).await?;
        self.client.send(received).await?;
        for (client, sent) in self.erps.iter().zip(compared) {
            client.send(sent).await?;
        }
        self.client.watermark("receipt", "", moment.now).await
    }

    fn receipt(
        &mut self,
        world: &World,
        delivery: &Delivery,
        line: &OrderLine,
        (pieces, damaged): (i64, i64),
        reverses: &str,
        moment: Moment,
    ) -> Result<Outgoing> {
        self.receipts += 1;
        let message = receipt(world, delivery, line, (pieces, damaged), reverses, moment);
        let document = format!("R{}", self.receipts);
        let signed = if reverses.is_empty() { pieces } else { -pieces };
        let (key, text) = (order_key(delivery.erp, &delivery.place), signed.to_string());
        let whose = if delivery.good == line.good { "ordered" } else { "substitute" };
        self.client.ledgers().add(WMS, [vec!["received", key.as_str(), text.as_str(), whose]])?;
        Ok(Outgoing::document("receipt", WMS, (&document, ""), moment.now, &message))
    }
}

/// Pieces that are found in a delivery, and how many of them are damaged.
fn counted(world: &World, delivery: &Delivery, line: &OrderLine) -> (i64, i64) {
    let about = content(line);
    let found = match world.chance.draw("receives", &about) % 100 {
        0..=3 => delivery.pieces + line.per,
        4..=7 => delivery.pieces - 1,
        _ => delivery.pieces,
    };
    let damaged = if world.chance.holds(6, "damaged", &about) { line.per.min(found) } else { 0 };
    (found, damaged)
}

fn receipt(world: &World, delivery: &Delivery, line: &OrderLine, (pieces, damaged): (i64, i64), reverses: &str, moment: Moment) -> Receipt {
    let shipper = if is_bought(line.source) { EDI } else { WMS };
    Receipt {
        order: reference(delivery.erp, &delivery.place),
        item_id: if delivery.good == line.good { String::new() } else { world.goods[delivery.good].id.clone() },
        quantity: quantity(pieces, "EA"),
        damaged_quantity: if damaged > 0 { damaged.to_string() } else { String::new() },
        received_date: days::wire(moment.day),
        reverses: reverses.to_owned(),
        shipment: document_key(shipper, &delivery.shipment, ""),
        ..Receipt::default()
    }
}

/// The same receipt as the ERP books it: kept for comparison.
fn as_erp(world: &World, delivery: &Delivery, line: &OrderLine, pieces: i64, receipt_of: &Outgoing, moment: Moment) -> Outgoing {
    let message = receipt(world, delivery, line, (pieces, 0), "", moment);
    let document = format!("GR-{}", receipt_of.key.replace('/', "-"));
    Outgoing::document("receipt", ERPS[delivery.erp], (&document, ""), moment.now, &message)
}

fn milestone(connection: &str, shipment: &str, kind: MilestoneKind, delivery: &Delivery, moment: Moment) -> Outgoing {
    let line = match kind {
        MilestoneKind::Departed => "1",
        MilestoneKind::Delayed => "2",
        _ => "3",
    };
    let message = Milestone {
        kind: kind.into(),
        shipment_connection: connection.to_owned(),
        shipment_document: shipment.to_owned(),
        date: days::wire(moment.day),
        expected_date: if kind == MilestoneKind::Delayed { days::wire(delivery.arrives) } else { None },
        place: String::new(),
    };
    Outgoing::document("milestone", CARRIER, (&format!("T-{shipment}"), line), moment.now, &message)
}

//! What an ERP tells of its purchase and transfer orders, and the orders that its own people make.

use crate::{
    Result,
    client::Client,
    connector::order_key,
    days,
    outgoing::{Outgoing, money, quantity},
    party::Moment,
    trade::{OrderLine, Place, Trade},
    world::{CENTRES, ERPS, REGIONS, Source, World},
};
use crossdock_proto::execution::{SupplyOrder, SupplyOrderKind};

/// An ERP's purchasing.
pub struct Purchasing {
    erp: usize,
    client: Client,
}

impl Purchasing {
    /// Of this ERP.
    pub fn new(erp: usize, client: Client) -> Self {
        Self { erp, client }
    }

    /// Somebody buys without asking anybody.
    pub fn own_orders(&self, world: &World, trade: &mut Trade, moment: Moment) {
        let about = format!("{} {}", ERPS[self.erp], moment.day);
        for number in 0..world.chance.between(0, 3, "own orders", &about) {
            let about = format!("{about} {number}");
            let good = usize::try_from(world.chance.draw("own item", &about)).unwrap_or(0) % world.goods.len();
            // The first centre of the region buys everything from suppliers.
            let centre = self.erp * 2;
            let item = &world.goods[good];
            let source = world.source(centre, good);
            let book = trade.book(centre);
            let document = book.document();
            let line = OrderLine {
                good,
                source,
                centre,
                quantity: item.order_units(item.per * item.minimum * 3),
                unit: item.unit(),
                per: item.per,
                cancelled: 0,
                ordered: moment.day,
                due: days::after(moment.day, world.lead_days(source)),
                posting_key: String::new(),
                closed: false,
                received: 0,
                modified: moment.now,
            };
            book.put((document, "10".to_owned()), line);
        }
    }

    /// Closes lines on which nothing more comes.
    pub fn close(&self, world: &World, trade: &mut Trade, moment: Moment) {
        let open: Vec<&Place> =
            trade.deliveries.iter().filter(|delivery| delivery.erp == self.erp && !delivery.done).map(|d| &d.place).collect();
        let came = |place: &Place| trade.deliveries.iter().any(|delivery| delivery.erp == self.erp && delivery.place == *place);
        let over = |(place, line): &(&Place, &OrderLine)| {
            let full = line.received >= line.wanted() * line.per;
            let gives_up = world.chance.holds(30, "gives up", &format!("{} {}", order_key(self.erp, place), moment.day));
            !line.closed && line.received > 0 && !open.contains(place) && came(place) && (full || gives_up)
        };
        let closed: Vec<Place> = trade.books[self.erp].lines.iter().filter(over).map(|(place, _)| place.clone()).collect();
        for place in closed {
            // Closing touches the time of modification in one of two cases only: a sweep finds it by its content.
            let touched = world.chance.holds(50, "touched", &order_key(self.erp, &place));
            trade.books[self.erp].change(&place, |line| {
                line.closed = true;
                line.modified = if touched { moment.now } else { line.modified };
            });
        }
    }

    /// Sends the lines that have changed.
    pub async fn tell(&self, world: &World, trade: &mut Trade, moment: Moment) -> Result<()> {
        let book = &mut trade.books[self.erp];
        let changed = std::mem::take(&mut book.changed);
        let mut sent = Vec::new();
        for place in &changed {
            let Some(line) = book.lines.get(place) else { continue };
            let record = Outgoing::document("supply_order", ERPS[self.erp], (&place.0, &place.1), moment.now, &order(world, line));
            sent.push(record.version(line.modified, moment.now));
        }
        self.client.send(sent).await?;
        self.client.watermark("supply_order", REGIONS[self.erp], moment.now).await
    }
}

fn order(world: &World, line: &OrderLine) -> SupplyOrder {
    let (item, id) = (&world.goods[line.good], world.source_id(line.source).to_owned());
    let (kind, supplier, origin, currency) = match line.source {
        Source::Supplier(index) => (SupplyOrderKind::Purchase, id, String::new(), world.suppliers[index].currency),
        Source::Centre(index) => (SupplyOrderKind::Transfer, String::new(), id, CENTRES[index].currency),
    };
    SupplyOrder {
        kind: kind.into(),
        item_id: item.id.clone(),
        supplier_id: supplier,
        origin_location_id: origin,
        destination_location_id: CENTRES[line.centre].id.to_owned(),
        quantity: quantity(line.quantity, line.unit),
        cancelled_quantity: if line.cancelled > 0 { line.cancelled.to_string() } else { String::new() },
        ordered_date: days::wire(line.ordered),
        due_date: days::wire(line.due),
        unit_price: money(&item.cost(), currency),
        closed: line.closed,
        close_reason: if line.closed { "DONE".to_owned() } else { String::new() },
        posting_key: line.posting_key.clone(),
        ..SupplyOrder::default()
    }
}

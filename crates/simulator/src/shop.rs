//! An ERP's daily business: customers' orders, shipments to them, movements and counts of stock.

use crate::{
    Result,
    client::Client,
    days,
    history::Sale,
    outgoing::{Outgoing, money, quantity},
    party::Moment,
    trade::{Owed, Trade},
    world::{CENTRES, ERPS, REGIONS, World},
};
use crossdock_core::{Micros, key};
use crossdock_proto::{
    demand::{DemandLine, Fulfilment, InventorySnapshot, Movement, StockStatus},
    operations::{Set, SetPurpose, SetScope},
};
use std::collections::BTreeMap;

/// An ERP's daily business.
pub struct Shop {
    erp: usize,
    client: Client,
    /// The next line of the world's sales to look at.
    next: usize,
    /// Movements so far.
    sequence: i64,
    shipments: u64,
}

impl Shop {
    /// Of this ERP.
    pub fn new(erp: usize, client: Client) -> Self {
        Self { erp, client, next: 0, sequence: 0, shipments: 0 }
    }

    /// Sends the orders before `until` in chunks; `told` hears how many.
    pub async fn load(&mut self, world: &World, until: Micros, told: &impl Fn(usize)) -> Result<()> {
        const CHUNK: usize = 20_000;
        loop {
            let sales = self.due(world, until, CHUNK);
            if sales.is_empty() {
                return Ok(());
            }
            let count = sales.len();
            self.client.send(sales.into_iter().map(|sale| self.demand(world, sale)).collect()).await?;
            told(count);
        }
    }

    /// The orders that have come in, what is shipped for them, and the movements of stock.
    pub async fn act(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Result<()> {
        let sales = self.due(world, moment.now, usize::MAX);
        for sale in &sales {
            let owed = Owed { order: (sale.document.clone(), sale.line), pieces: sale.quantity };
            trade.owed.entry((world.centre(sale), sale.good)).or_default().push(owed);
        }
        let mut sent: Vec<Outgoing> = sales.into_iter().map(|sale| self.demand(world, sale)).collect();
        sent.extend(self.ship(world, trade, moment));
        sent.extend(self.movements(world, trade, moment));
        self.client.send(sent).await?;
        for kind in ["demand_line", "fulfilment", "movement"] {
            self.client.watermark(kind, REGIONS[self.erp], moment.now).await?;
        }
        Ok(())
    }

    /// How many of the world's sales it has looked at.
    pub fn seen(&self) -> usize {
        self.next
    }

    fn due<'a>(&mut self, world: &'a World, until: Micros, most: usize) -> Vec<&'a Sale> {
        let mut due = Vec::new();
        while let Some(sale) = world.sales.get(self.next).filter(|sale| instant(sale) < until && due.len() < most) {
            self.next += 1;
            if CENTRES[world.centre(sale)].erp == self.erp {
                due.push(sale);
            }
        }
        due
    }

    fn demand(&self, world: &World, sale: &Sale) -> Outgoing {
        let centre = &CENTRES[world.centre(sale)];
        let line = DemandLine {
            item_id: world.goods[sale.good].id.clone(),
            location_id: centre.id.to_owned(),
            customer_id: sale.customer.clone(),
            quantity: quantity(sale.quantity, "EA"),
            ordered_date: days::wire(sale.day()),
            unit_price: money(&sale.price, centre.currency),
            ..DemandLine::default()
        };
        Outgoing::document("demand_line", ERPS[self.erp], (&sale.document, &sale.line.to_string()), instant(sale), &line)
    }

    /// Ships what is there, the oldest order first.
    fn ship(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Vec<Outgoing> {
        let mut sent = Vec::new();
        let mut gone = Vec::new();
        for ((centre, good), owed) in &mut trade.owed {
            if CENTRES[*centre].erp != self.erp {
                continue;
            }
            let mut left = trade.stock.get(&(*centre, *good)).copied().unwrap_or(0).max(0);
            let before = left;
            for owed in owed.iter_mut() {
                let pieces = owed.pieces.min(left);
                if pieces > 0 {
                    (owed.pieces, left) = (owed.pieces - pieces, left - pieces);
                    self.shipments += 1;
                    sent.push(self.fulfilment(world, (*centre, *good), &owed.order, pieces, moment));
                }
            }
            owed.retain(|owed| owed.pieces > 0);
            gone.push((*centre, *good, left - before));
        }
        trade.owed.retain(|_, owed| !owed.is_empty());
        gone.into_iter().for_each(|(centre, good, pieces)| trade.moves(centre, good, pieces, false));
        sent
    }

    fn fulfilment(
        &self,
        world: &World,
        (centre, good): (usize, usize),
        (document, line): &(String, u32),
        pieces: i64,
        moment: Moment,
    ) -> Outgoing {
        let message = Fulfilment {
            item_id: world.goods[good].id.clone(),
            location_id: CENTRES[centre].id.to_owned(),
            quantity: quantity(pieces, "EA"),
            ship_date: days::wire(moment.day),
            order_document: document.clone(),
            order_line: line.to_string(),
            ..Fulfilment::default()
        };
        Outgoing::document("fulfilment", ERPS[self.erp], (&format!("D{}", self.shipments), ""), moment.now, &message)
    }

    /// One movement per centre, item and status for everything that moved since the last.
    fn movements(&mut self, world: &World, trade: &mut Trade, moment: Moment) -> Vec<Outgoing> {
        let (own, others) = std::mem::take(&mut trade.moved).into_iter().partition(|(centre, ..)| CENTRES[*centre].erp == self.erp);
        trade.moved = others;
        let mut sums: BTreeMap<(usize, usize, bool), i64> = BTreeMap::new();
        let own: Vec<(usize, usize, i64, bool)> = own;
        for (centre, good, pieces, damaged) in own {
            *sums.entry((centre, good, damaged)).or_default() += pieces;
        }
        let sent = |((centre, good, damaged), pieces): ((usize, usize, bool), i64)| {
            self.sequence += 1;
            let message = Movement {
                item_id: world.goods[good].id.clone(),
                location_id: CENTRES[centre].id.to_owned(),
                status: status(damaged).into(),
                quantity: quantity(pieces, "EA"),
                sequence: Some(self.sequence),
                movement_date: days::wire(moment.day),
                ..Movement::default()
            };
            Outgoing::document("movement", ERPS[self.erp], (&format!("M{}", self.sequence), ""), moment.now, &message)
        };
        sums.into_iter().filter(|(_, pieces)| *pieces != 0).map(sent).collect()
    }

    /// Counts all stock of the region.
    pub async fn count(&mut self, world: &World, trade: &Trade, moment: Moment) -> Result<()> {
        let set = format!("COUNT-{}", moment.day);
        let own = |(index, _): &(usize, &crate::world::Centre)| CENTRES[*index].erp == self.erp;
        let centres: Vec<usize> = CENTRES.iter().enumerate().filter(own).map(|(index, _)| index).collect();
        let opened = Set {
            set_key: set.clone(),
            kind: "inventory_snapshot".to_owned(),
            purpose: SetPurpose::Load.into(),
            scope: Some(SetScope { locations: centres.iter().map(|index| CENTRES[*index].id.to_owned()).collect(), ..SetScope::default() }),
            as_of: days::stamp(moment.now),
            through: Some(self.sequence),
            absent_is_zero: true,
            ..Set::default()
        };
        self.client.open(opened).await?;
        let held = trade.stock.iter().map(|(place, pieces)| (place, pieces, false));
        let held = held.chain(trade.damaged.iter().map(|(place, pieces)| (place, pieces, true)));
        let counted = held.filter(|((centre, _), pieces, _)| centres.contains(centre) && **pieces != 0);
        let sent =
            counted.map(|((centre, good), pieces, damaged)| self.counted(world, (*centre, *good, damaged), *pieces, moment).in_load(&set));
        self.client.send(sent.collect()).await?;
        self.client.commit("inventory_snapshot", &set).await?;
        self.client.watermark("inventory_snapshot", REGIONS[self.erp], moment.now).await
    }

    fn counted(&self, world: &World, (centre, good, damaged): (usize, usize, bool), pieces: i64, moment: Moment) -> Outgoing {
        let (item, place) = (&world.goods[good].id, CENTRES[centre].id);
        let message = InventorySnapshot {
            item_id: item.clone(),
            location_id: place.to_owned(),
            status: status(damaged).into(),
            quantity: quantity(pieces, "EA"),
            through: Some(self.sequence),
            snapshot_date: days::wire(moment.day),
            ..InventorySnapshot::default()
        };
        let status = if damaged { "blocked" } else { "unrestricted" };
        Outgoing::master("inventory_snapshot", key::join([place, item, status, "", ""]), moment.now, &message)
    }
}

fn status(damaged: bool) -> StockStatus {
    if damaged { StockStatus::Blocked } else { StockStatus::Unrestricted }
}

/// When it was ordered; the file's hours count as UTC.
fn instant(sale: &Sale) -> Micros {
    days::at(sale.day(), 0) + i64::from(sale.time.hour()) * 3_600_000_000 + i64::from(sale.time.minute()) * 60_000_000
}

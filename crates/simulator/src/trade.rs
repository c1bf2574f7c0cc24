//! What is physically and legally so: stock, the orders in the ERPs, goods on their way. Crossdock hears of it from the parties.

use crate::world::{CENTRES, Source};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// An order line in an ERP.
#[derive(Clone, Debug)]
pub struct OrderLine {
    /// Index of the item.
    pub good: usize,
    /// Where it comes from.
    pub source: Source,
    /// Index of the centre it goes to.
    pub centre: usize,
    /// Ordered, in `unit`.
    pub quantity: i64,
    /// `XCS` or `EA`.
    pub unit: &'static str,
    /// Pieces in a unit.
    pub per: i64,
    /// Cancelled, in `unit`.
    pub cancelled: i64,
    /// Ordered on.
    pub ordered: Date,
    /// Asked for.
    pub due: Date,
    /// What the ERP keeps to find it again; empty: a buyer's own.
    pub posting_key: String,
    /// Nothing more is expected.
    pub closed: bool,
    /// Received so far, pieces.
    pub received: i64,
    /// When the ERP says it was modified: not with every change.
    pub modified: i64,
}

impl OrderLine {
    /// Ordered and not cancelled, in `unit`.
    pub fn wanted(&self) -> i64 {
        self.quantity - self.cancelled
    }
}

/// Document and line of an order.
pub type Place = (String, String);

/// The orders of one ERP.
#[derive(Debug, Default)]
pub struct Book {
    /// By document and line.
    pub lines: BTreeMap<Place, OrderLine>,
    /// Lines that have changed since they were sent.
    pub changed: BTreeSet<Place>,
    /// Lines with another quantity or date that their suppliers were not told of.
    pub amended: BTreeSet<Place>,
    next: u64,
}

impl Book {
    /// A number for a new document.
    pub fn document(&mut self) -> String {
        self.next += 1;
        format!("{}", 4_500_000 + self.next)
    }

    /// Puts a line in.
    pub fn put(&mut self, place: Place, line: OrderLine) {
        self.changed.insert(place.clone());
        self.lines.insert(place, line);
    }

    /// Changes a line.
    pub fn change(&mut self, place: &Place, change: impl FnOnce(&mut OrderLine)) {
        if let Some(line) = self.lines.get_mut(place) {
            change(line);
            self.changed.insert(place.clone());
        }
    }
}

/// Goods that somebody promised for an order line.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Index of the ERP.
    pub erp: usize,
    /// Its order line.
    pub place: Place,
    /// Index of the item that comes.
    pub good: usize,
    /// Pieces.
    pub pieces: i64,
    /// Leaves on.
    pub ships: Date,
    /// Arrives on.
    pub arrives: Date,
    /// The shipment, once it left.
    pub shipment: String,
    /// It was received.
    pub done: bool,
}

/// A customer's line that waits for goods.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Invoice and line.
    pub order: (String, u32),
    /// Pieces still to be shipped.
    pub pieces: i64,
}

/// What is so.
#[derive(Debug, Default)]
pub struct Trade {
    /// Pieces on hand that may be used, by centre and item.
    pub stock: BTreeMap<(usize, usize), i64>,
    /// Pieces on hand that are damaged.
    pub damaged: BTreeMap<(usize, usize), i64>,
    /// Changes of stock since they were sent: centre, item, pieces, and whether they are damaged.
    pub moved: Vec<(usize, usize, i64, bool)>,
    /// The orders of the ERPs.
    pub books: [Book; 2],
    /// Goods promised and on their way.
    pub deliveries: Vec<Delivery>,
    /// Customers that wait, by centre and item, the oldest first.
    pub owed: BTreeMap<(usize, usize), Vec<Owed>>,
}

impl Trade {
    /// Pieces on hand.
    pub fn on_hand(&self, centre: usize, good: usize) -> i64 {
        self.stock.get(&(centre, good)).copied().unwrap_or(0)
    }

    /// Goods come or go.
    pub fn moves(&mut self, centre: usize, good: usize, pieces: i64, damaged: bool) {
        if pieces != 0 {
            let held = if damaged { &mut self.damaged } else { &mut self.stock };
            *held.entry((centre, good)).or_default() += pieces;
            self.moved.push((centre, good, pieces, damaged));
        }
    }

    /// The book of a centre's ERP.
    pub fn book(&mut self, centre: usize) -> &mut Book {
        &mut self.books[CENTRES[centre].erp]
    }
}

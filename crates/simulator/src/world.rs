//! The company: its centres, suppliers, items, and where each item comes from.

use crate::{
    chance::Chance,
    history::{History, Sale},
};
use crossdock_core::Micro;

/// A distribution centre.
#[derive(Debug)]
pub struct Centre {
    /// Its id.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Company that owns it.
    pub company: &'static str,
    /// Currency of that company.
    pub currency: &'static str,
    /// Country.
    pub country: &'static str,
    /// IANA time zone.
    pub zone: &'static str,
    /// Working days.
    pub calendar: &'static str,
    /// Index of the ERP that runs it.
    pub erp: usize,
}

/// Connections of the ERPs.
pub const ERPS: [&str; 2] = ["erp-na", "erp-eu"];
/// Regions that the ERPs run.
pub const REGIONS: [&str; 2] = ["NA", "EU"];

/// The centres. The first of each region also supplies the second with some items.
pub const CENTRES: [Centre; 4] = [
    Centre {
        id: "NA-EAST",
        name: "New Jersey",
        company: "US01",
        currency: "USD",
        country: "US",
        zone: "America/New_York",
        calendar: "WORK-US",
        erp: 0,
    },
    Centre {
        id: "NA-WEST",
        name: "Los Angeles",
        company: "US01",
        currency: "USD",
        country: "US",
        zone: "America/Los_Angeles",
        calendar: "WORK-US",
        erp: 0,
    },
    Centre {
        id: "EU-NORTH",
        name: "Leeds",
        company: "GB01",
        currency: "EUR",
        country: "GB",
        zone: "Europe/London",
        calendar: "WORK-GB",
        erp: 1,
    },
    Centre {
        id: "EU-SOUTH",
        name: "Zaragoza",
        company: "GB01",
        currency: "EUR",
        country: "ES",
        zone: "Europe/Madrid",
        calendar: "WORK-ES",
        erp: 1,
    },
];

/// Where a supplier may be: country, time zone, currency, calendar.
const HOMES: [(&str, &str, &str, &str); 5] = [
    ("GB", "Europe/London", "GBP", "WORK-GB"),
    ("DE", "Europe/Berlin", "EUR", "WORK-DE"),
    ("ES", "Europe/Madrid", "EUR", "WORK-ES"),
    ("US", "America/Chicago", "USD", "WORK-US"),
    ("IN", "Asia/Kolkata", "USD", "WORK-IN"),
];

const NAMES: [&str; 24] = [
    "Lantern Works",
    "Hartley Ceramics",
    "Nordlicht Kerzen",
    "Rhein Papier",
    "Casa Mimbre",
    "Lakeshore Tin",
    "Jaipur Textiles",
    "Penrose Glass",
    "Albion Wicker",
    "Schwarzwald Holz",
    "Valle Textil",
    "Prairie Crafts",
    "Malabar Home",
    "Tyne Enamel",
    "Elbe Spielwaren",
    "Ebro Jardin",
    "Great Lakes Paper",
    "Deccan Brass",
    "Mersey Gifts",
    "Isar Keramik",
    "Sierra Velas",
    "Ozark Baskets",
    "Bengal Cotton",
    "Solent Toys",
];

/// A supplier.
#[derive(Debug)]
pub struct Supplier {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: &'static str,
    /// Country.
    pub country: &'static str,
    /// IANA time zone.
    pub zone: &'static str,
    /// Currency in which it sells.
    pub currency: &'static str,
    /// Working days.
    pub calendar: &'static str,
    /// Working days until it ships.
    pub processing: i64,
    /// Days on the way.
    pub transit: i64,
}

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Index of a supplier.
    Supplier(usize),
    /// Index of a centre.
    Centre(usize),
}

/// An item.
#[derive(Debug)]
pub struct Good {
    /// Its id.
    pub id: String,
    /// For people.
    pub description: String,
    /// `A`, `B` or `C`.
    pub class: &'static str,
    /// Sales price of a piece.
    pub price: Micro,
    /// Index of its supplier.
    pub supplier: usize,
    /// Pieces in an order unit: a case, or 1.
    pub per: i64,
    /// Order units: the least.
    pub minimum: i64,
    /// Order units: the step.
    pub multiple: i64,
}

impl Good {
    /// Unit in which it is ordered.
    pub fn unit(&self) -> &'static str {
        if self.per > 1 { "XCS" } else { "EA" }
    }

    /// As many order units as cover so many pieces.
    pub fn order_units(&self, pieces: i64) -> i64 {
        let units = pieces.max(1).unsigned_abs().div_ceil(self.per.unsigned_abs());
        let units = units.max(self.minimum.unsigned_abs()).div_ceil(self.multiple.unsigned_abs());
        i64::try_from(units).unwrap_or(i64::MAX).saturating_mul(self.multiple)
    }

    /// What an order unit costs: somewhat more than half the sales price.
    pub fn cost(&self) -> Micro {
        const CENT: i64 = 10_000;
        let cents = (self.price.0 * 55 / 100 * self.per) / CENT;
        Micro(cents.max(1) * CENT)
    }
}

/// The company and its surroundings.
#[derive(Debug)]
pub struct World {
    /// Decides what is not said.
    pub chance: Chance,
    /// Items, the best sold first.
    pub goods: Vec<Good>,
    /// Suppliers.
    pub suppliers: Vec<Supplier>,
    /// What customers order, by time.
    pub sales: Vec<Sale>,
}

impl World {
    /// Around a history.
    pub fn new(chance: Chance, history: History) -> Self {
        let count = history.goods.len();
        let good = |(rank, sold): (usize, crate::history::Sold)| {
            let case = chance.holds(55, "by the case", &sold.id);
            Good {
                class: if rank * 5 < count {
                    "A"
                } else if rank * 2 < count {
                    "B"
                } else {
                    "C"
                },
                supplier: usize::try_from(chance.draw("supplier", &sold.id) % 24).unwrap_or(0),
                per: if case { *chance.pick(&[6, 8, 10, 12, 24], "case", &sold.id) } else { 1 },
                minimum: if case { *chance.pick(&[1, 2, 4], "minimum", &sold.id) } else { *chance.pick(&[6, 12, 24], "minimum", &sold.id) },
                multiple: if case { 1 } else { *chance.pick(&[1, 6], "multiple", &sold.id) },
                price: sold.price,
                description: sold.description,
                id: sold.id,
            }
        };
        let supplier = |(index, name): (usize, &&'static str)| {
            let (country, zone, currency, calendar) = HOMES[index % HOMES.len()];
            let id = format!("SUP{:03}", index + 1);
            let processing = chance.between(1, 3, "processing", &id);
            let transit = chance.between(1, 5, "transit", &id);
            Supplier { id, name, country, zone, currency, calendar, processing, transit }
        };
        Self {
            chance,
            goods: history.goods.into_iter().enumerate().map(good).collect(),
            suppliers: NAMES.iter().enumerate().map(supplier).collect(),
            sales: history.sales,
        }
    }

    /// The centre that a customer orders from: those without a number by the invoice.
    pub fn centre(&self, sale: &Sale) -> usize {
        let who = if sale.customer.is_empty() { &sale.document } else { &sale.customer };
        match (sale.country.as_str(), self.chance.draw("centre", who) % 10) {
            ("United Kingdom" | "EIRE", 0..=2) => 0,
            ("United Kingdom" | "EIRE", 3..=4) => 1,
            ("United Kingdom" | "EIRE", _) => 2,
            _ => 3,
        }
    }

    /// Where a centre gets an item.
    pub fn source(&self, centre: usize, good: usize) -> Source {
        let item = &self.goods[good];
        if centre % 2 == 1 && self.chance.holds(20, "transfer", &item.id) {
            Source::Centre(centre - 1)
        } else {
            Source::Supplier(item.supplier)
        }
    }

    /// Days from order to use, about: working days of processing count with their weekend.
    pub fn lead_days(&self, source: Source) -> i64 {
        match source {
            Source::Supplier(supplier) => {
                let supplier = &self.suppliers[supplier];
                supplier.processing * 7 / 5 + supplier.transit + 3
            }
            Source::Centre(_) => 4,
        }
    }

    /// Id of a source.
    pub fn source_id(&self, source: Source) -> &str {
        match source {
            Source::Supplier(supplier) => &self.suppliers[supplier].id,
            Source::Centre(centre) => CENTRES[centre].id,
        }
    }

    /// Index of an item.
    pub fn good(&self, id: &str) -> Option<usize> {
        self.goods.iter().position(|good| good.id == id)
    }
}

/// Index of a centre.
pub fn centre_named(id: &str) -> Option<usize> {
    CENTRES.iter().position(|centre| centre.id == id)
}

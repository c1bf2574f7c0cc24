//! The real order lines that the world lives from.

use crate::{Failure, Result};
use crossdock_core::Micro;
use flate2::read::GzDecoder;
use jiff::civil::{Date, DateTime};
use std::{collections::BTreeMap, fs::File, path::Path};

/// A customer's order line.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The invoice.
    pub document: String,
    /// From 1 on within it.
    pub line: u32,
    /// Index of the item.
    pub good: usize,
    /// Pieces.
    pub quantity: i64,
    /// When.
    pub time: DateTime,
    /// Price of a piece.
    pub price: String,
    /// Empty: unknown.
    pub customer: String,
    /// Of the customer.
    pub country: String,
}

impl Sale {
    /// When it was ordered.
    pub fn day(&self) -> Date {
        self.time.date()
    }
}

/// An item of the file.
#[derive(Clone, Debug)]
pub struct Sold {
    /// Its code.
    pub id: String,
    /// As first written.
    pub description: String,
    /// What was last paid for a piece.
    pub price: Micro,
}

/// The items that sold best, and their order lines by time.
#[derive(Clone, Debug)]
pub struct History {
    /// The best first.
    pub goods: Vec<Sold>,
    /// By time.
    pub sales: Vec<Sale>,
}

#[derive(Default)]
struct Tally {
    description: String,
    price: Micro,
    revenue: i128,
}

impl History {
    /// Reads the file; keeps the `goods` items with the most revenue, and their lines from `from` on.
    ///
    /// # Errors
    /// If it cannot be read, or is not the file that it should be.
    pub fn read(file: &Path, goods: usize, from: Date) -> Result<Self> {
        let at = |error: &dyn std::fmt::Display| Failure::File(format!("{}: {error}", file.display()));
        let opened = File::open(file).map_err(|error| at(&error))?;
        let mut reader = csv::Reader::from_reader(GzDecoder::new(opened));
        let (mut tallies, mut lines, mut numbers) = (BTreeMap::<String, Tally>::new(), Vec::new(), BTreeMap::<String, u32>::new());
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(|error| at(&error))? {
            let Some((code, sale, price)) = sale(&row) else { continue };
            let tally = tallies.entry(code.clone()).or_default();
            if tally.description.is_empty() {
                row[2].trim().clone_into(&mut tally.description);
            }
            tally.price = price;
            tally.revenue += i128::from(price.0) * i128::from(sale.quantity);
            if sale.day() >= from {
                let number = numbers.entry(sale.document.clone()).or_default();
                *number += 1;
                lines.push((code, Sale { line: *number, ..sale }));
            }
        }
        let mut best: Vec<_> = tallies.into_iter().collect();
        best.sort_by(|a, b| b.1.revenue.cmp(&a.1.revenue).then_with(|| a.0.cmp(&b.0)));
        best.truncate(goods);
        let index: BTreeMap<&str, usize> = best.iter().enumerate().map(|(index, (code, _))| (code.as_str(), index)).collect();
        let mut sales: Vec<Sale> =
            lines.into_iter().filter_map(|(code, sale)| Some(Sale { good: *index.get(code.as_str())?, ..sale })).collect();
        sales.sort_by(|a, b| (a.time, &a.document, a.line).cmp(&(b.time, &b.document, b.line)));
        let sold = |(id, tally): (String, Tally)| Sold { id, description: tally.description, price: tally.price };
        Ok(Self { goods: best.into_iter().map(sold).collect(), sales })
    }
}

/// A line of goods that somebody ordered and paid for; all else is left out.
fn sale(row: &csv::StringRecord) -> Option<(String, Sale, Micro)> {
    let code = row.get(1)?.to_ascii_uppercase();
    let digits = code.bytes().take(5).filter(u8::is_ascii_digit).count();
    let is_goods = digits == 5 && code.len() <= 7 && code.bytes().skip(5).all(|byte| byte.is_ascii_uppercase());
    let quantity: i64 = row.get(3)?.parse().ok()?;
    let price: Micro = row.get(5)?.parse().ok()?;
    let invoice = row.get(0)?;
    if !is_goods || quantity <= 0 || price <= Micro::ZERO || !invoice.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let sale = Sale {
        document: invoice.to_owned(),
        line: 0,
        good: 0,
        quantity,
        time: row.get(4)?.parse().ok()?,
        price: row.get(5)?.to_owned(),
        customer: row.get(6)?.to_owned(),
        country: row.get(7)?.to_owned(),
    };
    Some((code, sale, price))
}

//! How far demand lines are delivered: what is ordered, and the sums of what was shipped.

use crate::model::{bucket::date, demand_line::DemandLine, number};
use crossdock_core::{Error, Key, Micro, Result};
use crossdock_records::{Reader, model};
use crossdock_store::{Read, SumScan};
use jiff::civil::Date;
use std::collections::HashMap;

/// Most lines of a question.
const MOST: usize = 1_000;
/// Ship days of a line that are read at once.
const DAYS: usize = 1_000;

/// How far a demand line is delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Ordered after cancellations, and when it is wanted; none if the order is not known.
    pub order: Option<(Micro, Date)>,
    /// Shipped for it, by day.
    pub shipped: Vec<(Date, Micro)>,
}

impl Progress {
    /// All that was shipped.
    pub fn total(&self) -> Micro {
        self.until(None)
    }

    /// Still to be shipped.
    pub fn open(&self) -> Option<Micro> {
        let (ordered, _) = self.order?;
        Some(ordered.minus(self.total()).unwrap_or_default().max(Micro::ZERO))
    }

    /// Shipped beyond what is ordered.
    pub fn over(&self) -> Option<Micro> {
        let (ordered, _) = self.order?;
        Some(self.total().minus(ordered).unwrap_or_default().max(Micro::ZERO))
    }

    /// All of it was shipped by the requested date.
    pub fn in_full(&self) -> Option<bool> {
        let (ordered, requested) = self.order?;
        Some(self.until(Some(requested)) >= ordered)
    }

    fn until(&self, last: Option<Date>) -> Micro {
        let in_time = self.shipped.iter().filter(|(day, _)| last.is_none_or(|last| *day <= last));
        in_time.fold(Micro::ZERO, |total, (_, amount)| Micro(total.0.saturating_add(amount.0)))
    }
}

/// The progress of these lines, in their order; those of which nothing is known are left out.
///
/// # Errors
/// If there are too many, or the store fails.
pub fn progress(read: &mut Read<'_>, reader: &Reader, lines: Vec<String>) -> Result<Vec<(String, Progress)>> {
    if lines.len() > MOST {
        return Err(Error::invalid("TOO_MANY", format!("{} lines were asked for; ask for at most {MOST}", lines.len())));
    }
    let keys: Vec<Key> = lines.iter().map(|line| Key::new(number::DEMAND_LINE, line.as_str())).collect();
    let held = read.get(&keys)?;
    let orders: HashMap<String, (Micro, Date)> = reader
        .rows(read, held)?
        .into_iter()
        .filter(|record| !record.deleted && record.counts)
        .filter_map(|record| {
            let line = model::<DemandLine>(&record)?;
            Some((record.key, (line.quantity.base(), line.requested)))
        })
        .collect();
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        let progress = Progress { order: orders.get(&line).copied(), shipped: shipped(read, &line)? };
        // Where it was shipped from says its order.
        if progress.order.is_some() || !(progress.shipped.is_empty() || reader.sight.is_limited()) {
            found.push((line, progress));
        }
    }
    Ok(found)
}

fn shipped(read: &mut Read<'_>, line: &str) -> Result<Vec<(Date, Micro)>> {
    let scan = SumScan { kind: number::PROGRESS, prefix: line, after: (line, i64::MIN), buckets: (i64::MIN + 1, i64::MAX) };
    let page = read.sums(scan, DAYS)?;
    Ok(page
        .into_iter()
        .take_while(|sum| sum.key == line)
        .filter(|sum| sum.amount != 0)
        .map(|sum| (date(sum.bucket), Micro(sum.amount)))
        .collect())
}

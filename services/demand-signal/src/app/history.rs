//! Demand history in buckets: all of it, or the series that changed since a cursor.

use crate::model::{
    bucket::Bucketing,
    customer_return::CustomerReturn,
    demand_line::DemandLine,
    fulfilment::Fulfilment,
    history::{Class, Historic, Measure, Mode, SeriesChange},
    lost_sale::LostSale,
    number,
    place::Place,
};
use crossdock_core::{Cursor, Error, ErrorKind, Micro, Result, key};
use crossdock_records::{Kind, model};
use crossdock_store::{Read, Record, Scan, SumScan};
use std::collections::{BTreeSet, VecDeque};

/// Sums read at once.
const SUMS: usize = 2_000;
/// Records of the feed read at once.
const RECORDS: usize = 1_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Locations; none is all.
    pub locations: Vec<String>,
    /// Items; none is all.
    pub items: Vec<String>,
    /// Measures; none is all.
    pub measures: Vec<Measure>,
    /// First and last day, in days since 1970-01-01; the buckets that they are in are shown whole.
    pub days: (i64, i64),
    /// How days are put together.
    pub bucketing: Bucketing,
}

/// The history of an item at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Which.
    pub place: Place,
    /// By measure, class, mode and day; never zero.
    pub buckets: Vec<Bucket>,
}

/// One amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// What is counted.
    pub measure: Measure,
    /// Of which demand.
    pub class: (Class, Mode),
    /// First day, and the day after the last.
    pub span: (i64, i64),
    /// How much.
    pub amount: Micro,
}

/// A walk through the series that were asked for; it goes on where it stopped.
#[derive(Clone, Debug)]
pub struct Walk {
    question: Question,
    /// Prefixes of keys of sums that are still to be read.
    prefixes: VecDeque<String>,
    /// The last sum that was read of the first of them.
    after: (String, i64),
    /// The series that is being put together.
    open: Option<Series>,
    /// Series are named one by one, and shown even without buckets.
    named: bool,
}

impl Walk {
    /// A walk through everything.
    ///
    /// # Errors
    /// If the store fails.
    pub fn all(read: &mut Read<'_>, question: Question) -> Result<Self> {
        let prefixes = match (question.locations.is_empty(), question.items.is_empty()) {
            (true, true) => VecDeque::from([String::new()]),
            (false, true) => question.locations.iter().map(|location| format!("{}/", key::join([location]))).collect(),
            (false, false) => pairs(&question.locations, &question.items),
            (true, false) => pairs(&locations(read)?, &question.items),
        };
        Ok(Self::through(question, prefixes, false))
    }

    /// A walk through the series that changed since a cursor.
    ///
    /// # Errors
    /// If the cursor is not of this store, or the store fails.
    pub fn since(read: &mut Read<'_>, question: Question, cursor: Cursor) -> Result<Self> {
        let head = read.head()?;
        let since = cursor.check(head)?;
        let mut touched = BTreeSet::new();
        changed(read, number::DEMAND_LINE, (since, head), |record| touched.extend(series_of::<DemandLine>(record)))?;
        changed(read, number::FULFILMENT, (since, head), |record| touched.extend(series_of::<Fulfilment>(record)))?;
        changed(read, number::CUSTOMER_RETURN, (since, head), |record| touched.extend(series_of::<CustomerReturn>(record)))?;
        changed(read, number::LOST_SALE, (since, head), |record| touched.extend(series_of::<LostSale>(record)))?;
        changed(read, SeriesChange::NUMBER, (since, head), |record| _ = touched.insert(record.key.clone()))?;
        let has = |wanted: &[String], value: &String| wanted.is_empty() || wanted.contains(value);
        touched.retain(|series| {
            place(series).is_some_and(|place| has(&question.locations, &place.location) && has(&question.items, &place.item))
        });
        let prefixes = touched.into_iter().map(|series| format!("{series}/")).collect();
        Ok(Self::through(question, prefixes, true))
    }

    fn through(question: Question, prefixes: VecDeque<String>, named: bool) -> Self {
        Self { question, prefixes, after: (String::new(), i64::MIN), open: None, named }
    }

    /// The next series; none when there are no more. Reads one page.
    ///
    /// # Errors
    /// If the store fails, or a total overflows.
    pub fn step(&mut self, read: &mut Read<'_>) -> Result<Option<Vec<Series>>> {
        let Some(prefix) = self.prefixes.front().cloned() else { return Ok(self.open.take().map(|last| vec![last])) };
        let (from, to) = self.question.days;
        let buckets = (self.question.bucketing.span(from).0, self.question.bucketing.span(to).1 - 1);
        let page = read.sums(SumScan { kind: number::HISTORY, prefix: &prefix, after: (&self.after.0, self.after.1), buckets }, SUMS)?;
        let full = page.len() == SUMS;
        let mut done = Vec::new();
        if self.named && self.after.0.is_empty() {
            done.extend(self.open.take());
            self.open = place(prefix.trim_end_matches('/')).map(|place| Series { place, buckets: Vec::new() });
        }
        for sum in page {
            done.extend(self.add(&sum.key, sum.bucket, Micro(sum.amount))?);
            self.after = (sum.key, sum.bucket);
        }
        if !full {
            self.prefixes.pop_front();
            self.after = (String::new(), i64::MIN);
        }
        Ok(Some(done))
    }

    /// Adds a sum; the series before it, if it begins another.
    fn add(&mut self, key: &str, day: i64, amount: Micro) -> Result<Option<Series>> {
        let Some((place, measure, class)) = parts(key) else { return Ok(None) };
        let wanted = self.question.measures.is_empty() || self.question.measures.contains(&measure);
        if amount == Micro::ZERO || !wanted {
            return Ok(None);
        }
        let span = self.question.bucketing.span(day);
        let mut before = None;
        if self.open.as_ref().is_none_or(|open| open.place != place) {
            before = self.open.replace(Series { place, buckets: Vec::new() });
        }
        let Some(open) = &mut self.open else { return Ok(before) };
        match open.buckets.last_mut() {
            Some(last) if (last.measure, last.class, last.span) == (measure, class, span) => {
                last.amount = last
                    .amount
                    .plus(amount)
                    .map_err(|error| Error::new(ErrorKind::OutOfRange, "SUM_OVERFLOW", format!("the total of {key} {error}")))?;
            }
            _ => open.buckets.push(Bucket { measure, class, span, amount }),
        }
        Ok(before)
    }
}

fn pairs(locations: &[String], items: &[String]) -> VecDeque<String> {
    let sorted = |values: &[String]| values.iter().cloned().collect::<BTreeSet<_>>();
    let (locations, items) = (sorted(locations), sorted(items));
    locations.iter().flat_map(|location| items.iter().map(move |item| format!("{}/", key::join([location, item])))).collect()
}

/// Every location that has history: one short read each.
fn locations(read: &mut Read<'_>) -> Result<Vec<String>> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let scan = SumScan { kind: number::HISTORY, prefix: "", after: (&after, i64::MAX), buckets: (i64::MIN, i64::MAX) };
        let Some(first) = read.sums(scan, 1)?.into_iter().next() else { return Ok(found) };
        let Some(location) = first.key.split('/').next() else { return Ok(found) };
        after = format!("{location}/{}", char::MAX);
        found.extend(key::split(location));
    }
}

fn changed(read: &mut Read<'_>, kind: u16, (since, head): (Cursor, Cursor), mut each: impl FnMut(&Record)) -> Result<()> {
    let mut after = since.position;
    loop {
        let page = read.scan(Scan::Since { kind, after, upto: head.position }, RECORDS)?;
        page.iter().for_each(&mut each);
        match page.last() {
            Some(last) if page.len() == RECORDS => after = last.position,
            _ => return Ok(()),
        }
    }
}

fn series_of<T: Historic + Kind>(record: &Record) -> Option<String> {
    model::<T>(record).map(|model| model.place().key())
}

fn place(series: &str) -> Option<Place> {
    let [location, item] = <[String; 2]>::try_from(key::split(series)).ok()?;
    Some(Place { location, item })
}

fn parts(key: &str) -> Option<(Place, Measure, (Class, Mode))> {
    let [location, item, measure, class, mode] = <[String; 5]>::try_from(key::split(key)).ok()?;
    let measure = Measure::ALL.into_iter().find(|held| held.name() == measure)?;
    let class = Class::ALL.into_iter().find(|held| held.name() == class)?;
    let mode = Mode::ALL.into_iter().find(|held| held.name() == mode)?;
    Some((Place { location, item }, measure, (class, mode)))
}

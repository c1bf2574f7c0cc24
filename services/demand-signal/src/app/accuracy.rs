//! How good a forecast run was, over the periods that are over and of which everything has been sent.

use crate::model::{
    accuracy::Score,
    forecast::Forecast,
    history::{Class, Measure, Mode, series_key},
    number,
};
use crossdock_core::{Error, Key, Micro, Result, key};
use crossdock_master_data::Item;
use crossdock_proto::{masterdata, operations::Set, types::Completeness};
use crossdock_records::{Reader, SET, day, model};
use crossdock_store::{Read, Record, Scan, SumScan};
use std::collections::{BTreeMap, HashMap};

/// Values read at once.
const VALUES: usize = 1_000;
/// Runs that are looked at for one with closed periods.
const RUNS: usize = 3;
/// Days of a series read at once.
const DAYS: usize = 1_000;
const DAY: i64 = 86_400;

/// What scores are kept by: location, class of items, measure, lag in days.
pub type Group = (String, String, Measure, i64);

/// The scores of a run, and how many of its values are still open.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// By group.
    pub scores: BTreeMap<Group, Score>,
    /// Values whose period is not over, or not sent in full.
    pub open: i64,
}

/// The day up to which every sender of demand has said that it has sent everything; none if nobody has said anything.
pub fn closed_until(completeness: &Completeness) -> Option<i64> {
    let through = completeness.watermarks.iter().filter_map(|held| held.watermark.as_ref()?.recorded_through);
    through.map(|at| at.seconds.div_euclid(DAY)).min()
}

/// The scores of a run.
///
/// # Errors
/// If there is no such committed run, the store fails, or a sum overflows.
pub fn scores(read: &mut Read<'_>, reader: &Reader, run: &str, closed: Option<i64>) -> Result<Scores> {
    let mut scoring = Scoring::begin(read, run, closed)?;
    while scoring.page(read, reader)? {}
    // A run of which nothing can be seen is not there.
    if reader.sight.is_limited() && scoring.scores.open == 0 && scoring.scores.scores.is_empty() {
        return Err(unknown_run(run));
    }
    Ok(scoring.scores)
}

fn unknown_run(run: &str) -> Error {
    Error::not_found("UNKNOWN_RUN", format!("there is no committed run {run:?}; name its set, <connection>/<set_key>"))
}

/// A run that is being scored, page by page.
pub struct Scoring {
    run: String,
    begun: i64,
    closed: Option<i64>,
    classes: HashMap<String, String>,
    after: String,
    /// What was found so far.
    pub scores: Scores,
    /// Of that, the periods that closed last, and the day after them; by class of items and lag.
    pub newest: (i64, BTreeMap<(String, i64), Score>),
}

impl Scoring {
    /// Before the first page.
    ///
    /// # Errors
    /// If there is no such committed run, or the store fails.
    pub fn begin(read: &mut Read<'_>, run: &str, closed: Option<i64>) -> Result<Self> {
        let set = read.get(&[Key::new(SET, run)])?.first().and_then(model::<Set>);
        let committed = set.and_then(|set| set.commit_time).ok_or_else(|| unknown_run(run))?;
        let begun = committed.seconds.div_euclid(DAY);
        let (classes, scores, newest) = (HashMap::new(), Scores::default(), (i64::MIN, BTreeMap::new()));
        Ok(Self { run: run.to_owned(), begun, closed, classes, after: String::new(), scores, newest })
    }

    /// Scores the next page; whether there may be another.
    ///
    /// # Errors
    /// If the store fails, or a sum overflows.
    pub fn page(&mut self, read: &mut Read<'_>, reader: &Reader) -> Result<bool> {
        let page =
            read.scan(Scan::Field { kind: number::FORECAST, name: "set", value: &self.run, prefix: "", after: &self.after }, VALUES)?;
        let full = page.len() == VALUES;
        if let Some(last) = page.last() {
            self.after.clone_from(&last.key);
        }
        for record in reader.rows(read, page)? {
            if let Some(value) = model::<Forecast>(&record).filter(|_| !record.deleted && record.counts) {
                self.score(read, &value)?;
            }
        }
        Ok(full)
    }

    fn score(&mut self, read: &mut Read<'_>, value: &Forecast) -> Result<()> {
        if self.closed.is_none_or(|closed| day(value.end) > closed) {
            self.scores.open += 1;
            return Ok(());
        }
        let class = class(read, &mut self.classes, &value.place.item)?;
        let (forecast, actual, lag) = (value.quantity.base(), actual(read, value)?, day(value.start) - self.begun);
        if day(value.end) > self.newest.0 {
            self.newest = (day(value.end), BTreeMap::new());
        }
        if day(value.end) == self.newest.0 {
            self.newest.1.entry((class.clone(), lag)).or_default().add(forecast, actual).map_err(too_large)?;
        }
        let group = (value.place.location.clone(), class, value.measure, lag);
        self.scores.scores.entry(group).or_default().add(forecast, actual).map_err(too_large)
    }
}

/// The committed runs that may have closed periods, the newest first.
///
/// # Errors
/// If the store fails.
pub fn newest_runs(read: &mut Read<'_>) -> Result<Vec<String>> {
    let sets = read.scan(Scan::Field { kind: SET, name: "kind", value: "forecast", prefix: "", after: "" }, VALUES)?;
    let committed = |record: &Record| Some((model::<Set>(record)?.commit_time.filter(|_| !record.deleted)?.seconds, record.key.clone()));
    let mut runs: Vec<(i64, String)> = sets.iter().filter_map(committed).collect();
    runs.sort_unstable_by(|one, other| other.cmp(one));
    Ok(runs.into_iter().map(|(_, run)| run).take(RUNS).collect())
}

fn actual(read: &mut Read<'_>, value: &Forecast) -> Result<Micro> {
    let mut total = Micro::ZERO;
    for class in Class::ALL {
        for mode in Mode::ALL {
            let key = series_key(&value.place, value.measure, (class, mode));
            let buckets = (day(value.start), day(value.end) - 1);
            let scan = SumScan { kind: number::HISTORY, prefix: &key, after: (&key, buckets.0 - 1), buckets };
            for sum in read.sums(scan, DAYS)?.iter().filter(|sum| sum.key == key) {
                total = total.plus(Micro(sum.amount)).map_err(too_large)?;
            }
        }
    }
    Ok(total)
}

fn class(read: &mut Read<'_>, known: &mut HashMap<String, String>, item: &str) -> Result<String> {
    if let Some(class) = known.get(item) {
        return Ok(class.clone());
    }
    let record = read.get(&[Key::new(crossdock_master_data::number::ITEM, key::join([item]))])?;
    let class =
        record.first().and_then(crossdock_records::message::<Item>).map_or_else(String::new, |item: masterdata::Item| item.abc_class);
    known.insert(item.to_owned(), class.clone());
    Ok(class)
}

fn too_large(error: crossdock_core::AmountError) -> Error {
    Error::new(crossdock_core::ErrorKind::OutOfRange, "SUM_OVERFLOW", format!("a sum {error}"))
}

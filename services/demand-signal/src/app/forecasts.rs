//! What is forecast now: of each item and location the newest committed run whose scope has it.

use crate::model::{forecast::Forecast, number};
use crossdock_core::Result;
use crossdock_proto::operations::{Set, SetState};
use crossdock_records::{Reader, SET, Token, model};
use crossdock_store::{Read, Record, Scan};

/// Sets read at once.
const SETS: usize = 1_000;
/// Pages of the store that one call reads at most.
const READS: usize = 20;

/// What is asked.
#[derive(Clone, Debug, Hash)]
pub struct Question {
    /// Locations; none is all.
    pub locations: Vec<String>,
    /// Items; none is all.
    pub items: Vec<String>,
}

/// A committed run: key of its set, and the locations that it speaks for; none is all.
#[derive(Clone, Debug)]
pub struct Run {
    /// Key of its set.
    pub key: String,
    /// The set.
    pub set: Set,
}

impl Run {
    fn has(&self, location: &str) -> bool {
        let locations = self.set.scope.as_ref().map_or(&[][..], |scope| &scope.locations);
        locations.is_empty() || locations.iter().any(|held| held == location)
    }
}

/// The committed runs, the newest first, down to the first that speaks for everything.
///
/// # Errors
/// If the store fails.
pub fn runs(read: &mut Read<'_>) -> Result<Vec<Run>> {
    let (mut runs, mut after) = (Vec::new(), String::new());
    loop {
        let page = read.scan(Scan::Field { kind: SET, name: "kind", value: "forecast", prefix: "", after: &after }, SETS)?;
        let full = page.len() == SETS;
        for record in page {
            after.clone_from(&record.key);
            runs.extend(model::<Set>(&record).filter(|set| set.state() == SetState::Applied).map(|set| Run { key: record.key, set }));
        }
        if !full {
            break;
        }
    }
    let committed = |run: &Run| run.set.commit_time.map(|at| (at.seconds, at.nanos));
    runs.sort_by(|a, b| committed(b).cmp(&committed(a)).then_with(|| b.key.cmp(&a.key)));
    let speaks_for_all = |run: &Run| run.set.scope.as_ref().is_none_or(|scope| scope.locations.is_empty());
    let last = runs.iter().position(speaks_for_all).map_or(runs.len(), |at| at + 1);
    runs.truncate(last);
    Ok(runs)
}

impl Question {
    /// One page of values, each with the key of its run, and the token of the next.
    ///
    /// # Errors
    /// If the token is of another question, or the store fails.
    pub fn page(&self, read: &mut Read<'_>, reader: &Reader, size: usize, token: &str) -> Result<(Vec<(String, Record)>, String)> {
        let tokens = Token::of(self);
        let at = tokens.take(token)?;
        let (run, after) = at.split_once('\n').unwrap_or_default();
        let (mut run, mut after) = (run.to_owned(), after.to_owned());
        let runs = runs(read)?;
        let (mut found, chunk) = (Vec::new(), reader.chunk(size));
        for _ in 0..READS {
            let index = if run.is_empty() { Some(0) } else { runs.iter().position(|held| held.key == run) };
            let Some((index, current)) = index.and_then(|index| Some((index, runs.get(index)?))) else { return Ok((found, String::new())) };
            run.clone_from(&current.key);
            let scan = Scan::Field { kind: number::FORECAST, name: "set", value: &current.key, prefix: "", after: &after };
            let mut page = read.scan(scan, chunk)?;
            let last = page.last().filter(|_| page.len() == chunk).map(|last| last.key.clone());
            page.retain(|record| self.wants(record, &runs[..index]));
            for record in reader.rows(read, page)? {
                after.clone_from(&record.key);
                found.push((current.key.clone(), record));
                if found.len() == size {
                    return Ok((found, tokens.give(&format!("{run}\n{after}"))));
                }
            }
            if let Some(last) = last {
                after = last;
            } else {
                let Some(next) = runs.get(index + 1) else { return Ok((found, String::new())) };
                run.clone_from(&next.key);
                after.clear();
            }
        }
        Ok((found, tokens.give(&format!("{run}\n{after}"))))
    }

    fn wants(&self, record: &Record, newer: &[Run]) -> bool {
        let Some(value) = model::<Forecast>(record).filter(|_| !record.deleted && record.counts) else { return false };
        let has = |wanted: &[String], id: &String| wanted.is_empty() || wanted.contains(id);
        has(&self.locations, &value.place.location)
            && has(&self.items, &value.place.item)
            && !newer.iter().any(|run| run.has(&value.place.location))
    }
}

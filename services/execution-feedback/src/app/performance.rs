//! How suppliers and lanes perform, from the sums that are kept of their lines.

use crate::model::{number, performance::Measure};
use crossdock_core::{Micro, Result, key};
use crossdock_proto::execution::Performance;
use crossdock_records::{Part, Reader, Token};
use crossdock_store::{Read, SumScan};
use std::collections::BTreeMap;

/// Sums read at once.
const SUMS: usize = 1_000;

/// What is asked.
#[derive(Clone, Debug, Hash)]
pub struct Question {
    /// Suppliers; none is all, and all origins of transfers.
    pub suppliers: Vec<String>,
    /// First day.
    pub from: i64,
}

/// What was counted for one lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    counts: BTreeMap<String, i64>,
    leads: BTreeMap<i64, i64>,
}

impl Question {
    /// One page of lanes, and the token of the next.
    ///
    /// # Errors
    /// If the token is of another question, or the store fails.
    pub fn page(&self, read: &mut Read<'_>, reader: &Reader, size: usize, token: &str) -> Result<(Vec<Performance>, String)> {
        let tokens = Token::of(self);
        let last = tokens.take(token)?;
        let (mut found, mut passed): (Vec<(String, Tally)>, String) = Default::default();
        for prefix in self.prefixes() {
            if !last.is_empty() && prefix.as_str() < last.as_str() && !last.starts_with(&prefix) {
                continue;
            }
            let mut after = if last.is_empty() { (String::new(), i64::MIN) } else { (format!("{last}/{}", char::MAX), i64::MAX) };
            loop {
                let scan =
                    SumScan { kind: number::PERFORMANCE, prefix: &prefix, after: (&after.0, after.1), buckets: (self.from, i64::MAX) };
                let page = read.sums(scan, SUMS)?;
                let full = page.len() == SUMS;
                for sum in page {
                    after = (sum.key.clone(), sum.bucket);
                    let Some((lane, measure)) = sum.key.rsplit_once('/') else { continue };
                    if passed == lane {
                        continue;
                    }
                    if found.last().is_none_or(|(held, _)| held != lane) {
                        if reader.covered(read, vec![lane], |lane| part(lane))?.is_empty() {
                            lane.clone_into(&mut passed);
                            continue;
                        }
                        if found.len() == size {
                            let next = found.last().map(|(lane, _)| tokens.give(lane)).unwrap_or_default();
                            return Ok((told(found), next));
                        }
                        found.push((lane.to_owned(), Tally::default()));
                    }
                    if let Some((_, tally)) = found.last_mut() {
                        tally.add(measure, sum.amount);
                    }
                }
                if !full {
                    break;
                }
            }
        }
        Ok((told(found), String::new()))
    }

    fn prefixes(&self) -> Vec<String> {
        let mut prefixes: Vec<String> = self.suppliers.iter().map(|id| format!("{}/", key::join([id]))).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        if prefixes.is_empty() { vec![String::new()] } else { prefixes }
    }
}

impl Tally {
    fn add(&mut self, measure: &str, amount: i64) {
        let sum = match Measure::named(measure) {
            Some(Measure::Lead(days)) => self.leads.entry(days).or_default(),
            _ => self.counts.entry(measure.to_owned()).or_default(),
        };
        *sum = sum.saturating_add(amount);
    }

    fn count(&self, measure: Measure) -> i64 {
        self.counts.get(&measure.name()).copied().unwrap_or_default()
    }

    /// A share of the lines.
    fn share(&self, measure: Measure) -> String {
        ratio(self.count(measure), self.count(Measure::Lines), 4)
    }

    /// The smallest number of days that so many tenths of the lines did not exceed.
    fn percentile(&self, tenths: i64) -> i64 {
        let all: i64 = self.leads.values().sum();
        let mut seen = 0;
        let reached = self.leads.iter().find(|(_, lines)| {
            seen += **lines;
            seen * 10 >= all * tenths
        });
        reached.map_or(0, |(days, _)| *days)
    }

    fn mean_lead(&self) -> String {
        let days = self.leads.iter().fold(0_i64, |sum, (days, lines)| sum.saturating_add(days.saturating_mul(*lines)));
        ratio(days, self.leads.values().sum(), 1)
    }
}

fn part(lane: &str) -> Part {
    let mut parts = key::split(lane).into_iter().map(|id| Some(id).filter(|id| !id.is_empty()));
    let mut next = || parts.next().flatten();
    Part { supplier: next(), origin: next(), location: next(), ..Part::default() }
}

fn told(found: Vec<(String, Tally)>) -> Vec<Performance> {
    found.into_iter().filter(|(_, tally)| tally.count(Measure::Lines) != 0).map(|(lane, tally)| performance(&lane, &tally)).collect()
}

fn performance(lane: &str, tally: &Tally) -> Performance {
    let mut parts = key::split(lane).into_iter();
    let mut next = || parts.next().unwrap_or_default();
    let hours = ratio(tally.count(Measure::ConfirmedSeconds), tally.count(Measure::ConfirmedLines).saturating_mul(3_600), 1);
    Performance {
        supplier_id: next(),
        origin_location_id: next(),
        destination_location_id: next(),
        lines: tally.count(Measure::Lines),
        ordered: Micro(tally.count(Measure::Ordered)).to_string(),
        received: Micro(tally.count(Measure::Received)).to_string(),
        fill_rate: ratio(tally.count(Measure::Received), tally.count(Measure::Ordered), 4),
        otif: tally.share(Measure::Otif),
        substitution_rate: tally.share(Measure::Substituted),
        lead_time_mean_days: tally.mean_lead(),
        lead_time_p50_days: tally.percentile(5),
        lead_time_p90_days: tally.percentile(9),
        promised_mean_days: ratio(tally.count(Measure::PromisedDays), tally.count(Measure::PromisedLines), 1),
        confirmation_mean_hours: hours,
    }
}

/// A share or mean of nothing negative, rounded half-even to so many digits; empty where there is nothing to divide by.
fn ratio(of: i64, by: i64, digits: u32) -> String {
    if by <= 0 {
        return String::new();
    }
    let (scale, by) = (10_i128.pow(digits), i128::from(by));
    let scaled = i128::from(of) * scale;
    let (whole, rest) = (scaled.div_euclid(by), scaled.rem_euclid(by));
    let up = rest * 2 > by || (rest * 2 == by && whole % 2 == 1);
    let micros = (whole + i128::from(up)) * (1_000_000 / scale);
    Micro(i64::try_from(micros).unwrap_or(i64::MAX)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_are_rounded_half_even() {
        assert_eq!(ratio(1, 3, 4), "0.3333");
        assert_eq!(ratio(2, 3, 4), "0.6667");
        assert_eq!(ratio(1, 4, 1), "0.2");
        assert_eq!(ratio(3, 4, 1), "0.8");
        assert_eq!(ratio(1, 0, 4), "");
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_list(mut days in prop::collection::vec(0..60_i64, 1..80), tenths in 1..10_i64) {
            let mut tally = Tally::default();
            days.iter().for_each(|days| tally.add(&Measure::Lead(*days).name(), 1));
            days.sort_unstable();
            let count = i64::try_from(days.len()).unwrap();
            let at = usize::try_from((count * tenths + 9) / 10 - 1).unwrap();
            prop_assert_eq!(tally.percentile(tenths), days[at]);
        }
    }
}

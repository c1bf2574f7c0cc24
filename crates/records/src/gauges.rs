//! What every service says of its data when it is asked: what waits, how fresh it is, and what was agreed.

use crate::{
    Kinds, Policy,
    freshness::freshness,
    ingest::WATERMARK,
    parking::{ISSUE, PARKED, RECORDS, kind_of},
    sets::SET,
    stored,
};
use crossdock_core::{Micro, Micros, Result};
use crossdock_proto::operations::{Issue, WatermarkState};
use crossdock_store::{Read, Scan, SumScan};
use crossdock_telemetry::metrics::{
    FRESHNESS, FRESHNESS_OBJECTIVE, Measured, Number, OBJECTIVE_ERRORS, OBJECTIVE_LATENCY, PARKED as PARKED_RECORDS, PARKED_AGE, SETS_OPEN,
};
use prost::Message;
use std::collections::BTreeMap;

/// Rows of a sort that are looked at: more would be no gauge any more.
const MOST: usize = 1_000;

/// The gauges of a service, by its name and package.
///
/// # Errors
/// If the store fails.
pub fn gauges(read: &mut Read<'_>, kinds: &Kinds, policy: &Policy, now: Micros, (service, package): (&str, &str)) -> Result<Vec<Measured>> {
    let mut said = parked(read, now, service)?;
    said.extend(fresh(read, kinds, policy, now)?);
    for info in kinds.owned().filter(|info| !info.writers.is_empty()) {
        let open = read.scan(Scan::Field { kind: SET, name: "open", value: &info.name, prefix: "", after: "" }, MOST)?;
        said.push(Measured::new(&SETS_OPEN, &[&info.name], open.len()));
    }
    said.extend(agreed(policy, package));
    Ok(said)
}

fn parked(read: &mut Read<'_>, now: Micros, service: &str) -> Result<Vec<Measured>> {
    let all = SumScan { kind: PARKED, prefix: "", after: ("", i64::MIN), buckets: (RECORDS, RECORDS) };
    let mut since: BTreeMap<String, Option<Micros>> = BTreeMap::new();
    let mut said = Vec::new();
    for sum in read.sums(all, MOST)? {
        said.push(Measured::new(&PARKED_RECORDS, &[service, &sum.key], sum.amount));
        if sum.amount > 0 {
            since.insert(sum.key, None);
        }
    }
    for record in read.scan(Scan::Field { kind: ISSUE, name: "state", value: "open", prefix: "", after: "" }, MOST)? {
        let first = Issue::decode(record.body).ok().and_then(|issue| issue.first_time).map(|at| stored::micros(&at));
        if let Some(oldest) = since.get_mut(kind_of(&record.key)) {
            *oldest = oldest.map_or(first, |oldest| first.map(|first| first.min(oldest)));
        }
    }
    let age =
        |(cause, first): (String, Option<Micros>)| Some(Measured::new(&PARKED_AGE, &[service, &cause], Number::seconds(now - first?)));
    said.extend(since.into_iter().filter_map(age));
    Ok(said)
}

fn fresh(read: &mut Read<'_>, kinds: &Kinds, policy: &Policy, now: Micros) -> Result<Vec<Measured>> {
    let words = read.scan(Scan::Prefix { kind: WATERMARK, prefix: "", after: "" }, MOST)?;
    let words: Vec<WatermarkState> =
        words.into_iter().filter(|word| !word.deleted).filter_map(|word| WatermarkState::decode(word.body).ok()).collect();
    let mut said = Vec::new();
    for row in freshness(&policy.document, &words, now) {
        if !kinds.owned().any(|info| info.name == row.kind) {
            continue;
        }
        let of = [row.kind.as_str(), &row.connection, &row.region];
        said.extend(row.age.map(|age| Measured::new(&FRESHNESS, &of, Number::seconds(age))));
        said.extend(row.objective.map(|age| Measured::new(&FRESHNESS_OBJECTIVE, &of, Number::seconds(age))));
    }
    Ok(said)
}

/// The objectives of this service's contract.
fn agreed(policy: &Policy, package: &str) -> Vec<Measured> {
    let mut said = Vec::new();
    for objective in policy.document.objectives.iter().filter(|objective| objective.contract == package) {
        let of = [objective.contract.as_str(), &objective.connection];
        let latency = objective.latency.as_ref().map(stored::span);
        said.extend(latency.map(|latency| Measured::new(&OBJECTIVE_LATENCY, &of, Number::seconds(latency))));
        let errors = objective.error_ratio.parse::<Micro>().ok();
        said.extend(errors.map(|errors| Measured::new(&OBJECTIVE_ERRORS, &of, errors)));
    }
    said
}

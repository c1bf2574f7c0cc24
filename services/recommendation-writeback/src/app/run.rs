//! A committed run, a chunk at a time: its lines take the place of earlier ones; what it did not plan again goes; then, when nothing that it replaces counts
//! as supply any more, its lines are decided. Runs of one planner go one after the other, in the order of their commits.

use super::{
    line, mode, read,
    supersede::{is_older, leave, leave_posted, receive, replan},
};
use crate::model::{
    day::today,
    number::{self, RUN},
    planning,
    reason::Reason,
    recommendation::Recommendation,
    status::{self, Status},
    validate::shift,
};
use bytes::Bytes;
use crossdock_core::{Cursor, Micros, Result};
use crossdock_proto::{
    operations::{FeedCursor, Set, SetState},
    writeback::{RecommendationState as State, RecommendationStatus, Run, RunPhase},
};
use crossdock_records::{Derived, Kinds, Policy, Rules, basis_cursor, derive, in_run, micros};
use crossdock_store::{Due, Scan, Tx};
use jiff::tz::TimeZone;

/// Lines looked at in one transaction.
const CHUNK: usize = 200;
/// So many days before a run was begun its planner may have looked at what is ordered.
const DAYS: i64 = 7;
/// Runs that are read at once.
const RUNS: usize = 1_000;
/// Between two looks at whether this service has read as far as the planner, in microseconds.
const PAUSE: Micros = 200_000;
/// So often it looks before it goes on with what it knows: the cursor that is kept stands at the last order, and the feed may be further.
const LOOKS: i64 = 5;

/// Begins a run whose set was committed.
///
/// # Errors
/// If the store fails.
pub fn begin(key: &str, set: &Set, to: &mut Derived<'_, '_>) -> Result<()> {
    let connection = key.split('/').next().unwrap_or_default().to_owned();
    let phase = RunPhase::Lines.into();
    let run = Run { processing: true, commit_time: set.commit_time, phase, connection, ..Run::default() };
    to.edit::<planning::Run>(key, |held| held.or(Some(run)))
}

/// Task: a chunk of a committed run.
///
/// # Errors
/// If the store fails.
pub fn work(tx: &mut Tx<'_>, _: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>> {
    let now = tx.now();
    let (run, set) = (read::<planning::Run>(tx, &due.key)?, read::<Set>(tx, &due.key)?);
    let (Some(mut run), Some(set)) = (run.map(|run| run.0).filter(|run| run.processing), set) else { return Ok(None) };
    if set.state() != SetState::Applied || !is_next(tx, &run, &due.key)? {
        return Ok(Some(now));
    }
    if run.after.is_empty() && run.phase() == RunPhase::Lines {
        if due.attempt < LOOKS && !has_read_as_far(tx, &run.connection, &set)? {
            return Ok(Some(now + PAUSE));
        }
        mode::committed(tx, policy, &run)?;
    }
    let full = match run.phase() {
        RunPhase::Lines | RunPhase::Unspecified => lines(tx, &due.key, &mut run)?,
        RunPhase::Earlier => earlier(tx, &due.key, &set, &mut run)?,
        RunPhase::Posted => posted(tx, &due.key, &set, &mut run)?,
        RunPhase::Decide => decide(tx, policy, &due.key, &mut run)?,
    };
    if !full {
        run.after.clear();
        let next = match run.phase() {
            RunPhase::Lines => RunPhase::Earlier,
            RunPhase::Earlier => RunPhase::Posted,
            RunPhase::Posted => RunPhase::Decide,
            RunPhase::Decide | RunPhase::Unspecified => RunPhase::Unspecified,
        };
        run.set_phase(next);
        run.processing = next != RunPhase::Unspecified;
    }
    let more = run.processing;
    save(tx, &due.key, run)?;
    Ok(more.then_some(now))
}

fn save(tx: &mut Tx<'_>, key: &str, run: Run) -> Result<()> {
    derive(tx, &Bytes::new(), |to| to.edit::<planning::Run>(key, |_| Some(run)))
}

/// Whether no run of its planner that was committed before it is still at work, or was when this transaction began: its lines would not be found yet.
fn is_next(tx: &mut Tx<'_>, run: &Run, key: &str) -> Result<bool> {
    let page = tx.scan(Scan::Field { kind: RUN, name: "processing", value: &run.connection, prefix: "", after: "" }, RUNS)?;
    for other in page.iter().filter(|other| other.key != key) {
        if is_older(tx, &other.key, key)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether this service has read execution-feedback as far as the planner had: what the planner knew is not held against it then.
fn has_read_as_far(tx: &mut Tx<'_>, connection: &str, set: &Set) -> Result<bool> {
    let Some(said) = set.basis.iter().find(|basis| basis.service == "execution-feedback") else { return Ok(true) };
    let Some(said) = basis_cursor(tx, connection, said)? else { return Ok(true) };
    let read = read::<FeedCursor>(tx, "execution-feedback")?.and_then(|held| held.cursor.parse::<Cursor>().ok());
    Ok(read.is_none_or(|read| read.epoch != said.epoch || read.position >= said.position))
}

/// Whether there may be more.
fn lines(tx: &mut Tx<'_>, key: &str, run: &mut Run) -> Result<bool> {
    let scan = Scan::Field { kind: number::RECOMMENDATION, name: "set", value: key, prefix: "", after: &run.after };
    let page = tx.scan(scan, CHUNK)?;
    let full = page.len() == CHUNK;
    for record in page {
        run.after.clone_from(&record.key);
        if record.deleted || !record.counts {
            continue;
        }
        if let Some(received) = receive(tx, key, &record.key)? {
            count_received(run, &received);
        }
    }
    Ok(full)
}

fn count_received(run: &mut Run, received: &RecommendationStatus) {
    run.lines += 1;
    run.superseded += i64::from(!received.supersedes.is_empty());
    run.edits_kept += i64::from(!received.edited_by.is_empty());
}

fn count_decided(run: &mut Run, status: &RecommendationStatus) {
    match status.state() {
        State::Invalid => run.invalid += 1,
        State::Held => run.held += 1,
        State::PendingApproval => run.pending += 1,
        State::Approved | State::Drafted => run.approved += 1,
        _ => {}
    }
}

fn earlier(tx: &mut Tx<'_>, key: &str, set: &Set, run: &mut Run) -> Result<bool> {
    let scan = Scan::Field { kind: number::STATUS, name: "live", value: &run.connection, prefix: "", after: &run.after };
    let page = tx.scan(scan, CHUNK)?;
    let full = page.len() == CHUNK;
    for record in page {
        run.after.clone_from(&record.key);
        run.superseded += i64::from(leave(tx, key, set, &record.key)?);
    }
    Ok(full)
}

/// What was posted since the planner looked. The run's mark is a day, and a key behind it.
fn posted(tx: &mut Tx<'_>, key: &str, set: &Set, run: &mut Run) -> Result<bool> {
    let today = today(tx.now(), &TimeZone::UTC);
    let since = set.as_of.as_ref().or(set.open_time.as_ref()).map_or(today, |time| self::today(micros(time), &TimeZone::UTC));
    let (day, after) = match run.after.split_once(' ') {
        Some((day, after)) => (day.parse().unwrap_or(today), after.to_owned()),
        None => (shift(since, -DAYS), String::new()),
    };
    let value = status::posted(&run.connection, day);
    let page = tx.scan(Scan::Field { kind: number::STATUS, name: "posted", value: &value, prefix: "", after: &after }, CHUNK)?;
    for record in &page {
        leave_posted(tx, key, set, &record.key)?;
    }
    run.after = match page.last().filter(|_| page.len() == CHUNK) {
        Some(last) => format!("{day} {}", last.key),
        None => format!("{} ", shift(day, 1)),
    };
    Ok(page.len() == CHUNK || day < today)
}

fn decide(tx: &mut Tx<'_>, policy: &Policy, key: &str, run: &mut Run) -> Result<bool> {
    let scan = Scan::Field { kind: number::STATUS, name: "run", value: key, prefix: "", after: &run.after };
    let page = tx.scan(scan, CHUNK)?;
    let full = page.len() == CHUNK;
    for record in page {
        run.after.clone_from(&record.key);
        if read::<Status>(tx, &record.key)?.is_some_and(|held| held.0.state() == State::Received) {
            count_decided(run, &line::proceed(tx, policy, &record.key, None)?);
        }
    }
    Ok(full)
}

/// A line came when its run was committed already. A newer run that plans for the same takes its place at once.
///
/// # Errors
/// If the store fails.
pub fn late(tx: &mut Tx<'_>, policy: &Policy, key: &str) -> Result<Option<Micros>> {
    let name = key.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    let Some(mut run) = read::<planning::Run>(tx, &name)?.map(|run| run.0) else { return Ok(None) };
    // Its run comes to it.
    if run.processing && run.phase() == RunPhase::Lines && run.after.as_str() < key {
        return Ok(None);
    }
    if let Some(held) = read::<Status>(tx, key)?.map(|held| held.0) {
        if matches!(held.state(), State::Received | State::Held | State::PendingApproval | State::Approved) {
            replan(tx, key, &held)?;
            line::proceed(tx, policy, key, None)?;
        }
        return Ok(None);
    }
    let newer = newer_run(tx, &name, &run, key)?;
    let Some(received) = receive(tx, &name, key)? else { return Ok(None) };
    if let Some(newer) = newer {
        let why = super::change::Why {
            reason: Reason::NotPlanned,
            message: format!("run {newer} was committed after its own"),
            ..Default::default()
        };
        line::write(tx, key, &why, RecommendationStatus { state: State::Superseded.into(), ..received })?;
        return Ok(None);
    }
    let status = line::proceed(tx, policy, key, None)?;
    count_received(&mut run, &received);
    count_decided(&mut run, &status);
    save(tx, &name, run)?;
    Ok(None)
}

/// A run of the same planner that was committed later, and plans for what this line is for.
fn newer_run(tx: &mut Tx<'_>, name: &str, run: &Run, key: &str) -> Result<Option<String>> {
    let Some(line) = read::<Recommendation>(tx, key)? else { return Ok(None) };
    if mode::last_run(tx, &run.connection)? <= run.commit_time.as_ref().map(micros) {
        return Ok(None);
    }
    let (prefix, mut after) = (format!("{}/", run.connection), String::new());
    loop {
        let page = tx.scan(Scan::Prefix { kind: RUN, prefix: &prefix, after: &after }, RUNS)?;
        let full = page.len() == RUNS;
        for other in page {
            if is_older(tx, name, &other.key)? && read::<Set>(tx, &other.key)?.is_some_and(|set| in_run(&set, line.scope())) {
                return Ok(Some(other.key));
            }
            after = other.key;
        }
        if !full {
            return Ok(None);
        }
    }
}

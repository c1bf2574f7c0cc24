//! The one way in which what is known of an order line changes, and what follows: its progress, the feedback for planners, the sums of its lane, and
//! the lines that it was split from or that were split from it.

use super::{
    disruption::tables,
    facts::{DisruptionTable, OrderFacts, family, remove, upsert},
    measure, number, performance,
    progress::{CONFIRMATION_MISMATCH, Feedback, OVER_RECEIPT, OrderProgress, REVERSED_MORE_THAN_RECEIVED, feedback, progress},
    promise,
    shares::spread,
};
use crossdock_core::{Key, Micro, Result};
use crossdock_proto::{execution as contract, writeback::LinkedRecommendation};
use crossdock_records::{Derived, Source};
use std::collections::{BTreeMap, VecDeque};

/// What a change of one line means for another one.
enum Follow {
    /// A split of `line` is of this quantity; none: it is no split of it any more.
    Split { line: String, split: String, quantity: Option<Micro> },
    /// A split inherits these.
    Inherit { line: String, linked: Vec<LinkedRecommendation> },
}

/// What is looked at when a line changes.
pub fn looks_at(line: &str) -> Vec<Key> {
    [number::ORDER_FACTS, number::ORDER_PROGRESS].into_iter().map(|kind| Key::new(kind, line)).collect()
}

/// A record of a line comes, changes, goes, or moves to another line.
///
/// # Errors
/// If the store fails, or a total overflows.
pub fn moved<T>(
    old: Option<&str>,
    new: Option<(&str, T)>,
    to: &mut Derived<'_, '_>,
    remove: impl FnOnce(&mut contract::OrderFacts, &str),
    put: impl FnOnce(&mut contract::OrderFacts, T, Source<'_>),
) -> Result<()> {
    let source = to.source();
    if let Some(old) = old.filter(|old| new.as_ref().is_none_or(|(new, _)| new != old)) {
        change(old, to, |facts| remove(facts, source.key))?;
    }
    new.map_or(Ok(()), |(line, new)| change(line, to, |facts| put(facts, new, source)))
}

/// Changes what is known of a line.
///
/// # Errors
/// If the store fails, or a total overflows.
pub fn change(line: &str, to: &mut Derived<'_, '_>, edit: impl FnOnce(&mut contract::OrderFacts)) -> Result<()> {
    let mut follows = VecDeque::new();
    one(line, to, edit, &mut follows)?;
    while let Some(follow) = follows.pop_front() {
        match follow {
            Follow::Split { line, split, quantity } => one(
                &line,
                to,
                |facts| match quantity {
                    Some(quantity) => {
                        upsert(&mut facts.splits, contract::SplitFact { order: split, quantity: quantity.to_string() });
                    }
                    None => remove(&mut facts.splits, &split),
                },
                &mut follows,
            )?,
            Follow::Inherit { line, linked } => one(&line, to, |facts| facts.inherited = linked, &mut follows)?,
        }
    }
    Ok(())
}

fn one(line: &str, to: &mut Derived<'_, '_>, edit: impl FnOnce(&mut contract::OrderFacts), follows: &mut VecDeque<Follow>) -> Result<()> {
    let old = to.held::<OrderFacts>(line)?.map(|OrderFacts(facts)| facts).unwrap_or_default();
    let mut new = old.clone();
    edit(&mut new);
    if new == old {
        return Ok(());
    }
    let (was_done, is_done) = (performance::is_done(&old), performance::is_done(&new));
    match (is_done, &new.order) {
        (true, Some(order)) if !was_done => new.promised_days = promise::days(order, to)?,
        (true, _) => {}
        (false, _) => new.promised_days = None,
    }
    let is_nothing = new == contract::OrderFacts::default();
    to.edit::<OrderFacts>(line, |_| (!is_nothing).then(|| new.clone()))?;
    for (key, day, amount) in performance::changes(&old, &new) {
        to.add(number::PERFORMANCE, &key, day, amount)?;
    }
    if is_done && !was_done {
        measure::finished(&new, to);
    }
    told(line, &old, &new, to)?;
    follows.extend(parents(line, &old, &new));
    follows.extend(splits(&old, &new));
    Ok(())
}

/// Looks again at a line whose disruptions may have changed.
///
/// # Errors
/// If the store fails.
pub fn refresh(line: &str, to: &mut Derived<'_, '_>) -> Result<()> {
    match to.held::<OrderFacts>(line)? {
        Some(OrderFacts(facts)) => told(line, &facts, &facts, to),
        None => Ok(()),
    }
}

/// What readers are told: progress and feedback.
fn told(line: &str, old: &contract::OrderFacts, new: &contract::OrderFacts, to: &mut Derived<'_, '_>) -> Result<()> {
    let disruptions = disruptions(new, to)?;
    let progress = progress(new, &disruptions);
    let before = to.held::<OrderProgress>(line)?.map(|OrderProgress(held)| held);
    count_findings(before.as_ref(), progress.as_ref(), to)?;
    measure::count_open(before.as_ref(), progress.as_ref(), to)?;
    to.edit::<OrderProgress>(line, |_| progress)?;
    let new = feedback(line, new, &disruptions);
    for key in feedback(line, old, &[]).into_keys().filter(|key| !new.contains_key(key)) {
        to.edit::<Feedback>(&key, |_| None)?;
    }
    for (key, feedback) in new {
        to.edit::<Feedback>(&key, |_| Some(feedback))?;
    }
    Ok(())
}

fn disruptions(facts: &contract::OrderFacts, to: &mut Derived<'_, '_>) -> Result<Vec<contract::Disruption>> {
    let mut all = Vec::new();
    for table in facts.order.iter().flat_map(tables) {
        if let Some(DisruptionTable(held)) = to.held::<DisruptionTable>(&table)? {
            all.extend(held.disruptions.into_iter().filter_map(|entry| entry.disruption));
        }
    }
    Ok(all)
}

fn count_findings(old: Option<&contract::OrderProgress>, new: Option<&contract::OrderProgress>, to: &mut Derived<'_, '_>) -> Result<()> {
    let place = |progress: Option<&contract::OrderProgress>, reason: &str| {
        let progress = progress.filter(|progress| progress.findings.iter().any(|finding| finding.reason == reason))?;
        Some(progress.destination_location_id.clone())
    };
    for reason in [OVER_RECEIPT, CONFIRMATION_MISMATCH, REVERSED_MORE_THAN_RECEIVED] {
        let (before, after) = (place(old, reason), place(new, reason));
        if before == after {
            continue;
        }
        for (place, by) in [(before, -1), (after, 1)] {
            if let Some(place) = place {
                to.count_finding(reason, &place, by)?;
            }
        }
    }
    Ok(())
}

/// The line that it was split from learns how much went with it.
fn parents(line: &str, old: &contract::OrderFacts, new: &contract::OrderFacts) -> Vec<Follow> {
    let parent = |facts: &contract::OrderFacts| facts.order.as_ref().map(|order| order.split_from.clone()).filter(|from| !from.is_empty());
    let (before, after) = (parent(old), parent(new));
    let mut follows = Vec::new();
    if let Some(from) = before.clone().filter(|_| before != after) {
        follows.push(Follow::Split { line: from, split: line.to_owned(), quantity: None });
    }
    if let Some(from) = after.clone().filter(|_| before != after || family(old) != family(new)) {
        follows.push(Follow::Split { line: from, split: line.to_owned(), quantity: Some(family(new)) });
    }
    follows
}

/// Lines that were split from it learn what recommendations came along.
fn splits(old: &contract::OrderFacts, new: &contract::OrderFacts) -> Vec<Follow> {
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (spread(old).splits.into_iter().collect(), spread(new).splits.into_iter().collect());
    let gone = before.keys().filter(|split| !after.contains_key(*split)).map(|split| (split.clone(), Vec::new()));
    let changed =
        after.iter().filter(|(split, linked)| before.get(*split) != Some(linked)).map(|(split, linked)| (split.clone(), linked.clone()));
    gone.chain(changed).map(|(line, linked)| Follow::Inherit { line, linked }).collect()
}

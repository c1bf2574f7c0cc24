//! A line of a run takes the place of a line of an earlier one, and keeps what a buyer changed; what a run did not plan again goes.

use super::{
    basis::{self, WINDOW},
    change::Why,
    difference, draft,
    line::write,
    look::rescale,
    masters::planned,
    read,
};
use crate::model::{
    civil,
    draft_order::{self, DraftOrder},
    merge::{Merged, merge},
    number,
    planning::Run,
    problem::Problem,
    reason::Reason,
    recommendation::Recommendation,
    status::{self, Status},
    supply::amount,
};
use bytes::Bytes;
use crossdock_core::{Key, Ratio, Result};
use crossdock_master_data::{Source, wired};
use crossdock_proto::{
    operations::Set,
    writeback::{self as contract, RecommendationState as State, RecommendationStatus},
};
use crossdock_records::{PARKED, Scope, day, derive, in_run, micros, model};
use crossdock_store::{Scan, Tx};
use jiff::civil::Date;

/// Live lines of one planner for one need that are looked at.
const MOST: usize = 1_000;

/// Makes the status of a line of a run, in place of what it replaces. None: there is no such line, or it has one.
///
/// # Errors
/// If the store fails.
pub fn receive(tx: &mut Tx<'_>, run: &str, key: &str) -> Result<Option<RecommendationStatus>> {
    if read::<Status>(tx, key)?.is_some() {
        return Ok(None);
    }
    let (Some(model), Some((message, _))) = (read::<Recommendation>(tx, key)?, planned(tx, key)?) else { return Ok(None) };
    let mut new = as_planned(run, key, &model, &message);
    let mut why = Why { reason: Reason::Received, message: "its run is committed".to_owned(), ..Why::default() };
    if let Some((earlier_key, earlier)) = earlier(tx, run, &new)?
        && can_go(tx, &earlier_key, &earlier)?
    {
        why.reason = keep_edit(&mut new, &earlier);
        earlier_key.clone_into(&mut new.supersedes);
        let replaced = Why { reason: Reason::PlannedAgain, message: format!("{key} takes its place"), ..Why::default() };
        let gone = RecommendationStatus { state: State::Superseded.into(), superseded_by: key.to_owned(), draft: String::new(), ..earlier };
        write(tx, &earlier_key, &replaced, gone)?;
    }
    write(tx, key, &why, new).map(Some)
}

/// A late version of a line that has a status: the planner's newer word, merged with what a buyer made of the older.
///
/// # Errors
/// If the store fails.
pub fn replan(tx: &mut Tx<'_>, key: &str, held: &RecommendationStatus) -> Result<()> {
    let (Some(model), Some((message, _))) = (read::<Recommendation>(tx, key)?, planned(tx, key)?) else { return Ok(()) };
    let mut new = as_planned(&held.run, key, &model, &message);
    let planned = |status: &RecommendationStatus| (status.planned_quantity.clone(), status.planned_need_by, status.kind);
    let factor = held.base_factor.parse().unwrap_or(Ratio::ONE);
    // Which ERP has it may have been completed.
    let target = |status: &RecommendationStatus| status.target.clone().map(|of| (of.document, of.line, of.expected_quantity));
    let same_need = status::need("", &new) == status::need("", held) && target(&new) == target(held);
    if rescale(&mut new, &held.unit, factor).is_ok() && planned(&new) == planned(held) && same_need {
        return Ok(());
    }
    let reason = keep_edit(&mut new, held);
    new.set_state(held.state());
    new.supersedes.clone_from(&held.supersedes);
    write(tx, key, &Why { reason, message: "the planner corrected it".to_owned(), ..Why::default() }, new)?;
    Ok(())
}

fn as_planned(run: &str, key: &str, model: &Recommendation, message: &contract::Recommendation) -> RecommendationStatus {
    let (supplier_id, origin_location_id) = match &model.source {
        Source::Supplier(id) => (id.clone(), String::new()),
        Source::Location(id) => (String::new(), id.clone()),
    };
    let quantity = model.quantity.value.to_string();
    RecommendationStatus {
        state: State::Received.into(),
        run: run.to_owned(),
        planner_key: key.strip_prefix(run).map_or_else(String::new, |rest| rest.trim_start_matches('/').to_owned()),
        kind: model.kind.into(),
        item_id: model.item.clone(),
        destination_location_id: model.destination.clone(),
        supplier_id,
        origin_location_id,
        quantity: quantity.clone(),
        unit: model.quantity.unit.clone().unwrap_or_default(),
        base_factor: model.quantity.base.map_or(Ratio::ONE, |base| base.factor).to_string(),
        need_by: message.need_by,
        order_by: message.order_by.or(message.need_by),
        planned_quantity: quantity,
        planned_need_by: message.need_by,
        target: message.target.clone(),
        ..RecommendationStatus::default()
    }
}

/// The live line of an earlier run of the same planner that it takes the place of: by the planner's own key; else, for planners that renumber, the one
/// for the same need whose date is nearest, if the run does not plan it again by its key.
fn earlier(tx: &mut Tx<'_>, run: &str, new: &RecommendationStatus) -> Result<Option<(String, RecommendationStatus)>> {
    let planner = status::planner(new).to_owned();
    let same_key = live(tx, "planned_as", &status::planned_as(&planner, &new.planner_key), run)?;
    if !same_key.is_empty() {
        // One whose order was sealed stays beside what is planned for it later.
        for (key, held) in same_key.into_iter().rev() {
            if !is_sealed(tx, &held)? {
                return Ok(Some((key, held)));
            }
        }
        return Ok(None);
    }
    let mut near: Option<(i64, String, RecommendationStatus)> = None;
    for (key, held) in live(tx, "need", &status::need(&planner, new), run)? {
        let Some(apart) = apart(new, &held).filter(|apart| *apart <= WINDOW) else { continue };
        let nearer = near.as_ref().is_none_or(|(least, name, _)| (apart, &key) < (*least, name));
        if nearer && !is_planned(tx, run, &held.planner_key)? && !is_sealed(tx, &held)? {
            near = Some((apart, key, held));
        }
    }
    Ok(near.map(|(_, key, held)| (key, held)))
}

fn apart(new: &RecommendationStatus, held: &RecommendationStatus) -> Option<i64> {
    let planned = |status: &RecommendationStatus| civil(status.planned_need_by.as_ref()).map(day);
    Some((planned(new)? - planned(held)?).abs())
}

/// Lines that live, of runs that were committed before this one.
fn live(tx: &mut Tx<'_>, name: &str, value: &str, run: &str) -> Result<Vec<(String, RecommendationStatus)>> {
    let page = tx.scan(Scan::Field { kind: number::STATUS, name, value, prefix: "", after: "" }, MOST)?;
    let mut found = Vec::new();
    for record in page {
        // What was there before this transaction may be at an end by now.
        let Some(held) = model::<Status>(&record).map(|held| held.0).filter(|held| status::is_live(held.state())) else { continue };
        if is_older(tx, &held.run, run)? {
            found.push((record.key, held));
        }
    }
    Ok(found)
}

/// Whether the one run was committed before the other; of two at the same time the key decides.
///
/// # Errors
/// If the store fails.
pub fn is_older(tx: &mut Tx<'_>, one: &str, other: &str) -> Result<bool> {
    let mut at = |run: &str| -> Result<_> {
        let held = read::<Run>(tx, run)?;
        Ok((held.and_then(|held| held.0.commit_time.as_ref().map(micros)), run.to_owned()))
    };
    Ok(at(one)? < at(other)?)
}

/// Whether the run has a line with this key of the planner, taken in or waiting.
fn is_planned(tx: &mut Tx<'_>, run: &str, planner_key: &str) -> Result<bool> {
    let key = format!("{run}/{planner_key}");
    let keys = [Key::new(number::RECOMMENDATION, key.as_str()), Key::new(PARKED, format!("recommendation:{key}"))];
    Ok(tx.get(&keys)?.iter().any(|record| !record.deleted))
}

/// Whether it is on its way into the ERP.
fn is_sealed(tx: &mut Tx<'_>, held: &RecommendationStatus) -> Result<bool> {
    let draft = if held.state() == State::Drafted { read::<DraftOrder>(tx, &held.draft)? } else { None };
    Ok(draft.is_some_and(|draft| !draft_order::takes_off(draft.0.state())))
}

/// Whether it is not on its way into the ERP; one that is drafted is taken off its draft.
fn can_go(tx: &mut Tx<'_>, key: &str, held: &RecommendationStatus) -> Result<bool> {
    if held.state() == State::Drafted { derive(tx, &Bytes::new(), |to| draft::remove(to, key)) } else { Ok(true) }
}

/// The three-way merge: what was published last, what the buyer made of it, what is newly planned. Says what became of the edit.
fn keep_edit(new: &mut RecommendationStatus, earlier: &RecommendationStatus) -> Reason {
    if earlier.edited_by.is_empty() {
        return Reason::Received;
    }
    let mut earlier = earlier.clone();
    // Both in one unit: that of the edit if it can be, else the new one.
    let unit = |of: &RecommendationStatus| (of.unit.clone(), of.base_factor.parse().unwrap_or(Ratio::ONE));
    let (old, now) = (unit(&earlier), unit(new));
    let comparable = rescale(new, &old.0, old.1).is_ok() || rescale(&mut earlier, &now.0, now.1).is_ok();
    new.edited_by.clone_from(&earlier.edited_by);
    new.released.clone_from(&earlier.released);
    let quantity = if comparable {
        merge(amount(&earlier.planned_quantity), amount(&earlier.quantity), amount(&new.planned_quantity))
    } else {
        Merged::Conflict(amount(&new.quantity))
    };
    let date = |of: Option<&crossdock_proto::types::Date>| civil(of).unwrap_or(Date::ZERO);
    let need_by = merge(date(earlier.planned_need_by.as_ref()), date(earlier.need_by.as_ref()), date(new.planned_need_by.as_ref()));
    new.quantity = quantity.value().to_string();
    new.need_by = Some(wired::date(need_by.value()));
    if let Merged::Conflict(value) = quantity {
        let values = [
            format!("{} {}", earlier.planned_quantity, earlier.unit),
            format!("{} {}", earlier.quantity, earlier.unit),
            format!("{} {}", new.planned_quantity, new.unit),
        ];
        new.problems.push(conflict("quantity", &value.to_string(), &values, &earlier.edited_by).wire());
    }
    if let Merged::Conflict(value) = need_by {
        let days = [&earlier.planned_need_by, &earlier.need_by, &new.planned_need_by].map(|day| date(day.as_ref()).to_string());
        new.problems.push(conflict("need_by", &value.to_string(), &days, &earlier.edited_by).wire());
    }
    if !new.problems.is_empty() {
        return Reason::EditConflict;
    }
    if matches!((quantity, need_by), (Merged::Planned(_), Merged::Planned(_))) {
        new.edited_by.clear();
        return Reason::Received;
    }
    Reason::EditKept
}

fn conflict(field: &'static str, value: &str, [was, edited, planned]: &[String; 3], by: &str) -> Problem {
    let message = format!(
        "was planned as {was}, edited by {by} to {edited}, and is planned as {planned} now; write the value that is right, or release the edit"
    );
    Problem::holds(field, "EDIT_CONFLICT", value, message)
}

/// What becomes of a live line of an earlier run within this one's scope and horizon that it did not plan again. Whether it was replaced.
///
/// # Errors
/// If the store fails.
pub fn leave(tx: &mut Tx<'_>, run: &str, set: &Set, key: &str) -> Result<bool> {
    let Some(held) = read::<Status>(tx, key)?.map(|held| held.0) else { return Ok(false) };
    if !status::is_live(held.state()) || !is_in(set, &held) || !is_older(tx, &held.run, run)? || is_planned(tx, run, &held.planner_key)? {
        return Ok(false);
    }
    let Some(problem) = dropped(&held) else {
        if !can_go(tx, key, &held)? {
            return Ok(false);
        }
        let why = Why { reason: Reason::NotPlanned, message: format!("run {run} does not plan it again"), ..Why::default() };
        write(tx, key, &why, RecommendationStatus { state: State::Superseded.into(), draft: String::new(), ..held })?;
        return Ok(true);
    };
    let is_known = problem.is_released(&held.released) || held.problems.iter().any(|known| *known == problem.wire());
    if !is_known && can_go(tx, key, &held)? {
        let why =
            Why { reason: Reason::EditConflict, message: format!("run {run} does not plan it again, and it was edited"), ..Why::default() };
        let mut problems = held.problems.clone();
        problems.push(problem.wire());
        let state = State::Held.into();
        write(tx, key, &why, RecommendationStatus { state, problems, clearance: None, draft: String::new(), ..held })?;
    }
    Ok(false)
}

/// What was ordered for a line of an earlier run that this one does not plan again, although its planner had not seen the order: it is to be cancelled.
///
/// # Errors
/// If the store fails.
pub fn leave_posted(tx: &mut Tx<'_>, run: &str, set: &Set, key: &str) -> Result<()> {
    let Some(held) = read::<Status>(tx, key)?.map(|held| held.0).filter(status::orders) else { return Ok(()) };
    if !is_in(set, &held) || !is_older(tx, &held.run, run)? || is_planned(tx, run, &held.planner_key)? || plans(tx, run, &held)? {
        return Ok(());
    }
    let unseen = basis::unseen_of(tx, run, set, key, &held)?;
    let line = RecommendationStatus { run: run.to_owned(), ..held.clone() };
    let of = format!("{run}/{}", held.planner_key);
    for change in difference::changes(tx, (&of, &line), &[(key.to_owned(), held)], unseen)?.unwrap_or_default() {
        difference::begin(tx, change, format!("run {run} does not plan {key} again, which is ordered"))?;
    }
    Ok(())
}

/// Whether a run plans for the same need.
fn plans(tx: &mut Tx<'_>, run: &str, held: &RecommendationStatus) -> Result<bool> {
    let need = status::need(status::planner(held), held);
    let page = tx.scan(Scan::Field { kind: number::STATUS, name: "need", value: &need, prefix: &format!("{run}/"), after: "" }, 1)?;
    Ok(!page.is_empty())
}

/// A buyer changed what the planner gives up: that is for the buyer to say.
fn dropped(held: &RecommendationStatus) -> Option<Problem> {
    let is_edited = (&held.quantity, &held.need_by) != (&held.planned_quantity, &held.planned_need_by);
    if held.edited_by.is_empty() || !is_edited || held.state() == State::Invalid {
        return None;
    }
    let message =
        format!("was edited by {}, and the planner does not plan it any more; cancel it, or release it if it is wanted", held.edited_by);
    Some(Problem::holds("quantity", "EDIT_CONFLICT", &held.quantity, message))
}

fn is_in(set: &Set, held: &RecommendationStatus) -> bool {
    let supplier = Some(held.supplier_id.as_str()).filter(|id| !id.is_empty());
    let day = civil(held.planned_need_by.as_ref()).map(day);
    in_run(set, Scope { location: Some(&held.destination_location_id), supplier, day, ..Scope::default() })
}

//! A line against everything that is known now: masters, fences, planning mode, supply.

use super::{
    basis,
    difference::Change,
    masters::{extended, masters, planned, tier, value},
    mode, read, target,
};
use crate::model::{
    civil,
    clearance::Values,
    planning::{self, PlanningMode},
    problem::Problem,
    status::{self, kind_name, orders},
    supply::amount,
    validate::{Masters, Terms, Wanted, exactly, shift},
};
use crossdock_conditions::Value;
use crossdock_core::{Micro, Micros, Ratio, Result, key};
use crossdock_master_data::{Lifecycle, Source, wired};
use crossdock_proto::{
    types::Money,
    writeback::{PlanningModeKind, Recommendation, RecommendationStatus},
};
use crossdock_records::Policy;
use crossdock_store::Tx;
use jiff::{Timestamp, civil::Date};

/// What was found.
#[derive(Debug, Default)]
pub struct Looked {
    /// What is wrong, or has to be cleared; released ones included.
    pub problems: Vec<Problem>,
    /// Supply that the planner had not seen covers all of it.
    pub is_covered: bool,
    /// Changes of orders that follow from it.
    pub changes: Vec<Change>,
    /// What rules may look at.
    pub values: Values,
}

/// Looks at a line. `status` gets what follows: unit, order date, price, value, mode, and the quantity after netting.
///
/// # Errors
/// If the store fails.
pub fn look(tx: &mut Tx<'_>, policy: &Policy, key: &str, status: &mut RecommendationStatus) -> Result<Looked> {
    let (plan, customers) = planned(tx, key)?.unwrap_or_default();
    let (masters, class) = masters(tx, status)?;
    let today = today(&masters, tx.now());
    let mut looked = Looked::default();
    if orders(status) {
        looked.problems.extend(masters.forbids());
    }
    whole(status);
    let terms = settle(status, &plan, &masters, today, &mut looked.problems);
    looked.problems.extend(conflicts(status));
    looked.problems.extend(frozen(policy, status, today));
    let mode = read::<PlanningMode>(tx, &key::join([&planner(status)]))?;
    status.set_mode(mode.as_ref().map_or(PlanningModeKind::Normal, |mode| mode.0.kind()));
    looked.problems.extend(mode.as_ref().and_then(silent));
    looked.problems.extend(target::look(tx, policy, status)?);
    if orders(status) && !looked.problems.iter().any(|problem| problem.is_final) {
        let checked = basis::check(tx, policy, key, status, terms.as_ref())?;
        looked.problems.extend(checked.problem);
        looked.is_covered = checked.is_covered;
        looked.changes = checked.changes;
    }
    worth(tx, policy, status, terms.as_ref(), today)?;
    looked.values = values(status, &plan, &masters, today);
    looked.values.insert("abc_class", Value::Text(class));
    looked.values.insert("tier", Value::Text(tier(tx, &customers)?.to_owned()));
    looked.values.insert("fresh", Value::Bool(mode::is_fresh(tx, policy)?));
    Ok(looked)
}

/// The planner, as its connection is named.
fn planner(status: &RecommendationStatus) -> String {
    key::split(status::planner(status)).concat()
}

fn today(masters: &Masters, now: Micros) -> Date {
    let zone = masters.destination.as_ref().map_or(jiff::tz::TimeZone::UTC, |place| place.zone.clone());
    Timestamp::from_microsecond(now).unwrap_or_default().to_zoned(zone).date()
}

/// What was taken off is looked at anew. A buyer's quantity is what they wrote.
fn whole(status: &mut RecommendationStatus) {
    let taken_off = amount(&std::mem::take(&mut status.netted_quantity));
    if status.edited_by.is_empty() && taken_off > Micro::ZERO {
        status.quantity = Micro(amount(&status.quantity).0.saturating_add(taken_off.0)).to_string();
    }
}

/// By which rule, in which unit, ordered when.
fn settle(
    status: &mut RecommendationStatus,
    plan: &Recommendation,
    masters: &Masters,
    today: Date,
    problems: &mut Vec<Problem>,
) -> Option<Terms> {
    status.sourcing_rule.clear();
    if amount(&status.quantity) == Micro::ZERO {
        problems.push(Problem::invalid("quantity.value", "NOT_POSITIVE", "0", "is nothing to order; leave it out, or cancel it"));
    }
    status.order_by = plan.order_by.or(status.need_by);
    let need_by = civil(status.need_by.as_ref())?;
    let source = source(status);
    let wanted =
        Wanted { source: &source, destination: &status.destination_location_id, need_by, order_by: civil(plan.order_by.as_ref()), today };
    if !orders(status) {
        // A change cannot be made too early.
        status.order_by = plan.order_by.or_else(|| Some(wired::date(today)));
        // What is changed is worth what it would cost; no rule of ordering binds it.
        let terms = masters.terms(&wanted).ok()?;
        return masters.order_unit(&terms.rule, need_by).is_ok_and(|(unit, _)| unit == status.unit).then_some(terms);
    }
    let terms = match masters.terms(&wanted) {
        Ok(terms) => terms,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    problems.extend(terms.lead_time(&wanted));
    status.order_by = wanted.order_by.or(terms.latest).map(wired::date).or(status.order_by);
    status.sourcing_rule.clone_from(&terms.key);
    match masters.order_unit(&terms.rule, need_by) {
        Ok((unit, factor)) => {
            if let Err(problem) = rescale(status, &unit, factor) {
                problems.push(problem);
                return None;
            }
        }
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    }
    problems.extend(terms.quantity(amount(&status.quantity), &status.unit));
    Some(terms)
}

fn source(status: &RecommendationStatus) -> Source {
    if status.supplier_id.is_empty() {
        Source::Location(status.origin_location_id.clone())
    } else {
        Source::Supplier(status.supplier_id.clone())
    }
}

/// Every quantity in another unit, exactly.
///
/// # Errors
/// The problem, if one cannot be: then nothing was changed.
pub fn rescale(status: &mut RecommendationStatus, unit: &str, factor: Ratio) -> Result<(), Problem> {
    let from: Ratio = status.base_factor.parse().unwrap_or(Ratio::ONE);
    let convert = |text: &str| {
        exactly(amount(text), from, factor).map(|converted| converted.to_string()).ok_or_else(|| {
            let message = format!("{} cannot be ordered in {unit}: it is no exact number of them ({factor} base units each)", status.unit);
            Problem::invalid("quantity.value", "NOT_REPRESENTABLE", text, message)
        })
    };
    let (quantity, planned) = (convert(&status.quantity)?, convert(&status.planned_quantity)?);
    (status.quantity, status.planned_quantity) = (quantity, planned);
    unit.clone_into(&mut status.unit);
    status.base_factor = factor.to_string();
    Ok(())
}

/// Conflicts with the planner stand until the buyer writes another value or releases them.
fn conflicts(status: &RecommendationStatus) -> Vec<Problem> {
    let date = civil(status.need_by.as_ref()).map_or_else(String::new, |date| date.to_string());
    let of = |problem: &crossdock_proto::types::Violation| {
        let (field, now) = if problem.field == "need_by" { ("need_by", &date) } else { ("quantity", &status.quantity) };
        let stands = problem.reason == "EDIT_CONFLICT" && problem.value == *now;
        stands.then(|| Problem::holds(field, "EDIT_CONFLICT", now, problem.message.clone()))
    };
    status.problems.iter().filter_map(of).collect()
}

fn frozen(policy: &Policy, status: &RecommendationStatus, today: Date) -> Option<Problem> {
    let has = |allowed: &[String], id: &String| allowed.is_empty() || allowed.contains(id);
    let need_by = civil(status.need_by.as_ref())?;
    let fences = policy.document.writeback.as_ref().map_or(&[][..], |rules| &rules.fences);
    let fits = |fence: &&crossdock_proto::governance::Fence| {
        has(&fence.locations, &status.destination_location_id)
            && has(&fence.suppliers, &status.supplier_id)
            && need_by <= shift(today, fence.days.into())
    };
    let fence = fences.iter().find(fits)?;
    let message = format!("is within the next {} days, which are frozen; need it later, or release it", fence.days);
    Some(Problem::holds("need_by", "FROZEN", need_by.to_string(), message))
}

fn silent(mode: &PlanningMode) -> Option<Problem> {
    let kind = planning::mode_name(mode.0.kind());
    let why = if mode.0.set_by.is_empty() { mode.0.note.clone() } else { format!("{} set that: {}", mode.0.set_by, mode.0.note) };
    let message = format!("is how its planner is treated: nothing of it goes on by itself ({why})");
    planning::holds(mode.0.kind()).then(|| Problem::holds("mode", "PLANNER_SILENT", kind, message))
}

/// Price and value.
fn worth(tx: &mut Tx<'_>, policy: &Policy, status: &mut RecommendationStatus, terms: Option<&Terms>, today: Date) -> Result<()> {
    (status.unit_price, status.value, status.rate_date) = (None, None, None);
    status.rate.clear();
    let quantity = amount(&status.quantity);
    let Some(price) = terms.and_then(|terms| terms.price(quantity)) else { return Ok(()) };
    status.unit_price = Some(Money { amount: price.amount.to_string(), currency: price.currency.clone() });
    let Some(total) = extended(price.amount, quantity) else { return Ok(()) };
    let Some(valued) = value(tx, policy, (total, &price.currency), today)? else { return Ok(()) };
    let currency = policy.document.writeback.as_ref().map_or_else(String::new, |rules| rules.currency.clone());
    status.value = Some(Money { amount: valued.value.to_string(), currency });
    if let Some(rate) = valued.rate {
        status.rate = extended_rate(rate.factor);
        status.rate_date = rate.since.map(wired::date);
    }
    Ok(())
}

fn extended_rate(factor: Ratio) -> String {
    Micro::ONE.times(factor, crossdock_core::Rounding::HalfEven).map_or_else(|_| factor.to_string(), |rate| rate.amount.to_string())
}

fn values(status: &RecommendationStatus, plan: &Recommendation, masters: &Masters, today: Date) -> Values {
    let text = |value: &str| Value::Text(value.to_owned());
    let lifecycle = masters.item.as_ref().map_or("", |item| match item.lifecycle {
        Lifecycle::Planned => "planned",
        Lifecycle::Active => "active",
        Lifecycle::PhaseOut => "phase_out",
        Lifecycle::Discontinued => "discontinued",
    });
    let company = masters.destination.as_ref().and_then(|place| place.company.as_deref()).unwrap_or_default();
    let value = status.value.as_ref().map_or(Micro::ZERO, |value| amount(&value.amount));
    let order_by = civil(status.order_by.as_ref()).unwrap_or(today);
    Values::from([
        ("kind", Value::Text(kind_name(status.kind()))),
        ("item", text(&status.item_id)),
        ("supplier", text(&status.supplier_id)),
        ("origin", text(&status.origin_location_id)),
        ("destination", text(&status.destination_location_id)),
        ("company", text(company)),
        ("connection", Value::Text(planner(status))),
        ("lifecycle", text(lifecycle)),
        ("mode", Value::Text(planning::mode_name(status.mode()))),
        ("reasons", Value::Texts(plan.reason_codes.clone())),
        ("value", Value::Int(whole_number(value))),
        ("value_known", Value::Bool(status.value.is_some())),
        ("quantity", Value::Int(whole_number(amount(&status.quantity)))),
        ("change_percent", Value::Int(change_percent(amount(&status.planned_quantity), amount(&status.quantity)))),
        ("edited", Value::Bool(!status.edited_by.is_empty())),
        ("days_to_order", Value::Int(crossdock_records::day(order_by) - crossdock_records::day(today))),
    ])
}

/// Rounded up, so that a limit is never passed unseen.
fn whole_number(amount: Micro) -> i64 {
    amount.0.div_euclid(1_000_000) + i64::from(amount.0.rem_euclid(1_000_000) > 0)
}

/// How far what counts is from what was planned, rounded up.
fn change_percent(planned: Micro, now: Micro) -> i64 {
    let change = i128::from(now.0.abs_diff(planned.0)) * 100;
    let percent = (change + i128::from(planned.0).max(1) - 1) / i128::from(planned.0).max(1);
    i64::try_from(percent).unwrap_or(i64::MAX)
}

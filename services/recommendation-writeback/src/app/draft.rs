//! Approved lines become draft orders, one per group; a line is taken back as long as its draft is not sealed.

use super::{
    change::{self, NO_CONNECTOR, Why},
    seal,
};
use crate::model::{
    civil, day,
    draft_order::{self, DraftOrder, MOST_LINES},
    number,
    posting_key::posting_key,
    problem::Problem,
    reason::Reason,
    status::Status,
};
use crossdock_core::{Error, Micro, Micros, Result, key};
use crossdock_master_data::Location;
use crossdock_proto::{
    governance::WritebackRules,
    writeback::{self as contract, DraftLine, DraftOrderState as State, RecommendationKind, RecommendationState, RecommendationStatus},
};
use crossdock_records::{Derived, Policy, timestamp};
use jiff::{civil::Date, tz::TimeZone};

/// Task: look again whether somebody posts for a line.
pub const DRAFT: &str = "draft";
/// Task: seal a draft order.
pub const SEAL: &str = "seal";
/// How long a line waits until it is looked at again whether somebody posts for it.
pub const LOOK_AGAIN: Micros = 5 * 60 * 1_000_000;
/// From the first line of a draft to its sealing, where the policy says nothing.
const SEAL_AFTER: Micros = 3_600 * 1_000_000;

/// What the lines of a draft order have in common.
struct Group {
    /// Purchases, transfers and changes are different documents in an ERP.
    class: &'static str,
    company: String,
    connector: String,
    currency: String,
    order_date: Date,
    zone: TimeZone,
}

/// Puts an approved line on the open draft order of its group, or begins one. Without anybody who posts for the company it stays approved, with a
/// problem that says so.
///
/// # Errors
/// If the store fails.
pub fn add(to: &mut Derived<'_, '_>, policy: &Policy, key: &str, status: &RecommendationStatus) -> Result<RecommendationStatus> {
    let Some(group) = group(to, policy, status)? else { return wait(to, key, status) };
    let (draft_key, draft) = open(to, policy, &group, status)?;
    let number = draft.last_line + 1;
    let line = line(number, key, status);
    let why = Why { reason: Reason::LineAdded, message: format!("line {number}: {key}"), ..Why::default() };
    let draft = change::draft(to, &draft_key, &why, |draft| {
        draft.last_line = number;
        draft.lines.push(line);
        draft.value = draft_order::value(&draft.lines);
    })?;
    let why = Why { reason: Reason::Drafted, message: format!("line {number} of draft order {draft_key}"), ..Why::default() };
    let status = change::recommendation(to, key, &why, |status| {
        status.set_state(RecommendationState::Drafted);
        status.draft.clone_from(&draft_key);
        status.problems.clear();
    })?;
    if draft.lines.len() >= MOST_LINES {
        seal::seal(to, policy, &draft_key, Why { reason: Reason::Full, message: format!("it has {MOST_LINES} lines"), ..Why::default() })?;
    }
    Ok(status)
}

/// Takes a line off its draft order, so that it is approved and on no draft, if the draft is not sealed; whether it was.
///
/// # Errors
/// If the store fails.
pub fn remove(to: &mut Derived<'_, '_>, key: &str) -> Result<bool> {
    let status = to.held::<Status>(key)?.map(|held| held.0).unwrap_or_default();
    let held = to.held::<DraftOrder>(&status.draft)?.map(|held| held.0).unwrap_or_default();
    if !draft_order::takes_off(held.state()) {
        return Ok(false);
    }
    let why = Why { reason: Reason::TakenOff, message: format!("off draft order {}", status.draft), ..Why::default() };
    change::recommendation(to, key, &why, |status| {
        status.set_state(RecommendationState::Approved);
        status.draft.clear();
    })?;
    let why = Why { reason: Reason::LineRemoved, message: key.to_owned(), ..Why::default() };
    let left = change::draft(to, &status.draft, &why, |draft| {
        draft.lines.retain(|line| line.recommendation != key);
        draft.value = draft_order::value(&draft.lines);
        // What was approved is not what is left.
        draft.clearance = None;
        if draft.lines.is_empty() {
            draft.set_state(State::Empty);
            draft.seal_time = None;
        }
    })?;
    if left.state() == State::PendingApproval {
        to.due(SEAL, status.draft);
    }
    Ok(true)
}

fn group(to: &mut Derived<'_, '_>, policy: &Policy, status: &RecommendationStatus) -> Result<Option<Group>> {
    let location = to.held::<Location>(&key::join([&status.destination_location_id]))?;
    let (company, zone) = location.map_or((None, TimeZone::UTC), |location| (location.company, location.zone));
    let company = company.unwrap_or_default();
    let Some(connector) = connector(policy.document.writeback.as_ref(), &company) else { return Ok(None) };
    let today = day::today(to.now(), &zone);
    Ok(Some(Group {
        class: match status.kind() {
            RecommendationKind::Purchase => "purchase",
            RecommendationKind::Transfer => "transfer",
            _ => "change",
        },
        company,
        connector,
        currency: status.unit_price.as_ref().map(|price| price.currency.clone()).unwrap_or_default(),
        order_date: civil(status.order_by.as_ref()).map_or(today, |day| day.max(today)),
        zone,
    }))
}

/// Who posts the orders of a company.
fn connector(rules: Option<&WritebackRules>, company: &str) -> Option<String> {
    let connectors = &rules?.connectors;
    let named = |name: &str| connectors.iter().find(|connector| connector.company == name);
    named(company).or_else(|| named("")).map(|connector| connector.connection.clone())
}

fn wait(to: &mut Derived<'_, '_>, key: &str, status: &RecommendationStatus) -> Result<RecommendationStatus> {
    to.due_at(to.now() + LOOK_AGAIN, DRAFT, key);
    if status.problems.iter().any(|problem| problem.reason == NO_CONNECTOR) {
        return Ok(status.clone());
    }
    let message = "nobody posts the orders of this location's company: name a connector in the policy";
    let why = Why { reason: Reason::NoConnector, message: message.into(), ..Why::default() };
    change::recommendation(to, key, &why, |status| {
        let problem = Problem::holds("destination_location_id", NO_CONNECTOR, &status.destination_location_id, message);
        status.problems.push(problem.wire());
    })
}

/// The draft order of a group that takes lines. The group's last number leads to it, which this transaction sees with its own additions; a page of open
/// drafts would not show one that was begun a moment ago.
fn open(to: &mut Derived<'_, '_>, policy: &Policy, group: &Group, status: &RecommendationStatus) -> Result<(String, contract::DraftOrder)> {
    let name = key::join([
        group.class,
        &status.supplier_id,
        &status.origin_location_id,
        &status.destination_location_id,
        &group.company,
        &group.connector,
        &group.currency,
        &group.order_date.to_string(),
    ]);
    let last = to.total(number::GROUP, &name, 0, 0)?.0;
    if last > 0 {
        let key = posting_key(to.epoch(), last);
        if let Some(held) = to.held::<DraftOrder>(&key)?.filter(|held| held.0.state() == State::Open) {
            return Ok((key, held.0));
        }
    }
    let next = to.total(number::DRAFTS, "", 0, 0)?.0 + 1;
    to.add(number::DRAFTS, "", 0, Micro(1))?;
    to.add(number::GROUP, &name, 0, Micro(next - last))?;
    begin(to, policy, posting_key(to.epoch(), next), group, status)
}

fn begin(
    to: &mut Derived<'_, '_>,
    policy: &Policy,
    key: String,
    group: &Group,
    status: &RecommendationStatus,
) -> Result<(String, contract::DraftOrder)> {
    let seal_at = seal_at(to.now(), policy.document.writeback.as_ref(), group)?;
    let why = Why { reason: Reason::Begun, message: "its first line was approved".into(), ..Why::default() };
    let draft = change::draft(to, &key, &why, |draft| {
        draft.set_state(State::Open);
        draft.posting_key.clone_from(&key);
        draft.company.clone_from(&group.company);
        draft.connector.clone_from(&group.connector);
        draft.supplier_id.clone_from(&status.supplier_id);
        draft.origin_location_id.clone_from(&status.origin_location_id);
        draft.destination_location_id.clone_from(&status.destination_location_id);
        draft.currency.clone_from(&group.currency);
        draft.order_date = Some(crossdock_master_data::wired::date(group.order_date));
        draft.seal_time = Some(timestamp(seal_at));
    })?;
    to.due_at(seal_at, SEAL, key.as_str());
    Ok((key, draft))
}

/// When a draft that begins now is sealed: the cut-off counts from its first line, but not before its order date has begun where it goes.
fn seal_at(now: Micros, rules: Option<&WritebackRules>, group: &Group) -> Result<Micros> {
    let after = rules.and_then(|rules| rules.seal_after).map_or(SEAL_AFTER, |after| after.seconds.saturating_mul(1_000_000));
    let begins = group.order_date.to_zoned(group.zone.clone()).map_err(|error| Error::internal("an order date has no beginning", error))?;
    Ok(now.max(begins.timestamp().as_microsecond()).saturating_add(after))
}

fn line(number: i32, key: &str, status: &RecommendationStatus) -> DraftLine {
    DraftLine {
        number,
        recommendation: key.to_owned(),
        kind: status.kind,
        item_id: status.item_id.clone(),
        quantity: status.quantity.clone(),
        unit: status.unit.clone(),
        base_factor: status.base_factor.clone(),
        need_by: status.need_by,
        unit_price: status.unit_price.clone(),
        target: status.target.clone(),
        value: status.value.clone(),
        ..DraftLine::default()
    }
}

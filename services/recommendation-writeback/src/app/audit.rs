//! What of a change is a decision goes into the audit chain: who, seeing what, and what it changed. Customers are in none of it.

use super::change::Why;
use crate::model::{civil, draft_order, planning::mode_name, status};
use crossdock_core::Result;
use crossdock_proto::{
    operations::AuditEntry,
    types::Money,
    writeback::{DraftLine, DraftOrder, LineOutcome, PlanningMode, RecommendationStatus},
};
use crossdock_records::{Derived, Origin, audit};
use std::collections::BTreeMap;

type Values = BTreeMap<String, String>;

/// A recommendation changed.
///
/// # Errors
/// If the store fails.
pub fn recommendation(
    to: &mut Derived<'_, '_>,
    key: &str,
    why: &Why<'_>,
    held: Option<&RecommendationStatus>,
    new: &RecommendationStatus,
) -> Result<()> {
    let states = (held.map_or("", |held| status::name(held.state())), status::name(new.state()));
    append(to, ("recommendation_status", key), why, states, || {
        let quantity = |of: &RecommendationStatus| format!("{} {}", of.quantity, of.unit);
        let mut values = named([
            ("etag", new.etag.clone()),
            ("item", new.item_id.clone()),
            ("supplier", new.supplier_id.clone()),
            ("origin", new.origin_location_id.clone()),
            ("destination", new.destination_location_id.clone()),
            ("quantity", quantity(new)),
            ("need_by", day(new)),
            ("value", money(new.value.as_ref())),
            ("draft", new.draft.clone()),
        ]);
        for (name, was, is) in
            held.into_iter().flat_map(|held| [("quantity", quantity(held), quantity(new)), ("need_by", day(held), day(new))])
        {
            if was != is {
                values.insert(format!("{name}_before"), was);
            }
        }
        values
    })
}

/// A draft order changed.
///
/// # Errors
/// If the store fails.
pub fn draft(to: &mut Derived<'_, '_>, key: &str, why: &Why<'_>, held: Option<&DraftOrder>, new: &DraftOrder) -> Result<()> {
    let states = (held.map_or("", |held| draft_order::name(held.state())), draft_order::name(new.state()));
    append(to, ("draft_order", key), why, states, || {
        named([
            ("etag", new.etag.clone()),
            ("supplier", new.supplier_id.clone()),
            ("origin", new.origin_location_id.clone()),
            ("destination", new.destination_location_id.clone()),
            ("company", new.company.clone()),
            ("value", money(new.value.as_ref())),
            ("lines", each(&new.lines, |line| format!("{} {} {}", line.quantity, line.unit, line.item_id))),
            ("documents", new.documents.join(", ")),
            ("outcomes", each(new.lines.iter().filter(|line| line.outcome() != LineOutcome::Unspecified), outcome)),
        ])
    })
}

/// How a planner is treated changed, by a person's word or by the policy's.
///
/// # Errors
/// If the store fails.
pub fn mode(to: &mut Derived<'_, '_>, planner: &str, by: Option<&Origin>, held: &PlanningMode, new: &PlanningMode) -> Result<()> {
    let decision = AuditEntry {
        action: "PLANNING_MODE".to_owned(),
        kind: "planning_mode".to_owned(),
        key: planner.to_owned(),
        message: new.note.clone(),
        values: named([("from", mode_name(held.kind())), ("to", mode_name(new.kind())), ("set_by", new.set_by.clone())]),
        ..AuditEntry::default()
    };
    audit(to.tx(), by, decision)
}

/// Appends what is a decision.
fn append(
    to: &mut Derived<'_, '_>,
    (kind, key): (&str, &str),
    why: &Why<'_>,
    (from, state): (&str, &str),
    values: impl FnOnce() -> Values,
) -> Result<()> {
    let Some(action) = why.reason.action(state) else { return Ok(()) };
    let mut values = values();
    values.extend(named([("from", from.to_owned()), ("to", state.to_owned())]));
    // What the rule looked at, by the names that rules know.
    values.extend(why.values.iter().map(|(name, value)| (format!("rule.{name}"), value.clone())));
    let decision = AuditEntry {
        action: action.to_owned(),
        kind: kind.to_owned(),
        key: key.to_owned(),
        message: why.message.clone(),
        rule: why.rule.clone(),
        policy_version: why.policy_version.clone(),
        seen: why.seen.to_owned(),
        values,
        ..AuditEntry::default()
    };
    audit(to.tx(), why.by.filter(|_| !why.reason.is_of_rule()), decision)
}

fn named<const N: usize>(values: [(&str, String); N]) -> Values {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn day(of: &RecommendationStatus) -> String {
    civil(of.need_by.as_ref()).map_or_else(String::new, |day| day.to_string())
}

fn money(of: Option<&Money>) -> String {
    of.map_or_else(String::new, |money| format!("{} {}", money.amount, money.currency))
}

fn each<'a>(lines: impl IntoIterator<Item = &'a DraftLine>, tell: impl Fn(&DraftLine) -> String) -> String {
    lines.into_iter().map(tell).collect::<Vec<_>>().join("; ")
}

/// `1 POSTED 6 as PO17/1`.
fn outcome(line: &DraftLine) -> String {
    let name = line.outcome().as_str_name().trim_start_matches("LINE_OUTCOME_");
    let places: Vec<String> = line.posted.iter().map(|part| format!("{} as {}/{}", part.quantity, part.document, part.line)).collect();
    format!("{} {name} {}", line.number, places.join(", ")).trim_end().to_owned()
}

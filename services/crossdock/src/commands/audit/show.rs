//! `crossdock audit show`: who decided on an order, seeing what, under which rule, and what changed since.

use super::subjects::{Subjects, list};
use crate::{
    cli::Target,
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_core::instant;
use crossdock_proto::{
    operations::{AuditEntry, AuditEntryFilter},
    writeback::{DecisionStep, DecisionStepFilter},
};
use crossdock_records::micros;
use prost_types::Timestamp;
use std::collections::BTreeMap;

/// Prints the decisions in their order, then how things stand, then what changed since the last decision on each.
pub async fn show(name: &str, target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let subjects = Subjects::of(&peers, name).await?;
    let keys = || {
        let lines = subjects.recommendations.iter().map(|(key, _)| ("recommendation_status", key));
        lines.chain(subjects.drafts.iter().map(|(key, _)| ("draft_order", key)))
    };
    let (mut entries, mut since) = (Vec::new(), Vec::new());
    for (kind, key) in keys() {
        let filter = AuditEntryFilter { subject: format!("{kind}/{key}"), ..AuditEntryFilter::default() };
        let decided: Vec<AuditEntry> = list(&peers, "audit_entry", &filter, "").await?;
        let last = decided.iter().filter_map(|entry| at(entry.time.as_ref())).max();
        let steps: Vec<DecisionStep> = list(&peers, "decision_step", &DecisionStepFilter {}, &format!("{key}/")).await?;
        since.extend(steps.into_iter().filter(|step| step.subject == *key && at(step.time.as_ref()) > last));
        entries.extend(decided);
    }
    entries.sort_by_key(|entry| entry.sequence);
    since.sort_by_key(|step| at(step.time.as_ref()));
    if target.output == Format::Json {
        return json(&entries, &since);
    }
    decisions(&entries)?;
    standing(&subjects)?;
    changes(&since)
}

fn json(entries: &[AuditEntry], since: &[DecisionStep]) -> Result<(), Failure> {
    for entry in entries {
        output::line(output::json(entry, "crossdock.operations.v1.AuditEntry")?.to_string())?;
    }
    since.iter().try_for_each(|step| output::line(output::json(step, "crossdock.writeback.v1.DecisionStep")?.to_string()))
}

fn decisions(entries: &[AuditEntry]) -> Result<(), Failure> {
    let rows = entries.iter().map(|entry| {
        vec![
            entry.sequence.to_string(),
            time(entry.time.as_ref()),
            who(&entry.connection, &entry.principal),
            entry.action.clone(),
            entry.key.clone(),
            entry.seen.clone(),
            rule(&entry.rule, &entry.policy_version),
            told(&entry.values),
            entry.message.clone(),
        ]
    });
    output::table(&["entry", "time", "by", "decided", "on", "seeing", "rule", "values", "message"], rows)
}

fn standing(subjects: &Subjects) -> Result<(), Failure> {
    let lines = subjects.recommendations.iter().map(|(key, status)| {
        let quantity = format!("{} {}", status.quantity, status.unit);
        vec![key.clone(), output::short(status.state().as_str_name()), quantity, status.posted_quantity.clone(), status.etag.clone()]
    });
    let drafts = subjects.drafts.iter().map(|(key, draft)| {
        let lines = format!("{} lines", draft.lines.len());
        vec![key.clone(), output::short(draft.state().as_str_name()), lines, draft.documents.join(", "), draft.etag.clone()]
    });
    output::line("")?;
    output::table(&["now", "state", "is", "posted", "etag"], lines.chain(drafts))
}

fn changes(since: &[DecisionStep]) -> Result<(), Failure> {
    if since.is_empty() {
        return output::line("\nnothing changed since the last decision");
    }
    let rows = since.iter().map(|step| {
        let change = format!("{} to {}", step.from, step.to);
        vec![
            time(step.time.as_ref()),
            who(&step.connection, &step.principal),
            step.reason.clone(),
            step.subject.clone(),
            change,
            step.message.clone(),
        ]
    });
    output::line("")?;
    output::table(&["since then", "by", "reason", "on", "state", "message"], rows)
}

fn at(time: Option<&Timestamp>) -> Option<i64> {
    time.map(micros)
}

fn time(of: Option<&Timestamp>) -> String {
    at(of).map(instant).unwrap_or_default()
}

fn who(connection: &str, principal: &str) -> String {
    match (connection, principal) {
        ("", _) => "Crossdock".to_owned(),
        (connection, "") => connection.to_owned(),
        (connection, person) => format!("{person} by {connection}"),
    }
}

fn rule(name: &str, version: &str) -> String {
    if version.is_empty() { name.to_owned() } else { format!("{name} of policy {version}") }
}

/// What changed first, then what was looked at; what a rule looked at is in the JSON.
fn told(values: &BTreeMap<String, String>) -> String {
    let shown = values.iter().filter(|(name, _)| !name.starts_with("rule."));
    shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

//! Whether posting, fallbacks, feedback and routes fit together.

use super::{at, covers, role, writes};
use crate::model::{
    closing::Route,
    file::{Connection, PolicyFile, Role},
    values::{Name, Span},
    writeback::{Fallback, FallbackMode, Posting, Writeback},
};
use crossdock_yaml::{Fault, Place};
use std::collections::BTreeMap;

type Connections<'a> = BTreeMap<&'a Name, &'a Connection>;

/// Everything about fences, connectors, posting, fallbacks and freshness that does not fit.
pub fn writeback(file: &PolicyFile, rules: &Writeback, place: &Place, known: &Connections<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, fence) in rules.fences.iter().enumerate() {
        let covered = |other: &crate::model::writeback::Fence| {
            other.days >= fence.days
                && covers(other.locations.as_ref(), fence.locations.as_ref())
                && covers(other.suppliers.as_ref(), fence.suppliers.as_ref())
        };
        if rules.fences[..index].iter().any(covered) {
            faults.push(place.key("fences").element(index).fault("an earlier fence holds all of it already; leave it out"));
        }
    }
    for (index, connector) in rules.connectors.iter().enumerate() {
        let place = place.key("connectors").element(index);
        faults.extend(role(&place, &connector.connection, Role::Erp, known));
        if rules.connectors[..index].iter().any(|other| other.company == connector.company) {
            let whose = connector.company.as_ref().map_or("all other companies", |company| company.as_str());
            faults.push(place.fault(format!("a second connector for {whose}; exactly one posts")));
        }
    }
    faults.extend(posting(&rules.posting, &place.key("posting")));
    for (index, held) in rules.fallbacks.iter().enumerate() {
        let place = place.key("fallbacks").element(index);
        faults.extend(role(&place, &held.connection, Role::Planning, known));
        faults.extend(fallback(held, &place));
        if rules.fallbacks[..index].iter().any(|other| other.connection == held.connection) {
            faults.push(place.fault(format!("a second fallback for {:?}; keep one of them", held.connection.as_str())));
        }
    }
    let fresh = rules.fresh_kinds.iter().flat_map(|kinds| kinds.iter());
    for kind in fresh.filter(|kind| !file.freshness.iter().any(|objective| objective.kind == **kind)) {
        let message = format!("{} has no objective in `freshness`: say there how fresh it has to be", kind.as_str());
        faults.push(place.key("fresh_kinds").fault(message));
    }
    faults
}

fn posting(limits: &Posting, place: &Place) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, span) in [("lease", limits.lease), ("first_pause", limits.first_pause), ("longest_pause", limits.longest_pause)] {
        if span.is_some_and(|span| !(1..=86_400).contains(&span.seconds())) {
            faults.push(place.key(key).fault("must be from 1s to 1d"));
        }
    }
    let seconds = |span: Option<Span>, absent: i64| span.map_or(absent, Span::seconds);
    if seconds(limits.first_pause, 10) > seconds(limits.longest_pause, 3_600) {
        faults.push(place.key("first_pause").fault("is longer than longest_pause (1h where it is absent)"));
    }
    faults
}

fn fallback(held: &Fallback, place: &Place) -> Option<Fault> {
    if held.after.seconds() == 0 {
        return Some(place.key("after").fault("must be more than nothing: the planner would always be silent"));
    }
    match (held.mode, held.expire_after) {
        (FallbackMode::Hold, Some(_)) => Some(place.key("expire_after").fault("says nothing with mode hold; leave it out")),
        (FallbackMode::LastGoodRun, None) => Some(place.fault("needs expire_after: how long the last run is good")),
        (FallbackMode::LastGoodRun, Some(expire)) if expire.seconds() <= held.after.seconds() => {
            Some(place.key("expire_after").fault("must be more than `after`: the run would expire before its planner is silent"))
        }
        _ => None,
    }
}

/// Everything about feedback that does not fit.
pub fn feedback(file: &PolicyFile, known: &Connections<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, rules) in file.feedback.iter().enumerate() {
        let place = at("feedback", index);
        if file.feedback[..index].iter().any(|other| other.connection == rules.connection) {
            faults.push(place.fault(format!("a second entry for {:?}; keep one of them", rules.connection.as_str())));
        }
        let kinds = [("confirmation", rules.confirmations.is_some()), ("receipt", rules.receipts.is_some())];
        let mut said = kinds.into_iter().filter(|(_, said)| *said).peekable();
        if said.peek().is_none() {
            faults.push(place.fault("says nothing: give confirmations, receipts or both"));
        }
        faults.extend(said.find_map(|(kind, _)| writes(&place, &rules.connection, kind, known)));
    }
    faults
}

/// Everything about routes that does not fit.
pub fn routes(routes: &[Route]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let place = at("routes", index);
        if let Some(first) = routes[..index].iter().position(|other| other.name == route.name) {
            faults.push(place.key("name").fault(format!("{:?} is the name of route {} too", route.name.as_str(), first + 1)));
        }
        let covered = |other: &Route| {
            covers(other.reasons.as_ref(), route.reasons.as_ref()) && covers(other.services.as_ref(), route.services.as_ref())
        };
        if let Some(first) = routes[..index].iter().position(covered) {
            faults.push(place.fault(format!("never reached: route {} is asked first and takes all of it", first + 1)));
        }
        faults.extend(escalation(route, &place));
    }
    faults
}

fn escalation(route: &Route, place: &Place) -> Option<Fault> {
    match (&route.escalate_after, &route.escalate_to) {
        (Some(after), Some(_)) if after.seconds() == 0 => {
            Some(place.key("escalate_after").fault("must be more than nothing: nobody could acknowledge it before"))
        }
        (Some(_), Some(to)) if *to == route.team => Some(place.key("escalate_to").fault("is the same team; name another")),
        (Some(_), None) => Some(place.fault("needs escalate_to: which team it goes to after escalate_after")),
        (None, Some(_)) => Some(place.fault("needs escalate_after: when it goes to escalate_to")),
        _ => None,
    }
}

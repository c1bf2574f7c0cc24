//! What one part of a policy file says of another.

mod approval;
mod closing;

use super::{
    authentication,
    file::{Authority, Connection, PolicyFile, Role},
    objective,
    set::Distinct,
    values::{KindName, Name},
};
use crossdock_proto as contract;
use crossdock_yaml::{Fault, Place, did_you_mean};
use std::collections::BTreeMap;

/// Everything that does not fit together.
pub fn faults(file: &PolicyFile) -> Vec<Fault> {
    let mut faults = connections(&file.connections);
    // Of connections with one name the first is meant.
    let known: BTreeMap<&Name, &Connection> = file.connections.iter().rev().map(|connection| (&connection.name, connection)).collect();
    faults.extend(authentication::faults(file));
    faults.extend(authorities(&file.authorities, &known));
    faults.extend(load_guards(file));
    faults.extend(freshness(file, &known));
    faults.extend(objective::faults(file));
    if let Some(rules) = &file.writeback {
        let place = Place::default().key("writeback");
        faults.extend(approval::faults(rules, &place));
        faults.extend(closing::writeback(file, rules, &place, &known));
    }
    faults.extend(closing::feedback(file, &known));
    faults.extend(closing::routes(&file.routes));
    faults
}

/// An element of a list of the file.
pub fn at(list: &'static str, index: usize) -> Place {
    Place::default().key(list).element(index)
}

fn connections(connections: &[Connection]) -> Vec<Fault> {
    if connections.is_empty() {
        return vec![Place::default().key("connections").fault("must name at least one connection: nobody could call")];
    }
    let repeated = |(index, connection): (usize, &Connection)| {
        let first = connections.iter().position(|other| other.name == connection.name)?;
        let message = format!("{:?} is the name of connection {} too; every connection has its own", connection.name.as_str(), first + 1);
        (first < index).then(|| at("connections", index).key("name").fault(message))
    };
    connections.iter().enumerate().filter_map(repeated).collect()
}

/// That a connection is there and may write a kind.
fn writer(place: &Place, name: &Name, kind: &KindName, known: &BTreeMap<&Name, &Connection>) -> Option<Fault> {
    writes(place, name, kind.as_str(), known)
}

fn writes(place: &Place, name: &Name, kind: &str, known: &BTreeMap<&Name, &Connection>) -> Option<Fault> {
    let writers = &contract::schema().kind_named(kind)?.writers;
    acts(place, name, writers, &format!("that may write {kind}"), known)
}

/// That a connection is there and has a role.
fn role(place: &Place, name: &Name, role: Role, known: &BTreeMap<&Name, &Connection>) -> Option<Fault> {
    acts(place, name, &[role.in_contract()], "for this", known)
}

/// That a connection is there and has one of these roles.
fn acts(place: &Place, name: &Name, roles: &[contract::Role], why: &str, known: &BTreeMap<&Name, &Connection>) -> Option<Fault> {
    let place = place.key("connection");
    let Some(connection) = known.get(name) else {
        let hint = did_you_mean(name.as_str(), known.keys().map(|name| name.as_str()));
        return Some(place.fault(format!("{:?} is none of the connections{hint}", name.as_str())));
    };
    if connection.roles.iter().any(|role| roles.contains(&role.in_contract())) {
        return None;
    }
    let needed: Vec<String> = roles.iter().map(|role| role.as_str_name().trim_start_matches("ROLE_").to_lowercase()).collect();
    Some(place.fault(format!("{:?} has no role {why}: it needs {}", name.as_str(), needed.join(" or "))))
}

fn authorities(authorities: &[Authority], known: &BTreeMap<&Name, &Connection>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, authority) in authorities.iter().enumerate() {
        let place = at("authorities", index);
        faults.extend(writer(&place, &authority.connection, &authority.kind, known));
        if let Some(first) = authorities[..index].iter().position(|earlier| shadows(earlier, authority)) {
            let message = format!(
                "never counts: authority {} is asked first and covers all of it; put the narrower one before, or let one begin later",
                first + 1
            );
            faults.push(place.fault(message));
        }
    }
    faults
}

/// Whether an earlier entry decides wherever a later one could.
fn shadows(earlier: &Authority, later: &Authority) -> bool {
    earlier.kind == later.kind
        && earlier.from == later.from
        && covers(earlier.locations.as_ref(), later.locations.as_ref())
        && covers(earlier.suppliers.as_ref(), later.suppliers.as_ref())
}

fn covers<T: Ord>(wide: Option<&Distinct<T>>, narrow: Option<&Distinct<T>>) -> bool {
    wide.is_none_or(|wide| narrow.is_some_and(|narrow| wide.covers(narrow)))
}

fn load_guards(file: &PolicyFile) -> Vec<Fault> {
    let repeated = |(index, guard): (usize, &super::file::LoadGuard)| {
        let first = file.load_guards.iter().position(|other| other.kind == guard.kind)?;
        let what = guard.kind.as_ref().map_or("all other kinds", KindName::as_str);
        (first < index).then(|| at("load_guards", index).fault(format!("a second guard for {what}; keep one of them")))
    };
    file.load_guards.iter().enumerate().filter_map(repeated).collect()
}

fn freshness(file: &PolicyFile, known: &BTreeMap<&Name, &Connection>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, objective) in file.freshness.iter().enumerate() {
        let place = at("freshness", index);
        faults.extend(objective.connection.as_ref().and_then(|name| writer(&place, name, &objective.kind, known)));
        let same = |other: &&super::file::Objective| (&other.kind, &other.connection) == (&objective.kind, &objective.connection);
        if file.freshness[..index].iter().any(|other| same(&other)) {
            let whose = objective.connection.as_ref().map_or("all connections", Name::as_str);
            faults.push(place.fault(format!("a second objective for {} of {whose}; keep one of them", objective.kind.as_str())));
        }
        if objective.max_age.seconds() == 0 {
            faults.push(place.key("max_age").fault("must be more than nothing: no data is that fresh"));
        }
    }
    faults
}

//! What of governance is a decision goes into the audit chain.

use crossdock_core::Result;
use crossdock_proto::{
    governance::{Connection, Policy, Token},
    operations::AuditEntry,
};
use crossdock_records::{Change, Derived, Origin, audit, differences};
use std::collections::{BTreeMap, BTreeSet};

/// Another policy is in force: which one it replaces, what it changes, and each connection that comes, changes or goes. Who wrote it is not known here.
///
/// # Errors
/// If the store fails.
pub fn policy(to: &mut Derived<'_, '_>, source: &str, was: &Policy, is: &Policy) -> Result<()> {
    let changed = differences(was, is).into_keys().filter(|name| name != "version").collect::<Vec<_>>().join(", ");
    let values = [("version_before", &was.version), ("version", &is.version), ("changed", &changed)];
    let values = values.map(|(name, value)| (name.to_owned(), value.clone())).into();
    append(to, is, AuditEntry { message: format!("from {source}"), values, ..entry("POLICY_CHANGED", "policy", "active") })?;
    let by_name = |policy: &Policy| -> BTreeMap<String, Connection> {
        policy.connections.iter().map(|connection| (connection.name.clone(), connection.clone())).collect()
    };
    let (was, now) = (by_name(was), by_name(is));
    for name in was.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
        let action = match (was.get(name), now.get(name)) {
            (None, _) => "CONNECTION_ADDED",
            (_, None) => "CONNECTION_REMOVED",
            (was, now) if was == now => continue,
            _ => "CONNECTION_CHANGED",
        };
        let none = Connection::default();
        let changes = differences(was.get(name).unwrap_or(&none), now.get(name).unwrap_or(&none));
        append(to, is, AuditEntry { values: told(changes), ..entry(action, "connection", name) })?;
    }
    Ok(())
}

/// Somebody said something of an exception.
///
/// # Errors
/// If the store fails.
pub fn said(to: &mut Derived<'_, '_>, by: &Origin, action: &str, key: &str, text: &str) -> Result<()> {
    audit(to.tx(), Some(by), AuditEntry { message: text.to_owned(), ..entry(action, "exception", key) })
}

/// Something was decided on a token. Neither its secret nor the hash of that is told.
///
/// # Errors
/// If the store fails.
pub fn token(to: &mut Derived<'_, '_>, by: &Origin, action: &str, token: &Token, note: &str) -> Result<()> {
    let expire = token.expire_time.as_ref().map(ToString::to_string).unwrap_or_default();
    let values = [("connection", &token.connection), ("expire_time", &expire), ("replaced_by", &token.replaced_by)];
    let values = values.map(|(name, value)| (name.to_owned(), value.clone())).into();
    audit(to.tx(), Some(by), AuditEntry { message: note.to_owned(), values, ..entry(action, "token", &token.id) })
}

fn entry(action: &str, kind: &str, key: &str) -> AuditEntry {
    AuditEntry { action: action.to_owned(), kind: kind.to_owned(), key: key.to_owned(), ..AuditEntry::default() }
}

fn append(to: &mut Derived<'_, '_>, policy: &Policy, decision: AuditEntry) -> Result<()> {
    audit(to.tx(), None, AuditEntry { policy_version: policy.version.clone(), ..decision })
}

fn told(changes: BTreeMap<String, Change>) -> BTreeMap<String, String> {
    changes.into_iter().flat_map(|(name, change)| [(format!("{name}_before"), change.was), (name, change.is)]).collect()
}

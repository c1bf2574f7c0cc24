//! What governance says, as `take` and the layers use it.

use crate::{Scope, Sender, Sight, sight::role_of_insider, stored::span};
use crossdock_core::Micros;
use crossdock_proto::{
    Role,
    governance::{self, IdSpace},
};
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, OnceLock},
};
use tokio::sync::watch;

/// The rules of the suite: small, immutable, replaced as a whole.
#[derive(Debug, Default)]
pub struct Policy {
    /// The message it was made from.
    pub document: governance::Policy,
    connections: HashMap<String, (usize, Sight)>,
    made: OnceLock<Arc<dyn Any + Send + Sync>>,
}

/// Where a service keeps the policy it follows.
pub type PolicyCell = watch::Sender<Arc<Policy>>;

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It counts: the policy names no authority.
    Counts,
    /// It counts: its connection is the authority.
    Named,
    /// This connection is the authority and the record does not: kept for comparison.
    Corroborates(&'a str),
    /// This connection is the authority.
    Refused(&'a str),
}

impl Policy {
    /// From its message.
    pub fn new(document: governance::Policy) -> Self {
        let named = document.connections.iter().enumerate();
        let connections = named.map(|(index, connection)| (connection.name.clone(), (index, Sight::of(connection)))).collect();
        Self { document, connections, made: OnceLock::new() }
    }

    /// What a service makes of it, such as compiled conditions: made when it is needed first, and kept as long as the policy. One type per service.
    pub fn made<T: Send + Sync + 'static>(&self, make: impl Fn(&governance::Policy) -> T) -> Arc<T> {
        let made = Arc::clone(self.made.get_or_init(|| Arc::new(make(&self.document))));
        made.downcast().unwrap_or_else(|_| Arc::new(make(&self.document)))
    }

    /// The connection with this name.
    pub fn connection(&self, name: &str) -> Option<&governance::Connection> {
        self.connections.get(name).and_then(|(index, _)| self.document.connections.get(*index))
    }

    /// What a connection may read; one that is not in the policy reads nothing.
    pub fn sight(&self, connection: &str) -> Sight {
        if let Some(role) = role_of_insider(connection) {
            return Sight::insider(connection, role);
        }
        self.connections.get(connection).map(|(_, sight)| sight.clone()).unwrap_or_default()
    }

    /// Whether a connection has one of these roles.
    pub fn allows(&self, connection: &str, roles: &[Role]) -> bool {
        if let Some(role) = role_of_insider(connection) {
            return roles.contains(&role);
        }
        self.connection(connection).is_some_and(|held| held.roles().any(|role| roles.contains(&role)))
    }

    /// Whether the ids of a connection are its own.
    pub fn has_own_ids(&self, connection: &str) -> bool {
        self.connection(connection).is_some_and(|connection| connection.id_space() == IdSpace::Own)
    }

    /// What a connection says for the records it sends.
    pub fn sender<'a>(&'a self, connection: &'a str) -> Sender<'a> {
        let held = self.connection(connection);
        let is_erp = |held: &governance::Connection| held.roles().any(|role| role == Role::Erp);
        let mut erps = self.document.connections.iter().filter(|held| is_erp(held)).map(|held| held.name.as_str());
        let only = erps.next().filter(|_| erps.next().is_none());
        Sender {
            connection,
            default_unit: held.map_or("", |held| &held.default_unit),
            default_currency: held.map_or("", |held| &held.default_currency),
            erp: if held.is_some_and(is_erp) { Some(connection) } else { only },
        }
    }

    /// How long a cause may stand before it becomes an issue, in microseconds.
    pub fn issue_grace(&self) -> Micros {
        let minute = Micros::from(60) * 1_000_000;
        self.document.issue_grace.as_ref().map_or(minute, span)
    }

    /// Percent of its records that a load of this kind may remove.
    pub fn load_guard(&self, kind: &str) -> u32 {
        let guard = |name: &str| self.document.load_guards.iter().find(|guard| guard.kind == name);
        guard(kind).or_else(|| guard("")).map_or(5, |guard| guard.max_removed_percent)
    }

    /// Whether a record counts: where the policy names an authority for its kind and scope, only that one's do.
    pub fn standing(&self, connection: &str, kind: &str, scope: Scope<'_>) -> Standing<'_> {
        let speaks = |authority: &&governance::Authority| {
            authority.kind == kind
                && within(&authority.locations, scope.location)
                && within(&authority.suppliers, scope.supplier)
                && (authority.from.is_empty()
                    || authority.from.parse().is_ok_and(|from| scope.day.is_some_and(|day| day >= crate::parse::day(from))))
        };
        // The one that begins last counts; of equal ones the first in the file.
        let mut counting: Option<&governance::Authority> = None;
        for authority in self.document.authorities.iter().filter(speaks) {
            if counting.is_none_or(|held| authority.from > held.from) {
                counting = Some(authority);
            }
        }
        match counting {
            None => Standing::Counts,
            Some(authority) if authority.connection == connection => Standing::Named,
            Some(authority) if authority.keep_others => Standing::Corroborates(&authority.connection),
            Some(authority) => Standing::Refused(&authority.connection),
        }
    }
}

fn within(allowed: &[String], value: Option<&str>) -> bool {
    allowed.is_empty() || value.is_none_or(|value| allowed.iter().any(|allowed| allowed == value))
}

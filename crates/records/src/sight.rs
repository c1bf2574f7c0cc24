//! What a connection may read: kinds by its roles, rows by the part of the business that it is limited to.

use crate::{Kinds, Scope, ingest::WATERMARK, parking, sets::SET};
use crossdock_core::{Key, Result, key};
use crossdock_proto::{KindInfo, Role, Rows, governance, masterdata::Location, operations::Set, schema};
use crossdock_store::Record;
use prost::Message;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The connection that services use among themselves.
pub const SERVICE: &str = "crossdock";
/// The name under which the operator of a cluster calls.
pub const CLUSTER: &str = "crossdock-operator";

/// The role of those who are of Crossdock itself and of no policy: its services, and the operator of a cluster.
pub(crate) fn role_of_insider(connection: &str) -> Option<Role> {
    match connection {
        SERVICE => Some(Role::Service),
        CLUSTER => Some(Role::Cluster),
        _ => None,
    }
}

/// Records that have to be read after one another to learn where a row belongs: a milestone's shipment, and its order.
const ROUNDS: usize = 2;
/// Kind of the location that says which company it belongs to.
const LOCATION: &str = "location";

/// Reads records by key, from a state of the store or within a transaction.
pub type Get<'g> = &'g mut dyn FnMut(&[Key]) -> Result<Vec<Record>>;

/// What a connection may read.
#[derive(Clone, Debug, Default)]
pub struct Sight(Arc<Who>);

#[derive(Debug, Default)]
struct Who {
    connection: String,
    roles: Vec<Role>,
    locations: BTreeSet<String>,
    suppliers: BTreeSet<String>,
    companies: BTreeSet<String>,
}

/// A [`Scope`] of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Location, if it has one.
    pub location: Option<String>,
    /// Location where goods come from.
    pub origin: Option<String>,
    /// Supplier, if it has one.
    pub supplier: Option<String>,
    /// Company, where it says so itself.
    pub company: Option<String>,
    /// It is of all locations.
    pub everywhere: bool,
}

impl From<Scope<'_>> for Part {
    fn from(scope: Scope<'_>) -> Self {
        let named = |id: Option<&str>| id.filter(|id| !id.is_empty()).map(str::to_owned);
        Self {
            location: named(scope.location),
            origin: named(scope.origin),
            supplier: named(scope.supplier),
            company: named(scope.company),
            everywhere: scope.everywhere,
        }
    }
}

impl Part {
    /// The locations that it names.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        [&self.location, &self.origin].into_iter().flatten().map(String::as_str)
    }

    /// Takes over what it does not say itself.
    fn fill(&mut self, other: Self) {
        if self.places().next().is_none() {
            (self.location, self.origin) = (other.location, other.origin);
        }
        self.supplier = self.supplier.take().or(other.supplier);
        self.company = self.company.take().or(other.company);
        self.everywhere |= other.everywhere;
    }
}

impl Sight {
    /// Of a connection of the policy.
    pub(crate) fn of(connection: &governance::Connection) -> Self {
        let set = |ids: &[String]| ids.iter().cloned().collect();
        Self(Arc::new(Who {
            connection: connection.name.clone(),
            roles: connection.roles().collect(),
            locations: set(&connection.locations),
            suppliers: set(&connection.suppliers),
            companies: set(&connection.companies),
        }))
    }

    /// Of another service of the suite.
    pub fn service() -> Self {
        Self::insider(SERVICE, Role::Service)
    }

    /// Of somebody who is of no policy.
    pub(crate) fn insider(connection: &str, role: Role) -> Self {
        Self(Arc::new(Who { connection: connection.to_owned(), roles: vec![role], ..Who::default() }))
    }

    /// Its connection.
    pub fn connection(&self) -> &str {
        &self.0.connection
    }

    /// It is of some locations, suppliers or companies only.
    pub fn is_limited(&self) -> bool {
        !(self.0.locations.is_empty() && self.0.suppliers.is_empty() && self.0.companies.is_empty())
    }

    /// Whether one of its roles reads a kind.
    pub fn reads(&self, kind: &KindInfo) -> bool {
        self.0.roles.iter().any(|role| *role == Role::Service || kind.readers.contains(role))
    }

    /// Whether it names a location or a supplier that is another's.
    pub(crate) fn is_foreign(&self, part: &Part) -> bool {
        let mut places = part.places().peekable();
        (!self.0.locations.is_empty() && places.peek().is_some() && !places.any(|place| self.0.locations.contains(place)))
            || part.supplier.as_ref().is_some_and(|supplier| !self.0.suppliers.is_empty() && !self.0.suppliers.contains(supplier))
    }

    /// Which of these are in its part of the business. It reads as much whatever it finds.
    ///
    /// # Errors
    /// If the store fails.
    pub fn covers(&self, get: Get<'_>, parts: &[Part]) -> Result<Vec<bool>> {
        if !self.is_limited() {
            return Ok(vec![true; parts.len()]);
        }
        let companies = if self.0.companies.is_empty() { HashMap::new() } else { companies(get, parts)? };
        Ok(parts.iter().map(|part| self.has(part, &companies)).collect())
    }

    /// What is not named is another's.
    fn has(&self, part: &Part, companies: &HashMap<String, String>) -> bool {
        let who = &*self.0;
        let company = |place: &str| companies.get(place).is_some_and(|company| who.companies.contains(company));
        (who.locations.is_empty() || part.everywhere || part.places().any(|place| who.locations.contains(place)))
            && (who.suppliers.is_empty() || part.supplier.as_ref().is_some_and(|supplier| who.suppliers.contains(supplier)))
            && (who.companies.is_empty()
                || part.everywhere
                || part.company.as_ref().map_or_else(|| part.places().any(company), |company| who.companies.contains(company)))
    }

    /// Those of these records whose rows it may see; whether it reads their kinds is asked with [`Sight::reads`]. It reads as much whatever it finds.
    ///
    /// # Errors
    /// If the store fails.
    pub fn rows(&self, kinds: &Kinds, get: Get<'_>, mut records: Vec<Record>) -> Result<Vec<Record>> {
        if self.0.roles.contains(&Role::Service) {
            return Ok(records);
        }
        if self.is_limited() {
            let parts = parts(kinds, get, &records)?;
            let mut covered = self.covers(get, &parts)?.into_iter();
            records.retain(|record| {
                let covered = covered.next().unwrap_or_default();
                match kinds.info(record.kind).map_or(Rows::Unspecified, |info| info.rows) {
                    Rows::Shared => true,
                    Rows::Scoped => covered,
                    Rows::Own => self.is_own(record),
                    Rows::Whole | Rows::Unspecified => false,
                }
            });
        }
        records.retain(|record| self.is_own(record) || about(record).is_none_or(|kind| self.reads(kind)));
        Ok(records)
    }

    /// It sent it, or it speaks of it.
    pub fn is_own(&self, record: &Record) -> bool {
        record.connection == self.0.connection
            || (record.connection.is_empty() && key::split(&record.key).first().is_some_and(|of| *of == self.0.connection))
    }
}

/// The part of the business of each record, its own word first and then that of the record that it belongs to.
pub(crate) fn parts(kinds: &Kinds, get: Get<'_>, records: &[Record]) -> Result<Vec<Part>> {
    let open = records.iter().map(|record| kinds.part(record)).collect();
    let found = resolve(kinds, get, open)?;
    Ok(found.into_iter().map(|(part, _)| part).collect())
}

/// Completes each part with what the first says that is there of the records with these keys; whether there was one.
pub(crate) fn resolve(kinds: &Kinds, get: Get<'_>, open: Vec<(Part, Vec<Key>)>) -> Result<Vec<(Part, bool)>> {
    let mut found: Vec<(Part, Vec<Key>, bool)> = open.into_iter().map(|(part, keys)| (part, keys, false)).collect();
    for _ in 0..ROUNDS {
        let mut keys: Vec<Key> = found.iter().flat_map(|(_, keys, _)| keys.iter().cloned()).collect();
        // One that is nowhere: there is as much to read where nothing was found.
        keys.push(Key::new(0, ""));
        keys.sort_unstable();
        keys.dedup();
        let held: HashMap<Key, Record> = get(&keys)?.into_iter().map(|record| (record.id(), record)).collect();
        for (part, keys, is_found) in &mut found {
            let Some(of) = keys.iter().find_map(|key| held.get(key)) else {
                *is_found &= keys.is_empty();
                keys.clear();
                continue;
            };
            let (more, next) = kinds.part(of);
            part.fill(more);
            (*keys, *is_found) = (next, true);
        }
    }
    Ok(found.into_iter().map(|(part, _, is_found)| (part, is_found)).collect())
}

/// The companies of the locations that are named.
fn companies(get: Get<'_>, parts: &[Part]) -> Result<HashMap<String, String>> {
    let number = schema().kind_named(LOCATION).map_or(0, |info| info.number);
    let places: BTreeSet<&str> = parts.iter().flat_map(Part::places).collect();
    let mut keys: Vec<Key> = places.into_iter().map(|place| Key::new(number, key::join([place]))).collect();
    keys.push(Key::new(number, ""));
    let company = |record: Record| {
        let location = Location::decode(record.body).ok()?;
        Some((key::split(&record.key).concat(), location.company))
    };
    Ok(get(&keys)?.into_iter().filter_map(company).collect())
}

/// The key of the location that says of which company something is.
pub(crate) fn location_of(part: &Part) -> Option<Key> {
    Some(Key::new(schema().kind_named(LOCATION)?.number, key::join([part.places().next()?])))
}

/// The kind that a record speaks of, where it tells of records of another kind.
fn about(record: &Record) -> Option<&'static KindInfo> {
    let name = match record.kind {
        parking::PARKED => record.key.split(':').next().map(str::to_owned),
        parking::BACKLOG => Some(record.key.clone()),
        WATERMARK => key::split(&record.key).into_iter().nth(1),
        SET => Set::decode(record.body.clone()).ok().map(|set| set.kind),
        _ => None,
    };
    schema().kind_named(&name?)
}

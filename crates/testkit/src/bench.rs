//! A service without its server: its kinds on a store, under a policy, and what a server would do with them.

use crate::{Engine, Hand, Place};
use crossdock_core::{Cursor, Key, Micros};
use crossdock_proto::{
    Record, governance,
    types::{Envelope, Operation, Outcome, Version},
};
use crossdock_records::{Incoming, Kind, Kinds, Origin, Peer, Policy, PolicyCell, Runner, Taken, Task, follow, message, take};
use crossdock_store::{Scan, Store, Sum, SumScan};
use prost::Message;
use std::{future::Future, sync::Arc};

/// Due work of a service by its name.
pub type Tasks = &'static [(&'static str, Task)];

/// What a connection sends.
pub fn incoming(connection: &str, records: &[Record]) -> Vec<Incoming> {
    let origin = Arc::new(Origin { connection: connection.into(), ..Origin::default() });
    records.iter().map(|record| Incoming { origin: Arc::clone(&origin), record: record.clone(), redriven: None }).collect()
}

/// Names the world of a service's tests: a [`Bench`] that can do more.
#[macro_export]
macro_rules! world {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        pub struct $name($crate::Bench);

        impl std::ops::Deref for $name {
            type Target = $crate::Bench;

            fn deref(&self) -> &$crate::Bench {
                &self.0
            }
        }

        impl std::ops::DerefMut for $name {
            fn deref_mut(&mut self) -> &mut $crate::Bench {
                &mut self.0
            }
        }
    };
}

/// A service at work on one store.
pub struct Bench {
    /// Its store.
    pub store: Store,
    /// Its kinds.
    pub kinds: Arc<Kinds>,
    /// The policy that it goes by.
    pub policy: Arc<Policy>,
    /// Its clock.
    pub clock: Arc<Hand>,
    tasks: Tasks,
    place: Place,
}

impl Bench {
    /// With an empty store.
    ///
    /// # Panics
    /// If the store cannot be opened.
    pub async fn new(engine: Engine, now: Micros, kinds: Kinds, tasks: Tasks, policy: governance::Policy) -> Self {
        let (place, clock) = (Place::new(engine), Hand::at(now));
        let store = open(&place, &clock).await;
        Self { store, kinds: Arc::new(kinds), policy: Arc::new(Policy::new(policy)), clock, tasks, place }
    }

    /// As after a restart of the process.
    pub async fn restart(&mut self) {
        self.store = open(&self.place, &self.clock).await;
    }

    /// Another policy from now on.
    pub fn govern(&mut self, policy: governance::Policy) {
        self.policy = Arc::new(Policy::new(policy));
    }

    /// Takes in what a connection sends.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn take(&self, connection: &str, records: &[Record]) -> Vec<Taken> {
        let incoming = incoming(connection, records);
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        self.store.write("test", move |tx| take(tx, &kinds, &policy, &incoming)).await.unwrap()
    }

    /// Takes a record of a peer's feed, and does what follows from it.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn follow(&self, peer: Peer, record: Record, cursor: Cursor) {
        let kinds = Arc::clone(&self.kinds);
        self.store.write("follow", move |tx| follow(tx, &kinds, peer, std::slice::from_ref(&record), cursor)).await.unwrap();
        self.settle().await;
    }

    /// Works until nothing is due; when something is next.
    ///
    /// # Panics
    /// If due work fails.
    pub async fn settle(&self) -> Option<Micros> {
        let policy = PolicyCell::new(Arc::clone(&self.policy));
        Runner::new(self.store.clone(), Arc::clone(&self.kinds), policy, self.tasks).drain().await.unwrap()
    }

    /// What a record says that is there.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn get<K: Kind>(&self, key: &str) -> Option<K::Message> {
        let key = Key::new(K::NUMBER, key);
        let found = self.store.read("test", move |read| read.get(&[key])).await.unwrap();
        found.iter().filter(|record| !record.deleted).find_map(message::<K>)
    }

    /// The records of a kind as they are stored, tombstones included.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn records(&self, kind: u16) -> Vec<crossdock_store::Record> {
        self.store.read("test", move |read| read.scan(Scan::Prefix { kind, prefix: "", after: "" }, 10_000)).await.unwrap()
    }

    /// The sums of a kind that are not zero.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn sums(&self, kind: u16) -> Vec<Sum> {
        let scan = SumScan { kind, prefix: "", after: ("", i64::MIN), buckets: (i64::MIN, i64::MAX) };
        let sums = self.store.read("test", move |read| read.sums(scan, 10_000)).await.unwrap();
        sums.into_iter().filter(|sum| sum.amount != 0).collect()
    }
}

async fn open(place: &Place, clock: &Arc<Hand>) -> Store {
    Store::open(place.location().clone(), Arc::<Hand>::clone(clock)).await.unwrap()
}

/// Runs a test that waits.
///
/// # Panics
/// If there is no runtime.
pub fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// A record of a document in this version.
pub fn record<K: Kind>(document: &str, line: &str, primary: i64, message: &K::Message) -> Record {
    let version = Some(Version { primary, observed: 0 });
    let envelope = Envelope { document: document.into(), line: line.into(), version, ..Envelope::default() };
    Record { envelope: Some(envelope), kind: K::NUMBER.into(), body: message.encode_to_vec().into() }
}

/// The same, gone.
pub fn deleted(mut record: Record, primary: i64) -> Record {
    let envelope = record.envelope.get_or_insert_default();
    envelope.set_operation(Operation::Delete);
    envelope.version.get_or_insert_default().primary = primary;
    record
}

/// Outcome, and the reasons of what was wrong, waited for or found.
pub fn told(taken: &Taken) -> (Outcome, Vec<&str>) {
    let violations = taken.violations.iter().map(|violation| violation.reason);
    let cause = taken.cause.iter().map(|cause| cause.reason.as_str());
    let findings = taken.findings.iter().map(|finding| finding.reason.as_str());
    (taken.outcome, violations.chain(cause).chain(findings).collect())
}

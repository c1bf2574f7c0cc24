//! A store with the kinds of this service, and what the tests ask it.

pub use crossdock_testkit::told;

use crate::{kinds, samples};
use crossdock_core::{Key, Micros, Result};
use crossdock_proto::{
    Record,
    governance::{self, IdSpace},
    types::{Operation, Role},
};
use crossdock_records::{Incoming, Kind, Kinds, Origin, Policy, Taken, take};
use crossdock_store::Store;
use crossdock_testkit::{Engine, Hand, Place};
use prost::Message;
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// 2026-06-15T12:00:00Z.
const NOW: Micros = 1_781_524_800_000_000;

/// Master data on a temporary SQLite file.
pub struct World {
    pub store: Store,
    kinds: Arc<Kinds>,
    policy: Arc<Policy>,
    version: AtomicI64,
    _place: Place,
}

impl World {
    pub fn run<T, F: Future<Output = T>>(test: impl FnOnce(Arc<Self>) -> F) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { test(Arc::new(Self::new().await)).await })
    }

    async fn new() -> Self {
        let place = Place::new(Engine::Sqlite);
        let store = Store::open(place.location().clone(), Hand::at(NOW)).await.unwrap();
        let connection = |name: &str, space: IdSpace| governance::Connection {
            name: name.into(),
            id_space: space.into(),
            roles: vec![Role::Erp.into()],
            default_unit: "EA".into(),
            ..governance::Connection::default()
        };
        let connections = vec![connection("erp", IdSpace::Canonical), connection("shop", IdSpace::Own)];
        let policy = Policy::new(governance::Policy { connections, ..governance::Policy::default() });
        Self { store, kinds: Arc::new(kinds().unwrap()), policy: Arc::new(policy), version: AtomicI64::new(0), _place: place }
    }

    /// Takes these in, each in the next version.
    pub async fn send_all<K: Kind>(&self, messages: &[K::Message]) -> Vec<Taken> {
        self.send("erp", messages.iter().map(samples::record::<K>).collect()).await
    }

    pub async fn send_one<K: Kind>(&self, message: &K::Message) -> Taken {
        self.send_all::<K>(std::slice::from_ref(message)).await.remove(0)
    }

    pub async fn delete<K: Kind>(&self, message: &K::Message) -> Taken {
        let mut record = samples::record::<K>(message);
        record.envelope.get_or_insert_default().set_operation(Operation::Delete);
        self.send("erp", vec![record]).await.remove(0)
    }

    pub async fn send(&self, connection: &str, records: Vec<Record>) -> Vec<Taken> {
        let origin = Arc::new(Origin { connection: connection.into(), ..Origin::default() });
        self.take(records.into_iter().map(|record| self.versioned(record, &origin)).collect()).await
    }

    /// Takes these in from the ERP, in the versions that they have.
    pub async fn arrive(&self, records: Vec<Record>) -> Vec<Taken> {
        let origin = Arc::new(Origin { connection: "erp".into(), ..Origin::default() });
        let incoming = |record| Incoming { origin: Arc::clone(&origin), record, redriven: None };
        self.take(records.into_iter().map(incoming).collect()).await
    }

    async fn take(&self, incoming: Vec<Incoming>) -> Vec<Taken> {
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        self.store.write("test", move |tx| take(tx, &kinds, &policy, &incoming)).await.unwrap()
    }

    fn versioned(&self, mut record: Record, origin: &Arc<Origin>) -> Incoming {
        let primary = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        record.envelope.get_or_insert_default().version.get_or_insert_default().primary = primary;
        Incoming { origin: Arc::clone(origin), record, redriven: None }
    }

    /// Runs the redrives that are due.
    pub async fn redrive(&self) {
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        let again = move |tx: &mut crossdock_store::Tx<'_>| -> Result<bool> {
            let due: Vec<_> = tx.due(1_000)?.into_iter().filter(|due| due.task == "redrive").collect();
            for due in &due {
                crossdock_records::redrive(tx, &kinds, &policy, &due.key)?;
                tx.done(&due.task, &due.key);
            }
            Ok(!due.is_empty())
        };
        while self.store.write("redrive", again.clone()).await.unwrap() {}
    }

    /// The record as it is stored, tombstones included.
    pub async fn stored<K: Kind>(&self, key: &str) -> Option<crossdock_store::Record> {
        let key = Key::new(K::NUMBER, key);
        self.store.read("test", move |read| read.get(&[key])).await.unwrap().into_iter().next()
    }

    /// The message of a record that is there.
    pub async fn get<K: Kind>(&self, key: &str) -> Option<K::Message> {
        let record = self.stored::<K>(key).await.filter(|record| !record.deleted)?;
        Some(K::Message::decode(record.body).unwrap())
    }
}

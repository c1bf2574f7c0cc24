use crate::{Channel, Contracts, Feeds, PEER, RecordClient};
use crossdock_core::{Key, Result};
use crossdock_proto::governance;
use crossdock_records::{Kinds, Lane, POLICY, Policy, PolicyCell};
use crossdock_store::Store;
use prost::Message;
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

/// A running service: what its methods work with.
#[derive(Clone)]
pub struct Handle {
    /// Such as `demand-signal`.
    pub name: &'static str,
    /// Its store.
    pub store: Store,
    /// Its kinds.
    pub kinds: Arc<Kinds>,
    /// The policy as this service knows it.
    pub policy: PolicyCell,
    /// The way in for batches.
    pub lane: Lane,
    /// Versions of the contracts that callers use.
    pub contracts: Arc<Contracts>,
    /// How far it is behind the feeds that it follows.
    pub feeds: Arc<Feeds>,
    peers: Arc<OnceLock<HashMap<String, Channel>>>,
}

impl Handle {
    /// Starts the lane of a service and reads the policy that it knows.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(name: &'static str, store: Store, kinds: Arc<Kinds>) -> Result<Self> {
        let policy = PolicyCell::new(Arc::new(Policy::default()));
        let lane = Lane::start(store.clone(), Arc::clone(&kinds), &policy);
        let handle = Self { name, store, kinds, policy, lane, contracts: Arc::default(), feeds: Arc::default(), peers: Arc::default() };
        handle.reload_policy().await?;
        Ok(handle)
    }

    /// Says where the other services are; once, when all of them are started.
    pub fn connect(&self, peers: HashMap<String, Channel>) {
        // A second time is a mistake of the runtime, and the first one holds.
        self.peers.set(peers).ok();
    }

    /// The records of another service, for what is read rarely and not worth a replica. None: nobody said where it is.
    pub fn peer(&self, name: &str, package: &str) -> Option<RecordClient> {
        Some(RecordClient::new(self.peers.get()?.get(name)?.clone(), package, PEER))
    }

    /// Reads the policy from the store again.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn reload_policy(&self) -> Result<()> {
        let held = self.store.read("policy", |read| read.get(&[Key::new(POLICY, "active")])).await?;
        let document = held.first().and_then(|record| governance::Policy::decode(record.body.clone()).ok());
        if let Some(document) = document {
            self.policy.send_replace(Arc::new(Policy::new(document)));
        }
        Ok(())
    }
}

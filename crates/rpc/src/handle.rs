use crate::{Bounds, Channel, Contracts, Feeds, PEER, RecordClient, calls_at_once::CallsAtOnce, tokens::Tokens};
use crossdock_core::{Key, Result};
use crossdock_identity::{Seal, Trust};
use crossdock_proto::governance;
use crossdock_records::{Kinds, Lane, POLICY, Policy, PolicyCell, SEAL_KEY};
use crossdock_store::{Read, Store};
use prost::Message;
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};
use tokio::sync::watch;

/// Where a service keeps the secret by which the suite seals, once it has heard of it.
pub type SealCell = watch::Sender<Option<Arc<Seal>>>;

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
    /// The tokens of connections, as this service knows them.
    pub(crate) tokens: watch::Sender<Arc<Tokens>>,
    /// What cursors and page tokens of those are sealed with who are limited to a part of the business.
    pub seal: SealCell,
    /// Whom it believes, beside what the policy says.
    pub(crate) trust: Arc<Trust>,
    /// What its callers are doing.
    pub(crate) calls: CallsAtOnce,
    /// The way in for batches.
    pub lane: Lane,
    /// Versions of the contracts that callers use.
    pub contracts: Arc<Contracts>,
    /// How far it is behind the feeds that it follows.
    pub feeds: Arc<Feeds>,
    /// The limits of calls, with what is used of them; one for the process.
    pub bounds: Arc<Bounds>,
    peers: Arc<OnceLock<HashMap<String, Channel>>>,
}

impl Handle {
    /// Starts the lane of a service and reads the policy that it knows.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(name: &'static str, store: Store, kinds: Arc<Kinds>, bounds: &Arc<Bounds>) -> Result<Self> {
        let policy = PolicyCell::new(Arc::new(Policy::default()));
        let lane = Lane::start(store.clone(), Arc::clone(&kinds), &policy);
        let handle = Self {
            name,
            store,
            kinds,
            policy,
            tokens: watch::Sender::default(),
            seal: SealCell::default(),
            trust: Arc::default(),
            calls: CallsAtOnce::default(),
            lane,
            contracts: Arc::default(),
            feeds: Arc::default(),
            bounds: Arc::clone(bounds),
            peers: Arc::default(),
        };
        handle.reload().await?;
        Ok(handle)
    }

    /// The same, believing others than nobody.
    #[must_use]
    pub fn trusting(self, trust: Arc<Trust>) -> Self {
        Self { trust, ..self }
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

    /// Reads again what governance says: the policy, the tokens of connections, the secret by which the suite seals.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn reload(&self) -> Result<()> {
        let read = |read: &mut Read<'_>| {
            let held = read.get(&[Key::new(POLICY, "active"), Key::new(SEAL_KEY, "active")])?;
            Ok((held, Tokens::read(read)?))
        };
        let (held, tokens) = self.store.read("governance", read).await?;
        self.tokens.send_replace(Arc::new(tokens));
        for record in held {
            if record.kind == SEAL_KEY {
                self.seal.send_replace(governance::SealKey::decode(record.body).ok().and_then(|held| Seal::new(&held.key)).map(Arc::new));
            } else if let Ok(document) = governance::Policy::decode(record.body) {
                self.policy.send_replace(Arc::new(Policy::new(document)));
            }
        }
        Ok(())
    }
}

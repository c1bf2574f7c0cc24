//! Where the services are, and how badly the way there behaves.

use crate::{Failure, Result, chance::Chance};
use crossdock_rpc::{Channel, Connector, remote};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where the services are.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Of all that are not named below.
    pub all: String,
    /// By package, such as `crossdock.demand.v1`.
    pub packages: BTreeMap<String, String>,
}

/// How badly senders and lines behave, in percent of the calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nuisance {
    /// Sent twice.
    pub twice: u64,
    /// Sent in another order.
    pub disorder: u64,
    /// Cut off before the answer, then sent again.
    pub cuts: u64,
}

/// What happened on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Records by kind and outcome.
    pub outcomes: BTreeMap<(&'static str, &'static str), u64>,
    /// Calls.
    pub calls: u64,
    /// Calls that were made twice.
    pub twice: u64,
    /// Calls that were cut off and made again.
    pub cuts: u64,
    /// Calls that found no service, or lost it, and were made again.
    pub again: u64,
}

/// The way to the services.
pub struct Wire {
    all: Channel,
    packages: BTreeMap<String, Channel>,
    nuisance: Nuisance,
    chance: Chance,
    traffic: Mutex<Traffic>,
    numbers: AtomicU64,
}

impl Wire {
    /// Connects when it is first used.
    ///
    /// # Errors
    /// If an address is none.
    pub fn new(addresses: &Addresses, nuisance: Nuisance, chance: Chance) -> Result<Self> {
        let packages =
            addresses.packages.iter().map(|(package, address)| Ok((package.clone(), connect(address)?))).collect::<Result<_>>()?;
        Ok(Self { all: connect(&addresses.all)?, packages, nuisance, chance, traffic: Mutex::default(), numbers: AtomicU64::new(0) })
    }

    /// The way to the service of a package.
    pub fn channel(&self, package: &str) -> Channel {
        self.packages.get(package).unwrap_or(&self.all).clone()
    }

    /// A number that was not given before.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether this call is cut off.
    pub fn cuts(&self, call: u64) -> bool {
        self.chance.holds(self.nuisance.cuts, "cut", &call.to_string())
    }

    /// Whether this call is made twice.
    pub fn twice(&self, call: u64) -> bool {
        self.chance.holds(self.nuisance.twice, "twice", &call.to_string())
    }

    /// Puts what is about to be sent in another order, now and then.
    pub fn disorder<T>(&self, things: &mut [T], named: impl Fn(&T) -> String) {
        let number = self.number().to_string();
        if self.chance.holds(self.nuisance.disorder, "disorder", &number) {
            things.sort_by_key(|thing| self.chance.draw(&number, &named(thing)));
        }
    }

    /// What happened so far.
    pub fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(address: &str) -> Result<Channel> {
    remote(address, Connector::plain()).map_err(|error| Failure::File(error.message))
}

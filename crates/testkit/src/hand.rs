//! A clock that stands still until a test moves it.

use crossdock_core::{Clock, Micros};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A clock that is set by hand.
#[derive(Debug)]
pub struct Hand(AtomicI64);

impl Hand {
    /// One that shows this.
    pub fn at(now: Micros) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now)))
    }

    /// Sets it.
    pub fn set(&self, now: Micros) {
        self.0.store(now, Ordering::SeqCst);
    }

    /// Moves it.
    pub fn pass(&self, time: Micros) {
        self.0.fetch_add(time, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Micros {
        self.0.load(Ordering::SeqCst)
    }
}

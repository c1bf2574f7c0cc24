//! Memory for large messages that are being received or worked on: bounded for the process, and no connection gets all of it. Who needs more waits, and
//! is not read from meanwhile.

use futures::{FutureExt, future::BoxFuture};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Messages up to this size need no room: as many as there may be calls are not much.
const SMALL: usize = 64 * 1024;
/// The part of the room that one connection may take.
const SHARE: usize = 4;
/// What room is counted in.
const UNIT: usize = 1024;

/// The room of a process.
#[derive(Debug)]
pub(crate) struct Rooms {
    /// What one connection may take, in units.
    share: usize,
    all: Arc<Semaphore>,
    /// By connection: as many as the policy has had.
    by: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

/// Room for one message, until this is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Rooms {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        let share = (bytes / UNIT / SHARE).clamp(1, Semaphore::MAX_PERMITS / SHARE);
        Self { share, all: Arc::new(Semaphore::new(share * SHARE)), by: Mutex::default() }
    }

    /// Waits for room for a message of a connection; none is needed for a small one.
    pub fn wait(&self, connection: &str, bytes: usize) -> Option<BoxFuture<'static, Option<Room>>> {
        if bytes <= SMALL {
            return None;
        }
        let units = u32::try_from(bytes.div_ceil(UNIT).min(self.share)).unwrap_or(u32::MAX);
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::clone(by.entry(connection.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.share))));
        let all = Arc::clone(&self.all);
        // Its own share first: who waits for that holds nothing of the others'.
        let room = async move {
            let _own = own.acquire_many_owned(units).await.ok()?;
            Some(Room { _own, _of_all: all.acquire_many_owned(units).await.ok()? })
        };
        Some(room.boxed())
    }
}

/// The room of the messages of one call that are not answered; an extension of its request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Arc<Mutex<VecDeque<Option<Room>>>>);

impl Kept {
    /// Keeps the room of the next message.
    pub fn keep(&self, room: Option<Room>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(room);
    }

    /// The first message that was not answered is.
    pub fn answered(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_connection_gets_all_of_it_and_what_is_let_go_of_is_free_again() {
        let rooms = Rooms::new(100 * SMALL);
        let take = |connection: &str, sizes: usize| rooms.wait(connection, sizes * SMALL).map(|wait| wait.now_or_never().flatten());
        assert!(take("small", 1).is_none());
        let held = take("a", 25).unwrap();
        assert!(held.is_some() && take("a", 2).unwrap().is_none());
        let others = ["b", "c", "d"].map(|name| take(name, 25).unwrap());
        assert!(others.iter().all(Option::is_some) && take("e", 2).unwrap().is_none());
        let kept = Kept::default();
        kept.keep(held);
        assert!(take("a", 2).unwrap().is_none());
        kept.answered();
        assert!(take("a", 1_000).unwrap().is_some(), "larger than its share: it gets that");
    }
}

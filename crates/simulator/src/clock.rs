//! Time that somebody steps: in this process, and over a file in others.

use crossdock_core::{Clock, Micros};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

/// How often a waiter looks whether time was stepped.
const LOOK: Duration = Duration::from_millis(10);

/// Names, for a server in another process, the file that holds the time.
pub const CLOCK_FILE: &str = "CROSSDOCK_CLOCK_FILE";

/// A clock that stands still until it is stepped.
#[derive(Debug)]
pub struct SteppedClock {
    now: AtomicI64,
    file: Option<PathBuf>,
}

impl SteppedClock {
    /// Stands at `at`.
    pub fn new(at: Micros) -> Self {
        Self { now: AtomicI64::new(at), file: None }
    }

    /// Stands at `at`, and tells other processes by this file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn telling(at: Micros, file: impl Into<PathBuf>) -> std::io::Result<Self> {
        let clock = Self { now: AtomicI64::new(at), file: Some(file.into()) };
        clock.step_to(at)?;
        Ok(clock)
    }

    /// Follows a file that another process writes.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn following(file: impl Into<PathBuf>) -> std::io::Result<Arc<Self>> {
        let file = file.into();
        let clock = Arc::new(Self::new(read(&file)?));
        let followed = Arc::downgrade(&clock);
        thread::Builder::new().name("clock".to_owned()).spawn(move || follow(&file, &followed))?;
        Ok(clock)
    }

    /// Steps on; never back.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn step_to(&self, at: Micros) -> std::io::Result<()> {
        let at = self.now.fetch_max(at, Ordering::SeqCst).max(at);
        let Some(file) = &self.file else { return Ok(()) };
        // Renamed into place, so that nobody reads half a number.
        let fresh = file.with_extension("new");
        std::fs::write(&fresh, at.to_string())?;
        std::fs::rename(&fresh, file)
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Micros {
        self.now.load(Ordering::SeqCst)
    }

    fn until(&self, at: Micros) -> Duration {
        if at <= self.now() { Duration::ZERO } else { LOOK }
    }
}

fn read(file: &Path) -> std::io::Result<Micros> {
    let text = std::fs::read_to_string(file)?;
    text.trim().parse().map_err(|_| std::io::Error::other(format!("{}: {text:?} is no time in microseconds since 1970", file.display())))
}

fn follow(file: &Path, clock: &Weak<SteppedClock>) {
    while let Some(clock) = clock.upgrade() {
        if let Ok(at) = read(file) {
            clock.now.fetch_max(at, Ordering::SeqCst);
        }
        drop(clock);
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "a file tells nobody that it was written")]
fn pause() {
    thread::sleep(LOOK / 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_sees_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        let told = SteppedClock::telling(5, &file).unwrap();
        let heard = SteppedClock::following(&file).unwrap();
        assert_eq!(heard.now(), 5);
        assert_eq!(heard.until(5), Duration::ZERO);
        assert_eq!(heard.until(6), LOOK);
        told.step_to(7).unwrap();
        told.step_to(6).unwrap();
        while heard.now() != 7 {
            thread::yield_now();
        }
        assert_eq!(told.now(), 7);
    }
}

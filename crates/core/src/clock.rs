use std::time::Duration;

/// An instant in microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// Microseconds of a day.
pub const DAY: Micros = 86_400 * 1_000_000;

/// Where time comes from; a parameter everywhere, so that tests decide it.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Micros;

    /// How long to wait, in real time, before looking whether it is `at`. A clock that others step says how often to look.
    fn until(&self, at: Micros) -> Duration {
        Duration::from_micros(at.saturating_sub(self.now()).max(0).unsigned_abs())
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Micros {
        jiff::Timestamp::now().as_microsecond()
    }
}

/// An instant as people read it: RFC 3339 in UTC.
pub fn instant(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

use crossdock_core::{Micro, Micros};
use std::time::Duration;

/// A number on its way to an instrument; the one place where an exact one becomes a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub(super) f64);

impl Number {
    /// Seconds, of a time in microseconds.
    pub fn seconds(time: Micros) -> Self {
        Self(wide(time) / 1e6)
    }

    /// Seconds, of a number of days.
    pub fn days(days: i64) -> Self {
        Self(wide(days) * 86_400.0)
    }

    /// A part of a whole; none of nothing.
    pub fn share(part: Micro, whole: Micro) -> Option<Self> {
        (whole != Micro::ZERO).then(|| Self(wide(part.0) / wide(whole.0)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "16 digits are enough for a chart")]
fn wide(value: i64) -> f64 {
    value as f64
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(wide(value))
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self(value.into())
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self(wide(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<Micro> for Number {
    fn from(value: Micro) -> Self {
        Self(wide(value.0) / 1e6)
    }
}

impl From<Duration> for Number {
    fn from(value: Duration) -> Self {
        Self(value.as_secs_f64())
    }
}

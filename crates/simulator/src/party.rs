//! What every party is told when it is its turn.

use crossdock_core::Micros;
use jiff::civil::Date;

/// When it is.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The simulated time.
    pub now: Micros,
    /// Its day in UTC.
    pub day: Date,
    /// Its hour.
    pub hour: i64,
}

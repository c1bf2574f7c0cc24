//! Civil dates.

use crossdock_core::Micros;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The date at an instant, where this zone is.
pub fn today(now: Micros, zone: &TimeZone) -> Date {
    Timestamp::from_microsecond(now).unwrap_or_default().to_zoned(zone.clone()).date()
}

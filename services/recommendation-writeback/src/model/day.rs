//! Civil dates.

use crossdock_core::Micros;
use crossdock_proto::types::Date;
use jiff::{Timestamp, civil, tz::TimeZone};

/// The date at an instant, where this zone is.
pub fn today(now: Micros, zone: &TimeZone) -> civil::Date {
    Timestamp::from_microsecond(now).unwrap_or_default().to_zoned(zone.clone()).date()
}

/// A date of the contract that was checked before.
pub fn civil(date: Date) -> Option<civil::Date> {
    civil::Date::new(date.year.try_into().ok()?, date.month.try_into().ok()?, date.day.try_into().ok()?).ok()
}

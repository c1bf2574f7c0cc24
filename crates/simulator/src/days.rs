//! Days and instants between jiff, the contracts and the clock.

use crossdock_core::Micros;
use crossdock_proto::types;
use jiff::{ToSpan, civil::Date};

const HOUR: Micros = 3_600_000_000;

/// An hour of a day in UTC.
pub fn at(day: Date, hour: i64) -> Micros {
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |midnight| midnight.timestamp().as_microsecond());
    midnight + hour * HOUR
}

/// As the contracts have it.
pub fn wire(day: Date) -> Option<types::Date> {
    Some(types::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() })
}

/// From the contracts.
pub fn read(day: Option<&types::Date>) -> Option<Date> {
    let day = day?;
    Date::new(i16::try_from(day.year).ok()?, i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?).ok()
}

/// So many days later.
pub fn after(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

/// An instant as the contracts have it.
pub fn stamp(at: Micros) -> Option<prost_types::Timestamp> {
    let nanos = i32::try_from(at.rem_euclid(1_000_000) * 1_000).unwrap_or(0);
    Some(prost_types::Timestamp { seconds: at.div_euclid(1_000_000), nanos })
}

//! Calendars: how days are put together.

use crossdock_records::day;
use jiff::{Span, civil::Date};

const EPOCH: Date = Date::constant(1970, 1, 1);
/// Weeks after which the months of a 4-4-5 year end, the last but for the end of the year.
const MONTHS: [i64; 11] = [4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47];

/// How days are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucketing {
    /// Each alone.
    Day,
    /// Seven days.
    Week(WeekStart),
    /// A calendar month.
    Month,
    /// A month of 4, 4 or 5 weeks.
    FourFourFive(FiscalYear),
}

/// With which day weeks begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeekStart {
    /// As in ISO 8601.
    Monday,
    /// As in the United States.
    Sunday,
}

/// A year of whole weeks that begins on the week start nearest to a day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiscalYear {
    month: i8,
    day: i8,
    weeks: WeekStart,
}

impl FiscalYear {
    /// Month 1 to 12, day 1 to 28, so that it is in every year.
    pub fn new(month: i8, day: i8, weeks: WeekStart) -> Option<Self> {
        ((1..=12).contains(&month) && (1..=28).contains(&day)).then_some(Self { month, day, weeks })
    }

    fn begins(self, year: i16) -> i64 {
        // Made of parts that are in every year.
        let nominal = Date::new(year, self.month, self.day).map_or(0, day);
        match self.weeks.since(nominal) {
            past @ 0..=3 => nominal - past,
            past => nominal + 7 - past,
        }
    }

    fn month(self, of: i64) -> (i64, i64) {
        let year = date(of).year();
        let next = [year, year + 1, year + 2].into_iter().map(|year| self.begins(year)).find(|begins| *begins > of);
        let last = [year + 1, year, year - 1].into_iter().map(|year| self.begins(year)).find(|begins| *begins <= of);
        let (begins, ends) = (last.unwrap_or(of), next.unwrap_or(of + 1));
        let week = (of - begins) / 7;
        let first = MONTHS.iter().rev().find(|end| **end <= week).copied().unwrap_or(0);
        let end = MONTHS.iter().find(|end| **end > week).map_or(ends, |end| begins + end * 7);
        (begins + first * 7, end)
    }
}

impl WeekStart {
    /// Days since the week began.
    fn since(self, of: i64) -> i64 {
        // 1970-01-01 was a Thursday.
        match self {
            Self::Monday => (of + 3).rem_euclid(7),
            Self::Sunday => (of + 4).rem_euclid(7),
        }
    }
}

impl Bucketing {
    /// First day of the bucket that a day is in, and the day after its last; in days since 1970-01-01.
    pub fn span(self, of: i64) -> (i64, i64) {
        match self {
            Self::Day => (of, of + 1),
            Self::Week(start) => {
                let first = of - start.since(of);
                (first, first + 7)
            }
            Self::Month => {
                let first = date(of).first_of_month();
                (day(first), day(first) + i64::from(first.days_in_month()))
            }
            Self::FourFourFive(year) => year.month(of),
        }
    }
}

/// The date of a day since 1970-01-01.
pub fn date(of: i64) -> Date {
    let days = i32::try_from(of.clamp(-700_000, 2_000_000)).unwrap_or_default();
    EPOCH.saturating_add(Span::new().days(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(bucketing: Bucketing, text: &str) -> (String, String) {
        let (first, end) = bucketing.span(day(text.parse().unwrap()));
        (date(first).to_string(), date(end).to_string())
    }

    fn fiscal(month: i8, day: i8, weeks: WeekStart) -> Bucketing {
        Bucketing::FourFourFive(FiscalYear::new(month, day, weeks).unwrap())
    }

    #[test]
    fn known_days() {
        let iso = Bucketing::Week(WeekStart::Monday);
        let sunday = Bucketing::Week(WeekStart::Sunday);
        let retail = fiscal(2, 1, WeekStart::Sunday);
        let january = fiscal(1, 1, WeekStart::Monday);
        for (bucketing, of, first, end) in [
            (iso, "2011-01-01", "2010-12-27", "2011-01-03"),
            (sunday, "2011-01-01", "2010-12-26", "2011-01-02"),
            (Bucketing::Month, "2012-02-29", "2012-02-01", "2012-03-01"),
            (Bucketing::Day, "1969-12-31", "1969-12-31", "1970-01-01"),
            (retail, "2023-01-29", "2023-01-29", "2023-02-26"),
            (retail, "2023-04-29", "2023-03-26", "2023-04-30"),
            (january, "2020-12-31", "2020-11-23", "2021-01-04"),
        ] {
            assert_eq!(span(bucketing, of), (first.to_owned(), end.to_owned()), "{bucketing:?} {of}");
        }
    }

    fn any_bucketing() -> impl Strategy<Value = Bucketing> {
        let weeks = prop_oneof![Just(WeekStart::Monday), Just(WeekStart::Sunday)];
        prop_oneof![
            Just(Bucketing::Day),
            Just(Bucketing::Month),
            weeks.clone().prop_map(Bucketing::Week),
            (1..=12_i8, 1..=28_i8, weeks).prop_map(|(month, day, weeks)| fiscal(month, day, weeks)),
        ]
    }

    proptest! {
        /// Buckets follow each other without a gap, and every day is in the one that it names.
        #[test]
        fn buckets_tile_time(bucketing in any_bucketing(), of in -25_567..84_370_i64) {
            let (first, end) = bucketing.span(of);
            prop_assert!(first <= of && of < end);
            for inside in first..end {
                prop_assert_eq!(bucketing.span(inside), (first, end));
            }
            prop_assert_eq!(bucketing.span(end).0, end);
            prop_assert_eq!(bucketing.span(first - 1).1, first);
        }

        /// A fiscal year has 52 or 53 weeks: only its last month is ever longer.
        #[test]
        fn months_have_four_or_five_weeks(month in 1..=12_i8, start in 1..=28_i8, of in -25_567..84_370_i64) {
            let (first, end) = fiscal(month, start, WeekStart::Sunday).span(of);
            prop_assert!([28, 35, 42].contains(&(end - first)));
        }
    }
}

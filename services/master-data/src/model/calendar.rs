//! Calendars: which days are worked.

use super::number;
use crossdock_records::{Rules, day};
use jiff::civil::{Date, Weekday};
use std::collections::BTreeMap;

/// Which days are worked. By default Monday to Friday, for places that name no calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingDays {
    /// Worked weekdays, from Monday on.
    pub week: [bool; 7],
    /// Days that are not as their weekday says.
    pub exceptions: BTreeMap<Date, bool>,
    /// Last day it speaks for.
    pub until: Option<Date>,
}

impl Default for WorkingDays {
    fn default() -> Self {
        Self { week: [true, true, true, true, true, false, false], exceptions: BTreeMap::new(), until: None }
    }
}

impl WorkingDays {
    /// Whether it is worked on this day.
    pub fn is_working(&self, day: Date) -> bool {
        self.exceptions.get(&day).copied().unwrap_or_else(|| self.is_worked(day.weekday()))
    }

    /// The day `days` working days after this one; none past the year 9999, or if no day is ever worked.
    pub fn after(&self, day: Date, days: u16) -> Option<Date> {
        let (mut at, mut left, mut idle) = (day, days, 0);
        while left > 0 {
            at = at.tomorrow().ok()?;
            if self.is_working(at) {
                (left, idle) = (left - 1, 0);
            } else {
                idle += 1;
            }
            if idle > 366 {
                return None;
            }
        }
        Some(at)
    }

    /// The last day from which `days` working days are over by this day: the way back of [`Self::after`].
    pub fn before(&self, day: Date, days: u16) -> Option<Date> {
        let (mut at, mut left, mut idle) = (day, days, 0);
        while left > 0 {
            (left, idle) = if self.is_working(at) { (left - 1, 0) } else { (left, idle + 1) };
            at = at.yesterday().ok()?;
            if idle > 366 {
                return None;
            }
        }
        Some(at)
    }

    fn is_worked(&self, weekday: Weekday) -> bool {
        let index = usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default();
        self.week.get(index).copied().unwrap_or_default()
    }
}

impl Rules for WorkingDays {
    const USERS: &'static [(u16, &'static str)] =
        &[(number::LOCATION, "calendar_id"), (number::SUPPLIER, "calendar_id"), (number::SOURCING_RULE, "calendar_id")];

    fn is_ended(&self, today: i64) -> bool {
        self.until.is_some_and(|until| day(until) < today)
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("calendar/{key}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn counts_working_days_over_weekends_and_holidays() {
        let mut days = WorkingDays::default();
        days.exceptions.extend([(date(2026, 12, 25), false), (date(2026, 12, 27), true)]);
        assert_eq!(days.after(date(2026, 12, 24), 1), Some(date(2026, 12, 27)));
        assert_eq!(days.after(date(2026, 12, 24), 2), Some(date(2026, 12, 28)));
        assert_eq!(days.after(date(2026, 12, 26), 0), Some(date(2026, 12, 26)));
        let never = WorkingDays { week: [false; 7], ..WorkingDays::default() };
        assert_eq!(never.after(date(2026, 1, 1), 1), None);
    }

    proptest! {
        #[test]
        fn exactly_so_many_days_are_worked_between(start in 0..3_000_i32, days in 0..200_u16, off in prop::collection::btree_set(0..3_000_i32, 0..40)) {
            let day = |offset: i32| date(2020, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
            let exceptions = off.into_iter().map(|offset| (day(offset), false)).collect();
            let calendar = WorkingDays { exceptions, ..WorkingDays::default() };
            let end = calendar.after(day(start), days).unwrap();
            let worked = day(start + 1).series(jiff::Span::new().days(1)).take_while(|at| *at <= end).filter(|at| calendar.is_working(*at));
            prop_assert_eq!(worked.count(), usize::from(days));
            let back = calendar.before(end, days).unwrap();
            prop_assert!(back >= day(start) && calendar.after(back, days).unwrap() <= end);
            prop_assert!(calendar.after(back.tomorrow().unwrap(), days).unwrap() > end || days == 0);
        }
    }
}

//! When certificates end.

use crate::{names::validity, pem::Pem};
use crossdock_core::Micros;
use std::{path::PathBuf, time::Duration};

/// A certificate ends soon when less than this part of its time is left, …
const PART: u32 = 5;
/// … and less than this: an authority of ten years is no matter of two of them.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// When the first certificate of a file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What the file is for: `certificate`, `client_authorities` or `authorities`.
    pub of: &'static str,
    /// Since 1970.
    pub at: Duration,
    file: PathBuf,
    lasts: Duration,
}

impl Ending {
    pub(crate) fn first(of: &'static str, pem: &Pem) -> Option<Self> {
        let validities = pem.certificates().ok()?.iter().filter_map(validity).collect::<Vec<_>>();
        let (from, at) = validities.into_iter().min_by_key(|(_, at)| *at)?;
        Some(Self { of, at, file: pem.path().to_owned(), lasts: at.saturating_sub(from) })
    }

    pub(crate) fn is_over(&self, now: Micros) -> bool {
        self.left(now).is_zero()
    }

    /// Says so, if it is soon.
    pub(crate) fn warn(&self, now: Micros) {
        let (file, left_hours) = (self.file.display(), self.left(now).as_secs() / 3600);
        if self.is_over(now) {
            tracing::error!(%file, of = self.of, "a certificate has ended: put a new one into the file");
        } else if self.is_soon(now) {
            tracing::warn!(%file, of = self.of, left_hours, "a certificate ends soon: put a new one into the file");
        }
    }

    fn is_soon(&self, now: Micros) -> bool {
        self.left(now) < SOON.min(self.lasts / PART)
    }

    fn left(&self, now: Micros) -> Duration {
        self.at.saturating_sub(Duration::from_micros(now.max(0).unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;

    fn soon(lasts: u64, left: u64) -> bool {
        let (lasts, at) = (Duration::from_secs(lasts), Duration::from_secs(10_000 * DAY));
        let now = Micros::try_from((at - Duration::from_secs(left)).as_micros()).unwrap();
        Ending { of: "certificate", at, file: PathBuf::new(), lasts }.is_soon(now)
    }

    #[test]
    fn soon_is_a_fifth_of_its_time_but_never_more_than_two_weeks() {
        assert!(!soon(90 * DAY, 14 * DAY) && soon(90 * DAY, 14 * DAY - 1));
        assert!(!soon(10 * DAY, 2 * DAY) && soon(10 * DAY, 2 * DAY - 1));
        assert!(!soon(3_650 * DAY, 15 * DAY) && soon(3_650 * DAY, 13 * DAY));
        assert!(soon(DAY, 0));
    }
}

//! How long connectors may try: leases, attempts, pauses.

use crossdock_core::Micros;
use crossdock_proto::governance::{PostingLimits, WritebackRules};
use sha2::{Digest, Sha256};

const SECOND: Micros = 1_000_000;

/// The limits of a policy, with what counts where it says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A lease is good for this long.
    pub lease: Micros,
    /// Attempts before a draft order is DEAD.
    pub attempts: i32,
    first_pause: Micros,
    longest_pause: Micros,
}

impl Limits {
    /// Of these rules.
    pub fn of(rules: Option<&WritebackRules>) -> Self {
        let none = PostingLimits::default();
        let limits = rules.and_then(|rules| rules.posting.as_ref()).unwrap_or(&none);
        let micros = |seconds: i64, nanos: i32| seconds.saturating_mul(SECOND).saturating_add((nanos / 1_000).into());
        Self {
            lease: limits.lease.map_or(60 * SECOND, |time| micros(time.seconds, time.nanos)),
            attempts: if limits.max_attempts == 0 { 8 } else { i32::try_from(limits.max_attempts).unwrap_or(i32::MAX) },
            first_pause: limits.first_pause.map_or(10 * SECOND, |time| micros(time.seconds, time.nanos)),
            longest_pause: limits.longest_pause.map_or(3_600 * SECOND, |time| micros(time.seconds, time.nanos)),
        }
    }

    /// The pause after this many attempts: it doubles, and differs by draft within its upper half, so that drafts that failed together do not come back
    /// together.
    pub fn pause(&self, key: &str, attempts: i32) -> Micros {
        let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(40);
        let whole = self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause);
        let half = whole / 2;
        half + (i128::from(whole - half) * i128::from(spread(key, attempts)) / i128::from(u16::MAX)).try_into().unwrap_or(0)
    }
}

/// The same number for the same attempt, and no pattern between drafts.
fn spread(key: &str, attempts: i32) -> u16 {
    let digest = Sha256::digest(format!("{key}/{attempts}"));
    u16::from_be_bytes([digest[0], digest[1]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pauses_double_up_to_the_longest(key in "[0-9A-Z]{20}", attempts in 1..40) {
            let limits = Limits::of(None);
            let whole = (10 * SECOND * 2_i64.pow(u32::try_from(attempts - 1).unwrap().min(20))).min(3_600 * SECOND);
            let pause = limits.pause(&key, attempts);
            prop_assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole}");
            prop_assert_eq!(pause, limits.pause(&key, attempts));
        }
    }
}

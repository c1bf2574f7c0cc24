//! Chance as a function of what it is about: the same seed decides the same, in whatever order things happen.

/// Decides by a seed, a topic and what it is about.
#[derive(Clone, Copy, Debug)]
pub struct Chance(u64);

impl Chance {
    /// By this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Holds in this many of 100 cases.
    pub fn holds(self, percent: u64, topic: &str, about: &str) -> bool {
        self.draw(topic, about) % 100 < percent
    }

    /// A number from `low` to `high`, both included.
    pub fn between(self, low: i64, high: i64, topic: &str, about: &str) -> i64 {
        let span = high.saturating_sub(low).saturating_add(1).max(1).unsigned_abs();
        low.saturating_add_unsigned(self.draw(topic, about) % span)
    }

    /// One of `options`, which must not be empty.
    pub fn pick<'a, T>(self, options: &'a [T], topic: &str, about: &str) -> &'a T {
        let count = u64::try_from(options.len()).unwrap_or(1).max(1);
        &options[usize::try_from(self.draw(topic, about) % count).unwrap_or(0)]
    }

    /// 64 bits.
    pub fn draw(self, topic: &str, about: &str) -> u64 {
        let bytes = self.0.to_le_bytes().into_iter().chain(topic.bytes()).chain([0]).chain(about.bytes());
        // FNV-1a, then the finisher of SplitMix64: FNV alone leaves neighbours alike.
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_repeatable_and_fair() {
        let chance = Chance::new(7);
        let held = (0..10_000).filter(|n| chance.holds(30, "late", &n.to_string())).count();
        assert!((2_800..3_200).contains(&held), "{held}");
        assert_eq!(chance.draw("a", "b"), Chance::new(7).draw("a", "b"));
        assert!((0..1_000).all(|n| (3..=5).contains(&chance.between(3, 5, "days", &n.to_string()))));
    }
}

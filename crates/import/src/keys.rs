//! Memory of keys: ordinals within groups, and what was seen before.
//!
//! A key is kept as 128 bits of a keyed hash, whatever its length: about 50 bytes per key, and with ten million keys the chance that any two share
//! one is below one in 10²⁴.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::{BuildHasher, Hash},
};

/// A key, shortened.
pub(crate) type Fingerprint = (u64, u64);

/// Shortens keys, each run differently.
#[derive(Default)]
pub(crate) struct Fingerprints(RandomState, RandomState);

impl Fingerprints {
    pub(crate) fn of(&self, key: &(impl Hash + ?Sized)) -> Fingerprint {
        (self.0.hash_one(key), self.1.hash_one(key))
    }
}

/// Numbers the members of groups: 1, 2, 3 … within each, however the groups are mixed.
#[derive(Default)]
pub(crate) struct Ordinals(HashMap<Fingerprint, u64>);

impl Ordinals {
    pub(crate) fn next(&mut self, group: Fingerprint) -> u64 {
        let count = self.0.entry(group).or_insert(0);
        *count += 1;
        *count
    }
}

/// Keys seen before.
pub(crate) type Seen = HashSet<Fingerprint>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ordinals_count_within_their_group(groups in proptest::collection::vec("[ab]{0,2}", 0..200)) {
            let (fingerprints, mut ordinals) = (Fingerprints::default(), Ordinals::default());
            for (index, group) in groups.iter().enumerate() {
                let expected = groups[..=index].iter().filter(|other| *other == group).count() as u64;
                prop_assert_eq!(ordinals.next(fingerprints.of(group.as_str())), expected);
            }
        }
    }

    #[test]
    fn keys_of_several_parts_do_not_run_together() {
        let fingerprints = Fingerprints::default();
        assert_ne!(fingerprints.of(&vec!["ab", "c"]), fingerprints.of(&vec!["a", "bc"]));
    }
}

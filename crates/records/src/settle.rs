//! The whole of record identity: what a new version of a record means for the one that is held. Pure.

use crossdock_core::Version;

/// What is held under the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its version.
    pub version: Version,
    /// Its business content is that of the new one, being there or gone included.
    pub same: bool,
}

/// What becomes of the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is the current version now.
    Replace,
    /// Known already; the version advances and nobody is told.
    Touch,
    /// Known already.
    Duplicate,
    /// The version says nothing changed, the content says it did: refused.
    Reused,
    /// A later version is held.
    Superseded {
        /// It was observed later than what is held: the source went backwards.
        regressed: bool,
    },
}

/// Settles a new version against what is held. The order in which versions arrive does not matter.
pub fn settle(held: Option<Held>, new: Version) -> Settled {
    let Some(held) = held else { return Settled::Replace };
    match (new.cmp(&held.version), held.same) {
        (std::cmp::Ordering::Greater, false) => Settled::Replace,
        (std::cmp::Ordering::Greater, true) => Settled::Touch,
        (std::cmp::Ordering::Equal, true) => Settled::Duplicate,
        (std::cmp::Ordering::Equal, false) => Settled::Reused,
        (std::cmp::Ordering::Less, _) => Settled::Superseded { regressed: new.observed > held.version.observed },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A history: content is a function of the version, as it is in any source that does not reuse versions.
    fn arrive(versions: &[(i64, i64)]) -> Option<(Version, i64)> {
        let content = |version: Version| version.primary * 7 % 3 + version.observed % 2;
        versions.iter().fold(None, |held: Option<(Version, i64)>, (primary, observed)| {
            let new = Version { primary: *primary, observed: *observed };
            let against = held.map(|(version, held)| Held { version, same: held == content(new) });
            match settle(against, new) {
                Settled::Replace | Settled::Touch => Some((new, content(new))),
                Settled::Duplicate | Settled::Superseded { .. } => held,
                Settled::Reused => panic!("no version was reused"),
            }
        })
    }

    proptest! {
        #[test]
        fn arrival_order_and_repetition_do_not_matter(
            versions in prop::collection::vec((0..4_i64, 0..4_i64), 1..8).prop_flat_map(|versions| {
                let twice: Vec<_> = versions.iter().chain(&versions).copied().collect();
                (Just(versions), Just(twice).prop_shuffle())
            })
        ) {
            let (sent, shuffled) = versions;
            let newest = sent.iter().max().copied();
            prop_assert_eq!(arrive(&shuffled), arrive(&sent));
            prop_assert_eq!(arrive(&sent).map(|(version, _)| (version.primary, version.observed)), newest);
        }

        #[test]
        fn the_same_again_changes_nothing(primary in 0..3_i64, observed in 0..3_i64) {
            let version = Version { primary, observed };
            prop_assert_eq!(settle(Some(Held { version, same: true }), version), Settled::Duplicate);
            prop_assert_eq!(settle(Some(Held { version, same: false }), version), Settled::Reused);
        }
    }

    #[test]
    fn a_source_that_went_backwards_is_noticed() {
        let held = Held { version: Version { primary: 5, observed: 10 }, same: false };
        assert_eq!(settle(Some(held), Version { primary: 4, observed: 11 }), Settled::Superseded { regressed: true });
        assert_eq!(settle(Some(held), Version { primary: 4, observed: 9 }), Settled::Superseded { regressed: false });
    }
}

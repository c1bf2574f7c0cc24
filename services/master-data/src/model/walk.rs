//! Walks along records that name the next one: parents, successors.

use crossdock_core::{Key, Violation};
use crossdock_records::{Known, Verdict};

/// Whether a record may name `first`: not if the walk on from there comes back to it.
///
/// `next` says what a known record names. The walk ends where a record is not there.
pub fn ends<'k>(
    field: &'static str,
    start: &Key,
    first: Option<&'k str>,
    known: &'k Known,
    next: impl Fn(&'k str) -> Option<&'k str>,
) -> Verdict {
    let mut path = vec![start.key.as_str()];
    let mut at = first;
    while let Some(key) = at {
        if key == start.key {
            return Verdict::Refuse(cycle(field, &path));
        }
        if path.contains(&key) {
            break;
        }
        if !known.is_known(start.kind, key) {
            return Verdict::Look(vec![Key::new(start.kind, key)]);
        }
        path.push(key);
        at = next(key);
    }
    Verdict::Use
}

fn cycle(field: &'static str, path: &[&str]) -> Violation {
    let start = path.first().copied().unwrap_or_default();
    let message = format!("comes back to where it began: {} -> {start}; one of these has to name another, or none", path.join(" -> "));
    Violation::new(field, "CYCLE", path.get(1).unwrap_or(&start), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{samples, testing::World};
    use crossdock_proto::{masterdata as contract, types::Outcome};
    use proptest::prelude::*;

    #[test]
    fn a_cycle_names_its_whole_path() {
        let violation = cycle("parent_id", &["A", "B", "C"]);
        assert_eq!((violation.reason, violation.value.as_str()), ("CYCLE", "B"));
        assert!(violation.message.contains("A -> B -> C -> A"), "{}", violation.message);
    }

    fn location(index: usize, parent: Option<usize>) -> contract::Location {
        let parent_id = parent.map(|parent| format!("L{parent}")).unwrap_or_default();
        contract::Location { location_id: format!("L{index}"), parent_id, calendar_id: String::new(), ..samples::location() }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Whatever the ERP moves, the tree stays a tree, and exactly the moves that would close a ring are refused.
        #[test]
        fn no_history_closes_a_ring(moves in prop::collection::vec((0..6_usize, prop::option::of(0..6_usize)), 1..40)) {
            let mut parents = [None; 6];
            let mut sent: Vec<_> = (0..6).map(|index| location(index, None)).collect();
            let mut wanted = vec![Outcome::Accepted; 6];
            for (index, parent) in moves {
                let rings = std::iter::successors(parent, |at| parents[*at]).any(|at| at == index);
                wanted.push(if rings { Outcome::Rejected } else if parents[index] == parent { Outcome::Duplicate } else { Outcome::Accepted });
                if !rings {
                    parents[index] = parent;
                }
                sent.push(location(index, parent));
            }
            let taken = World::run(async move |world| world.send_all::<crate::Location>(&sent).await);
            prop_assert_eq!(taken.iter().map(|taken| taken.outcome).collect::<Vec<_>>(), wanted);
        }
    }
}

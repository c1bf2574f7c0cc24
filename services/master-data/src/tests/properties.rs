//! Histories: whatever comes, in whatever order, the rules hold.

use crate::{Conversion, Item, ItemUnits, Location, model::units::between, samples, testing::World};
use crossdock_proto::{masterdata as contract, types::Outcome};
use crossdock_records::{Kind, Parse};
use proptest::prelude::*;

const UNITS: [&str; 4] = ["XPX", "XCS", "XBX", "XPK"];

/// A size of a unit in base units from a month on; the first holds always.
fn dated(unit: usize, month: i32, size: i64) -> contract::Conversion {
    let valid_from = (month > 0).then(|| samples::day(2026, month, 1));
    contract::Conversion { unit: UNITS[unit].into(), valid_from, numerator: size, ..samples::conversion() }
}

/// What arrives in this order, each twice, and then what is held.
fn arrive(conversions: Vec<contract::Conversion>) -> (Vec<Outcome>, Option<contract::ItemUnits>) {
    World::run(async move |world| {
        world.send_one::<Item>(&samples::item()).await;
        let taken = world.send_all::<Conversion>(&conversions).await;
        world.send_all::<Conversion>(&conversions).await;
        (taken.iter().map(|taken| taken.outcome).collect(), world.get::<ItemUnits>("85123A").await)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn arrival_order_and_repetition_do_not_matter(
        (sent, shuffled) in prop::collection::btree_map((0..UNITS.len(), 0..6), 1..50_i64, 1..12).prop_flat_map(|sizes| {
            let sent: Vec<_> = sizes.into_iter().map(|((unit, month), size)| dated(unit, month, size)).collect();
            (Just(sent.clone()), Just(sent).prop_shuffle())
        })
    ) {
        let (outcomes, units) = arrive(sent);
        prop_assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Accepted));
        prop_assert_eq!(arrive(shuffled).1, units);
    }

    /// Whatever is sent: what was accepted has a factor on every day it counts, whichever came first.
    #[test]
    fn what_is_accepted_never_disagrees(
        sent in prop::collection::vec((0..UNITS.len(), 0..UNITS.len(), 0..4, 1..4_i64), 1..16)
    ) {
        let any = sent.into_iter().filter(|(unit, to, ..)| unit != to);
        let conversions = any.map(|(unit, to, month, size)| contract::Conversion { to_unit: UNITS[to].into(), ..dated(unit, month, size) });
        let (outcomes, units) = arrive(conversions.collect());
        prop_assert!(outcomes.first().is_none_or(|first| *first == Outcome::Accepted));
        let units = units.and_then(|units| ItemUnits::parse(&units, &mut Parse::stored())).unwrap_or_default();
        let edges: Vec<_> = units.entries.iter().map(|entry| entry.edge(&units.base)).collect();
        for edge in &edges {
            for day in edges.iter().map(|edge| edge.from).filter(|from| *from >= edge.from) {
                prop_assert!(between(&edges, edge.unit, edge.to, day).is_some(), "{edge:?} on {day} of {edges:?}");
            }
        }
    }
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
        let taken = World::run(async move |world| world.send_all::<Location>(&sent).await);
        prop_assert_eq!(taken.iter().map(|taken| taken.outcome).collect::<Vec<_>>(), wanted);
    }
}

//! Random histories of every registered kind: whatever the order of arrival and however often, the newest version is what is held.

use crate::{samples, testing::World};
use crossdock_core::Key;
use crossdock_proto::{
    Record,
    types::{Operation, Outcome, Version},
};
use proptest::prelude::*;

/// The sample in this version, there or gone.
fn version(sample: &Record, primary: i64, gone: bool) -> Record {
    let mut record = sample.clone();
    let envelope = record.envelope.get_or_insert_default();
    envelope.version = Some(Version { primary, observed: 0 });
    envelope.set_operation(if gone { Operation::Delete } else { Operation::Upsert });
    record
}

/// What is held of each kind after this history arrived in this order: whether it is gone, and its version.
fn arrive(gone: Vec<bool>, order: Vec<usize>) -> Vec<(u32, bool, i64)> {
    World::run(async move |world| {
        let samples = samples::all();
        let mut keys = Vec::new();
        for sample in &samples {
            let taken = world.arrive(vec![version(sample, 1, false)]).await.remove(0);
            assert_eq!(taken.outcome, Outcome::Accepted, "kind {}", sample.kind);
            keys.push(Key::new(u16::try_from(sample.kind).unwrap(), taken.key));
        }
        let mut held = Vec::new();
        for (sample, key) in samples.iter().zip(keys) {
            for index in &order {
                let sent = version(sample, i64::try_from(index + 2).unwrap(), gone[*index]);
                let taken = world.arrive(vec![sent]).await.remove(0);
                assert_ne!(taken.outcome, Outcome::Rejected, "kind {}: {:?}", sample.kind, taken.violations);
            }
            // What the other kinds need is there again for them.
            let stored = world.store.read("test", move |read| read.get(&[key])).await.unwrap().remove(0);
            held.push((sample.kind, stored.deleted, stored.version.primary));
            world.arrive(vec![version(sample, 100, false)]).await;
        }
        held
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_newest_version_of_every_kind_is_held(
        (gone, order) in prop::collection::vec(any::<bool>(), 2..6).prop_flat_map(|gone| {
            let twice: Vec<usize> = (0..gone.len()).chain(0..gone.len()).collect();
            (Just(gone), Just(twice).prop_shuffle())
        })
    ) {
        let newest = (*gone.last().unwrap(), i64::try_from(gone.len() + 1).unwrap());
        for (kind, deleted, primary) in arrive(gone, order) {
            prop_assert_eq!((deleted, primary), newest, "kind {}", kind);
        }
    }
}

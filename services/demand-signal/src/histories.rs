//! Random histories of the kinds that are sent in as documents: whatever the order of arrival and however often, through a restart, the newest version
//! is what is held, and what is derived follows from it.

use crate::{
    model::{
        customer_return::CustomerReturn, demand_line::DemandLine, fulfilment::Fulfilment, lost_sale::LostSale, movement::Movement, number,
    },
    testing::{World, day, deleted, line, quantity, record, shipment},
};
use crossdock_proto::{Record, demand as contract, types::Outcome};
use proptest::prelude::*;

const ITEM: &str = "SKU1";
const PLACE: &str = "EAST";

/// A record of each kind in this version; its quantity is the version's.
fn versions(primary: i64) -> Vec<(u16, Record)> {
    let amount = || quantity(&primary.to_string(), "EA");
    let ordered = contract::DemandLine { quantity: amount(), ..line() };
    let shipped = contract::Fulfilment { quantity: amount(), ..shipment() };
    let back = contract::CustomerReturn {
        item_id: ITEM.into(),
        location_id: PLACE.into(),
        quantity: amount(),
        return_date: day(2026, 4, 20),
        ..contract::CustomerReturn::default()
    };
    let lost = contract::LostSale {
        item_id: ITEM.into(),
        location_id: PLACE.into(),
        quantity: amount(),
        lost_date: day(2026, 3, 5),
        ..contract::LostSale::default()
    };
    let moved = contract::Movement {
        item_id: ITEM.into(),
        location_id: PLACE.into(),
        quantity: amount(),
        sequence: Some(7),
        movement_date: day(2026, 3, 3),
        ..contract::Movement::default()
    };
    vec![
        (number::DEMAND_LINE, record::<DemandLine>("9", "1", primary, &ordered)),
        (number::FULFILMENT, record::<Fulfilment>("F1", "", primary, &shipped)),
        (number::CUSTOMER_RETURN, record::<CustomerReturn>("R1", "", primary, &back)),
        (number::LOST_SALE, record::<LostSale>("L1", "", primary, &lost)),
        (number::MOVEMENT, record::<Movement>("M1", "", primary, &moved)),
    ]
}

async fn arrives(gone: &[bool], order: &[usize]) {
    let mut world = World::run_inside().await;
    for (step, index) in order.iter().enumerate() {
        let primary = i64::try_from(index + 1).unwrap();
        let sent: Vec<Record> =
            versions(primary).into_iter().map(|(_, record)| if gone[*index] { deleted(record, primary) } else { record }).collect();
        for taken in world.send(&sent).await {
            assert!(!matches!(taken.outcome, Outcome::Rejected | Outcome::Parked), "{taken:?}");
        }
        if step == order.len() / 2 {
            world.restart().await;
        }
    }
    for (kind, _) in versions(1) {
        let held = world.records(kind).await.remove(0);
        let newest = (i64::try_from(gone.len()).unwrap(), *gone.last().unwrap());
        assert_eq!((held.version.primary, held.deleted), newest, "kind {kind}");
    }
    world.check().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_newest_version_of_every_kind_is_held_and_derived_from(
        (gone, order) in prop::collection::vec(any::<bool>(), 1..6).prop_flat_map(|gone| {
            let twice: Vec<usize> = (0..gone.len()).chain(0..gone.len()).collect();
            (Just(gone), Just(twice).prop_shuffle())
        })
    ) {
        World::run(async |_| arrives(&gone, &order).await);
    }
}

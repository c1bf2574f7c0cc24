//! Histories as real systems send them: in every order, twice, with a restart in the middle.

use crate::{
    app::progress::progress,
    model::{customer_return::CustomerReturn, demand_line::DemandLine, fulfilment::Fulfilment},
    number,
    testing::{NOW, World, counted, day, line, movement, quantity, record, shipment, told},
};
use crossdock_proto::{Record, demand as contract, demand::StockStatus, types::Outcome};

/// Every order of `0..count`.
pub fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for next in 0..count {
        let insert = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, next);
                longer
            })
        };
        orders = orders.into_iter().flat_map(insert).collect();
    }
    orders
}

fn order_history() -> Vec<Record> {
    let cut = contract::DemandLine { quantity: quantity("90", "EA"), cancelled_by_customer: "10".into(), ..line() };
    let second =
        contract::Fulfilment { location_id: "WEST".into(), quantity: quantity("30", "EA"), ship_date: day(2026, 4, 2), ..shipment() };
    let back = contract::CustomerReturn {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        quantity: quantity("20", "EA"),
        return_date: day(2026, 4, 20),
        original_document: "9".into(),
        original_line: "1".into(),
        ..contract::CustomerReturn::default()
    };
    vec![
        record::<DemandLine>("9", "1", 1, &line()),
        record::<Fulfilment>("F1", "1", 1, &shipment()),
        record::<DemandLine>("9", "1", 2, &cut),
        record::<Fulfilment>("F2", "1", 1, &second),
        record::<CustomerReturn>("R1", "1", 1, &back),
    ]
}

#[test]
fn b_cut_shipped_from_two_places_and_returned() {
    let sent = order_history();
    for order in orders(sent.len()) {
        World::run(async |world| {
            let mut world = world.with_masters().await;
            let twice: Vec<Record> = order.iter().chain(&order).map(|index| sent[*index].clone()).collect();
            for (index, one) in twice.iter().enumerate() {
                if index == order.len() {
                    world.restart().await;
                }
                let outcome = world.send_one(one.clone()).await.outcome;
                assert_ne!(outcome, Outcome::Rejected, "{order:?}");
                assert!(index < order.len() || outcome != Outcome::Accepted, "{order:?}: the second time changes nothing");
            }
            let history = world.sums(number::HISTORY).await;
            let told: Vec<(&str, &str, &str)> =
                history.iter().map(|((key, day), amount)| (key.as_str(), day.as_str(), amount.as_str())).collect();
            let wanted = [
                ("EAST/SKU1/CANCELLED_BY_CUSTOMER/regular/stock", "2026-03-10", "10"),
                ("EAST/SKU1/ORDERED/regular/stock", "2026-03-03", "100"),
                ("EAST/SKU1/REQUESTED/regular/stock", "2026-03-10", "90"),
                ("EAST/SKU1/RETURNED/regular/stock", "2026-04-20", "20"),
                ("EAST/SKU1/SHIPPED/regular/stock", "2026-03-11", "60"),
                ("WEST/SKU1/SHIPPED/regular/stock", "2026-04-02", "30"),
            ];
            assert_eq!(told, wanted, "{order:?}");
            let reader = world.reader();
            let found = world.store.read("test", move |read| progress(read, &reader, vec!["erp/9/1".into()])).await.unwrap();
            let [(_, progress)] = found.as_slice() else { panic!("{order:?}: {found:?}") };
            let open = progress.open().map(|open| open.to_string());
            assert_eq!((open.as_deref(), progress.in_full()), (Some("0"), Some(false)), "{order:?}");
            world.check().await;
        });
    }
}

const FIRST: i64 = NOW - 2_000_000_000;
const SECOND: i64 = NOW - 1_000_000_000;

async fn step(world: &World, what: usize) {
    match what {
        0 => {
            let lines =
                [counted("S1", 5001, FIRST, StockStatus::Unrestricted, "100"), counted("S1", 5001, FIRST, StockStatus::Quality, "20")];
            world.snapshot("S1", 5001, FIRST, &lines).await;
        }
        5 => world.snapshot("S2", 5004, SECOND, &[counted("S2", 5004, SECOND, StockStatus::Unrestricted, "4")]).await,
        _ => {
            let (sequence, value) = [(5000, "-10"), (5002, "-30"), (5003, "-80"), (5004, "15")][what - 1];
            world.send_one(movement(sequence, value)).await;
        }
    }
}

#[test]
fn c_step_by_step() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let on_hand = async || world.positions().await["EAST/SKU1/unrestricted//"].clone();
        let is = |on_hand: &str, drift: &str, findings: &[&str]| {
            (on_hand.to_owned(), drift.to_owned(), findings.iter().map(|reason| (*reason).to_owned()).collect::<Vec<_>>())
        };
        let mut seen = Vec::new();
        for what in 0..6 {
            step(&world, what).await;
            seen.push(on_hand().await);
        }
        let wanted = [
            is("100", "", &[]),
            is("100", "", &[]),
            is("70", "", &[]),
            is("-10", "", &["NEGATIVE_ON_HAND"]),
            is("5", "", &[]),
            is("4", "-1", &["INVENTORY_DRIFT"]),
        ];
        assert_eq!(seen, wanted);
        // The complete snapshot does not list what was in quality inspection.
        assert_eq!(world.positions().await["EAST/SKU1/quality//"].0, "0");
        world.check().await;
    });
}

#[test]
fn c_in_every_order() {
    let seed = crossdock_testkit::Seed::new();
    let orders = orders(6);
    let sampled = (0..40_u64).map(|index| {
        let at = (seed.value().wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 8) % 720;
        &orders[usize::try_from(at).unwrap()]
    });
    for order in sampled {
        World::run(async |world| {
            let mut world = world.with_masters().await;
            for (index, what) in order.iter().chain(order).enumerate() {
                if index == 3 {
                    world.restart().await;
                }
                step(&world, *what).await;
            }
            let positions = world.positions().await;
            let wanted = |on_hand: &str, drift: &str| (on_hand.to_owned(), drift.to_owned(), vec!["INVENTORY_DRIFT".to_owned()]);
            assert_eq!(positions["EAST/SKU1/unrestricted//"], wanted("4", "-1"), "{order:?}");
            assert_eq!(positions["EAST/SKU1/quality//"], wanted("0", "-20"), "{order:?}");
            world.check().await;
        });
    }
}

#[test]
fn what_a_complete_snapshot_does_not_list_is_zero_even_if_it_was_never_counted() {
    World::run(async |world| {
        let world = world.with_masters().await;
        world.snapshot("S1", 5001, FIRST, &[]).await;
        world.send_one(movement(5000, "7")).await;
        assert_eq!(world.positions().await["EAST/SKU1/unrestricted//"].0, "0");
        world.send_one(movement(5002, "3")).await;
        assert_eq!(world.positions().await["EAST/SKU1/unrestricted//"].0, "3");
        world.check().await;
    });
}

#[test]
fn a_snapshot_that_is_held_makes_nothing_zero() {
    World::run(async |world| {
        let mut world = world.with_masters().await;
        step(&world, 0).await;
        world.guard(5);
        step(&world, 5).await;
        let positions = world.positions().await;
        assert_eq!((positions["EAST/SKU1/unrestricted//"].0.as_str(), positions["EAST/SKU1/quality//"].0.as_str()), ("4", "20"));
        world.check().await;
    });
}

#[test]
fn i_the_factor_of_the_business_date_counts_and_stays() {
    World::run(async |world| {
        let mut world = world.with_masters().await;
        let cases = contract::DemandLine { quantity: quantity("5", "XCS"), ordered_date: day(2026, 2, 20), ..line() };
        let sent = record::<DemandLine>("9", "1", 1, &cases);
        let taken = world.send_one(sent.clone()).await;
        assert_eq!(told(&taken), (Outcome::Parked, vec!["NO_CONVERSION"]));
        assert_eq!(taken.cause.unwrap().key, "conversion/SKU1/XCS");
        world.restart().await;
        world.units("SKU1", &[("XCS", None, 12), ("XCS", day(2026, 3, 1), 10)]).await;
        let base = async |world: &World| {
            let held = world.get::<DemandLine>("erp/9/1").await.unwrap();
            (held.base_quantity, held.base_factor)
        };
        assert_eq!(base(&world).await, ("60".to_owned(), "12/1".to_owned()));
        world.units("SKU1", &[("XCS", None, 11)]).await;
        assert_eq!(world.send_one(sent).await.outcome, Outcome::Duplicate);
        assert_eq!(base(&world).await, ("60".to_owned(), "12/1".to_owned()));
        let history = world.sums(number::HISTORY).await;
        assert_eq!(history[&("EAST/SKU1/ORDERED/regular/stock".to_owned(), "2026-02-20".to_owned())], "60");
        world.check().await;
    });
}

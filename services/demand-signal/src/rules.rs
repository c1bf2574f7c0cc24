//! A row per rule: what is wrong, what becomes of it, and that its neighbours go in.

use crate::{
    app::history::{Question, Walk},
    model::{
        bucket::{Bucketing, WeekStart},
        customer_return::CustomerReturn,
        demand_line::DemandLine,
        forecast::Forecast,
        fulfilment::Fulfilment,
        inventory_snapshot::InventorySnapshot,
        lost_sale::LostSale,
        movement::Movement,
        promotion::Promotion,
        stocking_target::StockingTarget,
        target_acknowledgement::TargetAcknowledgement,
    },
    testing::{World, asked, day, deleted, line, quantity, record, shipment, told},
};
use crossdock_master_data::ItemUnits;
use crossdock_proto::{
    Record,
    demand::{self as contract, demand_service_server::DemandService},
    masterdata,
    types::Outcome,
};
use crossdock_records::testing::wrong_references;
use proptest::prelude::*;
use tokio_stream::StreamExt;

fn demand(change: impl FnOnce(&mut contract::DemandLine)) -> Record {
    let mut message = line();
    change(&mut message);
    record::<DemandLine>("X", "1", 1, &message)
}

fn target(change: impl FnOnce(&mut contract::StockingTarget)) -> Record {
    let mut message = contract::StockingTarget {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        safety_stock: "5".into(),
        valid_from: day(2026, 3, 1),
        ..contract::StockingTarget::default()
    };
    change(&mut message);
    record::<StockingTarget>("", "", 1, &message)
}

fn promotion(change: impl FnOnce(&mut contract::Promotion)) -> Record {
    let mut message =
        contract::Promotion { item_ids: vec!["SKU1".into()], from: day(2026, 3, 1), to: day(2026, 3, 8), ..contract::Promotion::default() };
    change(&mut message);
    record::<Promotion>("P1", "", 1, &message)
}

fn rows() -> Vec<(&'static str, Record, Outcome, &'static str)> {
    use Outcome::{Accepted as Found, Parked, Rejected};
    let back = contract::CustomerReturn {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        quantity: quantity("-1", "EA"),
        return_date: day(2026, 4, 1),
        ..contract::CustomerReturn::default()
    };
    let moved = contract::Movement {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        quantity: quantity("-1", "EA"),
        movement_date: day(2026, 4, 1),
        ..contract::Movement::default()
    };
    let acknowledged = contract::TargetAcknowledgement {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        valid_from: day(2026, 7, 1),
        outcome: contract::TargetOutcome::Applied.into(),
        ..contract::TargetAcknowledgement::default()
    };
    let forecast = contract::Forecast {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        start: day(2026, 3, 1),
        end: day(2026, 3, 8),
        quantity: quantity("1", "EA"),
        ..contract::Forecast::default()
    };
    vec![
        ("unknown item", demand(|line| line.item_id = "SKU9".into()), Parked, "UNKNOWN_ITEM"),
        ("unknown location", demand(|line| line.location_id = "NORTH".into()), Parked, "UNKNOWN_LOCATION"),
        ("unknown customer", demand(|line| line.customer_id = "C9".into()), Parked, "UNKNOWN_CUSTOMER"),
        ("no conversion", demand(|line| line.quantity = quantity("1", "XCT")), Parked, "NO_CONVERSION"),
        ("no quantity", demand(|line| line.quantity = None), Rejected, "MISSING"),
        ("negative", demand(|line| line.quantity = quantity("-1", "EA")), Rejected, "NEGATIVE"),
        ("not a number", demand(|line| line.quantity = quantity("NaN", "EA")), Rejected, "MALFORMED_NUMBER"),
        ("exponent", demand(|line| line.quantity = quantity("1e3", "EA")), Rejected, "MALFORMED_NUMBER"),
        ("over-precise", demand(|line| line.quantity = quantity("0.0000001", "EA")), Rejected, "TOO_PRECISE"),
        ("negative cancellation", demand(|line| line.cancelled_by_supply = "-1".into()), Rejected, "NEGATIVE"),
        ("impossible date", demand(|line| line.ordered_date = day(2026, 2, 30)), Rejected, "IMPOSSIBLE_DATE"),
        ("no date", demand(|line| line.ordered_date = None), Rejected, "MISSING"),
        ("unknown class", demand(|line| line.demand_class = 99), Rejected, "UNKNOWN_VALUE"),
        ("control character", demand(|line| line.item_id = "SKU\u{7}".into()), Rejected, "CONTROL_CHARACTER"),
        ("too long", demand(|line| line.item_id = "S".repeat(101)), Rejected, "TOO_LONG"),
        ("dates in odd order", demand(|line| line.requested_date = day(2026, 3, 1)), Found, "DATE_ORDER"),
        ("reserved too much", demand(|line| line.allocated_quantity = "101".into()), Found, "ALLOCATED_MORE_THAN_ORDERED"),
        ("negative return", record::<CustomerReturn>("R", "1", 1, &back), Rejected, "NEGATIVE"),
        ("movement without order", record::<Movement>("M", "1", 1, &moved), Rejected, "MISSING"),
        ("promotion that ends early", promotion(|held| held.to = day(2026, 2, 1)), Rejected, "DATE_ORDER"),
        ("promotion of nothing", promotion(|held| held.item_ids.clear()), Rejected, "MISSING"),
        ("target that ends early", target(|held| held.valid_to = day(2026, 2, 1)), Rejected, "DATE_ORDER"),
        ("targets in odd order", target(|held| held.reorder_point = "4".into()), Found, "TARGET_ORDER"),
        ("answer to no target", record::<TargetAcknowledgement>("", "", 1, &acknowledged), Parked, "UNKNOWN_STOCKING_TARGET"),
        ("forecast without a run", record::<Forecast>("F", "1", 1, &forecast), Rejected, "MISSING"),
    ]
}

#[test]
fn each_rule_says_its_reason_and_leaves_its_neighbours_alone() {
    for (what, wrong, outcome, reason) in rows() {
        World::run(async |world| {
            let world = world.with_masters().await;
            let before = record::<DemandLine>("A", "1", 1, &line());
            let after = record::<Fulfilment>("B", "1", 1, &shipment());
            let taken = world.send(&[before, wrong, after]).await;
            let [before, wrong, after] = taken.as_slice() else { panic!("{what}") };
            assert_eq!(told(wrong), (outcome, vec![reason]), "{what}: {wrong:?}");
            assert_eq!((before.outcome, after.outcome), (Outcome::Accepted, Outcome::Accepted), "{what}");
            world.check().await;
        });
    }
}

#[test]
fn an_inexact_conversion_is_rounded_half_even_and_says_what_is_left() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let third = masterdata::ItemUnit { unit: "XPX".into(), numerator: 1, denominator: 3, ..masterdata::ItemUnit::default() };
        let units = masterdata::ItemUnits { item_id: "SKU1".into(), base_unit: "EA".into(), units: vec![third] };
        world.master::<ItemUnits>("SKU1", &units).await;
        let taken = world.send_one(demand(|line| line.quantity = quantity("5", "XPX"))).await;
        assert_eq!(told(&taken), (Outcome::Accepted, vec!["INEXACT_CONVERSION"]));
        assert!(taken.findings[0].message.contains("1.666667 counts"), "{}", taken.findings[0].message);
        assert!(taken.findings[0].message.contains("-1/3 millionths"), "{}", taken.findings[0].message);
    });
}

fn question(locations: &[&str], items: &[&str]) -> Question {
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Question {
        locations: texts(locations),
        items: texts(items),
        measures: Vec::new(),
        days: (0, 60_000),
        bucketing: Bucketing::Week(WeekStart::Monday),
    }
}

/// Location, item and number of buckets of each series.
async fn walk(world: &World, question: Question, since: Option<String>) -> Vec<(String, String, usize)> {
    let read = move |read: &mut crossdock_store::Read<'_>| {
        let mut walk = match since {
            Some(since) => Walk::since(read, question, since.parse()?)?,
            None => Walk::all(read, question)?,
        };
        let mut found = Vec::new();
        while let Some(series) = walk.step(read)? {
            found.extend(series.into_iter().map(|series| (series.place.location, series.place.item, series.buckets.len())));
        }
        Ok(found)
    };
    world.store.read("test", read).await.unwrap()
}

#[test]
fn history_by_location_by_item_and_since_a_cursor() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let at = |document: &str, location: &str, item: &str, version| {
            let message = contract::DemandLine { location_id: location.into(), item_id: item.into(), ..line() };
            record::<DemandLine>(document, "1", version, &message)
        };
        world.send(&[at("1", "EAST", "SKU1", 1), at("2", "EAST", "SKU2", 1), at("3", "WEST", "SKU1", 1)]).await;
        let is = |location: &str, item: &str, buckets| (location.to_owned(), item.to_owned(), buckets);
        let all = [is("EAST", "SKU1", 2), is("EAST", "SKU2", 2), is("WEST", "SKU1", 2)];
        assert_eq!(walk(&world, question(&[], &[]), None).await, all);
        assert_eq!(walk(&world, question(&["EAST"], &[]), None).await, all[..2]);
        assert_eq!(walk(&world, question(&[], &["SKU1"]), None).await, [all[0].clone(), all[2].clone()]);
        assert_eq!(walk(&world, question(&["WEST"], &["SKU1"]), None).await, all[2..]);
        let cursor = world.store.read("test", |read: &mut crossdock_store::Read<'_>| read.head()).await.unwrap().to_string();
        assert_eq!(walk(&world, question(&[], &[]), Some(cursor.clone())).await, []);
        // It moves to another item: the one that it left is reported too, and empty.
        world.send(&[at("1", "EAST", "SKU2", 2)]).await;
        let moved = [is("EAST", "SKU1", 0), is("EAST", "SKU2", 2)];
        assert_eq!(walk(&world, question(&[], &[]), Some(cursor.clone())).await, moved);
        world.send(&[deleted(at("3", "WEST", "SKU1", 1), 2)]).await;
        assert_eq!(walk(&world, question(&["WEST"], &[]), Some(cursor)).await, [is("WEST", "SKU1", 0)]);
        world.check().await;
    });
}

#[test]
fn the_verb_begins_with_completeness() {
    World::run(async |world| {
        let world = world.with_masters().await;
        world.send(&[record::<DemandLine>("1", "1", 1, &line()), demand(|line| line.item_id = "SKU9".into())]).await;
        let verbs = world.verbs().await;
        let request = contract::ListHistoryRequest {
            measures: vec![contract::Measure::Requested.into()],
            bucket_size: contract::BucketSize::Month.into(),
            ..contract::ListHistoryRequest::default()
        };
        let parts: Vec<_> = verbs.list_history(asked(request)).await.unwrap().into_inner().collect().await;
        let parts: Vec<_> = parts.into_iter().map(Result::unwrap).collect();
        assert_eq!(parts[0].completeness.as_ref().unwrap().parked_records, 1);
        let buckets = &parts[1].series[0].buckets;
        assert_eq!((buckets.len(), buckets[0].quantity.as_str(), buckets[0].start), (1, "100", day(2026, 3, 1)));
        let odd = contract::ListHistoryRequest { from: day(2026, 2, 30), ..contract::ListHistoryRequest::default() };
        let refused = verbs.list_history(asked(odd)).await.err().unwrap();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        let stock = contract::ListInventoryRequest { page_size: -1, ..contract::ListInventoryRequest::default() };
        assert_eq!(verbs.list_inventory(asked(stock)).await.err().unwrap().code(), tonic::Code::InvalidArgument);
    });
}

fn value(run: &str, name: &str, location: &str, amount: &str) -> Record {
    let message = contract::Forecast {
        item_id: "SKU1".into(),
        location_id: location.into(),
        start: day(2026, 3, 9),
        end: day(2026, 3, 16),
        quantity: quantity(amount, "EA"),
        ..contract::Forecast::default()
    };
    let mut record = record::<Forecast>(name, "", 1, &message);
    record.envelope.get_or_insert_default().set_key = run.into();
    record
}

#[test]
fn the_newest_committed_run_of_a_scope_is_read() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let read = async || {
            let verbs = world.verbs().await;
            let answer = verbs.list_forecasts(asked(contract::ListForecastsRequest::default())).await.unwrap().into_inner();
            let told = |value: contract::ForecastValue| {
                let forecast = value.forecast.unwrap();
                (value.run, forecast.location_id, forecast.base_quantity)
            };
            let mut values: Vec<_> = answer.values.into_iter().map(told).collect();
            values.sort();
            values
        };
        let is = |run: &str, location: &str, amount: &str| (run.to_owned(), location.to_owned(), amount.to_owned());
        world.forecast("all", &[], &[value("all", "1", "EAST", "80"), value("all", "2", "WEST", "7")], true).await;
        assert_eq!(read().await, [is("erp/all", "EAST", "80"), is("erp/all", "WEST", "7")]);
        world.forecast("never", &[], &[value("never", "1", "EAST", "1")], false).await;
        assert_eq!(read().await, [is("erp/all", "EAST", "80"), is("erp/all", "WEST", "7")]);
        // The clock stands still here: of two runs of the same moment the later name counts.
        world.forecast("east", &["EAST"], &[value("east", "1", "EAST", "90")], true).await;
        assert_eq!(read().await, [is("erp/all", "WEST", "7"), is("erp/east", "EAST", "90")]);
    });
}

#[test]
fn accuracy_counts_closed_periods_of_which_everything_was_sent() {
    World::run(async |world| {
        let world = world.with_masters().await;
        world.forecast("all", &[], &[value("all", "1", "EAST", "80")], true).await;
        world.send(&[record::<DemandLine>("1", "1", 1, &line())]).await;
        let verbs = world.verbs().await;
        let run = contract::ListForecastAccuracyRequest { run: "erp/all".into() };
        let read = async || verbs.list_forecast_accuracy(asked(run.clone())).await.unwrap().into_inner();
        let before = read().await;
        assert_eq!((before.accuracies.len(), before.open_periods), (0, 1), "nobody said that everything was sent");
        world.watermark("demand_line").await;
        let after = read().await;
        let found: Vec<_> = after.accuracies.iter().map(|held| (held.abc_class.as_str(), held.wape.as_str(), held.bias.as_str())).collect();
        assert_eq!((found, after.open_periods), (vec![("A", "0.2", "-0.2")], 0));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// Whatever changes, moves and goes, in whatever order and however often: sums are those of the last versions.
    #[test]
    fn history_is_what_its_records_say(
        versions in prop::collection::vec((0..4_usize, any::<bool>(), any::<bool>(), 0..50_u32, 1..28_i32, 0..8_u8), 1..25).prop_shuffle(),
    ) {
        let mut sent = Vec::new();
        for (version, (document, east, first, amount, on, gone)) in (1..).zip(&versions) {
            let message = contract::DemandLine {
                location_id: if *east { "EAST" } else { "WEST" }.into(),
                item_id: if *first { "SKU1" } else { "SKU2" }.into(),
                quantity: quantity(&amount.to_string(), "EA"),
                cancelled_by_customer: (amount / 3).to_string(),
                ordered_date: day(2026, 3, *on),
                requested_date: None,
                ..line()
            };
            let one = record::<DemandLine>(&document.to_string(), "1", version, &message);
            sent.push(if *gone == 0 { deleted(one, version) } else { one });
        }
        World::run(async |world| {
            let world = world.with_masters().await;
            world.send(&sent).await;
            let once = world.sums(crate::number::HISTORY).await;
            let backwards: Vec<Record> = sent.iter().rev().cloned().collect();
            world.send(&backwards).await;
            assert_eq!(world.sums(crate::number::HISTORY).await, once);
            world.check().await;
            let other = World::run_inside().await;
            other.send(&backwards).await;
            assert_eq!(other.sums(crate::number::HISTORY).await, once);
        });
    }
}

#[test]
fn what_is_looked_up_is_what_the_contracts_mark() {
    let wrong = [
        wrong_references::<DemandLine>(),
        wrong_references::<Fulfilment>(),
        wrong_references::<CustomerReturn>(),
        wrong_references::<LostSale>(),
        wrong_references::<Promotion>(),
        wrong_references::<Movement>(),
        wrong_references::<InventorySnapshot>(),
        wrong_references::<Forecast>(),
        wrong_references::<StockingTarget>(),
        wrong_references::<TargetAcknowledgement>(),
    ];
    assert_eq!(wrong.concat(), Vec::<String>::new());
}

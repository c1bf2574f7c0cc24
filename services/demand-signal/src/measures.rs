//! What is measured of demand and stock.

use crate::{
    app::{accuracy::Scoring, gauges::gauges, survey},
    model::{demand_line::DemandLine, forecast::Forecast, fulfilment::Fulfilment, stocking_target::StockingTarget},
    scenarios::orders,
    testing::{NOW, World, counted, day, line, movement, quantity, record, shipment},
};
use crossdock_core::Micro;
use crossdock_proto::{Record, demand as contract, demand::StockStatus};
use crossdock_records::Policy;
use crossdock_store::Read;
use crossdock_telemetry::metrics::{
    DEMAND_CANCELLED, DEMAND_FINISHED, DRIFT, EXCESS, FORECAST_BIAS, FORECAST_WAPE, Measured, Number, STOCKOUTS, TURNS,
};

fn finished(how: [&str; 3]) -> Measured {
    Measured::new(&DEMAND_FINISHED, &how, 1)
}

/// So much of line 9/1 left on a day of March.
fn left(value: &str, on: i32) -> contract::Fulfilment {
    contract::Fulfilment { quantity: quantity(value, "EA"), ship_date: day(2026, 3, on), ..shipment() }
}

fn left_as(document: &str, message: &contract::Fulfilment) -> Record {
    record::<Fulfilment>(document, "1", 1, message)
}

/// What is measured of these records one by one, in each order of them, each sent twice.
fn in_every_order(sent: &[Record], expected: &[Measured]) {
    for order in orders(sent.len()) {
        World::run(async |world| {
            let world = world.with_masters().await;
            let mut found = Vec::new();
            for index in &order {
                found.extend(world.measured(&[sent[*index].clone(), sent[*index].clone()]).await);
            }
            assert_eq!(found, expected, "{order:?}");
            world.check().await;
        });
    }
}

#[test]
fn a_line_is_done_once_in_whatever_order_it_is_told() {
    let order = record::<DemandLine>("9", "1", 1, &line());
    let first = left_as("F1", &left("60", 9));
    in_every_order(&[order.clone(), first.clone(), left_as("F2", &left("40", 10))], &[finished(["true", "true", "false"])]);
    in_every_order(&[order.clone(), first.clone(), left_as("F2", &left("40", 11))], &[finished(["true", "false", "false"])]);
    in_every_order(&[order.clone(), first.clone()], &[]);
    let other = contract::Fulfilment { item_id: "SKU2".into(), stands_for: "40".into(), ..left("80", 10) };
    in_every_order(&[order, first, left_as("F2", &other)], &[finished(["true", "true", "true"])]);
}

#[test]
fn what_is_cancelled_may_be_the_end_of_a_line() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let cancelled = |cause| Measured::new(&DEMAND_CANCELLED, &[cause], 1);
        let told = async |order, version, value, customer: &str, supply: &str| {
            let (cancelled_by_customer, cancelled_by_supply) = (customer.into(), supply.into());
            let message = contract::DemandLine { quantity: quantity(value, "EA"), cancelled_by_customer, cancelled_by_supply, ..line() };
            world.measured(&[record::<DemandLine>(order, "1", version, &message)]).await
        };
        assert_eq!(told("9", 1, "90", "10", "").await, [cancelled("customer")]);
        assert_eq!(world.measured(&[left_as("F1", &left("60", 9))]).await, []);
        assert_eq!(told("9", 2, "60", "10", "30").await, [cancelled("supply"), finished(["false", "false", "false"])]);
        assert_eq!(told("9", 3, "60", "10", "30").await, []);
        assert_eq!(told("10", 1, "100", "", "").await, []);
        assert_eq!(told("10", 2, "0", "100", "").await, [cancelled("customer")]);
        assert_eq!(told("11", 1, "100", "", "").await, []);
        assert_eq!(told("11", 2, "0", "", "100").await, [cancelled("supply"), finished(["false", "false", "false"])]);
    });
}

#[test]
fn a_count_tells_how_far_the_books_were_off() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let count = |through, value| [counted("", through, NOW, StockStatus::Unrestricted, value)];
        assert_eq!(world.measured(&count(5, "10")).await, []);
        assert_eq!(world.measured(&[movement(6, "-3")]).await, []);
        let drift = Measured::new(&DRIFT, &[], "2".parse::<Micro>().unwrap());
        assert_eq!(world.measured(&count(7, "5")).await, [drift]);
        assert_eq!(world.measured(&count(8, "5")).await, []);
    });
}

#[test]
fn stock_is_held_against_its_targets_and_what_left() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let target = |item: &str, from, most: &str| {
            let message = contract::StockingTarget {
                item_id: item.into(),
                location_id: "EAST".into(),
                order_up_to: most.into(),
                valid_from: day(2026, from, 1),
                ..contract::StockingTarget::default()
            };
            record::<StockingTarget>("", "", 1, &message)
        };
        world.send(&[target("SKU1", 1, "50"), target("SKU1", 2, "9"), target("SKU1", 12, "90"), target("SKU2", 1, "")]).await;
        let look = |read: &mut Read<'_>| {
            let mut stock = survey::Stock::of(NOW.div_euclid(86_400_000_000));
            while stock.page(read)? {}
            Ok(stock.gauges())
        };
        let said = |stockouts, excess| [Measured::new(&STOCKOUTS, &[], stockouts), Measured::new(&EXCESS, &[], excess)];
        assert_eq!(world.store.read("test", look).await.unwrap(), said(2, 0));
        world.send(&[movement(1, "10")]).await;
        assert_eq!(world.store.read("test", look).await.unwrap(), said(1, 1));
        world.send(&[movement(2, "-1")]).await;
        assert_eq!(world.store.read("test", look).await.unwrap(), said(1, 0));
        world.send(&[left_as("F1", &contract::Fulfilment { ship_date: day(2026, 6, 14), ..shipment() })]).await;
        // 60 in 28 days are 782 in a year, and there are 9.
        let turns = Number::share(Micro(782), Micro(9)).unwrap();
        let said = world.store.read("test", |read| gauges(read, &Policy::default(), NOW)).await.unwrap();
        assert_eq!(said, [Measured::new(&TURNS, &[], turns)]);
    });
}

#[test]
fn the_forecast_is_judged_by_what_closed_last() {
    World::run(async |world| {
        let world = world.with_masters().await;
        let value = |document: &str, from, to, amount: &str| {
            let message = contract::Forecast {
                item_id: "SKU1".into(),
                location_id: "EAST".into(),
                measure: contract::Measure::Requested.into(),
                start: day(2026, 3, from),
                end: day(2026, 3, to),
                quantity: quantity(amount, "EA"),
                basis: contract::ForecastBasis::Gross.into(),
                ..contract::Forecast::default()
            };
            let mut value = record::<Forecast>(document, "1", 1, &message);
            value.envelope.get_or_insert_default().set_key = "F".into();
            value
        };
        world.send(&[record::<DemandLine>("9", "1", 1, &line())]).await;
        world.forecast("F", &["EAST"], &[value("1", 2, 9, "70"), value("2", 9, 16, "80")], true).await;
        let reader = world.reader();
        let score = move |read: &mut Read<'_>| {
            let mut scoring = Scoring::begin(read, "erp/F", Some(NOW / 86_400_000_000))?;
            while scoring.page(read, &reader)? {}
            Ok(survey::accuracy(&scoring))
        };
        let of = |instrument, part| Measured::new(instrument, &["A", "1"], Number::share(Micro(part), Micro(100)).unwrap());
        assert_eq!(world.store.read("test", score).await.unwrap(), [of(&FORECAST_WAPE, 20), of(&FORECAST_BIAS, -20)]);
    });
}

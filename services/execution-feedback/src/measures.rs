//! What is measured: each test in a process of its own, where nothing else is.

use crate::{
    model::confirmation::Confirmation,
    service,
    testing::{NOW, World, confirmed, day, deleted, disruption, of, ordered, received, record, shipped},
};
use crossdock_core::Clock;
use crossdock_master_data::{SourcingRule, samples};
use crossdock_proto::{
    Record,
    execution::{self as contract, ConfirmationState},
    masterdata,
    types::Version,
};
use crossdock_records::timestamp;
use crossdock_telemetry::metrics::{self, DISRUPTIONS_OPEN, FEEDBACK_DELAY, LEAD_TIME_ERROR, ORDER_LINES_FINISHED, ORDER_LINES_OPEN};

const HOUR: i64 = 3_600 * 1_000_000;

/// Lines that were finished: in full, on time, substituted, backordered.
fn finished(how: [&str; 4]) -> f64 {
    ORDER_LINES_FINISHED.shown(&how).unwrap_or_default()
}

/// What the gauges show now: lines that are overdue and others that are open, disruptions.
async fn shown(world: &World) -> [Option<f64>; 3] {
    let (gauges, policy, now) = (service().unwrap().gauges, world.policy.clone(), world.clock.now());
    let said = world.store.read("test", move |read| gauges(read, &policy, now)).await.unwrap();
    metrics::replace("test", &said);
    [ORDER_LINES_OPEN.shown(&["true"]), ORDER_LINES_OPEN.shown(&["false"]), DISRUPTIONS_OPEN.shown(&[])]
}

/// Sends it twice.
async fn send(world: &mut World, record: Record) {
    world.send_one("erp", record.clone()).await;
    world.restart().await;
    world.send_one("erp", record).await;
}

#[test]
fn lines_that_are_done() {
    crossdock_testkit::alone("measures::lines_that_are_done", || World::run(done));
}

async fn done(mut world: World) {
    let processing = Some(masterdata::LeadTime { days: 24, calendar_id: String::new() });
    let rule = masterdata::SourcingRule {
        supplier_id: "SUP003".into(),
        destination_location_id: String::new(),
        processing,
        transit: None,
        ..samples::sourcing_rule()
    };
    world.master::<SourcingRule>("SKU1/SUP003///", &masterdata::SourcingRule { item_id: "SKU1".into(), ..rule }).await;
    send(&mut world, ordered("17", "10", 1, |_| {})).await;
    send(&mut world, received("R1", 1, "100", |_| {})).await;
    assert_eq!((finished(["true", "true", "false", "false"]), LEAD_TIME_ERROR.sum(&[])), (0.0, None));
    send(&mut world, received("R2", 1, "20", |_| {})).await;
    // What comes beyond it, and that it is closed, finishes it no second time.
    send(&mut world, received("R3", 1, "20", |_| {})).await;
    send(&mut world, ordered("17", "10", 2, |order| order.closed = true)).await;
    // It came after 30 days.
    assert_eq!((finished(["true", "true", "false", "false"]), LEAD_TIME_ERROR.sum(&[])), (1.0, Some(518_400.0)));

    send(&mut world, ordered("18", "10", 1, |_| {})).await;
    let later = contract::ConfirmedPart { quantity: "120".into(), state: ConfirmationState::Backordered.into(), ..Default::default() };
    let said = contract::Confirmation { order: of("18", "10"), parts: vec![later], ..contract::Confirmation::default() };
    send(&mut world, record::<Confirmation>("OC", "", 1, &said)).await;
    send(&mut world, ordered("18", "10", 2, |order| order.closed = true)).await;
    assert_eq!(finished(["false", "false", "false", "true"]), 1.0);

    send(&mut world, ordered("19", "10", 1, |_| {})).await;
    let late = |receipt: &mut contract::Receipt| {
        (receipt.order, receipt.item_id, receipt.received_date) = (of("19", "10"), "SKU2".into(), day(2026, 12, 2));
    };
    send(&mut world, received("R4", 1, "120", late)).await;
    assert_eq!((finished(["true", "false", "true", "false"]), LEAD_TIME_ERROR.sum(&[])), (1.0, Some(1_123_200.0)));
    world.check().await;
}

#[test]
fn how_late_it_was_told() {
    crossdock_testkit::alone("measures::how_late_it_was_told", || World::run(told));
}

async fn told(mut world: World) {
    let delays = || ["confirmation", "shipment", "receipt"].map(|event| FEEDBACK_DELAY.sum(&[event]));
    let recorded = |mut record: Record, ago: i64| {
        record.envelope.get_or_insert_default().source_time = Some(timestamp(NOW - ago * HOUR));
        record
    };
    // It waits for its order, and was told before that.
    send(&mut world, recorded(confirmed("OC", 1, &[("120", 1)]), 3)).await;
    world.clock.pass(HOUR);
    send(&mut world, ordered("17", "10", 1, |_| {})).await;
    assert_eq!(delays(), [Some(10_800.0), None, None]);
    send(&mut world, recorded(confirmed("OC", 2, &[("100", 1)]), 1)).await;
    assert_eq!(delays()[0], Some(10_800.0), "no other day is named");
    // Without a time from the beginning of its day; what has not left has not happened.
    let ahead = |shipment: &mut contract::Shipment| shipment.shipped_date = None;
    send(&mut world, shipped("S1", "1", "50", ahead)).await;
    assert_eq!(delays()[1], None);
    let mut left = shipped("S1", "1", "50", |shipment| shipment.shipped_date = day(2026, 11, 22));
    left.envelope.get_or_insert_default().version = Some(Version { primary: 2, observed: 0 });
    send(&mut world, left).await;
    send(&mut world, received("R1", 1, "50", |receipt| receipt.received_date = day(2026, 11, 30))).await;
    assert_eq!(delays()[1..], [Some(133_200.0), Some(0.0)], "what is in the future is told at once");
}

#[test]
fn what_is_open() {
    crossdock_testkit::alone("measures::what_is_open", || World::run(open));
}

async fn open(mut world: World) {
    assert_eq!(shown(&world).await, [Some(0.0); 3]);
    send(&mut world, ordered("17", "10", 1, |_| {})).await;
    send(&mut world, ordered("18", "10", 1, |order| order.due_date = None)).await;
    send(&mut world, ordered("19", "10", 1, |order| order.due_date = day(2026, 11, 23))).await;
    send(&mut world, disruption("D1", |disruption| disruption.end = day(2026, 11, 23))).await;
    send(&mut world, disruption("D2", |_| {})).await;
    assert_eq!(shown(&world).await, [Some(0.0), Some(3.0), Some(2.0)]);
    world.clock.pass(12 * HOUR);
    assert_eq!(shown(&world).await, [Some(1.0), Some(2.0), Some(1.0)]);
    send(&mut world, received("R1", 1, "120", |_| {})).await;
    send(&mut world, deleted(disruption("D2", |_| {}), 2)).await;
    assert_eq!(shown(&world).await, [Some(1.0), Some(1.0), Some(0.0)]);
    world.check().await;
}

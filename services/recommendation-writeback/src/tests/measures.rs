//! What is measured: each test in a process of its own, where nothing else is.

use super::{
    samples::{HOUR, L1, L2, L3, said, seen, today},
    world::World,
};
use crate::service;
use crossdock_proto::writeback::{DraftOrderState, LineOutcome};
use crossdock_records::timestamp;
use crossdock_telemetry::metrics::{
    self, APPROVAL_DURATION, APPROVAL_VALUE, APPROVAL_WAITING, DRAFT_ORDERS, Instrument, PLANNING_MODE, PLANNING_RUN_AGE, POSTING_DURATION,
    POSTINGS, RECOMMENDATIONS, RETRIES,
};

/// Counted so far.
fn of(instrument: &'static Instrument, values: &[&str]) -> f64 {
    instrument.shown(values).unwrap_or_default()
}

/// Purchases that came into a state.
fn became(state: &str, edited: &str) -> f64 {
    of(&RECOMMENDATIONS, &[state, "purchase", edited])
}

/// What the gauges show now: lines and orders that wait, their values, and draft orders in these states.
async fn shown(world: &World, states: [&str; 2]) -> [Option<f64>; 6] {
    let (gauges, policy, now) = (service().unwrap().gauges, world.policy.clone(), world.now());
    let said = world.store.read("test", move |read| gauges(read, &policy, now)).await.unwrap();
    metrics::replace("test", &said);
    let [one, other] = states.map(|state| DRAFT_ORDERS.shown(&[state]));
    let waiting = ["line", "order"].map(|stage| (APPROVAL_WAITING.shown(&[stage]), APPROVAL_VALUE.shown(&[stage, "EUR"])));
    [waiting[0].0, waiting[0].1, waiting[1].0, waiting[1].1, one, other]
}

#[test]
fn each_change_once() {
    crossdock_testkit::alone("tests::measures::each_change_once", || World::by_persons(approved_and_posted));
}

async fn approved_and_posted(mut world: World) {
    let lines = world.lines("R1", &[today("24"), today("10"), today("12")]).await;
    assert_eq!([became("received", "false"), became("pending_approval", "false")], [3.0, 3.0]);
    world.edit("ann", L1, &lines[0].etag, "26").await.unwrap();
    world.clock.pass(HOUR);
    world.agree(L1).await;
    assert_eq!([became("approved", "true"), became("drafted", "true"), of(&APPROVAL_DURATION, &["purchase"])], [1.0; 3]);
    assert_eq!(world.status(L1).await.approve_time, Some(timestamp(world.now())));
    world.decline("bob", vec![seen(L3, &lines[2].etag)]).await;
    // Taken off its draft order it is approved still; edited it is not.
    let drafted = world.agree(L2).await;
    world.edit("ann", L2, &drafted.etag, "12").await.unwrap();
    assert_eq!(world.status(L2).await.approve_time, None);
    world.agree(L2).await;
    assert_eq!([became("approved", "false"), became("approved", "true"), of(&APPROVAL_DURATION, &["purchase"])], [1.0, 2.0, 3.0]);

    let draft = world.status(L1).await.draft;
    world.release(&draft).await.unwrap();
    let numbers: Vec<i32> = world.draft(&draft).await.lines.iter().map(|line| line.number).collect();
    for (token, outcome) in [(1, LineOutcome::Retry), (2, LineOutcome::Unknown)] {
        world.lease(1).await.unwrap();
        world.report(&draft, token, numbers.iter().map(|number| said(*number, outcome, &[])).collect()).await.unwrap();
        world.later(HOUR).await;
    }
    world.lease(1).await.unwrap();
    let posted = || vec![said(numbers[0], LineOutcome::Posted, &[("PO", "1", "26")]), said(numbers[1], LineOutcome::Rejected, &[])];
    for token in [3, 3, 1] {
        world.restart().await;
        let (after, _) = world.report(&draft, token, posted()).await.unwrap();
        assert_eq!(after.state(), DraftOrderState::PartiallyPosted);
    }
    assert_eq!([became("posted", "true"), became("rejected", "true"), of(&POSTING_DURATION, &["purchase"])], [1.0; 3]);
    assert_eq!(["retry", "unknown", "changed", "late"].map(|outcome| of(&POSTINGS, &[outcome])), [1.0, 1.0, 2.0, 1.0]);
    assert_eq!(of(&RETRIES, &["recommendation-writeback", "posting"]), 2.0);
    assert_eq!([became("received", "false"), became("declined", "false"), became("approved", "true")], [3.0, 1.0, 2.0]);
}

#[test]
fn what_stands_now() {
    crossdock_testkit::alone("tests::measures::what_stands_now", || {
        World::by_persons(lines_wait);
        World::run(orders_wait);
    });
}

async fn lines_wait(world: World) {
    assert_eq!(shown(&world, ["open", "dead"]).await, [Some(0.0), None, Some(0.0), None, Some(0.0), Some(0.0)]);
    // A piece is worth 99.
    world.lines("R1", &[today("24"), today("10")]).await;
    assert_eq!(shown(&world, ["open", "dead"]).await, [Some(2.0), Some(3_366.0), Some(0.0), None, Some(0.0), Some(0.0)]);
    world.correct(L1, "26").await;
    assert_eq!(shown(&world, ["open", "dead"]).await[..2], [Some(2.0), Some(3_564.0)]);
    world.agree(L1).await;
    assert_eq!(shown(&world, ["open", "dead"]).await, [Some(1.0), Some(990.0), Some(0.0), None, Some(1.0), Some(0.0)]);
    assert_eq!(PLANNING_MODE.shown(&["apo", "normal"]), Some(1.0));
    world.clock.pass(HOUR);
    shown(&world, ["open", "dead"]).await;
    assert!(PLANNING_RUN_AGE.shown(&["apo"]).is_some_and(|age| (3_600.0..3_601.0).contains(&age)));
}

async fn orders_wait(world: World) {
    let draft = world.lines("R1", &[today("100"), today("100")]).await.remove(0).draft;
    world.release(&draft).await.unwrap();
    assert_eq!(shown(&world, ["open", "pending_approval"]).await, [Some(0.0), None, Some(1.0), Some(19_800.0), Some(0.0), Some(1.0)]);
    world.approve("mia", vec![seen(&draft, &world.draft(&draft).await.etag)]).await;
    assert_eq!(shown(&world, ["sealed", "leased"]).await[2..], [Some(0.0), Some(0.0), Some(1.0), Some(0.0)]);
    world.lease(1).await.unwrap();
    assert_eq!(shown(&world, ["sealed", "leased"]).await[4..], [Some(0.0), Some(1.0)]);
    world.report(&draft, 1, [1, 2].map(|number| said(number, LineOutcome::Posted, &[("PO", "1", "100")])).into()).await.unwrap();
    assert_eq!(shown(&world, ["sealed", "leased"]).await[4..], [Some(0.0), Some(0.0)]);
}

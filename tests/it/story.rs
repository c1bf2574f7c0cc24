//! Masters, demand and stock in a bad order, with own ids, what never fits, and what is removed again.

use crate::{
    bad_input::{day, document, quantity, shipment, version},
    lines::{EAST, item_id, line, masters},
    suite::Suite,
};
use crossdock_proto::{
    Record,
    demand::{DemandLine, Fulfilment, Movement},
    masterdata::{Conversion, CrossReference, Item},
    operations::{CommitSetRequest, OpenSetRequest, Set, SetPurpose},
    types::Operation,
};
use crossdock_testkit::eventually_async;
use crossdock_tests::{MASTERS, PATIENCE, call, record};
use prost_types::Timestamp;

/// So many there are.
pub const ITEMS: u64 = 40;

/// Masters of the second half, own ids of the shop, and what depends on either.
pub fn story() -> Vec<(&'static str, Vec<Record>)> {
    vec![
        // Half of it comes before its masters.
        ("erp", (0..400).map(|number| line(number, ITEMS)).collect()),
        ("shop", (0..10).map(of_the_shop).collect()),
        ("erp", masters(ITEMS)),
        ("erp", (0..50).map(by_case).chain((0..5).map(lost)).collect()),
        ("erp", (0..100).map(shipped).chain((0..120).map(moved)).collect()),
        ("erp", (0..ITEMS).map(cases).collect()),
        (
            "shop",
            (0..10).map(|number| own("item", &format!("s{number}"), &item_id(number))).chain([own("location", "home", EAST)]).collect(),
        ),
        ("erp", (400..800).map(|number| line(number, ITEMS)).collect()),
    ]
}

/// What an id of the shop means.
fn own(space: &str, local: &str, canonical: &str) -> Record {
    let message =
        CrossReference { space: space.into(), local_id: local.into(), canonical_id: canonical.into(), ..CrossReference::default() };
    record("cross_reference", version(1), &message)
}

/// How many pieces are in a case of an item.
fn cases(number: u64) -> Record {
    let message = Conversion { item_id: item_id(number), unit: "XCS".into(), numerator: 12, ..Conversion::default() };
    record("conversion", version(1), &message)
}

/// A demand line ordered on the first day of a month.
fn demanded(document: &str, (item, location): (&str, &str), (value, unit): (&str, &str), month: i32) -> Record {
    let message = DemandLine {
        item_id: item.into(),
        location_id: location.into(),
        quantity: quantity(value, unit),
        ordered_date: day(2026, month, 1),
        ..DemandLine::default()
    };
    record("demand_line", self::document(document, 1), &message)
}

fn by_case(number: u64) -> Record {
    demanded(&format!("CASE{number}"), (&item_id(number % ITEMS), EAST), ("3", "XCS"), 4)
}

/// Of an item that never comes.
fn lost(number: u64) -> Record {
    demanded(&format!("LOST{number}"), ("NEVER", EAST), ("1", "EA"), 4)
}

/// By the shop's own ids.
fn of_the_shop(number: u64) -> Record {
    demanded(&format!("SHOP{number}"), (&format!("s{number}"), "home"), ("2", "EA"), 5)
}

fn shipped(number: u64) -> Record {
    let message = Fulfilment {
        item_id: item_id(number % ITEMS),
        location_id: EAST.into(),
        order_document: format!("SO{number}"),
        order_line: "1".into(),
        ..shipment()
    };
    record("fulfilment", document(&format!("F{number}"), 1), &message)
}

fn moved(number: u64) -> Record {
    let message = Movement {
        item_id: item_id(number % ITEMS),
        location_id: EAST.into(),
        quantity: quantity(if number.is_multiple_of(3) { "-2" } else { "5" }, "EA"),
        sequence: Some(i64::try_from(number).unwrap()),
        movement_date: day(2026, 4, 2),
        ..Movement::default()
    };
    record("movement", document(&format!("M{number}"), 1), &message)
}

/// Lines that are deleted, and a full load in which an item is missing: its absence has to reach the others too.
pub async fn removed(suite: &Suite) {
    // What comes after its item is gone waits, and rightly so; what is deleted while it waits was never counted, and leaves no
    // trace of that: everything has to be in before.
    taken_in(suite).await;
    let gone = |number: u64| {
        let mut gone = line(number, ITEMS);
        let envelope = gone.envelope.as_mut().unwrap();
        envelope.set_operation(Operation::Delete);
        envelope.version.as_mut().unwrap().primary = 2;
        gone
    };
    suite.send("erp", &(0..40).map(gone).collect::<Vec<_>>()).await;
    let as_of = Some(Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let set = Set { set_key: "L".into(), kind: "item".into(), purpose: SetPurpose::Load.into(), as_of, ..Set::default() };
    let mut operations = suite.of(MASTERS).operations();
    operations.open_set(call("erp", OpenSetRequest { request_id: "o".into(), set: Some(set) })).await.unwrap();
    let listed = |number| {
        let mut envelope = version(2);
        envelope.set_key = "L".into();
        record("item", envelope, &Item { item_id: item_id(number), base_unit: "EA".into(), description: "again".into(), ..Item::default() })
    };
    let listed: Vec<Record> = (1..ITEMS).map(listed).collect();
    suite.send("erp", &listed).await;
    let commit = CommitSetRequest { request_id: "c".into(), kind: "item".into(), set_key: "L".into(), ..CommitSetRequest::default() };
    operations.commit_set(call("erp", commit)).await.unwrap();
}

/// Five lines wait for an item that never comes, and nothing else.
pub async fn taken_in(suite: &Suite) {
    let parked = async || suite.folded().await.keys().filter(|(kind, _)| kind.ends_with(" parked")).count();
    eventually_async("everything else to be taken in", PATIENCE, async || (parked().await == 5).then_some(())).await;
}

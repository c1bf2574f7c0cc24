//! Following a peer: its records are replicas here.

use crate::{
    bench::{Bench, deleted, item, line, location, policy, with},
    kinds::{self, ITEM, LOCATION},
};
use crossdock_core::Cursor;
use crossdock_proto::{Record, operations::FeedCursor, types::Outcome};
use crossdock_records::{Peer, follow, forget};
use crossdock_testkit::Place;
use prost::Message;

const PEER: Peer = Peer { name: "master-data", package: "crossdock.masterdata.v1", kinds: &[ITEM, LOCATION], apply: None };
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// As the peer's feed shows it.
fn shown(key: &str, position: i64, record: Record) -> Record {
    with(record, |envelope| {
        envelope.key = key.into();
        envelope.connection = "erp".into();
        envelope.position = position;
        envelope.traceparent = TRACE.into();
    })
}

async fn page(bench: &Bench, records: Vec<Record>, epoch: u64, position: i64) {
    bench.write(move |tx, kinds, _| follow(tx, kinds, PEER, &records, Cursor { epoch, position })).await;
}

async fn cursor(bench: &Bench) -> String {
    FeedCursor::decode(bench.held(25, "master-data").await.unwrap().body).unwrap().cursor
}

async fn ready(place: &Place) -> Bench {
    let bench = Bench::of(place, kinds::following(), policy()).await;
    bench.one("erp", line("D", 1, "I1", "L1", "5")).await;
    page(&bench, vec![shown("I1", 1, item("I1", 1)), shown("L1", 2, location("L1", 1)), shown("I2", 3, item("I2", 1))], 1, 3).await;
    bench.work().await;
    bench
}

pub async fn replicas_are_the_same_however_often(place: &Place) {
    let bench = ready(place).await;
    assert_eq!(bench.total("I1").await, 5, "its arrival here is what frees the parked");
    let replica = bench.held(ITEM, "I1").await.unwrap();
    assert_eq!((replica.connection.as_str(), replica.set_key.as_str(), replica.trace.len(), replica.counts), ("erp", "1", 25, true));
    assert_eq!(cursor(&bench).await, Cursor { epoch: 1, position: 3 }.to_string());
    let head = bench.head().await;
    // The same page again, and the same content at a later version: no event but the cursor's.
    page(&bench, vec![shown("I1", 1, item("I1", 1)), shown("I2", 3, item("I2", 1))], 1, 3).await;
    bench.work().await;
    assert_eq!(bench.head().await, head);
    let touched = with(shown("I1", 4, item("I1", 1)), |envelope| envelope.version.get_or_insert_default().primary = 8);
    page(&bench, vec![touched], 1, 3).await;
    assert_eq!((bench.head().await, bench.held(ITEM, "I1").await.unwrap().version.primary), (head, 8));
    page(&bench, vec![shown("I1", 5, item("I1", 9)), shown("I1", 6, item("I1", 10))], 1, 6).await;
    assert_eq!((bench.head().await.position, cursor(&bench).await), (head.position + 2, Cursor { epoch: 1, position: 6 }.to_string()));
    // What is followed cannot be written here.
    assert_eq!(bench.one("erp", item("I3", 1)).await.rejected(), "UNKNOWN_KIND");
    // An empty page moves the cursor alone.
    page(&bench, vec![], 1, 9).await;
    assert_eq!(cursor(&bench).await, Cursor { epoch: 1, position: 9 }.to_string());
}

pub async fn a_tombstone_ends_a_replica(place: &Place) {
    let bench = ready(place).await;
    page(&bench, vec![shown("I2", 4, deleted(item("I2", 2)))], 1, 4).await;
    assert!(bench.held(ITEM, "I2").await.unwrap().deleted);
    assert_eq!(bench.one("erp", line("E", 1, "I2", "L1", "3")).await.outcome, Outcome::Parked);
    let head = bench.head().await;
    page(&bench, vec![shown("I2", 4, deleted(item("I2", 2)))], 1, 4).await;
    assert_eq!(bench.head().await, head);
    page(&bench, vec![shown("I2", 5, item("I2", 3))], 1, 5).await;
    bench.work().await;
    assert_eq!((bench.total("I2").await, bench.parked().await.len()), (3, 0));
    // What is kept for comparison at the owner is no item here either.
    let kept = with(shown("I3", 6, item("I3", 1)), |envelope| envelope.corroboration = true);
    page(&bench, vec![kept], 1, 6).await;
    assert_eq!(bench.one("erp", line("F", 1, "I3", "L1", "3")).await.outcome, Outcome::Parked);
}

pub async fn after_a_restore_the_rest_is_forgotten(place: &Place) {
    let bench = ready(place).await;
    let many: Vec<_> = (0..1_500).map(|number| shown(&format!("M{number:04}"), 10 + number, item(&format!("M{number:04}"), 1))).collect();
    page(&bench, many.clone(), 1, 1_509).await;
    // The restored peer knows I1, some of the others, and something new; all of it as it was.
    let mut again = vec![shown("I1", 1, item("I1", 1)), shown("N", 2, item("N", 1))];
    again.extend(many.into_iter().take(1_100));
    page(&bench, again, 2, 1_102).await;
    let (mut after, mut calls) = (String::new(), 0);
    loop {
        let from = after.clone();
        let next = bench.write(move |tx, _, _| forget(tx, ITEM, 2, &from)).await;
        calls += 1;
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(calls, 2);
    let left: Vec<_> = bench.all(ITEM).await.into_iter().filter(|held| !held.deleted).map(|held| held.key).collect();
    assert_eq!((left.len(), left[0].as_str(), left[1].as_str(), left[1_101].as_str()), (1_102, "I1", "M0000", "N"));
    assert!(!bench.held(LOCATION, "L1").await.unwrap().deleted, "each kind is forgotten by itself");
    // Once is enough, and what is shown later is there again.
    let head = bench.head().await;
    bench.write(move |tx, _, _| forget(tx, ITEM, 2, "")).await;
    assert_eq!(bench.head().await, head);
    page(&bench, vec![shown("I2", 1_103, item("I2", 1))], 2, 1_103).await;
    assert!(!bench.held(ITEM, "I2").await.unwrap().deleted);
}

//! Ids of a connection's own.

use crate::{
    bench::{Bench, batch, deleted, erp, item, line, location, policy, with},
    kinds::{ITEM, LINE},
};
use crossdock_core::key;
use crossdock_proto::{
    demand,
    governance::{self, IdSpace},
    operations::{FeedCursor, ReferenceEntry, ReferenceTable},
    types::{Date, Outcome},
};
use crossdock_records::{Kinds, Peer, REFERENCE, follow};
use crossdock_testkit::Place;
use prost::Message;

fn own(name: &str) -> governance::Connection {
    governance::Connection { id_space: IdSpace::Own.into(), ..erp(name) }
}

fn rules() -> governance::Policy {
    governance::Policy { connections: vec![erp("erp"), own("other"), own("third")], ..policy() }
}

async fn ready(place: &Place) -> Bench {
    let bench = Bench::new(place, rules()).await;
    bench.send("erp", vec![item("I1", 1), item("I2", 1), location("L1", 1)]).await;
    bench
}

/// Says what an id means, as the master data's feed does it: pairs of namespace and canonical id.
pub async fn say(bench: &Bench, connection: &str, space: &str, local: &str, means: &[(&str, &str)]) {
    let entry = |(namespace, canonical): &(&str, &str)| ReferenceEntry {
        namespace: (*namespace).into(),
        canonical_id: (*canonical).into(),
        ..ReferenceEntry::default()
    };
    table(bench, connection, space, local, means.iter().map(entry).collect()).await;
}

async fn table(bench: &Bench, connection: &str, space: &str, local: &str, entries: Vec<ReferenceEntry>) {
    let key = key::join([connection, space, local]);
    bench
        .write(move |tx, _, _| {
            const PEER: Peer = Peer { name: "masters", package: "crossdock.masterdata.v1", kinds: &[], apply: Some(apply) };
            let body = ReferenceTable { entries: entries.clone() }.encode_to_vec().into();
            let record =
                with(crossdock_proto::Record { kind: REFERENCE.into(), body, envelope: None }, |envelope| envelope.key.clone_from(&key));
            follow(tx, &Kinds::new(), PEER, &[record], crossdock_core::Cursor { epoch: 1, position: 1 })
        })
        .await;
}

fn apply(
    _: (&'static str, u64),
    record: &crossdock_proto::Record,
    to: &mut crossdock_records::Derived<'_, '_>,
) -> crossdock_core::Result<()> {
    let key = record.envelope.clone().unwrap_or_default().key;
    let said = ReferenceTable::decode(record.body.clone()).unwrap();
    to.edit::<ReferenceTable>(&key, |_| Some(said))
}

pub async fn own_ids_are_translated(place: &Place) {
    let bench = ready(place).await;
    let sent = bench.one("other", line("D", 1, "a/b%", "here", "5")).await;
    assert_eq!(
        (sent.outcome, sent.cause.as_str(), sent.reasons),
        (Outcome::Parked, "reference/other/item/a%2Fb%25", vec!["UNKNOWN_ITEM".into()])
    );
    say(&bench, "other", "item", "a/b%", &[("", "I1")]).await;
    bench.work().await;
    assert_eq!(bench.parked().await["demand_line:other/D/1"], "reference/other/location/here");
    say(&bench, "other", "location", "here", &[("", "L1")]).await;
    bench.work().await;
    assert!(bench.parked().await.is_empty());
    let held = demand::DemandLine::decode(bench.held(LINE, "other/D/1").await.unwrap().body).unwrap();
    assert_eq!((held.item_id.as_str(), held.location_id.as_str(), bench.total("I1").await), ("I1", "L1", 5));
    // Sent again with its own words it is the same; with canonical ones it is not: they are not its own.
    assert_eq!(bench.one("other", line("D", 1, "a/b%", "here", "5")).await.outcome, Outcome::Duplicate);
    assert_eq!(bench.one("other", line("E", 1, "I1", "L1", "5")).await.outcome, Outcome::Parked);
    // Who speaks the suite's language is not asked.
    assert_eq!(bench.one("erp", line("E", 1, "I1", "L1", "5")).await.outcome, Outcome::Accepted);
    // A namespace that begins later: by the line's own day.
    let from = |canonical: &str, year| ReferenceEntry {
        valid_from: (year > 0).then_some(Date { year, month: 1, day: 1 }),
        canonical_id: canonical.into(),
        ..ReferenceEntry::default()
    };
    table(&bench, "other", "item", "moved", vec![from("I1", 0), from("I2", 2_020)]).await;
    for (document, year, total) in [("M1", 2_019, (15, 0)), ("M2", 2_020, (15, 5))] {
        let mut record = line(document, 1, "moved", "here", "5");
        let mut body = demand::DemandLine::decode(record.body).unwrap();
        body.ordered_date = Some(Date { year, month: 1, day: 1 });
        record.body = body.encode_to_vec().into();
        assert_eq!(bench.one("other", record).await.outcome, Outcome::Accepted);
        assert_eq!((bench.total("I1").await, bench.total("I2").await), total, "{year}");
    }
    // A tombstone needs no words.
    assert_eq!(bench.one("other", deleted(line("D", 2, "", "", ""))).await.outcome, Outcome::Accepted);
    assert_eq!(bench.total("I1").await, 10);
}

pub async fn an_ambiguous_id_waits(place: &Place) {
    let bench = ready(place).await;
    say(&bench, "other", "location", "here", &[("", "L1")]).await;
    say(&bench, "other", "item", "x", &[("eu", "I1"), ("us", "I2")]).await;
    let sent = bench.one("other", line("D", 1, "x", "here", "5")).await;
    assert_eq!(
        (sent.outcome, sent.cause.as_str(), sent.reasons),
        (Outcome::Parked, "reference/other/item/x", vec!["AMBIGUOUS_REFERENCE".into()])
    );
    say(&bench, "other", "item", "x", &[("eu", "I2"), ("us", "I2")]).await;
    bench.work().await;
    assert_eq!((bench.total("I2").await, bench.parked().await.len()), (5, 0));
}

/// While its id is not known, a master waits under the word of its connection; taken in, it is named by its canonical id.
pub async fn masters_wait_for_their_id(place: &Place) {
    let bench = ready(place).await;
    assert_eq!(bench.one("other", item("new", 1)).await.cause, "reference/other/item/new");
    assert_eq!(bench.one("other", item("new", 2)).await.cause, "reference/other/item/new");
    assert_eq!((bench.parked().await.len(), bench.backlog("item").await), (1, 1), "only the newest waits");
    say(&bench, "other", "item", "new", &[("", "I7")]).await;
    bench.work().await;
    assert_eq!(bench.held(ITEM, "I7").await.map(|held| held.version.primary), Some(2));
    assert!(bench.parked().await.is_empty(), "{:?}", bench.parked().await);
    assert_eq!(bench.backlog("item").await, 0);
    assert_eq!(bench.batch(batch("other", vec![item("new", 2)])).await.counts.unwrap().duplicate, 1);
}

pub async fn two_connections_wait_for_the_same_word(place: &Place) {
    let bench = ready(place).await;
    assert_eq!(bench.one("other", item("x", 9)).await.cause, "reference/other/item/x");
    assert_eq!(bench.one("third", item("x", 1)).await.cause, "reference/third/item/x");
    assert_eq!(bench.parked().await.len(), 2, "what they mean is not the same");
    say(&bench, "other", "item", "x", &[("", "I8")]).await;
    say(&bench, "third", "item", "x", &[("", "I9")]).await;
    bench.work().await;
    assert_eq!(bench.held(ITEM, "I8").await.map(|held| held.connection), Some("other".into()));
    assert_eq!(bench.held(ITEM, "I9").await.map(|held| held.connection), Some("third".into()));
    assert!(bench.parked().await.is_empty());
    let cursor = bench.held(25, "masters").await.map(|held| FeedCursor::decode(held.body).unwrap().epoch);
    assert_eq!(cursor, Some(1));
}

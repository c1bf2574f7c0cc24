//! Records by key: what is put comes back, and nothing else moves.

use crate::place::{A, B, feed, head, keys, open, put, read, record, write};
use bytes::Bytes;
use crossdock_core::{Key, Version};
use crossdock_store::{Fields, Location, Record, Scan, Store};

pub async fn every_column_comes_back(location: &Location) {
    let store = open(location).await;
    let full = Record {
        kind: B,
        key: "it's \"quoted\" \\ 100% / é \u{10FFFF}".into(),
        version: Version { primary: i64::MAX, observed: i64::MIN },
        position: 1,
        deleted: true,
        counts: false,
        connection: "erp-eu".into(),
        set_key: "load'1".into(),
        received: -1,
        meta: Bytes::from_static(&[0, 1, 255]),
        trace: Bytes::from(vec![7; 25]),
        body: Bytes::from(vec![0; 300_000]),
    };
    let empty = Record { kind: A, position: 2, ..Record::default() };
    put(&store, vec![full.clone(), empty.clone()]).await;
    let asked = [full.id(), empty.id(), Key::new(A, "nobody"), Key::new(A, full.key.clone())];
    let mut got = read(&store, move |read| read.get(&asked)).await;
    got.sort_by_key(|record| record.position);
    assert_eq!(got, [full, empty]);
    assert!(read(&store, |read| read.get(&[])).await.is_empty());
}

pub async fn own_puts_are_seen(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "old", "1"), record(A, "kept", "1")]).await;
    let seen = write(&store, |tx| {
        tx.put(record(A, "old", "2"), vec![], vec![]);
        tx.put(record(A, "new", "1"), vec![], vec![]);
        tx.touch(Key::new(A, "kept"), Version { primary: 9, observed: 9 }, "set");
        let mut seen = tx.get(&["old", "new", "kept", "none"].map(|key| Key::new(A, key)))?;
        seen.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(seen)
    })
    .await;
    let told: Vec<_> = seen.iter().map(|seen| (seen.key.as_str(), &seen.body[..], seen.version.primary, seen.set_key.as_str())).collect();
    assert_eq!(told, [("kept", &b"1"[..], 9, "set"), ("new", b"1", 1, ""), ("old", b"2", 1, "")]);
    let positions: Vec<_> = feed(&store, A).await.into_iter().map(|record| (record.key, record.position)).collect();
    assert_eq!(positions, [("kept".to_owned(), 2), ("old".to_owned(), 3), ("new".to_owned(), 4)]);
}

pub async fn a_touch_is_no_event(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "a", "1")]).await;
    let before = head(&store).await;
    write(&store, |tx| {
        tx.touch(Key::new(A, "a"), Version { primary: 2, observed: 3 }, "s");
        tx.touch(Key::new(A, "nobody"), Version::default(), "");
        Ok(())
    })
    .await;
    assert_eq!(head(&store).await, before);
    let [held] = &feed(&store, A).await[..] else { panic!("one record") };
    assert_eq!((held.version, held.set_key.as_str(), held.position), (Version { primary: 2, observed: 3 }, "s", 1));
    // What is touched and then put, or put and then touched, is put once.
    write(&store, |tx| {
        tx.touch(Key::new(A, "a"), Version { primary: 3, observed: 0 }, "t");
        tx.put(Record { version: Version { primary: 4, observed: 0 }, ..record(A, "a", "2") }, vec![], vec![]);
        tx.touch(Key::new(A, "a"), Version { primary: 5, observed: 0 }, "u");
        Ok(())
    })
    .await;
    let [held] = &feed(&store, A).await[..] else { panic!("one record") };
    assert_eq!((held.version.primary, held.set_key.as_str(), held.position, &held.body[..]), (5, "u", 2, &b"2"[..]));
}

pub async fn fields_follow_the_record(location: &Location) {
    let store = open(location).await;
    let fields = |colour: &str, size: &str| -> Fields { vec![("colour", colour.to_owned()), ("size", size.to_owned())] };
    write(&store, move |tx| {
        tx.put(record(A, "a", "1"), vec![], fields("red", "1"));
        tx.put(record(A, "b", "1"), vec![], fields("red", "1"));
        tx.put(record(B, "a", "1"), vec![], fields("red", "1"));
        let asked = ["red", "blue"].map(str::to_owned);
        assert_eq!(tx.having(A, "colour", &asked)?, ["red"]);
        assert!(tx.having(A, "shape", &asked)?.is_empty());
        Ok(())
    })
    .await;
    assert_eq!(with(&store, "colour", "red").await, ["a", "b"]);
    // Twice in one transaction, there and back; the other in two steps.
    write(&store, move |tx| {
        tx.put(record(A, "a", "2"), fields("red", "1"), fields("blue", "1"));
        tx.put(record(A, "a", "3"), fields("blue", "1"), fields("red", "2"));
        tx.put(record(A, "b", "2"), fields("red", "1"), fields("blue", "1"));
        tx.put(record(A, "b", "3"), fields("blue", "1"), fields("green", "1"));
        Ok(())
    })
    .await;
    assert_eq!(with(&store, "colour", "red").await, ["a"]);
    assert_eq!(with(&store, "colour", "green").await, ["b"]);
    assert!(with(&store, "colour", "blue").await.is_empty());
    assert_eq!(with(&store, "size", "2").await, ["a"]);
    let asked = ["red", "blue", "green"].map(str::to_owned);
    let mut having = read(&store, move |read| read.having(A, "colour", &asked)).await;
    having.sort();
    assert_eq!(having, ["green", "red"]);
}

async fn with(store: &Store, name: &'static str, value: &'static str) -> Vec<String> {
    let page = read(store, move |read| read.scan(Scan::Field { kind: A, name, value, prefix: "", after: "" }, 10)).await;
    page.into_iter().map(|record| record.key).collect()
}

pub async fn one_key_twice_in_a_transaction(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "a", "1"), record(A, "b", "1"), record(A, "a", "2"), record(A, "a", "3")]).await;
    assert_eq!(head(&store).await.position, 2);
    let held: Vec<_> = feed(&store, A).await.into_iter().map(|record| (record.key, record.position, record.body)).collect();
    assert_eq!(held, [("a".to_owned(), 1, Bytes::from("3")), ("b".to_owned(), 2, Bytes::from("1"))]);
}

pub async fn a_tombstone_stays(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "a", "1"), record(A, "b", "1")]).await;
    put(&store, vec![Record { deleted: true, ..record(A, "a", "1") }]).await;
    assert_eq!(keys(&store, A).await, ["a", "b"]);
    let count: Vec<_> = read(&store, |read| read.count()).await.into_iter().map(|held| (held.kind, held.deleted, held.records)).collect();
    assert_eq!(count, [(A, false, 1), (A, true, 1)]);
    assert!(feed(&store, A).await[1].deleted);
}

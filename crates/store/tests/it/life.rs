//! Opening, closing, and lives of a store.

use crate::place::{A, feed, head, open, put, read, record, sql, write};
use bytes::Bytes;
use crossdock_core::{Cursor, ErrorKind};
use crossdock_store::{Due, Location, Request, Scan, Store};
use crossdock_testkit::Hand;
use std::path::PathBuf;

pub async fn reopened_it_is_the_same(location: &Location) {
    let request = Request { caller: "erp", id: "1", method: "Approve", digest: b"d" };
    let store = open(location).await;
    let before = write(&store, move |tx| {
        tx.put(record(A, "a", "1"), vec![], vec![("colour", "red".into())]);
        tx.put(record(A, "b", "1"), vec![], vec![]);
        tx.add(A, "s", 5, -7)?;
        tx.later(Due { task: "t".into(), key: "k".into(), at: 3, attempt: 2 });
        tx.answer(request, Bytes::from("yes"));
        Ok(tx.head())
    })
    .await;
    let (records, end) = (feed(&store, A).await, head(&store).await);
    assert_eq!((end.epoch, end.position), (before.epoch, 2));
    drop(store);
    for _ in 0..2 {
        let store = open(location).await;
        assert_eq!(*store.head().borrow(), end, "the head is known from the start");
        assert_eq!(head(&store).await, end);
        assert_eq!(feed(&store, A).await, records);
        let red = read(&store, |read| read.scan(Scan::Field { kind: A, name: "colour", value: "red", prefix: "", after: "" }, 9)).await;
        assert_eq!(red, records[..1]);
        assert_eq!(write(&store, |tx| tx.sum(A, &[("s".into(), 5)])).await, [-7]);
        assert_eq!(read(&store, |read| read.due(9, 9)).await, [Due { task: "t".into(), key: "k".into(), at: 3, attempt: 2 }]);
        assert_eq!(write(&store, move |tx| tx.answered(request)).await, Some(Bytes::from("yes")));
    }
}

pub async fn an_epoch_ends_its_cursors(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "a", "1")]).await;
    let old = head(&store).await;
    let check = async |store: &Store, cursor: Cursor| cursor.check(head(store).await).map_err(|error| (error.kind, error.reason));
    let out = Err((ErrorKind::OutOfRange, "CURSOR_OUT_OF_RANGE"));
    assert_eq!(check(&store, old).await, Ok(old));
    assert_eq!(check(&store, Cursor { position: 0, ..old }).await, Ok(Cursor { position: 0, ..old }));
    assert_eq!(check(&store, Cursor { position: 2, ..old }).await, out);
    write(&store, |tx| {
        tx.renew_epoch();
        Ok(())
    })
    .await;
    let new = head(&store).await;
    assert_eq!(new.position, old.position, "what is there stays");
    assert_ne!(new.epoch, old.epoch);
    assert_eq!(*store.head().borrow(), new);
    assert_eq!(check(&store, old).await, out);
    assert_eq!(check(&store, Cursor { position: 0, ..old }).await, out);
    drop(store);
    assert_eq!(head(&open(location).await).await, new, "and the new life outlives the process");
}

pub async fn the_next_release_runs_beside_this_one_and_a_later_one_does_not(location: &Location) {
    put(&open(location).await, vec![record(A, "a", "1")]).await;
    sql(location, "update {schema}.head set schema = 2").await;
    put(&open(location).await, vec![record(A, "b", "1")]).await;
    sql(location, "update {schema}.head set schema = 3").await;
    let opened = Store::open(location.clone(), Hand::at(0)).await;
    assert_eq!(opened.map(drop).map_err(|error| error.reason), Err("STORE_TOO_NEW"));
}

pub async fn opened_many_times(location: &Location) {
    for round in 0..12 {
        let store = open(location).await;
        put(&store, vec![record(A, &format!("{round:02}"), "")]).await;
        // Closed while its readers may still be at work.
        drop(store.read("gone", |read| read.head()));
        drop(store);
    }
    let store = open(location).await;
    assert_eq!(head(&store).await.position, 12);
    assert_eq!(read(&store, |read| read.count()).await[0].records, 12);
}

pub async fn nothing_there_is_unavailable(location: &Location) {
    let nowhere = match location {
        Location::Sqlite(path) => Location::Sqlite(PathBuf::from(format!("{}/no/such/folder.db", path.display()))),
        Location::Postgres { schema, .. } => {
            Location::Postgres { url: "postgres://crossdock@127.0.0.1:1/nothing".into(), schema: schema.clone() }
        }
    };
    let opened = Store::open(nowhere, Hand::at(0)).await;
    assert_eq!(opened.map(drop).map_err(|error| error.kind), Err(ErrorKind::Unavailable));
}

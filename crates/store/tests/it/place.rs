//! What the tests do to a store, also from outside.

use bytes::Bytes;
use crossdock_core::{Cursor, Error, Result, SystemClock, Version};
use crossdock_store::{Location, Read, Record, Scan, Store, Tx};
use std::sync::Arc;

/// A kind of records, and another.
pub const A: u16 = 7;
pub const B: u16 = 32_000;

pub async fn open(location: &Location) -> Store {
    Store::open(location.clone(), Arc::new(SystemClock)).await.unwrap()
}

/// A record of a kind, with a body.
pub fn record(kind: u16, key: &str, body: &str) -> Record {
    Record {
        kind,
        key: key.into(),
        version: Version { primary: 1, observed: 0 },
        counts: true,
        body: Bytes::copy_from_slice(body.as_bytes()),
        ..Record::default()
    }
}

/// Puts records without fields.
pub async fn put(store: &Store, records: Vec<Record>) {
    store
        .write("put", move |tx| {
            records.iter().for_each(|record| tx.put(record.clone(), vec![], vec![]));
            Ok(())
        })
        .await
        .unwrap();
}

pub async fn read<T: Send + 'static>(store: &Store, job: impl FnOnce(&mut Read<'_>) -> Result<T> + Send + 'static) -> T {
    store.read("test", job).await.unwrap()
}

pub async fn write<T: Send + 'static>(store: &Store, job: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
    store.write("test", job).await.unwrap()
}

/// All records of a kind, by position.
pub async fn feed(store: &Store, kind: u16) -> Vec<Record> {
    read(store, move |read| read.scan(Scan::Since { kind, after: 0, upto: i64::MAX }, 1_000_000)).await
}

/// All keys of a kind, in the order of the store.
pub async fn keys(store: &Store, kind: u16) -> Vec<String> {
    let page = read(store, move |read| read.scan(Scan::Prefix { kind, prefix: "", after: "" }, 1_000_000)).await;
    page.into_iter().map(|record| record.key).collect()
}

pub async fn head(store: &Store) -> Cursor {
    read(store, |read| read.head()).await
}

/// A refusal of a use case.
pub fn refused() -> Error {
    Error::precondition("NOT_NOW", "no")
}

/// Runs SQL past the store; `{schema}.` goes before tables.
pub async fn sql(location: &Location, text: &str) {
    match location {
        Location::Sqlite(path) => rusqlite::Connection::open(path).unwrap().execute_batch(&text.replace("{schema}.", "")).unwrap(),
        Location::Postgres { url, schema } => {
            let client = connect(url).await;
            client.batch_execute(&text.replace("{schema}", schema)).await.unwrap();
        }
    }
}

/// A connection of the test's own.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

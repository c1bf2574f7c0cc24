//! What only PostgreSQL can do: several processes, stopped clients, killed connections, other orders of letters.

use crate::{
    feed::{WITHIN, watched},
    pages,
    place::{A, connect, feed, head, keys, open, put, read, record, write},
};
use crossdock_core::{ErrorKind, SystemClock};
use crossdock_store::{Location, Store};
use crossdock_testkit::{Engine, Hand, Place, eventually_async, fresh_schema, postgres_url};
use futures::future::join_all;
use std::{sync::Arc, time::Instant};

/// A database of its own, gone at the end.
struct Database {
    name: String,
}

impl Database {
    async fn new(options: &str) -> Self {
        let name = fresh_schema().name().replace("test", "database");
        connect(&postgres_url()).await.batch_execute(&format!("create database {name} template template0 {options}")).await.unwrap();
        Self { name }
    }

    fn url(&self) -> String {
        let url = postgres_url();
        format!("{}/{}", url.rsplit_once('/').unwrap().0, self.name)
    }

    fn location(&self) -> Location {
        Location::Postgres { url: self.url(), schema: "crossdock_test".into() }
    }

    async fn remove(self) {
        connect(&postgres_url()).await.batch_execute(&format!("drop database {} with (force)", self.name)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_to_one_schema() {
    let place = Place::new(Engine::Postgres);
    let stores = [open(place.location()).await, open(place.location()).await];
    assert_eq!(watched(&stores, &stores[1], 30).await, Ok(()));
    for store in &stores {
        let end = head(store).await;
        eventually_async("both see the head move", WITHIN, async || (*store.head().borrow() == end).then_some(())).await;
    }
    // One that only watches sees what the other writes, without asking.
    let mut moved = stores[0].head();
    moved.borrow_and_update();
    put(&stores[1], vec![record(A, "there", "")]).await;
    tokio::time::timeout(WITHIN, moved.changed()).await.unwrap().unwrap();
    assert_eq!(moved.borrow().position, head(&stores[1]).await.position);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_make_one_store() {
    let place = Place::new(Engine::Postgres);
    let opened = join_all((0..6).map(|_| Store::open(place.location().clone(), Arc::new(SystemClock)))).await;
    let stores: Vec<Store> = opened.into_iter().map(Result::unwrap).collect();
    let heads = join_all(stores.iter().map(head)).await;
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
}

/// A replica that was stopped in the middle of its transaction holds the head row. Writers wait until the server has ended it, and go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_replica_does_not_hold_the_others() {
    let place = Place::new(Engine::Postgres);
    let store = open(place.location()).await;
    put(&store, vec![record(A, "before", "")]).await;
    let Location::Postgres { url, schema } = place.location() else { panic!("PostgreSQL") };
    let stopped = connect(url).await;
    // As a replica does it, with a replica's settings.
    let begin = format!("set idle_in_transaction_session_timeout = 2000; begin; update {schema}.head set pos = pos where one = 1");
    stopped.batch_execute(&begin).await.unwrap();
    let start = Instant::now();
    eventually_async("writing goes on", WITHIN, async || {
        let tried = Instant::now();
        let outcome = store
            .write("blocked", |tx| {
                tx.put(record(A, "after", ""), vec![], vec![]);
                Ok(())
            })
            .await;
        assert!(tried.elapsed().as_secs() < 10, "one write waited {:?}", tried.elapsed());
        match outcome {
            Ok(()) => Some(()),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
                None
            }
        }
    })
    .await;
    assert!(start.elapsed().as_millis() > 1_000, "the head row was not held");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    assert_eq!(keys(&store, A).await, ["after", "before"]);
    // Reading never waited.
    assert!(stopped.batch_execute("commit").await.is_err(), "the server has ended it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_connections_come_back() {
    let database = Database::new("").await;
    let store = open(&database.location()).await;
    put(&store, vec![record(A, "0", "")]).await;
    let admin = connect(&postgres_url()).await;
    let kill = async || {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'crossdock'";
        admin.execute(kill, &[&database.name]).await.unwrap()
    };
    let mut answered = vec!["0".to_owned()];
    answered.extend(killed_at_rest(&store, &kill).await);
    answered.extend(killed_at_work(&store, &kill).await);
    // Nothing answered is lost, nothing is there twice.
    let held = eventually_async("reading goes on", WITHIN, async || store.read("head", |read| read.head()).await.ok()).await;
    let mut there = keys(&store, A).await;
    answered.sort_unstable();
    there.sort_unstable();
    assert_eq!(there, answered);
    let positions = feed(&store, A).await;
    assert!(positions.windows(2).all(|pair| pair[0].position < pair[1].position));
    assert!(positions.last().is_some_and(|last| last.position <= held.position));
    drop(store);
    database.remove().await;
}

/// What was answered while connections were killed between calls.
async fn killed_at_rest(store: &Store, kill: &impl AsyncFn() -> u64) -> Vec<String> {
    assert!(kill().await > 0);
    let mut answered = Vec::new();
    for round in 1..4 {
        let key = format!("{round}");
        eventually_async("writing goes on", WITHIN, async || match attempt(store, &key).await {
            Ok(()) => Some(()),
            Err(error) => {
                assert!(error.kind.retryable(), "{error}");
                None
            }
        })
        .await;
        answered.push(key);
        eventually_async("reading goes on", WITHIN, async || store.read("head", |read| read.head()).await.ok()).await;
        kill().await;
    }
    answered
}

/// What was answered while connections were killed under four writers.
async fn killed_at_work(store: &Store, kill: &impl AsyncFn() -> u64) -> Vec<String> {
    let writers: Vec<_> = (0..4)
        .map(|name| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut answered = Vec::new();
                for round in 0..60 {
                    let key = format!("{name}-{round}");
                    while attempt(&store, &key).await.is_err_and(|error| error.kind.retryable()) {
                        tokio::task::yield_now().await;
                    }
                    answered.push(key);
                }
                answered
            })
        })
        .collect();
    for _ in 0..10 {
        kill().await;
        tokio::task::yield_now().await;
    }
    let mut answered = Vec::new();
    for writer in writers {
        answered.extend(writer.await.unwrap());
    }
    answered
}

async fn attempt(store: &Store, key: &str) -> crossdock_core::Result<()> {
    let key = key.to_owned();
    store
        .write("attempt", move |tx| {
            tx.put(record(A, &key, ""), vec![], vec![]);
            Ok(())
        })
        .await
}

/// PostgreSQL keeps no NUL in a text. Who sends one is told so, and nobody else notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nul_fails_alone() {
    let place = Place::new(Engine::Postgres);
    let store = open(place.location()).await;
    let one = |key: String| {
        let store = store.clone();
        async move { attempt(&store, &key).await.map_err(|error| error.kind) }
    };
    let outcomes = join_all((0..40).map(|number| one(if number % 10 == 3 { format!("\0{number}") } else { format!("{number:02}") }))).await;
    for (number, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, if number % 10 == 3 { Err(ErrorKind::Internal) } else { Ok(()) }, "{number}");
    }
    assert_eq!(keys(&store, A).await.len(), 36);
    let asked = store.read("nul", |read| read.get(&[crossdock_core::Key::new(A, "\0")])).await;
    assert!(asked.is_err());
    assert_eq!(head(&store).await.position, 36);
    let asked = store.write("nul", |tx| tx.get(&[crossdock_core::Key::new(A, "\0")])).await;
    assert!(asked.is_err());
    put(&store, vec![record(A, "last", "")]).await;
}

/// A database whose own order is that of a language sorts keys by their bytes all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_the_database_does_not_matter() {
    let database = Database::new("locale_provider icu icu_locale 'en-US'").await;
    let store = open(&database.location()).await;
    pages::sorted_by_bytes(&store).await;
    drop(store);
    pages::fields_with_awkward_characters(&Location::Postgres { url: database.url(), schema: "other".into() }).await;
    database.remove().await;
}

/// A process whose clock is behind, or ahead, uses the same store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_process_has_its_own_clock() {
    let place = Place::new(Engine::Postgres);
    let (early, late) = (Hand::at(10), Hand::at(1_000));
    let early = Store::open(place.location().clone(), early).await.unwrap();
    let late = Store::open(place.location().clone(), late).await.unwrap();
    write(&early, |tx| {
        tx.later(crossdock_store::Due { task: "t".into(), key: "k".into(), at: 500, attempt: 0 });
        Ok(())
    })
    .await;
    assert!(write(&early, |tx| tx.due(1)).await.is_empty());
    assert_eq!(write(&late, |tx| tx.due(1)).await.len(), 1);
    assert_eq!(read(&early, |read| read.next_due()).await, Some(500));
}

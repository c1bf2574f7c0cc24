//! The feed: positions are dense, in commit order, and nobody who watches misses one.

use crate::place::{A, B, head, open, put, read, record, sql, write};
use crossdock_core::{Key, Version};
use crossdock_store::{Due, Location, Record, Scan, Store};
use crossdock_testkit::eventually_async;
use futures::future::join_all;
use std::{collections::HashSet, time::Duration};

pub const WITHIN: Duration = Duration::from_secs(60);

/// What a watcher saw, in the order in which it saw it.
#[derive(Default)]
pub struct Seen {
    after: i64,
    records: Vec<Record>,
}

impl Seen {
    /// Reads on, up to the head as the watcher knows it.
    pub async fn look(&mut self, store: &Store) {
        let (after, upto) = (self.after, store.head().borrow().position);
        let mut page = read(store, move |read| {
            let mut page = read.scan(Scan::Since { kind: A, after, upto }, 100_000)?;
            page.extend(read.scan(Scan::Since { kind: B, after, upto }, 100_000)?);
            Ok(page)
        })
        .await;
        page.sort_by_key(|record| record.position);
        self.records.extend(page);
        self.after = self.after.max(upto);
    }

    /// Whether the watcher saw every position once, in order, and everything that was answered. Every record has a key of its own.
    pub fn judge(&self, answered: &[String]) -> Result<(), String> {
        for (position, record) in (1..).zip(&self.records) {
            if record.position != position {
                return Err(format!("position {} where {position} should be: {}", record.position, record.key));
            }
        }
        let seen: HashSet<&str> = self.records.iter().map(|record| record.key.as_str()).collect();
        match answered.iter().find(|key| !seen.contains(key.as_str())) {
            Some(lost) => Err(format!("{lost} was answered and never seen")),
            None => Ok(()),
        }
    }
}

/// Writes `rounds` transactions, of one record and of several, of both kinds.
pub async fn writer(store: Store, name: usize, rounds: usize) -> Vec<String> {
    let mut answered = Vec::new();
    for round in 0..rounds {
        let count = if round % 5 == 0 { 20 } else { 1 };
        let keys: Vec<String> = (0..count).map(|number| format!("{name}/{round}/{number}")).collect();
        put(&store, keys.iter().map(|key| record(if round % 2 == 0 { A } else { B }, key, "x")).collect()).await;
        answered.extend(keys);
    }
    answered
}

/// Watches while `writers` write; what was seen, judged.
pub async fn watched(stores: &[Store], watcher: &Store, rounds: usize) -> Result<(), String> {
    let watching = watcher.clone();
    let (done, mut finished) = tokio::sync::watch::channel(false);
    let watch = tokio::spawn(async move {
        let mut seen = Seen::default();
        let mut moved = watching.head();
        loop {
            tokio::select! {
                _ = moved.changed() => {}
                _ = finished.changed() => return seen,
            }
            moved.borrow_and_update();
            seen.look(&watching).await;
        }
    });
    let writing: Vec<_> = (0..8).map(|name| tokio::spawn(writer(stores[name % stores.len()].clone(), name, rounds))).collect();
    let answered: Vec<String> = join_all(writing).await.into_iter().flat_map(Result::unwrap).collect();
    let end = head(watcher).await.position;
    assert_eq!(end, i64::try_from(answered.len()).unwrap());
    eventually_async("the watcher's head arrives", WITHIN, async || (watcher.head().borrow().position == end).then_some(())).await;
    done.send(true).unwrap();
    let mut seen = watch.await.unwrap();
    seen.look(watcher).await;
    seen.judge(&answered)
}

pub async fn eight_writers_and_a_watcher(location: &Location) {
    let store = open(location).await;
    assert_eq!(watched(std::slice::from_ref(&store), &store, 60).await, Ok(()));
}

/// The control: a writer that draws its position before it has the lock is caught by the same judge.
pub async fn a_position_taken_before_the_lock_is_noticed(location: &Location) {
    let store = open(location).await;
    let mut seen = Seen::default();
    put(&store, vec![record(A, "first", "")]).await;
    seen.look(&store).await;
    // The naive writer draws its position …
    let drawn = head(&store).await.position + 1;
    // … another one commits meanwhile, and is seen …
    put(&store, vec![record(A, "second", "")]).await;
    seen.look(&store).await;
    // … and then the naive one writes what it has drawn.
    let late = format!(
        "insert into {{schema}}.record (kind, key, version_primary, version_observed, pos, deleted, counts, connection, set_key, received, meta, \
         trace, body) values ({B}, 'late', 1, 0, {drawn}, 0, 1, '', '', 0, '', '', ''); \
         update {{schema}}.head set pos = case when pos < {drawn} then {drawn} else pos end"
    );
    let late = if matches!(location, Location::Sqlite(_)) { late.replace("'', '', '')", "x'', x'', x'')") } else { late };
    sql(location, &late).await;
    seen.look(&store).await;
    let answered = ["first", "second", "late"].map(str::to_owned);
    assert_eq!(seen.judge(&answered), Err("late was answered and never seen".into()));
    // Read again from the beginning it is there, in a place that another one has.
    let mut again = Seen::default();
    again.look(&store).await;
    assert!(again.judge(&answered).is_err());
}

pub async fn touches_and_tasks_move_no_head(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "a", "")]).await;
    let before = head(&store).await;
    write(&store, |tx| {
        tx.touch(Key::new(A, "a"), Version { primary: 2, observed: 0 }, "");
        tx.later(Due { task: "t".into(), key: "k".into(), at: 1, attempt: 0 });
        tx.add(A, "a", 0, 1)
    })
    .await;
    assert_eq!(head(&store).await, before);
    assert_eq!(*store.head().borrow(), before);
}

//! Sums: exact, or an error.

use crate::place::{A, B, feed, head, open, read, record, write};
use crossdock_core::{ErrorKind, Result};
use crossdock_store::{Location, Read, Store, Sum, SumScan};

async fn add(store: &Store, key: &'static str, bucket: i64, amount: i64) -> Result<()> {
    store.write("add", move |tx| tx.add(A, key, bucket, amount)).await
}

async fn amounts(store: &Store, of: &'static [(&'static str, i64)]) -> Vec<i64> {
    let asked: Vec<_> = of.iter().map(|(key, bucket)| ((*key).to_owned(), *bucket)).collect();
    write(store, move |tx| tx.sum(A, &asked)).await
}

pub async fn what_adds_up_is_kept(location: &Location) {
    let store = open(location).await;
    for amount in [40, -100, 25] {
        add(&store, "x", 3, amount).await.unwrap();
    }
    add(&store, "x", -3, 1).await.unwrap();
    add(&store, "y", 3, i64::MAX).await.unwrap();
    add(&store, "y", 3, i64::MIN).await.unwrap();
    let seen = write(&store, |tx| {
        tx.add(A, "x", 3, 5)?;
        tx.add(A, "x", 3, -7)?;
        tx.add(B, "x", 3, 1_000)?;
        tx.add(A, "z", 0, 9)?;
        tx.sum(A, &[("x".into(), 3), ("x".into(), 4), ("z".into(), 0), ("x".into(), 3)])
    })
    .await;
    assert_eq!(seen, [-37, 0, 9, -37]);
    assert_eq!(amounts(&store, &[("x", 3), ("x", -3), ("y", 3), ("z", 0)]).await, [-37, 1, -1, 9]);
    assert_eq!(head(&store).await.position, 0, "sums are no events");
}

pub async fn pages_of_sums(location: &Location) {
    let store = open(location).await;
    write(&store, |tx| {
        for key in ["a", "a/1", "a/2", "b", "é", "\u{10ffff}"] {
            (-2..3).try_for_each(|bucket| tx.add(A, key, bucket, bucket * 10 + 1))?;
        }
        tx.add(B, "a", 0, 1)
    })
    .await;
    for (prefix, keys) in [("", 6), ("a", 3), ("a/", 2), ("b", 1), ("\u{10ffff}", 1), ("c", 0)] {
        let mut all: Vec<Sum> = Vec::new();
        loop {
            let after = all.last().map_or((String::new(), i64::MIN), |last| (last.key.clone(), last.bucket));
            let scan = move |read: &mut Read<'_>| read.sums(SumScan { kind: A, prefix, after: (&after.0, after.1), buckets: (-1, 1) }, 2);
            let page = read(&store, scan).await;
            let full = page.len() == 2;
            all.extend(page);
            if !full {
                break;
            }
        }
        let order: Vec<_> = all.iter().map(|sum| (sum.key.clone(), sum.bucket)).collect();
        assert!(order.is_sorted() && all.iter().all(|sum| sum.key.starts_with(prefix) && sum.amount == sum.bucket * 10 + 1));
        assert_eq!(all.len(), keys * 3, "{prefix:?}");
    }
}

pub async fn an_overflow_is_an_error_and_keeps_nothing(location: &Location) {
    let store = open(location).await;
    for (key, limit, over) in [("top", i64::MAX, 1), ("top", i64::MAX, i64::MAX), ("bottom", i64::MIN, -1), ("bottom", i64::MIN, i64::MIN)]
    {
        let held = write(&store, move |tx| tx.sum(A, &[(key.to_owned(), 0)])).await[0];
        if held == 0 {
            add(&store, key, 0, limit).await.unwrap();
        }
        let before = head(&store).await;
        let outcome = store
            .write("over", move |tx| {
                tx.put(record(A, "with it", "1"), vec![], vec![]);
                tx.add(A, "other", 0, 1)?;
                tx.add(A, key, 0, over)
            })
            .await;
        assert_eq!(outcome.map_err(|error| error.kind), Err(ErrorKind::Internal), "{key} {over}");
        assert_eq!(head(&store).await, before);
    }
    assert_eq!(amounts(&store, &[("top", 0), ("bottom", 0), ("other", 0)]).await, [i64::MAX, i64::MIN, 0]);
    assert!(feed(&store, A).await.is_empty());
    // It never became a float, and goes on adding up.
    add(&store, "top", 0, -1).await.unwrap();
    assert_eq!(amounts(&store, &[("top", 0)]).await, [i64::MAX - 1]);
}

pub async fn an_overflow_within_a_transaction_is_an_error(location: &Location) {
    let store = open(location).await;
    let twice = store.write("twice", |tx| tx.add(A, "x", 0, i64::MAX).and_then(|()| tx.add(A, "x", 0, 1))).await;
    assert!(twice.is_err());
    add(&store, "x", 0, i64::MAX).await.unwrap();
    // What would overflow is not shown as something else either.
    let shown = store
        .write("shown", |tx| {
            tx.add(A, "x", 0, 1)?;
            tx.sum(A, &[("x".into(), 0)])
        })
        .await;
    assert!(shown.is_err(), "{shown:?}");
    assert_eq!(amounts(&store, &[("x", 0)]).await, [i64::MAX]);
}

//! Group commit: what waits is written together, and outcomes stay one's own.

use crate::place::{A, feed, head, keys, open, put, read, record, refused, write};
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_store::{Location, Store, Tx};
use crossdock_telemetry::metrics::{Measured, RECORDS};
use futures::{future::join_all, poll};
use std::{
    collections::HashSet,
    sync::mpsc::{SyncSender, sync_channel},
};

type Job = Box<dyn Fn(&mut Tx<'_>) -> Result<()> + Send + Sync>;

fn job(job: impl Fn(&mut Tx<'_>) -> Result<()> + Send + Sync + 'static) -> Job {
    Box::new(job)
}

fn putting(key: &'static str, body: &'static str) -> Job {
    job(move |tx| {
        tx.put(record(A, key, body), vec![], vec![]);
        Ok(())
    })
}

/// Stops the writer in the middle of a transaction until the other end is dropped: what comes meanwhile is one group with it.
fn stop(store: &Store) -> (SyncSender<()>, impl Future<Output = Result<()>>) {
    let (go, wait) = sync_channel::<()>(1);
    let wait = std::sync::Mutex::new(wait);
    let store = store.clone();
    let stopped = async move {
        let stop = move |_: &mut Tx<'_>| {
            wait.lock().unwrap().recv().ok();
            Ok(())
        };
        store.write("stop", stop).await
    };
    (go, stopped)
}

/// Runs jobs in one group, in this order.
async fn together(store: &Store, jobs: Vec<Job>) -> Vec<Result<()>> {
    let (go, stopped) = stop(store);
    let mut stopped = Box::pin(stopped);
    assert!(poll!(&mut stopped).is_pending());
    let mut waiting = Vec::new();
    for job in jobs {
        let mut answer = Box::pin(store.write("job", job));
        assert!(poll!(&mut answer).is_pending());
        waiting.push(answer);
    }
    drop(go);
    stopped.await.unwrap();
    join_all(waiting).await
}

fn reasons(outcomes: &[Result<()>]) -> Vec<&'static str> {
    outcomes.iter().map(|outcome| outcome.as_ref().map_or_else(|error| error.reason, |()| "")).collect()
}

pub async fn what_waits_is_written_together(location: &Location) {
    let store = open(location).await;
    let (go, stopped) = stop(&store);
    let mut stopped = Box::pin(stopped);
    assert!(poll!(&mut stopped).is_pending());
    let jobs = (0..300).map(|number| {
        store.write("one", move |tx| {
            tx.put(record(A, &format!("{number:03}"), ""), vec![], vec![]);
            Ok(tx.head().position)
        })
    });
    let mut jobs: Vec<_> = jobs.map(Box::pin).collect();
    for job in &mut jobs {
        assert!(poll!(job).is_pending());
    }
    drop(go);
    stopped.await.unwrap();
    let begun: HashSet<i64> = join_all(jobs).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(begun.len(), 1, "300 jobs that waited were written in {} transactions", begun.len());
    assert_eq!(head(&store).await.position, 300);
    // In the order in which they came.
    let order: Vec<String> = feed(&store, A).await.into_iter().map(|record| record.key).collect();
    assert!(order.is_sorted());
}

pub async fn a_refusal_hurts_nobody_else(location: &Location) {
    let store = open(location).await;
    let jobs =
        vec![putting("a", "1"), job(|_| Err(refused())), putting("b", "1"), job(|_| Err(Error::invalid("BAD", "no"))), putting("c", "1")];
    assert_eq!(reasons(&together(&store, jobs).await), ["", "NOT_NOW", "", "BAD", ""]);
    assert_eq!(keys(&store, A).await, ["a", "b", "c"]);
    assert_eq!(head(&store).await.position, 3);
}

pub async fn what_was_put_before_an_error_is_gone(location: &Location) {
    let store = open(location).await;
    type Step = fn(&mut Tx<'_>) -> Result<()>;
    let halves: [Step; 6] = [
        |tx| {
            tx.put(record(A, "half", ""), vec![], vec![]);
            Ok(())
        },
        |tx| {
            tx.touch(crossdock_core::Key::new(A, "a"), crossdock_core::Version { primary: 9, observed: 9 }, "half");
            Ok(())
        },
        |tx| tx.add(A, "half", 0, 1),
        |tx| {
            tx.later(crossdock_store::Due { task: "half".into(), key: String::new(), at: 0, attempt: 0 });
            Ok(())
        },
        |tx| {
            tx.answer(crossdock_store::Request { caller: "half", id: "1", method: "Half", digest: b"" }, bytes::Bytes::new());
            Ok(())
        },
        |tx| {
            tx.renew_epoch();
            Ok(())
        },
    ];
    put(&store, vec![record(A, "a", "1")]).await;
    let before = head(&store).await;
    for (number, half) in halves.into_iter().enumerate() {
        let jobs = vec![
            job(move |tx| {
                half(tx)?;
                Err(refused())
            }),
            job(|tx| tx.add(A, "whole", 0, 1)),
        ];
        assert_eq!(reasons(&together(&store, jobs).await), ["INTERNAL", ""], "half {number}");
        assert_eq!(head(&store).await, before, "half {number}");
    }
    let held = feed(&store, A).await;
    assert_eq!((held.len(), held[0].version.primary), (1, 1));
    assert_eq!(write(&store, |tx| tx.sum(A, &[("half".into(), 0), ("whole".into(), 0)])).await, [0, 6]);
    assert_eq!(read(&store, |read| read.next_due()).await, None);
}

/// The one that errs has changed only what a neighbour had put: that it is as long as before says nothing.
pub async fn a_neighbours_put_survives_an_error(location: &Location) {
    let store = open(location).await;
    let spoils = |step: fn(&mut Tx<'_>) -> Result<()>| {
        job(move |tx| {
            step(tx)?;
            Err(refused())
        })
    };
    let jobs = vec![
        putting("a", "good"),
        job(|tx| tx.add(A, "s", 0, 1)),
        job(|tx| {
            tx.later(crossdock_store::Due { task: "t".into(), key: "k".into(), at: 1, attempt: 0 });
            Ok(())
        }),
        spoils(|tx| {
            tx.put(record(A, "a", "bad"), vec![], vec![]);
            Ok(())
        }),
        spoils(|tx| tx.add(A, "s", 0, 100)),
        spoils(|tx| {
            tx.done("t", "k");
            Ok(())
        }),
        spoils(|tx| {
            tx.touch(crossdock_core::Key::new(A, "a"), crossdock_core::Version { primary: 66, observed: 0 }, "bad");
            Ok(())
        }),
    ];
    assert_eq!(reasons(&together(&store, jobs).await), ["", "", "", "INTERNAL", "INTERNAL", "INTERNAL", "INTERNAL"]);
    let held = feed(&store, A).await;
    assert_eq!((&held[0].body[..], held[0].version.primary, held[0].set_key.as_str()), (&b"good"[..], 1, ""));
    assert_eq!(write(&store, |tx| tx.sum(A, &[("s".into(), 0)])).await, [1]);
    assert_eq!(read(&store, |read| read.next_due()).await, Some(1));
}

pub async fn a_job_that_the_database_refuses_fails_alone(location: &Location) {
    let store = open(location).await;
    write(&store, |tx| tx.add(A, "full", 0, i64::MAX)).await;
    let poison = || {
        job(|tx| {
            tx.put(record(A, "poison", ""), vec![], vec![]);
            tx.add(A, "full", 0, 1)
        })
    };
    let outcomes = together(&store, vec![putting("a", "1"), poison(), putting("b", "1"), poison(), putting("c", "1")]).await;
    assert_eq!(reasons(&outcomes), ["", "INTERNAL", "", "INTERNAL", ""]);
    assert_eq!(outcomes[1].as_ref().unwrap_err().kind, ErrorKind::Internal);
    assert_eq!(keys(&store, A).await, ["a", "b", "c"]);
    assert_eq!(head(&store).await.position, 3);
}

pub async fn what_is_not_on_disk_is_not_measured(location: &Location) {
    let store = open(location).await;
    // One series for this store: both engines are tried at once.
    let name: &'static str = Box::leak(format!("{:p}", &raw const store).into_boxed_str());
    let measuring = move |fails: Option<fn() -> Error>| {
        job(move |tx| {
            tx.measure(Measured::new(&RECORDS, &[name, "accepted"], 1));
            if let Some(error) = fails {
                return Err(error());
            }
            tx.put(record(A, "k", "b"), vec![], vec![]);
            Ok(())
        })
    };
    let refused: fn() -> Error = refused;
    let internal: fn() -> Error = || Error::internal("broken", "broken");
    let outcomes = together(&store, vec![measuring(None), measuring(Some(refused))]).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(RECORDS.shown(&[name, "accepted"]), Some(1.0));
    // The group fails, and each runs again alone.
    let outcomes = together(&store, vec![measuring(None), measuring(Some(internal)), measuring(None)]).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    assert_eq!(RECORDS.shown(&[name, "accepted"]), Some(3.0));
}

pub async fn a_job_that_panics_fails_alone(location: &Location) {
    let store = open(location).await;
    let panics = job(|tx| {
        tx.put(record(A, "half", ""), vec![], vec![]);
        panic!("a fault in a use case")
    });
    let outcomes = together(&store, vec![putting("a", "1"), panics, putting("b", "1")]).await;
    assert_eq!(reasons(&outcomes), ["", "INTERNAL", ""]);
    assert_eq!(keys(&store, A).await, ["a", "b"]);
    put(&store, vec![record(A, "c", "")]).await;
}

pub async fn a_read_that_panics_stops_nothing(location: &Location) {
    let store = open(location).await;
    for _ in 0..5 {
        let outcome = store.read("panics", |_| -> Result<()> { panic!("a fault in a read") }).await;
        assert_eq!(outcome.map_err(|error| error.kind), Err(ErrorKind::Internal));
    }
    assert_eq!(head(&store).await.position, 0);
}

pub async fn a_caller_that_goes_away_leaves_the_store_working(location: &Location) {
    let store = open(location).await;
    let (go, stopped) = stop(&store);
    let mut stopped = Box::pin(stopped);
    assert!(poll!(&mut stopped).is_pending());
    for number in 0..50 {
        let mut answer = Box::pin(store.write("gone", move |tx| {
            tx.put(record(A, &format!("gone {number:02}"), ""), vec![], vec![]);
            Ok(())
        }));
        assert!(poll!(&mut answer).is_pending());
        // Nobody waits for it any more.
        drop(answer);
    }
    drop(stopped);
    drop(go);
    for number in 0..20 {
        put(&store, vec![record(A, &format!("here {number:02}"), "")]).await;
        let mut away = Box::pin(store.read("gone", |read| read.head()));
        let _ = poll!(&mut away);
        drop(away);
    }
    // What was handed over is written all the same, whole and once.
    let held = feed(&store, A).await;
    assert_eq!(held.len(), 70);
    assert!((1..).zip(&held).all(|(position, record)| record.position == position));
}

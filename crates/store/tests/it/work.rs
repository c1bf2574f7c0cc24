//! Due work, and calls that have one effect however often they are made.

use crate::place::{open, put, read, record, write};
use bytes::Bytes;
use crossdock_core::{Micros, Result};
use crossdock_store::{Due, Location, Request, Store, Tx};
use crossdock_testkit::Hand;
use futures::future::join_all;

fn due(task: &str, key: &str, at: Micros, attempt: i64) -> Due {
    Due { task: task.into(), key: key.into(), at, attempt }
}

async fn all(store: &Store) -> Vec<Due> {
    read(store, |read| read.due(Micros::MAX, 100)).await
}

pub async fn tasks_come_in_their_order(location: &Location) {
    let clock = Hand::at(100);
    let store = Store::open(location.clone(), clock.clone()).await.unwrap();
    assert_eq!(read(&store, |read| read.next_due()).await, None);
    write(&store, |tx| {
        for (key, at) in [("late", 300), ("now", 100), ("early", -5), ("soon", 101)] {
            tx.later(due("t", key, at, 0));
        }
        tx.later(due("u", "now", 99, 4));
        Ok(())
    })
    .await;
    let names = |due: Vec<Due>| due.into_iter().map(|due| (due.task, due.key, due.attempt)).collect::<Vec<_>>();
    let wanted = |names: &[(&str, &str, i64)]| {
        names.iter().map(|(task, key, attempt)| ((*task).into(), (*key).into(), *attempt)).collect::<Vec<_>>()
    };
    assert_eq!(names(write(&store, |tx| tx.due(10)).await), wanted(&[("t", "early", 0), ("u", "now", 4), ("t", "now", 0)]));
    assert_eq!(names(write(&store, |tx| tx.due(2)).await), wanted(&[("t", "early", 0), ("u", "now", 4)]));
    assert_eq!(read(&store, |read| read.next_due()).await, Some(-5));
    clock.set(101);
    assert_eq!(write(&store, |tx| tx.due(10)).await.len(), 4);
}

/// A redrive that a person asks for writes nothing but a task: the head stays, and the runner must know all the same.
pub async fn a_task_alone_wakes_the_runner(location: &Location) {
    let store = open(location).await;
    write(&store, |tx| {
        tx.later(due("t", "key", 1, 0));
        Ok(())
    })
    .await;
    tokio::time::timeout(std::time::Duration::from_secs(10), store.due_changed()).await.unwrap();
}

pub async fn the_last_word_on_a_task_counts(location: &Location) {
    let store = open(location).await;
    // What is done in one transaction, and what is due after it.
    type Step = (fn(&mut Tx<'_>), &'static [(i64, i64)]);
    let steps: [Step; 8] = [
        (|tx| tx.keep_due(due("t", "k", 10, 0)), &[(10, 0)]),
        (|tx| tx.keep_due(due("t", "k", 20, 7)), &[(10, 0)]),
        (|tx| tx.later(due("t", "k", 30, 1)), &[(30, 1)]),
        (|tx| tx.done("t", "k"), &[]),
        (
            |tx| {
                tx.later(due("t", "k", 40, 0));
                tx.keep_due(due("t", "k", 50, 0));
            },
            &[(40, 0)],
        ),
        (
            |tx| {
                // One is done with it, and another needs it again.
                tx.done("t", "k");
                tx.keep_due(due("t", "k", 60, 0));
            },
            &[(60, 0)],
        ),
        (
            |tx| {
                tx.keep_due(due("t", "k", 70, 0));
                tx.later(due("t", "k", 80, 0));
            },
            &[(80, 0)],
        ),
        (
            |tx| {
                tx.later(due("t", "k", 90, 0));
                tx.done("t", "k");
                tx.done("t", "nobody");
            },
            &[],
        ),
    ];
    for (number, (step, wanted)) in steps.into_iter().enumerate() {
        write(&store, move |tx| {
            step(tx);
            Ok(())
        })
        .await;
        assert_eq!(all(&store).await.into_iter().map(|due| (due.at, due.attempt)).collect::<Vec<_>>(), wanted, "step {number}");
    }
}

/// Who runs what is due and says that it is done must not take away what a neighbour in the group has just asked for.
pub async fn a_task_that_was_touched_is_not_due(location: &Location) {
    let store = open(location).await;
    write(&store, |tx| {
        tx.later(due("t", "a", 1, 0));
        tx.later(due("t", "b", 1, 0));
        Ok(())
    })
    .await;
    let left = write(&store, |tx| {
        tx.later(due("t", "a", 2, 0));
        tx.due(10)
    })
    .await;
    assert_eq!(left, [due("t", "b", 1, 0)]);
    assert_eq!(all(&store).await.len(), 2);
}

fn request<'a>(caller: &'a str, id: &'a str, method: &'static str, digest: &'a [u8]) -> Request<'a> {
    Request { caller, id, method, digest }
}

pub async fn a_request_has_one_answer(location: &Location) {
    let store = open(location).await;
    let first = write(&store, |tx| {
        let first = request("erp", "1", "Approve", b"body");
        assert_eq!(tx.answered(first)?, None);
        tx.answer(first, Bytes::from("yes"));
        let again = tx.answered(first)?;
        assert_eq!(tx.answered(request("erp", "1", "Approve", b"other")).map_err(|error| error.reason), Err("REQUEST_ID_REUSED"));
        Ok(again)
    })
    .await;
    assert_eq!(first, Some(Bytes::from("yes")));
    let asked: [(Request<'static>, Result<Option<Bytes>, &str>); 6] = [
        (request("erp", "1", "Approve", b"body"), Ok(Some(Bytes::from("yes")))),
        (request("erp", "1", "Approve", b"bodY"), Err("REQUEST_ID_REUSED")),
        (request("erp", "1", "Approve", b""), Err("REQUEST_ID_REUSED")),
        (request("erp", "1", "Decline", b"body"), Err("REQUEST_ID_REUSED")),
        (request("wms", "1", "Approve", b"body"), Ok(None)),
        (request("erp", "2", "Approve", b"body"), Ok(None)),
    ];
    for (asked, wanted) in asked {
        let answer = store.write("asked", move |tx| tx.answered(asked)).await.map_err(|error| error.reason);
        assert_eq!(answer, wanted, "{asked:?}");
    }
}

const CALLS: usize = 40;
const TIMES: usize = 3;

/// Every call once more than twice, at the same time; how many effects there were.
async fn effects(location: &Location, dedup: bool) -> i64 {
    let store = open(location).await;
    let call = |number: usize| {
        let store = store.clone();
        async move {
            let id = format!("{}", number % CALLS);
            let job = move |tx: &mut Tx<'_>| {
                let request = request("erp", &id, "Add", b"one");
                let before = if dedup { tx.answered(request)? } else { None };
                if before.is_none() {
                    tx.add(1, "effects", 0, 1)?;
                    tx.answer(request, Bytes::new());
                }
                Ok(())
            };
            store.write("call", job).await.is_ok()
        }
    };
    let answered = join_all((0..CALLS * TIMES).map(call)).await;
    put(&store, vec![record(1, "end", "")]).await;
    assert!(!dedup || answered.iter().all(|answered| *answered));
    write(&store, |tx| tx.sum(1, &[("effects".into(), 0)])).await[0]
}

pub async fn a_request_sent_again_adds_nothing(location: &Location) {
    assert_eq!(effects(location, true).await, i64::try_from(CALLS).unwrap());
}

/// The control: a use case that does not look its answer up is caught by the same count.
pub async fn answers_that_are_not_looked_up_are_noticed(location: &Location) {
    // The store refuses a second answer to one request, unless both come in one transaction.
    let effects = effects(location, false).await;
    assert!(effects > 0);
    if effects == i64::try_from(CALLS).unwrap() {
        let store = open(location).await;
        let blind = store.write("blind", |tx| {
            tx.answer(request("erp", "0", "Add", b"one"), Bytes::new());
            Ok(())
        });
        assert!(blind.await.is_err(), "neither the count nor the store noticed");
    }
}

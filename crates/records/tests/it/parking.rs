//! What cannot be used yet: kept, told, taken in by itself, or given up.

use crate::{
    bench::{Bench, SECOND, Sent, carton, deleted, item, line, location, policy},
    kinds::{ITEM, LINE},
};
use crossdock_core::Key;
use crossdock_proto::{
    governance::{self, Authority},
    operations::{IssueState, ParkedSelection},
    types::Outcome,
};
use crossdock_records::{ISSUE, Incoming, Origin, PARKED, Sight, discard, envelope, redrive, take, wake_selected};
use crossdock_testkit::Place;
use std::sync::Arc;

async fn ready(place: &Place) -> Bench {
    let bench = Bench::new(place, policy()).await;
    bench.send("erp", vec![item("I1", 1), location("L1", 1)]).await;
    bench
}

fn parked_on(sent: &Sent) -> &str {
    assert_eq!(sent.outcome, Outcome::Parked, "{sent:?}");
    &sent.cause
}

fn selected(cause: &str, key: &str) -> ParkedSelection {
    ParkedSelection { cause: cause.into(), key: key.into(), ..ParkedSelection::default() }
}

/// Records and whole units that hang on a cause.
async fn hanging(bench: &Bench, cause: &str) -> (i64, i64) {
    let of = vec![(cause.to_owned(), 0), (cause.to_owned(), 1)];
    let sums = bench.write(move |tx, _, _| tx.sum(ISSUE, &of)).await;
    (sums[0], sums[1] / SECOND)
}

pub async fn what_waits_is_taken_in_when_its_cause_goes(place: &Place) {
    let mut bench = ready(place).await;
    let sent = bench.send("erp", vec![line("D", 1, "I9", "L9", "5"), line("E", 1, "I9", "L1", "6"), line("F", 1, "I1", "L9", "7")]).await;
    assert_eq!(sent.iter().map(parked_on).collect::<Vec<_>>(), ["item/I9", "item/I9", "location/L9"]);
    assert_eq!(sent[0].reasons, ["UNKNOWN_ITEM"]);
    assert_eq!((hanging(&bench, "item/I9").await, hanging(&bench, "location/L9").await), ((2, 11), (1, 7)));
    assert_eq!((bench.backlog("demand_line").await, bench.total("I1").await), (3, 0));
    bench.reopen().await;
    let first = bench.now();
    bench.pass(30 * SECOND);
    bench.one("erp", item("I9", 1)).await;
    bench.work().await;
    // One is in; one waits for its next cause.
    assert_eq!(bench.parked().await.into_values().collect::<Vec<_>>(), ["location/L9", "location/L9"]);
    assert_eq!((hanging(&bench, "item/I9").await, hanging(&bench, "location/L9").await), ((0, 0), (2, 12)));
    bench.one("erp", location("L9", 1)).await;
    bench.work().await;
    assert!(bench.parked().await.is_empty());
    assert_eq!((bench.total("I9").await, bench.total("I1").await, bench.backlog("demand_line").await), (11, 7, 0));
    assert_eq!(hanging(&bench, "location/L9").await, (0, 0));
    // It came in when it was sent, not when it was taken in; and all that waited leaves tombstones.
    assert_eq!(bench.held(LINE, "erp/D/1").await.unwrap().received, first);
    assert!(bench.all(PARKED).await.iter().all(|parked| parked.deleted));
    // Nothing is left to do, and the same again changes nothing.
    let head = bench.head().await;
    bench.send("erp", vec![line("D", 1, "I9", "L9", "5"), item("I9", 1)]).await;
    bench.work().await;
    assert_eq!(bench.head().await, head);
}

pub async fn only_the_newest_version_waits(place: &Place) {
    let bench = ready(place).await;
    for (version, item, outcome) in
        [(2, "I9", Outcome::Parked), (2, "I9", Outcome::Parked), (1, "I9", Outcome::Superseded), (3, "I8", Outcome::Parked)]
    {
        assert_eq!(bench.one("erp", line("D", version, item, "L1", "5")).await.outcome, outcome, "{version}");
    }
    assert_eq!(bench.parked().await.into_values().collect::<Vec<_>>(), ["item/I8"]);
    assert_eq!(
        (hanging(&bench, "item/I9").await, hanging(&bench, "item/I8").await, bench.backlog("demand_line").await),
        ((0, 0), (1, 5), 1)
    );
    // An older one that can be used is used meanwhile; it does not take the place of the newer.
    assert_eq!(bench.one("erp", line("D", 1, "I1", "L1", "4")).await.outcome, Outcome::Accepted);
    assert_eq!((bench.total("I1").await, bench.parked().await.len()), (4, 1));
    // A newer one that can be used ends the wait, and so does a tombstone.
    assert_eq!(bench.one("erp", line("D", 4, "I1", "L1", "3")).await.outcome, Outcome::Accepted);
    assert_eq!((bench.total("I1").await, bench.parked().await.len(), bench.backlog("demand_line").await), (3, 0, 0));
    bench.one("erp", line("D", 5, "I9", "L1", "3")).await;
    assert_eq!(bench.one("erp", deleted(line("D", 6, "I9", "L1", "3"))).await.outcome, Outcome::Accepted);
    assert_eq!((bench.total("I1").await, bench.parked().await.len(), hanging(&bench, "item/I9").await), (0, 0, (0, 0)));
    assert_eq!(bench.one("erp", line("D", 5, "I9", "L1", "3")).await.outcome, Outcome::Superseded, "it does not wait again");
    assert!(bench.parked().await.is_empty());
}

/// What waits is a version like any other: the same with other content is refused, or one of the two would be lost in silence.
pub async fn a_version_that_waits_is_not_reused(place: &Place) {
    let bench = ready(place).await;
    assert_eq!(parked_on(&bench.one("erp", line("D", 1, "I9", "L1", "5")).await), "item/I9");
    let head = bench.head().await;
    assert_eq!(parked_on(&bench.one("erp", line("D", 1, "I9", "L1", "5")).await), "item/I9");
    assert_eq!(bench.head().await, head, "sent again it is no event");
    assert_eq!(bench.one("erp", line("D", 1, "I9", "L1", "6")).await.rejected(), "VERSION_REUSED");
    assert_eq!(bench.one("erp", line("D", 1, "I8", "L1", "5")).await.rejected(), "VERSION_REUSED");
    assert_eq!(bench.head().await, head);
    assert_eq!((hanging(&bench, "item/I9").await, hanging(&bench, "item/I8").await), ((1, 5), (0, 0)));
}

pub async fn refused_when_tried_again_it_stays(place: &Place) {
    let bench = ready(place).await;
    bench.send("erp", vec![line("D", 1, "I9", "L1", "1.5"), line("E", 1, "I9", "L1", "2")]).await;
    bench.one("erp", carton("I9", 1)).await;
    bench.work().await;
    assert_eq!(
        bench.parked().await.into_iter().collect::<Vec<_>>(),
        [("demand_line:erp/D/1".to_owned(), "refused/BROKEN_CARTON".to_owned())]
    );
    assert_eq!(
        (bench.total("I9").await, hanging(&bench, "refused/BROKEN_CARTON").await.0, hanging(&bench, "item/I9").await),
        (2, 1, (0, 0))
    );
    // A person mends the reason and tries again.
    bench.one("erp", item("I9", 2)).await;
    bench.work().await;
    assert_eq!(bench.parked().await.len(), 1, "nobody knows that this mends it");
    let more = bench.write(|tx, kinds, policy| redrive(tx, kinds, policy, "refused/BROKEN_CARTON")).await;
    assert_eq!(more, None);
    assert!(bench.parked().await.is_empty());
    assert_eq!(hanging(&bench, "refused/BROKEN_CARTON").await, (0, 0));
    // Refused at once it is refused, not parked.
    bench.one("erp", carton("I7", 1)).await;
    assert_eq!(bench.one("erp", line("F", 1, "I7", "L1", "1.5")).await.rejected(), "BROKEN_CARTON");
    // What has become superseded while it waited leaves.
    bench.one("erp", line("G", 1, "I6", "L1", "1.5")).await;
    bench.one("erp", carton("I6", 1)).await;
    bench.one("erp", line("G", 2, "I1", "L1", "1")).await;
    bench.work().await;
    assert!(bench.parked().await.is_empty());
}

pub async fn a_parked_record_can_be_discarded(place: &Place) {
    let bench = ready(place).await;
    bench.send("erp", vec![line("D", 1, "I9", "L1", "1"), line("E", 1, "I9", "L1", "2"), line("F", 1, "I9", "L1", "3")]).await;
    let one = bench
        .write(|tx, kinds, _| discard(tx, kinds, &Sight::service(), &selected("", "demand_line:erp/D/1"), ("ann", "a test order")))
        .await;
    assert_eq!((one, hanging(&bench, "item/I9").await, bench.backlog("demand_line").await), (1, (2, 5), 2));
    let tombstone = bench.held(PARKED, "demand_line:erp/D/1").await.unwrap();
    let told = envelope(&tombstone);
    assert!(tombstone.deleted);
    assert_eq!(
        (told.principal.as_str(), told.findings[0].reason.as_str(), told.findings[0].message.as_str()),
        ("ann", "DISCARDED", "a test order")
    );
    assert_eq!(
        bench.write(|tx, kinds, _| discard(tx, kinds, &Sight::service(), &selected("", "demand_line:erp/D/1"), ("ann", "again"))).await,
        0
    );
    assert_eq!(bench.write(|tx, kinds, _| discard(tx, kinds, &Sight::service(), &selected("item/I9", ""), ("ann", "all"))).await, 2);
    assert_eq!((hanging(&bench, "item/I9").await, bench.backlog("demand_line").await), ((0, 0), 0));
    bench.one("erp", item("I9", 1)).await;
    bench.work().await;
    assert_eq!(bench.total("I9").await, 0);
    // Sent again it is welcome.
    assert_eq!(bench.one("erp", line("D", 1, "I9", "L1", "1")).await.outcome, Outcome::Accepted);
}

/// A person discards, and the cause goes away, in one transaction: once out, or once in, and the counts agree.
pub async fn discarded_while_it_is_taken_in(place: &Place) {
    for first in [true, false] {
        let place = place.another();
        let bench = ready(&place).await;
        bench.one("erp", line("D", 1, "I9", "L1", "1")).await;
        bench.one("erp", item("I9", 1)).await;
        bench
            .write(move |tx, kinds, policy| {
                if first {
                    discard(tx, kinds, &Sight::service(), &selected("item/I9", ""), ("ann", ""))?;
                }
                redrive(tx, kinds, policy, "item/I9")?;
                if !first {
                    discard(tx, kinds, &Sight::service(), &selected("item/I9", ""), ("ann", ""))?;
                }
                Ok(())
            })
            .await;
        assert_eq!(bench.total("I9").await, i64::from(!first), "discarded first: {first}");
        assert_eq!((hanging(&bench, "item/I9").await, bench.backlog("demand_line").await), ((0, 0), 0));
    }
}

/// In one group: the runner is to redrive a cause from before, a neighbour parks another record on it, and then the cause goes away.
pub async fn a_neighbour_parks_while_the_cause_goes(place: &Place) {
    let bench = ready(place).await;
    bench.one("erp", line("D", 1, "I9", "L1", "1")).await;
    bench.one("erp", item("I9", 1)).await;
    bench.one("erp", deleted(item("I9", 2))).await;
    let send = |record: crossdock_proto::Record| Incoming {
        origin: Arc::new(Origin { connection: "erp".into(), ..Origin::default() }),
        record,
        redriven: None,
    };
    let (late, back) = (send(line("E", 1, "I9", "L1", "2")), send(item("I9", 3)));
    bench
        .write(move |tx, kinds, policy| {
            take(tx, kinds, policy, std::slice::from_ref(&late))?;
            take(tx, kinds, policy, std::slice::from_ref(&back))?;
            // As the runner does it with what was due before.
            for due in tx.due(10)?.into_iter().filter(|due| due.task == "redrive") {
                redrive(tx, kinds, policy, &due.key)?;
                tx.done(&due.task, &due.key);
            }
            Ok(())
        })
        .await;
    bench.work().await;
    assert!(bench.parked().await.is_empty(), "{:?}", bench.parked().await);
    assert_eq!(bench.total("I9").await, 3);
}

pub async fn more_than_a_chunk_waits(place: &Place) {
    let bench = ready(place).await;
    for part in 0..3 {
        let lines =
            (0..900).map(|number| line(&format!("{part}-{number}"), 1, "I9", if number % 3 == 0 { "L9" } else { "L1" }, "1")).collect();
        bench.send("erp", lines).await;
    }
    assert_eq!((hanging(&bench, "item/I9").await, bench.backlog("demand_line").await), ((2_700, 2_700), 2_700));
    bench.one("erp", item("I9", 1)).await;
    bench.work().await;
    assert_eq!((bench.total("I9").await, hanging(&bench, "location/L9").await), (1_800, (900, 900)));
    bench.one("erp", location("L9", 1)).await;
    bench.work().await;
    assert_eq!((bench.total("I9").await, bench.backlog("demand_line").await), (2_700, 0));
}

/// The first of them stay where they are; those behind them are tried all the same.
pub async fn those_that_stay_stop_nobody(place: &Place) {
    let bench = ready(place).await;
    for (part, item) in ["I7", "I8"].into_iter().enumerate() {
        for half in 0..2 {
            let lines = (0..600).map(|number| line(&format!("{part}-{half}-{number:03}"), 1, item, "L1", "1.5")).collect();
            bench.send("erp", lines).await;
        }
    }
    bench.send("erp", vec![carton("I7", 1), carton("I8", 1)]).await;
    bench.work().await;
    assert_eq!(hanging(&bench, "refused/BROKEN_CARTON").await.0, 2_400);
    // Only those behind the first thousand are mended.
    bench.one("erp", item("I8", 2)).await;
    bench.write(|tx, _, _| wake_selected(tx, &Sight::service(), &selected("refused/BROKEN_CARTON", ""))).await;
    bench.work().await;
    assert_eq!((bench.total("I8").await, hanging(&bench, "refused/BROKEN_CARTON").await.0), (1_800, 1_200));
    let head = bench.head().await;
    bench.write(|tx, _, _| wake_selected(tx, &Sight::service(), &selected("refused/BROKEN_CARTON", ""))).await;
    bench.work().await;
    assert_eq!(bench.head().await, head, "and then it ends");
}

pub async fn an_issue_opens_after_its_grace_and_resolves(place: &Place) {
    let bench = ready(place).await;
    let (began, seconds) = (bench.now(), |at: Option<prost_types::Timestamp>| at.map(|at| at.seconds));
    bench.send("erp", vec![line("D", 1, "I9", "L1", "5"), line("E", 1, "I9", "L1", "6")]).await;
    bench.pass(59 * SECOND);
    bench.work().await;
    assert_eq!(bench.issue("item/I9").await, None, "a first load is quiet");
    bench.pass(SECOND);
    bench.work().await;
    let issue = bench.issue("item/I9").await.unwrap();
    assert_eq!((issue.state(), issue.records, issue.quantity.as_str(), issue.reason.as_str()), (IssueState::Open, 2, "11", "UNKNOWN_ITEM"));
    assert_eq!((seconds(issue.first_time), seconds(issue.update_time)), (Some(began / SECOND), Some(bench.now() / SECOND)));
    // The same picture is no news; another one is.
    let head = bench.head().await;
    bench.pass(60 * SECOND);
    bench.work().await;
    assert_eq!(bench.head().await, head);
    bench.one("erp", line("F", 1, "I9", "L1", "1")).await;
    bench.pass(60 * SECOND);
    bench.work().await;
    let renewed = bench.issue("item/I9").await.unwrap();
    assert_eq!((renewed.records, seconds(renewed.first_time)), (3, Some(began / SECOND)));
    bench.one("erp", item("I9", 1)).await;
    bench.work().await;
    bench.pass(60 * SECOND);
    bench.work().await;
    let resolved = bench.issue("item/I9").await.unwrap();
    assert_eq!((resolved.state(), resolved.records, resolved.quantity.as_str()), (IssueState::Resolved, 0, "0"));
    let head = bench.head().await;
    bench.pass(600 * SECOND);
    bench.work().await;
    assert_eq!((bench.head().await, bench.read(|read| read.next_due()).await), (head, None), "and that was it");
    // What went away within its grace never was an issue.
    bench.one("erp", line("G", 1, "I8", "L1", "1")).await;
    bench.one("erp", item("I8", 1)).await;
    bench.pass(600 * SECOND);
    bench.work().await;
    assert_eq!(bench.issue("item/I8").await, None);
    // It comes back as a new one.
    bench.one("erp", deleted(item("I9", 2))).await;
    bench.one("erp", line("H", 1, "I9", "L1", "1")).await;
    let again = bench.now();
    bench.pass(60 * SECOND);
    bench.work().await;
    let issue = bench.issue("item/I9").await.unwrap();
    assert_eq!((issue.state(), issue.records, seconds(issue.first_time)), (IssueState::Open, 1, Some(again / SECOND)));
}

pub async fn findings_are_an_issue(place: &Place) {
    let bench = ready(place).await;
    let cause = "finding/NOTHING_ORDERED/erp";
    bench.send("erp", vec![line("D", 1, "I1", "L1", "0"), line("E", 1, "I1", "L1", "0"), line("F", 1, "I1", "L1", "1")]).await;
    assert_eq!(hanging(&bench, cause).await, (2, 0));
    bench.pass(60 * SECOND);
    bench.work().await;
    let issue = bench.issue(cause).await.unwrap();
    assert_eq!((issue.state(), issue.records, issue.reason.as_str()), (IssueState::Open, 2, "NOTHING_ORDERED"));
    bench.send("erp", vec![line("D", 2, "I1", "L1", "1"), deleted(line("E", 2, "I1", "L1", "0"))]).await;
    assert_eq!(hanging(&bench, cause).await, (0, 0));
    bench.pass(60 * SECOND);
    bench.work().await;
    assert_eq!(bench.issue(cause).await.unwrap().state(), IssueState::Resolved);
}

/// A master that is kept for comparison has a key of its own; it leaves the parked records all the same.
pub async fn corroboration_that_waited_leaves(place: &Place) {
    let bench = ready(place).await;
    let own = governance::Connection { id_space: governance::IdSpace::Own.into(), ..crate::bench::erp("other") };
    let authority = Authority { kind: "item".into(), connection: "erp".into(), keep_others: true, ..Authority::default() };
    bench.rule(governance::Policy { connections: vec![crate::bench::erp("erp"), own], authorities: vec![authority], ..policy() });
    assert_eq!(parked_on(&bench.one("other", item("theirs", 1)).await), "reference/other/item/theirs");
    crate::references::say(&bench, "other", "item", "theirs", &[("", "I1")]).await;
    bench.work().await;
    assert_eq!(bench.held(ITEM, "I1/other").await.map(|held| held.counts), Some(false));
    assert!(bench.parked().await.is_empty(), "{:?}", bench.parked().await);
    assert_eq!(bench.backlog("item").await, 0);
    let nobody = bench.read(|read| read.get(&[Key::new(ITEM, "theirs")])).await;
    assert!(nobody.is_empty());
}

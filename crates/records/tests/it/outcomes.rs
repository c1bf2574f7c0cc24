//! What becomes of one record, and of one batch.

use crate::{
    bench::{Bench, SECOND, batch, deleted, described, erp, item, line, location, observed, policy, with},
    kinds::{ITEM, LINE},
};
use crossdock_proto::{
    governance::{self, Authority},
    operations::WatermarkState,
    types::{ControlTotal, Outcome, Watermark},
};
use crossdock_records::{Batch, MAX_RECORDS};
use crossdock_testkit::Place;
use prost::Message;
use prost_types::Timestamp;

async fn ready(place: &Place) -> Bench {
    let bench = Bench::new(place, policy()).await;
    bench.send("erp", vec![item("I1", 1), item("I2", 1), location("L1", 1), location("L2", 1)]).await;
    bench
}

pub async fn every_version_has_its_outcome(place: &Place) {
    let bench = ready(place).await;
    // Version, quantity, operation; and what becomes of it, and of the total.
    let steps = [
        (observed(line("D", 5, "I1", "L1", "10"), 50), Outcome::Accepted, 10),
        (observed(line("D", 5, "I1", "L1", "10"), 50), Outcome::Duplicate, 10),
        (observed(line("D", 5, "I1", "L1", "11"), 50), Outcome::Rejected, 10),
        (observed(line("D", 5, "I1", "L1", "11"), 51), Outcome::Accepted, 11),
        (observed(line("D", 5, "I1", "L1", "11"), 52), Outcome::Duplicate, 11),
        (observed(line("D", 5, "I1", "L1", "12"), 52), Outcome::Rejected, 11),
        (observed(line("D", 4, "I1", "L1", "99"), 40), Outcome::Superseded, 11),
        (observed(line("D", 6, "I1", "L1", "7"), 0), Outcome::Accepted, 7),
        (deleted(line("D", 7, "I1", "L1", "7")), Outcome::Accepted, 0),
        (deleted(line("D", 7, "I1", "L1", "7")), Outcome::Duplicate, 0),
        (deleted(line("D", 8, "I2", "L2", "1")), Outcome::Duplicate, 0),
        (line("D", 8, "I1", "L1", "1"), Outcome::Rejected, 0),
        (line("D", 7, "I1", "L1", "1"), Outcome::Superseded, 0),
        (line("D", 9, "I1", "L1", "0.5"), Outcome::Accepted, 0),
        (line("D", 10, "I1", "L1", "3"), Outcome::Accepted, 3),
        (line("D", 11, "I2", "L1", "3"), Outcome::Accepted, 0),
    ];
    for (number, (record, outcome, total)) in steps.into_iter().enumerate() {
        let sent = bench.one("erp", record).await;
        assert_eq!(sent.outcome, outcome, "step {number}: {sent:?}");
        if outcome == Outcome::Rejected {
            assert_eq!(sent.reasons, ["VERSION_REUSED"], "step {number}");
        }
        assert_eq!(bench.total("I1").await, total, "step {number}");
    }
    assert_eq!(bench.total("I2").await, 3);
    // All of it again, in one batch: only the last version matters.
    let again = vec![line("D", 9, "I1", "L1", "0.5"), line("D", 11, "I2", "L1", "3"), line("D", 10, "I1", "L1", "3")];
    let outcomes: Vec<_> = bench.send("erp", again).await.into_iter().map(|sent| sent.outcome).collect();
    assert_eq!(outcomes, [Outcome::Superseded, Outcome::Duplicate, Outcome::Superseded]);
    assert_eq!(bench.total("I2").await, 3);
}

pub async fn a_duplicate_is_no_event(place: &Place) {
    let bench = ready(place).await;
    let records = || vec![line("D", 1, "I1", "L1", "10"), line("E", 1, "I2", "L1", "10"), item("I3", 1)];
    bench.send("erp", records()).await;
    let head = bench.head().await;
    for _ in 0..2 {
        bench.send("erp", records()).await;
        bench.work().await;
        assert_eq!(bench.head().await, head);
    }
    // Later versions of the same content: versions advance, and nobody is told.
    bench.send("erp", vec![line("D", 2, "I1", "L1", "10"), line("D", 3, "I1", "L1", "10"), described("I3", 9, "as of 1")]).await;
    assert_eq!(bench.head().await, head);
    assert_eq!(bench.held(LINE, "erp/D/1").await.unwrap().version.primary, 3);
    assert_eq!(bench.held(ITEM, "I3").await.unwrap().version.primary, 9);
    // Content is what business fields say: not when it was sent, nor what Crossdock filled in.
    let resent = with(line("D", 3, "I1", "L1", "10"), |envelope| envelope.source_time = Some(Timestamp { seconds: 5, nanos: 0 }));
    assert_eq!(bench.one("erp", resent).await.outcome, Outcome::Duplicate);
    assert_eq!(bench.head().await, head);
}

pub async fn the_source_that_went_backwards_is_found(place: &Place) {
    let bench = ready(place).await;
    bench.one("erp", observed(line("D", 5, "I1", "L1", "10"), 100)).await;
    let head = bench.head().await;
    let old = bench.one("erp", observed(line("D", 4, "I1", "L1", "9"), 90)).await;
    assert_eq!((old.outcome, old.findings), (Outcome::Superseded, vec![]));
    let regressed = bench.one("erp", observed(line("D", 4, "I1", "L1", "9"), 110)).await;
    assert_eq!((regressed.outcome, regressed.findings), (Outcome::Superseded, vec!["SOURCE_REGRESSED".to_owned()]));
    assert_eq!(bench.head().await, head);
}

pub async fn violations_are_all_told(place: &Place) {
    let bench = ready(place).await;
    let bad = with(line(" D", -1, "", "L1", "1e5"), |envelope| envelope.operation = 9);
    let unknown = crossdock_proto::Record { kind: 999, ..line("E", 1, "I1", "L1", "1") };
    let read_only = crossdock_proto::Record { kind: 20, ..line("E", 1, "I1", "L1", "1") };
    let broken = crossdock_proto::Record { body: vec![255].into(), ..line("E", 1, "I1", "L1", "1") };
    let sent = bench
        .send(
            "erp",
            vec![
                line("A", 1, "I1", "L1", "1"),
                bad,
                unknown,
                read_only,
                broken,
                line("", 1, "I1", "L1", "1"),
                line("B", 1, "I1", "L1", "1"),
            ],
        )
        .await;
    assert_eq!(
        sent[1].fields,
        ["envelope.document", "envelope.version.primary", "envelope.operation", "item_id", "quantity.value"],
        "{:?}",
        sent[1]
    );
    assert_eq!(sent[1].reasons, ["PADDED", "NEGATIVE", "UNKNOWN_VALUE", "MISSING", "MALFORMED_NUMBER"]);
    assert_eq!(
        [&sent[2], &sent[3], &sent[4], &sent[5]].map(|sent| sent.rejected()),
        ["UNKNOWN_KIND", "READ_ONLY_KIND", "MALFORMED_MESSAGE", "MISSING"]
    );
    assert_eq!((sent[0].outcome, sent[6].outcome), (Outcome::Accepted, Outcome::Accepted), "the neighbours went in");
    assert_eq!(bench.total("I1").await, 2);
}

/// What no database keeps never gets that far, whichever text of a record it is in: the neighbours go in.
pub async fn large_records_are_rejected_alone(place: &Place) {
    let bench = ready(place).await;
    let of = |kind: &str, number: u32, size: usize| {
        let unknown = [&[0xa2, 0x06, 0xff, 0xff, 0x3f][..], &vec![0; size]].concat();
        crossdock_proto::Record { kind: number, body: unknown.into(), ..item(kind, 1) }
    };
    let many = crossdock_proto::masterdata::Item {
        item_id: "I9".into(),
        units: vec![crossdock_proto::masterdata::UnitDimensions::default(); 4_097],
        ..Default::default()
    };
    let bad = [
        (of("body", u32::from(ITEM), 300_000), "TOO_LARGE", "300005"),
        (with(item("I8", 1), |envelope| envelope.principal = "x".repeat(9_000)), "TOO_LARGE", "9"),
        (crossdock_proto::Record { body: many.encode_to_vec().into(), ..item("I9", 1) }, "TOO_MANY", "4096"),
    ];
    for (number, (record, reason, value)) in bad.into_iter().enumerate() {
        let (before, after) = (item(&format!("before {number}"), 1), item(&format!("after {number}"), 1));
        let sent = bench.send("erp", vec![before, record, after]).await;
        let outcomes: Vec<_> = sent.iter().map(|sent| sent.outcome).collect();
        assert_eq!(outcomes, [Outcome::Accepted, Outcome::Rejected, Outcome::Accepted], "{sent:?}");
        assert_eq!(sent[1].reasons, [reason], "{value}");
    }
    // However much is wrong with a record, the answer stays small.
    let units = vec![crossdock_proto::masterdata::UnitDimensions::default(); 4_000];
    let wrong = crossdock_proto::masterdata::Item { units, ..Default::default() };
    let sent = bench.one("erp", crossdock_proto::Record { body: wrong.encode_to_vec().into(), ..item("I10", 1) }).await;
    assert!(sent.outcome == Outcome::Rejected && sent.reasons.len() <= 20, "{}", sent.reasons.len());
}

pub async fn bad_texts_are_rejected_alone(place: &Place) {
    let bench = ready(place).await;
    let own = governance::Connection { id_space: governance::IdSpace::Own.into(), ..erp("other") };
    bench.rule(governance::Policy { connections: vec![erp("erp"), own], ..policy() });
    // While something waits, what waits is looked at.
    assert_eq!(bench.one("erp", line("W", 1, "I9", "L1", "1")).await.outcome, Outcome::Parked);
    let long = "x".repeat(100_000);
    for bad in ["\0", "a\0b", "a\u{7f}", " a", "a\n", long.as_str()] {
        let in_texts = |envelope: &mut crossdock_proto::types::Envelope| bad.clone_into(&mut envelope.line);
        let records = vec![
            line(bad, 1, "I1", "L1", "1"),
            line("D", 1, bad, "L1", "1"),
            line("D", 1, "I1", bad, "1"),
            line("D", 1, "I1", "L1", bad),
            with(line("D", 1, "I1", "L1", "1"), in_texts),
            with(line("D", 1, "I1", "L1", "1"), |envelope| bad.clone_into(&mut envelope.set_key)),
            item(bad, 1),
            described("I5", 1, if bad == " a" || bad == long { "\0" } else { bad }),
        ];
        for connection in ["erp", "other"] {
            let mut all = records.clone();
            all.push(item(&format!("good {}", bad.len()), 1));
            let sent = bench.send(connection, all).await;
            for (number, sent) in sent[..8].iter().enumerate() {
                // One's own word that nobody knows yet is waited for; what is wrong beside it is told when it is known.
                let waits = connection == "other" && matches!(number, 0 | 3 | 4 | 5 | 7) && sent.outcome == Outcome::Parked;
                assert!(waits || sent.outcome == Outcome::Rejected, "{connection} {number} {bad:.9?}: {sent:?}");
            }
            assert_ne!(sent[8].outcome, Outcome::Rejected, "{connection} {bad:.9?}: {:?}", sent[8]);
        }
        let watermark = Watermark { kind: "demand_line".into(), region: bad.into(), recorded_through: Some(Timestamp::default()) };
        let answer = bench.batch(Batch { watermarks: vec![watermark], ..batch("erp", vec![]) }).await;
        assert_eq!(answer.failure.map(|failure| failure.reason), Some("WATERMARK".into()), "{bad:.9?}");
    }
}

pub async fn a_finding_stops_nothing(place: &Place) {
    let bench = ready(place).await;
    let future = Timestamp { seconds: bench.now() / SECOND + 3_600, nanos: 0 };
    let sent = bench.one("erp", with(line("D", 1, "I1", "L1", "0"), |envelope| envelope.source_time = Some(future))).await;
    assert_eq!((sent.outcome, sent.findings), (Outcome::Accepted, vec!["NOTHING_ORDERED".to_owned(), "SOURCE_TIME_IN_FUTURE".to_owned()]));
    let held = bench.held(LINE, "erp/D/1").await.unwrap();
    assert_eq!(crossdock_records::envelope(&held).findings.len(), 2);
}

fn authority(connection: &str, keep_others: bool) -> Authority {
    Authority { kind: "demand_line".into(), connection: connection.into(), keep_others, ..Authority::default() }
}

fn ruled(authorities: Vec<Authority>) -> governance::Policy {
    governance::Policy { authorities, ..policy() }
}

pub async fn one_connection_counts(place: &Place) {
    let bench = ready(place).await;
    bench.rule(ruled(vec![Authority { locations: vec!["L1".into()], ..authority("other", false) }]));
    assert_eq!(bench.one("erp", line("D", 1, "I1", "L1", "1")).await.rejected(), "NOT_AUTHORITY");
    assert_eq!(bench.one("other", line("D", 1, "I1", "L1", "1")).await.outcome, Outcome::Accepted);
    assert_eq!(bench.one("erp", line("D", 1, "I1", "L2", "1")).await.outcome, Outcome::Accepted);
    assert_eq!(bench.total("I1").await, 2);
    // Masters are named by their id alone: whoever came first counts until a policy says otherwise.
    assert_eq!(bench.one("other", item("I1", 9)).await.rejected(), "NOT_AUTHORITY");
    bench.rule(ruled(vec![Authority { kind: "item".into(), ..authority("other", false) }]));
    assert_eq!(bench.one("other", described("I1", 0, "theirs")).await.outcome, Outcome::Accepted, "versions of two sources do not compare");
    assert_eq!(bench.held(ITEM, "I1").await.unwrap().connection, "other");
    assert_eq!(bench.one("erp", item("I1", 99)).await.rejected(), "NOT_AUTHORITY");
}

pub async fn others_are_kept_and_not_counted(place: &Place) {
    let bench = ready(place).await;
    bench.rule(ruled(vec![authority("other", true), Authority { kind: "item".into(), ..authority("erp", true) }]));
    assert_eq!(bench.one("other", line("D", 1, "I1", "L1", "60")).await.outcome, Outcome::Accepted);
    assert_eq!(bench.one("erp", line("D", 1, "I1", "L1", "60")).await.outcome, Outcome::Accepted);
    assert_eq!(bench.total("I1").await, 60);
    let kept = bench.held(LINE, "erp/D/1").await.unwrap();
    assert!(!kept.counts && crossdock_records::envelope(&kept).corroboration);
    // It changes, and goes, and never counts.
    assert_eq!(bench.one("erp", line("D", 2, "I1", "L1", "61")).await.outcome, Outcome::Accepted);
    assert_eq!(bench.one("erp", deleted(line("D", 3, "I1", "L1", "61"))).await.outcome, Outcome::Accepted);
    assert_eq!(bench.total("I1").await, 60);
    // A master beside the one that counts.
    let theirs = bench.one("other", described("I1", 1, "theirs")).await;
    assert_eq!(theirs.outcome, Outcome::Accepted);
    assert_eq!(bench.held(ITEM, "I1").await.unwrap().connection, "erp");
    let kept = bench.held(ITEM, "I1/other").await.unwrap();
    assert_eq!((kept.counts, kept.connection.as_str()), (false, "other"));
    let head = bench.head().await;
    assert_eq!(bench.one("other", described("I1", 1, "theirs")).await.outcome, Outcome::Duplicate);
    assert_eq!(bench.head().await, head);
    // And it is no item of its own.
    assert_eq!(bench.one("other", line("E", 1, "I1/other", "L1", "1")).await.outcome, Outcome::Parked);
}

/// What was kept counts once the policy says so and it is sent again, with the version it has; and the other way round.
pub async fn another_connection_counts_from_now_on(place: &Place) {
    let bench = ready(place).await;
    bench.rule(ruled(vec![authority("other", true)]));
    for connection in ["erp", "other"] {
        assert_eq!(
            bench.one(connection, line("D", 1, "I1", "L1", if connection == "erp" { "61" } else { "60" })).await.outcome,
            Outcome::Accepted
        );
    }
    assert_eq!(bench.total("I1").await, 60);
    bench.rule(ruled(vec![authority("erp", true)]));
    for (connection, quantity, total) in [("erp", "61", 121), ("other", "60", 61), ("other", "60", 61)] {
        let outcome = bench.one(connection, line("D", 1, "I1", "L1", quantity)).await.outcome;
        assert!(matches!(outcome, Outcome::Accepted | Outcome::Duplicate), "{connection}");
        assert_eq!(bench.total("I1").await, total, "{connection}");
    }
    assert_eq!(bench.one("erp", line("D", 1, "I1", "L1", "62")).await.rejected(), "VERSION_REUSED");
}

pub async fn a_row_scope_is_kept(place: &Place) {
    let bench = ready(place).await;
    let narrow = governance::Connection { locations: vec!["L1".into()], ..erp("other") };
    bench.rule(governance::Policy { connections: vec![erp("erp"), narrow], ..policy() });
    assert_eq!(bench.one("other", line("D", 1, "I1", "L1", "1")).await.outcome, Outcome::Accepted);
    let outside = bench.one("other", line("D", 2, "I1", "L2", "5")).await;
    assert_eq!(outside.rejected(), "OUT_OF_SCOPE");
    assert_eq!(bench.total("I1").await, 1, "what it had before is untouched");
    assert_eq!(bench.one("other", deleted(line("D", 3, "I1", "L1", "1"))).await.outcome, Outcome::Accepted);
    let role = governance::Connection { roles: vec![], ..erp("other") };
    bench.rule(governance::Policy { connections: vec![erp("erp"), role], ..policy() });
    assert_eq!(bench.one("other", line("E", 1, "I1", "L1", "1")).await.rejected(), "ROLE_MAY_NOT_WRITE");
}

/// A tombstone says no location: that an authority is named for one must not keep others from taking back what they sent for another.
pub async fn what_was_sent_may_be_deleted_by_its_sender(place: &Place) {
    let bench = ready(place).await;
    bench.rule(ruled(vec![Authority { locations: vec!["L1".into()], ..authority("other", true) }]));
    bench.send("erp", vec![line("D", 1, "I1", "L2", "5"), line("E", 1, "I1", "L1", "7")]).await;
    assert_eq!(bench.total("I1").await, 5);
    let bare = |document: &str| deleted(line(document, 2, "", "", ""));
    for document in ["D", "E"] {
        assert_eq!(bench.one("erp", bare(document)).await.outcome, Outcome::Accepted, "{document}");
    }
    assert_eq!(bench.total("I1").await, 0);
    // Nor where those of others are refused.
    bench.one("erp", line("G", 1, "I1", "L2", "5")).await;
    bench.rule(ruled(vec![Authority { locations: vec!["L1".into()], ..authority("other", false) }]));
    assert_eq!(bench.one("erp", bare("G")).await.outcome, Outcome::Accepted);
    bench.rule(ruled(vec![Authority { locations: vec!["L1".into()], ..authority("other", true) }]));
    assert_eq!(bench.total("I1").await, 0);
    assert!(bench.held(LINE, "erp/D/1").await.unwrap().deleted);
    assert!(bench.held(LINE, "erp/E/1").await.unwrap().deleted);
    // The tombstone keeps what it was, and the same again is a duplicate.
    assert!(!bench.held(LINE, "erp/D/1").await.unwrap().body.is_empty());
    assert_eq!(bench.one("erp", bare("D")).await.outcome, Outcome::Duplicate);
    // Ahead of what it deletes: late, the record changes nothing.
    assert_eq!(bench.one("erp", bare("F")).await.outcome, Outcome::Accepted);
    assert_eq!(bench.one("erp", line("F", 1, "I1", "L2", "5")).await.outcome, Outcome::Superseded);
    assert_eq!(bench.total("I1").await, 0);
}

fn total(kind: &str, records: u32, quantity: &str) -> ControlTotal {
    ControlTotal { kind: kind.into(), records, quantity: quantity.into() }
}

pub async fn totals_that_do_not_match_fail_the_batch(place: &Place) {
    let bench = ready(place).await;
    let records = || vec![line("D", 1, "I1", "L1", "1.5"), line("E", 1, "NO", "L1", "2"), item("I9", 1)];
    let wrong = [
        total("demand_line", 3, ""),
        total("demand_line", 2, "3.4"),
        total("demand_line", 2, "many"),
        total("item", 0, ""),
        total("location", 1, ""),
        total("nothing", 0, ""),
    ];
    let head = bench.head().await;
    let good = batch("erp", vec![line("N", 1, "I2", "L1", "1")]);
    for wrong in wrong {
        let bad = Batch { totals: vec![total("demand_line", 2, "3.5"), wrong.clone()], ..batch("erp", records()) };
        let answer = bench.batches(vec![bad.clone()]).await.remove(0);
        assert_eq!(answer.failure.map(|failure| (failure.reason, failure.retryable)), Some(("CONTROL_TOTALS".into(), false)), "{wrong:?}");
        assert_eq!((answer.counts, answer.batch), (None, 7));
        assert_eq!(bench.head().await, head, "nothing was kept");
    }
    // The neighbour in the same transaction goes in, and answers stay in their order.
    let bad = Batch { number: 1, totals: vec![total("item", 9, "")], ..batch("erp", records()) };
    let answers = bench.batches(vec![bad.clone(), Batch { number: 2, ..good }, Batch { number: 3, ..bad }]).await;
    let told: Vec<_> = answers.iter().map(|answer| (answer.batch, answer.counts.map(|counts| counts.accepted))).collect();
    assert_eq!(told, [(1, None), (2, Some(1)), (3, None)]);
    let right =
        Batch { totals: vec![total("demand_line", 2, "3.50"), total("item", 1, "0"), total("location", 0, "")], ..batch("erp", records()) };
    let counts = bench.batch(right).await.counts.unwrap();
    assert_eq!((counts.accepted, counts.parked), (2, 1));
}

pub async fn whole_batches_that_fail(place: &Place) {
    let bench = ready(place).await;
    let head = bench.head().await;
    let many = |count: usize| (0..count).map(|number| line(&format!("{number}"), 1, "I1", "L1", "1")).collect::<Vec<_>>();
    let reason = |answer: crossdock_proto::types::BatchResult| answer.failure.map(|failure| (failure.reason, failure.retryable));
    assert_eq!(reason(bench.batch(batch("erp", many(MAX_RECORDS + 1))).await), Some(("BATCH_TOO_LARGE".into(), false)));
    assert_eq!(reason(bench.batch(batch("nobody", many(1))).await), Some(("UNKNOWN_CONNECTION".into(), true)));
    let watermark = |kind: &str, at| Watermark { kind: kind.into(), region: String::new(), recorded_through: at };
    for bad in [watermark("demand_line", None), watermark("issue?", Some(Timestamp::default()))] {
        let bad = Batch { watermarks: vec![bad], ..batch("erp", many(1)) };
        assert_eq!(reason(bench.batch(bad).await), Some(("WATERMARK".into(), false)));
    }
    assert_eq!(bench.head().await, head);
    let empty = bench.batch(batch("erp", vec![])).await;
    assert_eq!((empty.failure, empty.counts.map(|counts| counts.accepted)), (None, Some(0)));
    let answer = bench.batch(batch("erp", many(MAX_RECORDS))).await;
    assert_eq!(answer.counts.map(|counts| counts.accepted), Some(1_000));
    assert!(answer.results.is_empty(), "what was simply accepted is not told");
    assert_eq!(bench.total("I1").await, 1_000);
    // Through the lane it is the same, with the feed's end.
    let answer = bench.lane().ingest(batch("erp", many(MAX_RECORDS))).await.unwrap();
    assert_eq!((answer.counts.map(|counts| counts.duplicate), answer.cursor), (Some(1_000), bench.head().await.to_string()));
}

pub async fn a_watermark_never_goes_back_nor_ahead(place: &Place) {
    let bench = ready(place).await;
    let now = bench.now() / SECOND;
    let say = async |seconds: i64, region: &str| {
        let at = Some(Timestamp { seconds, nanos: 500_000_000 });
        let said = Watermark { kind: "demand_line".into(), region: region.into(), recorded_through: at };
        let answer = bench.batch(Batch { watermarks: vec![said], ..batch("erp", vec![]) }).await;
        assert_eq!(answer.failure, None);
    };
    let told = async |region: &str| {
        let held = bench.held(23, &format!("erp/demand_line/{region}")).await?;
        WatermarkState::decode(held.body).unwrap().recorded_through.map(|at| at.seconds)
    };
    say(now + 60, "").await;
    assert_eq!(told("").await, None, "the future says nothing");
    say(now - 100, "").await;
    say(now - 50, "north").await;
    assert_eq!((told("").await, told("north").await), (Some(now - 100), Some(now - 50)));
    let head = bench.head().await;
    for (seconds, _) in [(now - 100, ()), (now - 200, ()), (now, ())] {
        say(seconds, "").await;
    }
    assert_eq!((told("").await, bench.head().await), (Some(now - 100), head), "neither back nor ahead, by half a second");
    // A kind may be written with a hyphen, and is the same.
    let said =
        Watermark { kind: "demand-line".into(), region: "west".into(), recorded_through: Some(Timestamp { seconds: now - 7, nanos: 0 }) };
    bench.batch(Batch { watermarks: vec![said], ..batch("erp", vec![]) }).await;
    assert_eq!(told("west").await, Some(now - 7));
    let head = bench.head().await;
    say(now - 1, "").await;
    assert_eq!((told("").await, bench.head().await.position), (Some(now - 1), head.position + 1));
    // With the word of a batch that fails nothing happens either.
    bench.pass(100 * SECOND);
    let said =
        Watermark { kind: "demand_line".into(), region: String::new(), recorded_through: Some(Timestamp { seconds: now + 9, nanos: 0 }) };
    let failing = Batch { watermarks: vec![said], totals: vec![total("item", 9, "")], ..batch("erp", vec![]) };
    assert!(bench.batch(failing).await.failure.is_some());
    assert_eq!(told("").await, Some(now - 1));
}

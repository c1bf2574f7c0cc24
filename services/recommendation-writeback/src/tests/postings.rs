//! Leases and reports.

use super::{
    samples::{HOUR, L1, L2, L3, SECOND, buyer, day, erp, on_order, reason, rule, said, today},
    world::World,
};
use crate::model::{draft_order::DraftOrder, posting::Posting};
use LineOutcome::{Changed, Posted, Rejected, Retry, Unknown};
use crossdock_master_data::samples;
use crossdock_proto::{
    masterdata,
    writeback::{
        DraftOrderState as State, LineOutcome, LineReport, Recommendation, RecommendationKind, RecommendationState, Resolution, Target,
    },
};
use crossdock_records::Origin;
use crossdock_testkit::{Engine, on_both_engines};

on_both_engines! {
    f_merged_and_refused
    h_two_leases_two_documents_in_every_order
    the_same_document_from_an_old_lease_is_no_conflict
    what_was_refused_and_is_posted_all_the_same_is_a_conflict
    a_lease_that_ran_out_still_counts_until_the_next
    tried_as_often_as_allowed
    given_up
    every_caller_gets_other_drafts
    bad_reports_change_nothing
}

fn posted(document: &str) -> Vec<LineReport> {
    vec![said(1, Posted, &[(document, "10", "24")])]
}

fn f_merged_and_refused(engine: Engine) {
    for again in [false, true] {
        World::run_on(engine, async |mut world| {
            let needs = |quantity: &str, by: i32| Recommendation { need_by: day(2026, 7, by), ..today(quantity) };
            // The first need is not the first line.
            let lines = world.lines("R1", &[needs("12", 9), needs("10", 1), needs("24", 2)]).await;
            let draft = lines[0].draft.clone();
            world.release(&draft).await.unwrap();
            let leased = world.lease(10).await.unwrap().remove(0);
            let token = leased.lease.unwrap().token;
            let report = vec![said(1, Posted, &[("88", "10", "12")]), said(2, Rejected, &[]), said(3, Posted, &[("88", "10", "24")])];
            let (after, late) = world.report(&draft, token, report.clone()).await.unwrap();
            assert_eq!((after.state(), late, after.documents.clone()), (State::PartiallyPosted, false, vec!["88".to_owned()]));
            if again {
                world.restart().await;
                let (same, _) = world.report(&draft, token, report).await.unwrap();
                assert_eq!((same.state(), same.lines), (after.state(), after.lines));
            }
            let link = world.link("erp/88/10").await;
            assert_eq!(link, [(L3.to_owned(), "24".to_owned()), (L1.to_owned(), "12".to_owned())], "the first need first");
            let mut told = Vec::new();
            for key in [L3, L1, L2] {
                let status = world.status(key).await;
                told.push((status.state(), status.posted_quantity));
            }
            let is = |state, quantity: &str| (state, quantity.to_owned());
            let wanted =
                [is(RecommendationState::Posted, "24"), is(RecommendationState::Posted, "12"), is(RecommendationState::Rejected, "")];
            assert_eq!(told, wanted);
        });
    }
}

/// What arrives is for those who ordered it, not for the one that wanted it sooner.
#[test]
fn a_change_takes_no_part_of_the_order_that_it_changes() {
    World::run(async |world| {
        world.order("erp/17/10", 1, &on_order("24")).await;
        let target = Target { connection: "erp".into(), document: "17".into(), line: "10".into(), ..Target::default() };
        let sooner = Recommendation { kind: RecommendationKind::Expedite.into(), target: Some(target), ..today("24") };
        world.lines("R1", &[sooner]).await;
        let draft = world.status(L1).await.draft;
        world.release(&draft).await.unwrap();
        let token = world.lease(10).await.unwrap().remove(0).lease.unwrap().token;
        let (after, _) = world.report(&draft, token, vec![said(1, Posted, &[("17", "10", "24")])]).await.unwrap();
        assert_eq!((after.state(), after.documents), (State::Posted, vec!["17".to_owned()]));
        assert_eq!(world.status(L1).await.state(), RecommendationState::Posted);
        assert_eq!(world.link("erp/17/10").await, []);
    });
}

/// What happens to a draft that was leased twice: the first lease ran out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    FirstReports,
    SecondReports,
    Restart,
}

fn h_two_leases_two_documents_in_every_order(engine: Engine) {
    use Step::{FirstReports, Restart, SecondReports};
    let orders = [
        vec![FirstReports, SecondReports],
        vec![SecondReports, FirstReports],
        vec![FirstReports, FirstReports, Restart, SecondReports, SecondReports],
        vec![SecondReports, SecondReports, Restart, FirstReports, FirstReports],
        vec![FirstReports, Restart, SecondReports, FirstReports],
        vec![SecondReports, FirstReports, Restart, SecondReports],
    ];
    for order in orders {
        World::run_on(engine, async |mut world| {
            let draft = world.sealed().await;
            assert!(!world.lease(10).await.unwrap()[0].verify_first);
            world.later(HOUR).await;
            let second = world.lease(10).await.unwrap().remove(0);
            assert!(second.verify_first, "{order:?}");
            assert_eq!(second.lease.unwrap().token, 2, "{order:?}");
            for (at, step) in order.iter().enumerate() {
                match step {
                    FirstReports => assert!(world.report(&draft, 1, posted("PO-1")).await.unwrap().1, "{order:?}: late"),
                    SecondReports => assert!(!world.report(&draft, 2, posted("PO-2")).await.unwrap().1, "{order:?}"),
                    Restart => world.restart().await,
                }
                let both = order[..=at].contains(&FirstReports) && order[..=at].contains(&SecondReports);
                let now = world.draft(&draft).await;
                assert_eq!(now.state(), if both { State::Conflict } else { State::Posted }, "{order:?} after {at}");
                world.later(HOUR).await;
                assert!(world.lease(10).await.unwrap().is_empty(), "{order:?}: no further lease");
            }
            let conflict = world.draft(&draft).await;
            assert_eq!(conflict.documents, ["PO-1", "PO-2"], "{order:?}");
            assert!(conflict.note.contains("PO-1") && conflict.note.contains("PO-2"), "{order:?}: {}", conflict.note);
            assert_eq!(world.faults().await.get(&format!("finding/POSTING_CONFLICT/{draft}")), Some(&1), "{order:?}");
            assert_eq!(world.all::<Posting>().await.len(), order.iter().filter(|step| **step != Restart).count());
            for (document, other) in [("PO-1", "PO-2"), ("PO-2", "PO-1")] {
                if world.draft(&draft).await.state() == State::Conflict {
                    assert_eq!(reason(world.resolve(&draft, Resolution::KeepDocument, "PO-9").await), "UNKNOWN_DOCUMENT");
                    let kept = world.resolve(&draft, Resolution::KeepDocument, document).await.unwrap();
                    assert_eq!((kept.state(), kept.documents), (State::Posted, vec![document.to_owned()]));
                    assert_eq!(world.link(&format!("erp/{document}/10")).await, [(L1.to_owned(), "24".to_owned())]);
                    assert!(world.link(&format!("erp/{other}/10")).await.is_empty());
                    assert!(!world.faults().await.keys().any(|cause| cause.contains("POSTING_CONFLICT")), "{order:?}");
                }
            }
        });
    }
}

fn the_same_document_from_an_old_lease_is_no_conflict(engine: Engine) {
    World::run_on(engine, async |world| {
        let draft = world.sealed().await;
        world.lease(10).await.unwrap();
        world.later(HOUR).await;
        world.lease(10).await.unwrap();
        let (after, late) = world.report(&draft, 1, posted("PO-1")).await.unwrap();
        assert_eq!((after.state(), late), (State::Posted, true), "late evidence posts it");
        let (after, late) = world.report(&draft, 2, posted("PO-1")).await.unwrap();
        assert_eq!((after.state(), late), (State::Posted, false));
        let (after, _) = world.report(&draft, 1, vec![said(1, Rejected, &[])]).await.unwrap();
        assert_eq!(after.state(), State::Posted, "what an old lease did not do is no news");
    });
}

fn what_was_refused_and_is_posted_all_the_same_is_a_conflict(engine: Engine) {
    World::run_on(engine, async |world| {
        let draft = world.sealed().await;
        world.lease(10).await.unwrap();
        world.later(HOUR).await;
        world.lease(10).await.unwrap();
        assert_eq!(world.report(&draft, 2, vec![said(1, Rejected, &[])]).await.unwrap().0.state(), State::Rejected);
        assert_eq!(world.status(L1).await.state(), RecommendationState::Rejected);
        let (after, _) = world.report(&draft, 1, posted("PO-1")).await.unwrap();
        assert_eq!(after.state(), State::Conflict);
        assert!(after.note.contains("refused") && after.note.contains("PO-1"));
        world.resolve(&draft, Resolution::KeepDocument, "PO-1").await.unwrap();
        assert_eq!(world.status(L1).await.state(), RecommendationState::Posted);
    });
}

fn a_lease_that_ran_out_still_counts_until_the_next(engine: Engine) {
    for (report, state) in [
        (posted("PO-1"), State::Posted),
        (vec![said(1, Changed, &[("PO-1", "10", "20")])], State::PartiallyPosted),
        (vec![said(1, Rejected, &[])], State::Rejected),
        (vec![said(1, Retry, &[])], State::Retrying),
    ] {
        World::run_on(engine, async |world| {
            let draft = world.sealed().await;
            world.lease(10).await.unwrap();
            world.later(61 * SECOND).await;
            assert_eq!(world.draft(&draft).await.state(), State::Retrying);
            let (after, late) = world.report(&draft, 1, report.clone()).await.unwrap();
            assert_eq!((after.state(), late), (state, false));
        });
    }
}

fn tried_as_often_as_allowed(engine: Engine) {
    World::run_on(engine, async |mut world| {
        let draft = world.sealed().await;
        let mut pauses = Vec::new();
        for attempt in 1..=4 {
            let leased = world.lease(10).await.unwrap().remove(0);
            assert_eq!((leased.attempts, leased.lease.unwrap().token), (attempt, attempt.into()));
            assert_eq!(leased.verify_first, attempt > 2, "once nobody knew");
            let said = said(1, if attempt == 2 { Unknown } else { Retry }, &[]);
            let (after, _) = world.report(&draft, attempt.into(), vec![said]).await.unwrap();
            assert_eq!(after.state(), if attempt < 4 { State::Retrying } else { State::Dead });
            assert!(world.lease(10).await.unwrap().is_empty(), "not before the pause is over");
            if let Some(at) = after.retry_time.filter(|_| attempt < 4) {
                let pause = crossdock_records::micros(&at) - world.now();
                pauses.push(pause);
                world.later(pause - 1).await;
                assert!(world.lease(10).await.unwrap().is_empty());
                world.later(1).await;
            }
        }
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]), "{pauses:?}");
        let cause = format!("finding/POSTING_DEAD/{draft}");
        assert_eq!(world.faults().await.get(&cause), Some(&1));
        world.restart().await;
        assert_eq!(reason(world.resolve(&draft, Resolution::KeepDocument, "PO-1").await), "NOT_RESOLVABLE");
        world.resolve(&draft, Resolution::Requeue, "").await.unwrap();
        assert_eq!(world.faults().await.get(&cause), None);
        let leased = world.lease(10).await.unwrap().remove(0);
        assert_eq!((leased.attempts, leased.lease.unwrap().token, leased.verify_first), (1, 5, true));
    });
}

fn given_up(engine: Engine) {
    World::run_on(engine, async |world| {
        let draft = world.lines("R1", &[today("24"), today("24")]).await[0].draft.clone();
        world.release(&draft).await.unwrap();
        for attempt in 1..=4_i64 {
            world.lease(10).await.unwrap();
            let first = if attempt == 1 { said(1, Posted, &[("PO-1", "10", "24")]) } else { said(1, Retry, &[]) };
            let (after, _) = world.report(&draft, attempt, vec![first, said(2, Retry, &[])]).await.unwrap();
            assert_eq!(after.lines[0].outcome(), Posted, "what is posted stays posted");
            assert!(after.verify_first);
            world.later(HOUR).await;
        }
        assert_eq!(world.status(L1).await.state(), RecommendationState::Posted, "known at once");
        assert_eq!(world.status(L2).await.state(), RecommendationState::Drafted);
        let after = world.resolve(&draft, Resolution::Abandon, "").await.unwrap();
        assert_eq!(after.state(), State::PartiallyPosted);
        assert_eq!(world.status(L2).await.state(), RecommendationState::Rejected);
    });
}

fn every_caller_gets_other_drafts(engine: Engine) {
    World::run_on(engine, async |world| {
        let mut lines = Vec::new();
        for number in 0..7 {
            let id = format!("SUP9{number}");
            world.supplier(&masterdata::Supplier { supplier_id: id.clone(), ..samples::supplier() }).await;
            world.rule(&rule("SKU1", &id)).await;
            lines.push(Recommendation { supplier_id: id, ..today("24") });
        }
        for line in world.lines("R1", &lines).await {
            world.release(&line.draft).await.unwrap();
        }
        let all: Vec<String> = world.all::<DraftOrder>().await.into_iter().map(|(key, _)| key).collect();
        // Handed over together, so that they may be written together.
        let (a, b, c) = tokio::join!(world.lease(3), world.lease(2), world.lease(9));
        let keys =
            |leased: Vec<crossdock_proto::writeback::DraftOrder>| leased.into_iter().map(|draft| draft.posting_key).collect::<Vec<_>>();
        assert_eq!([keys(a.unwrap()), keys(b.unwrap()), keys(c.unwrap())].concat(), all);
        assert_eq!(reason(world.lease(-1).await), "NEGATIVE");
    });
}

fn bad_reports_change_nothing(engine: Engine) {
    World::run_on(engine, async |world| {
        let draft = world.sealed().await;
        world.lease(10).await.unwrap();
        let before = world.draft(&draft).await;
        let stranger = Origin { connection: "wms".into(), ..Origin::default() };
        assert_eq!(reason(world.report("NONE", 1, posted("PO-1")).await), "UNKNOWN_DRAFT_ORDER");
        assert_eq!(reason(world.report_by(stranger, &draft, 1, posted("PO-1")).await), "NOT_CONNECTOR");
        assert_eq!(reason(world.report(&draft, 0, posted("PO-1")).await), "TOKEN");
        assert_eq!(reason(world.report(&draft, 1, vec![]).await), "LINE_MISSING");
        assert_eq!(reason(world.report(&draft, 1, vec![said(1, Posted, &[("PO-1", "10", "25")])]).await), "MORE_THAN_DRAFTED");
        assert_eq!(reason(world.resolve(&draft, Resolution::Requeue, "").await), "NOT_RESOLVABLE");
        assert_eq!(reason(world.resolve(&draft, Resolution::Unspecified, "").await), "RESOLUTION");
        assert_eq!((world.draft(&draft).await, world.all::<Posting>().await.len()), (before, 0));
        assert_eq!(reason(world.call(move |to, _| crate::app::approval::person(&erp()).map(|_| to.now())).await), "PRINCIPAL_REQUIRED");
        assert!(world.call(move |_, _| crate::app::approval::person(&buyer("ann")).map(str::len)).await.is_ok());
    });
}

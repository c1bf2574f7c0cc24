//! Histories as real systems send them.

use super::{
    samples::{HOUR, Plan, buy, buyer, day, full, key, on_order, price, reasons, record, rule, seen},
    world::World,
};
use crate::model::status::Status;
use crossdock_master_data::samples;
use crossdock_proto::{
    execution::OrderProgress,
    governance::StaleBasis,
    masterdata,
    types::Outcome,
    writeback::{self as contract, DraftOrderState, RecommendationState as State, Settlement},
};
use crossdock_testkit::{Engine, on_both_engines};

on_both_engines! {
    g_a_run_for_one_supplier_touches_no_other_line_and_an_open_run_none
    what_is_beyond_the_horizon_stays
    l_an_edit_is_kept_while_the_planner_keeps_its_mind_and_put_to_the_buyer_when_not
    a_conflict_ends_by_another_edit_or_by_release_and_a_dropped_edit_is_asked_for
    a_planner_that_renumbers_is_matched_by_need
    older_runs_do_not_replace_newer_ones_whatever_order_they_are_worked_in
    the_next_run_does_not_order_again_what_is_on_its_way_wherever_it_is
    a_line_of_the_same_run_is_no_news_to_its_planner
    beside_what_is_on_its_way_one_line_waits_whatever_the_runs_are_called
    what_an_ordered_line_was_reduced_by_is_not_planned_again
    what_was_approved_is_not_asked_again_while_the_planner_plans_the_same
    another_price_is_another_picture
    approvals_last_as_long_as_the_picture
    a_correction_that_came_late_is_approved_anew
}

fn g_a_run_for_one_supplier_touches_no_other_line_and_an_open_run_none(engine: Engine) {
    World::by_persons_on(engine, async |mut world| {
        let lines = [("A", buy("SUP001", "24")), ("B", buy("SUP003", "24")), ("C", buy("SUP003", "30"))];
        world.plan(&full("R1"), &lines).await;
        world.restart().await;
        let scoped = Plan { suppliers: &["SUP003"], ..full("R2") };
        world.plan(&scoped, &[("B", buy("SUP003", "26"))]).await;
        let open = full("R3");
        world.open(&open).await;
        world.send("apo", &[record("R3", "A", &buy("SUP001", "90"))]).await;
        world.settle().await;
        world.restart().await;
        assert_eq!(world.told("R1", "A").await, "PENDING_APPROVAL 24");
        assert_eq!(world.told("R1", "B").await, "SUPERSEDED 24");
        assert_eq!(world.told("R1", "C").await, "SUPERSEDED 30");
        assert_eq!(world.told("R2", "B").await, "PENDING_APPROVAL 26");
        let (old, new) = (world.status(&key("R1", "B")).await, world.status(&key("R2", "B")).await);
        assert_eq!((old.superseded_by, new.supersedes), (key("R2", "B"), key("R1", "B")));
        assert_eq!(world.status(&key("R1", "C")).await.superseded_by, "");
        assert_eq!(world.all::<Status>().await.len(), 4);
    });
}

fn what_is_beyond_the_horizon_stays(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        let far = contract::Recommendation { need_by: day(2026, 9, 1), ..buy("SUP003", "30") };
        world.plan(&full("R1"), &[("near", buy("SUP003", "24")), ("far", far)]).await;
        world.plan(&Plan { horizon_end: day(2026, 7, 31), ..full("R2") }, &[]).await;
        assert_eq!(world.told("R1", "near").await, "SUPERSEDED 24");
        assert_eq!(world.told("R1", "far").await, "PENDING_APPROVAL 30");
    });
}

fn l_an_edit_is_kept_while_the_planner_keeps_its_mind_and_put_to_the_buyer_when_not(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        world.plan(&full("R1"), &[("L", buy("SUP003", "24"))]).await;
        world.correct(&key("R1", "L"), "240").await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 240");
        assert_eq!(world.status(&key("R2", "L")).await.edited_by, "ann");
        world.plan(&full("R3"), &[("L", buy("SUP003", "30"))]).await;
        assert_eq!(world.told("R3", "L").await, "HELD 240 EDIT_CONFLICT");
        let message = world.status(&key("R3", "L")).await.problems[0].message.clone();
        assert!(["24 EA", "240 EA", "30 EA"].iter().all(|value| message.contains(value)), "{message}");
        // The planner comes round to it.
        world.plan(&full("R4"), &[("L", buy("SUP003", "240"))]).await;
        assert_eq!(world.told("R4", "L").await, "PENDING_APPROVAL 240");
        assert_eq!(world.status(&key("R4", "L")).await.edited_by, "");
    });
}

fn a_conflict_ends_by_another_edit_or_by_release_and_a_dropped_edit_is_asked_for(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        world.plan(&full("R1"), &[("L", buy("SUP003", "24"))]).await;
        world.correct(&key("R1", "L"), "240").await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "30"))]).await;
        world.correct(&key("R2", "L"), "60").await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 60");
        world.plan(&full("R3"), &[]).await;
        assert_eq!(world.told("R2", "L").await, "HELD 60 EDIT_CONFLICT");
        world.decide(buyer("ann"), &key("R2", "L"), Settlement::Release).await.unwrap();
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 60");
        world.plan(&full("R4"), &[]).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 60");
    });
}

fn a_planner_that_renumbers_is_matched_by_need(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        let on = |date, value| contract::Recommendation { need_by: date, ..buy("SUP003", value) };
        world.plan(&full("R1"), &[("1", on(day(2026, 7, 1), "24")), ("2", on(day(2026, 8, 1), "30"))]).await;
        world.correct(&key("R1", "2"), "50").await;
        world.plan(&full("R2"), &[("11", on(day(2026, 7, 3), "26")), ("12", on(day(2026, 8, 1), "30"))]).await;
        assert_eq!(world.status(&key("R2", "11")).await.supersedes, key("R1", "1"));
        assert_eq!(world.told("R2", "12").await, "PENDING_APPROVAL 50");
    });
}

fn older_runs_do_not_replace_newer_ones_whatever_order_they_are_worked_in(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        let (first, second) = (full("Z-first"), full("A-second"));
        for plan in [&first, &second] {
            world.open(plan).await;
        }
        world.send("apo", &[record(first.name, "L", &buy("SUP003", "24"))]).await;
        world.send("apo", &[record(second.name, "L", &buy("SUP003", "30"))]).await;
        world.commit(&first).await;
        world.commit(&second).await;
        world.settle().await;
        assert_eq!(world.told(first.name, "L").await, "SUPERSEDED 24");
        assert_eq!(world.told(second.name, "L").await, "PENDING_APPROVAL 30");
    });
}

/// How far a line comes before the next run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Far {
    Drafted,
    Sealed,
    Ordered,
    Posted,
    OrderedThenPosted,
    PostedThenOrdered,
}

fn the_next_run_does_not_order_again_what_is_on_its_way_wherever_it_is(engine: Engine) {
    use Far::{Drafted, Ordered, OrderedThenPosted, Posted, PostedThenOrdered, Sealed};
    for far in [Drafted, Sealed, Ordered, Posted, OrderedThenPosted, PostedThenOrdered] {
        World::by_persons_on(engine, async |world| {
            world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("L", buy("SUP003", "24"))]).await;
            let draft = world.agree(&key("R1", "L")).await.draft;
            let ordered = OrderProgress { posting_key: draft.clone(), ..on_order("24") };
            if far != Drafted {
                world.release(&draft).await.unwrap();
            }
            if matches!(far, Ordered | OrderedThenPosted) {
                world.order("erp/9/1", 3, &ordered).await;
            }
            if matches!(far, Posted | OrderedThenPosted | PostedThenOrdered) {
                world.post(&draft, "9").await;
            }
            if far == PostedThenOrdered {
                world.order("erp/9/1", 3, &ordered).await;
            }
            world.plan(&Plan { seen: Some(0), ..full("R2") }, &[("other", buy("SUP001", "24"))]).await;
            if far == Drafted {
                // What can still be taken off its draft is given up by the planner, and plays no part.
                assert_eq!(world.told("R1", "L").await, "SUPERSEDED 24");
                assert_eq!(world.draft(&draft).await.state(), DraftOrderState::Empty);
                assert_eq!(world.told("R2", "other").await, "PENDING_APPROVAL 24");
            } else {
                assert_eq!(world.told("R2", "other").await, "HELD 24 BASIS_STALE", "{far:?}");
                let problem = world.status(&key("R2", "other")).await.problems[0].clone();
                assert_eq!(problem.value, "24", "counted once when {far:?}: {problem:?}");
            }
        });
    }
}

fn a_line_of_the_same_run_is_no_news_to_its_planner(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        let late = contract::Recommendation { need_by: day(2026, 7, 5), ..buy("SUP003", "30") };
        world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("A", buy("SUP003", "24")), ("B", late)]).await;
        let draft = world.agree(&key("R1", "A")).await.draft;
        world.release(&draft).await.unwrap();
        world.order("erp/9/1", 3, &OrderProgress { posting_key: draft.clone(), ..on_order("24") }).await;
        world.post(&draft, "9").await;
        world.order("erp/9/1", 4, &OrderProgress { posting_key: draft, received: "3".into(), ..on_order("24") }).await;
        world.agree(&key("R1", "B")).await;
        assert_eq!(world.told("R1", "B").await, "DRAFTED 30");
        assert_eq!(world.supply().await.entries.len(), 2);
    });
}

fn beside_what_is_on_its_way_one_line_waits_whatever_the_runs_are_called(engine: Engine) {
    for names in [["A", "B", "C"], ["C", "B", "A"]] {
        World::run_on(engine, async |world| {
            let plan = async |name: &'static str, value: &str| world.plan(&full(name), &[("L", buy("SUP003", value))]).await;
            plan(names[0], "24").await;
            world.release(&world.status(&key(names[0], "L")).await.draft).await.unwrap();
            plan(names[1], "30").await;
            plan(names[2], "36").await;
            assert_eq!(world.told(names[0], "L").await, "DRAFTED 24");
            assert_eq!(world.told(names[1], "L").await, "SUPERSEDED 30 ALREADY_POSTED");
            assert_eq!(world.told(names[2], "L").await, "HELD 36 ALREADY_POSTED");
        });
    }
}

fn what_an_ordered_line_was_reduced_by_is_not_planned_again(engine: Engine) {
    World::run_on(engine, async |mut world| {
        world.rules(|rules| rules.stale_basis = StaleBasis::Net.into());
        world.order("erp/1/1", 5, &on_order("4")).await;
        let plan = async |name, key| world.plan(&Plan { seen: Some(0), ..full(name) }, &[(key, buy("SUP003", "24"))]).await;
        plan("R1", "L1").await;
        assert_eq!(world.told("R1", "L1").await, "DRAFTED 20");
        world.release(&world.status(&key("R1", "L1")).await.draft).await.unwrap();
        plan("R2", "L2").await;
        assert_eq!(world.told("R2", "L2").await, "CANCELLED 0", "20 are on their way, and 4 were there before");
    });
}

fn what_was_approved_is_not_asked_again_while_the_planner_plans_the_same(engine: Engine) {
    let same = || buy("SUP003", "120");
    let other = [
        ("quantity", contract::Recommendation { quantity: super::samples::quantity("122", "EA"), ..same() }),
        ("need by", contract::Recommendation { need_by: day(2026, 7, 2), ..same() }),
        ("source", contract::Recommendation { supplier_id: "SUP001".into(), ..same() }),
        ("item", contract::Recommendation { item_id: "SKU2".into(), ..same() }),
    ];
    // Of 11,880: a buyer and the manager approve it.
    for approvals in 1..=2 {
        World::run_on(engine, async |mut world| {
            world.plan(&full("R1"), &[("L", same())]).await;
            let first = world.status(&key("R1", "L")).await;
            let who = ["bob", "mia"][approvals - 1];
            assert_eq!(reasons(&world.approve(who, vec![seen(&key("R1", "L"), &first.etag)]).await), [""]);
            let before = world.status(&key("R1", "L")).await;
            world.restart().await;
            world.later(HOUR / 2).await;
            world.plan(&full("R2"), &[("L", same())]).await;
            let kept = world.status(&key("R2", "L")).await;
            assert_eq!((kept.state(), &kept.supersedes), (before.state(), &key("R1", "L")));
            assert_eq!(kept.clearance.as_ref().unwrap().approvals, before.clearance.as_ref().unwrap().approvals);
            assert_eq!(world.steps(&key("R2", "L")).await[1], "APPROVAL_KEPT");
            if approvals == 2 {
                assert_eq!((before.state(), kept.draft.is_empty()), (State::Drafted, false));
                assert_eq!(world.draft(&before.draft).await.state(), DraftOrderState::Empty, "off the one, onto the next");
            }
            for (number, (what, line)) in other.iter().enumerate() {
                let name: &'static str = ["S0", "S1", "S2", "S3"][number];
                world.plan(&full(name), &[("L", line.clone())]).await;
                let asked = world.status(&key(name, "L")).await;
                assert_eq!((asked.state(), asked.clearance.unwrap().approvals), (State::PendingApproval, Vec::new()), "another {what}");
                world.agree(&key(name, "L")).await;
            }
        });
    }
}

fn another_price_is_another_picture(engine: Engine) {
    World::run_on(engine, async |world| {
        world.plan(&full("R1"), &[("L", buy("SUP003", "120"))]).await;
        world.agree(&key("R1", "L")).await;
        let dearer = masterdata::SourcingRule { prices: price("100", "EUR"), ..rule("SKU1", "SUP003") };
        world.rule(&dearer).await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "120"))]).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 120");
    });
}

fn approvals_last_as_long_as_the_picture(engine: Engine) {
    World::run_on(engine, async |mut world| {
        let line = key("R1", "1");
        let asked = world.line(buy("SUP003", "120")).await;
        world.approve("ann", vec![seen(&line, &asked.etag)]).await;
        let half = world.status(&line).await;
        let proceed = async |world: &World| {
            let key = line.clone();
            world.write(move |tx, policy| crate::app::line::proceed(tx, policy, &key, None)).await.unwrap()
        };
        world.later(HOUR).await;
        assert_eq!(proceed(&world).await, half, "looked at again, and nothing new");
        // Another policy with the same levels, and one that asks for fewer.
        world.rules(|rules| rules.currency = "EUR".into());
        let clearance = proceed(&world).await.clearance.unwrap();
        assert_eq!((clearance.policy_version.as_str(), clearance.approvals.len()), ("v1+", 1));
        let dearer = masterdata::SourcingRule { prices: price("100", "EUR"), ..rule("SKU1", "SUP003") };
        world.rule(&dearer).await;
        assert_eq!(proceed(&world).await.clearance.unwrap().approvals, [], "what they approved was cheaper");
    });
}

fn a_correction_that_came_late_is_approved_anew(engine: Engine) {
    World::by_persons_on(engine, async |mut world| {
        world.rules(|rules| rules.connectors.clear());
        world.open(&full("R1")).await;
        world.send("apo", &[record("R1", "L", &buy("SUP003", "24"))]).await;
        // The newer version waits for its supplier.
        let mut newer = record("R1", "L", &buy("SUP007", "24"));
        newer.envelope.as_mut().unwrap().version.as_mut().unwrap().primary = 2;
        assert_eq!(world.send("apo", &[newer]).await[0].outcome, Outcome::Parked);
        world.commit(&full("R1")).await;
        world.settle().await;
        world.agree(&key("R1", "L")).await;
        assert_eq!(world.told("R1", "L").await, "APPROVED 24 NO_CONNECTOR");
        world.rule(&rule("SKU1", "SUP007")).await;
        world.supplier(&masterdata::Supplier { supplier_id: "SUP007".into(), ..samples::supplier() }).await;
        assert_eq!(world.told("R1", "L").await, "PENDING_APPROVAL 24");
        assert_eq!(world.status(&key("R1", "L")).await.supplier_id, "SUP007");
    });
}

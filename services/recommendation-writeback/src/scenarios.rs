//! Histories as real systems send them.

use crate::testing::{Plan, World, buy, day, full, key, on_order};
use crossdock_proto::{
    execution::OrderProgress,
    writeback::{self as contract, RecommendationState as State},
};

#[test]
fn g_a_run_for_one_supplier_touches_no_other_line_and_an_open_run_none() {
    World::run(async |mut world| {
        let lines = [("A", buy("SUP001", "24")), ("B", buy("SUP003", "24")), ("C", buy("SUP003", "30"))];
        world.plan(&full("R1"), &lines).await;
        world.restart().await;
        let scoped = Plan { suppliers: &["SUP003"], ..full("R2") };
        world.plan(&scoped, &[("B", buy("SUP003", "26"))]).await;
        let open = full("R3");
        world.open(&open).await;
        world.send("apo", &[crate::testing::record("R3", "A", &buy("SUP001", "90"))]).await;
        world.settle().await;
        world.restart().await;
        assert_eq!(world.told("R1", "A").await, "PENDING_APPROVAL 24");
        assert_eq!(world.told("R1", "B").await, "SUPERSEDED 24");
        assert_eq!(world.told("R1", "C").await, "SUPERSEDED 30");
        assert_eq!(world.told("R2", "B").await, "PENDING_APPROVAL 26");
        let (old, new) = (world.status("R1", "B").await, world.status("R2", "B").await);
        assert_eq!((old.superseded_by, new.supersedes), (key("R2", "B"), key("R1", "B")));
        assert_eq!(world.status("R1", "C").await.superseded_by, "");
        assert_eq!(world.statuses().await.len(), 4);
    });
}

#[test]
fn what_is_beyond_the_horizon_stays() {
    World::run(async |world| {
        let far = contract::Recommendation { need_by: day(2026, 9, 1), ..buy("SUP003", "30") };
        world.plan(&full("R1"), &[("near", buy("SUP003", "24")), ("far", far)]).await;
        world.plan(&Plan { horizon_end: day(2026, 7, 31), ..full("R2") }, &[]).await;
        assert_eq!(world.told("R1", "near").await, "SUPERSEDED 24");
        assert_eq!(world.told("R1", "far").await, "PENDING_APPROVAL 30");
    });
}

#[test]
fn l_an_edit_is_kept_while_the_planner_keeps_its_mind_and_put_to_the_buyer_when_not() {
    World::run(async |world| {
        world.plan(&full("R1"), &[("L", buy("SUP003", "24"))]).await;
        world.edit(&key("R1", "L"), "240").await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 240");
        assert_eq!(world.status("R2", "L").await.edited_by, "ann");
        world.plan(&full("R3"), &[("L", buy("SUP003", "30"))]).await;
        assert_eq!(world.told("R3", "L").await, "HELD 240 EDIT_CONFLICT");
        let message = world.status("R3", "L").await.problems[0].message.clone();
        assert!(["24 EA", "240 EA", "30 EA"].iter().all(|value| message.contains(value)), "{message}");
        // The planner comes round to it.
        world.plan(&full("R4"), &[("L", buy("SUP003", "240"))]).await;
        assert_eq!(world.told("R4", "L").await, "PENDING_APPROVAL 240");
        assert_eq!(world.status("R4", "L").await.edited_by, "");
    });
}

#[test]
fn a_conflict_ends_by_another_edit_or_by_release_and_a_dropped_edit_is_asked_for() {
    World::run(async |world| {
        world.plan(&full("R1"), &[("L", buy("SUP003", "24"))]).await;
        world.edit(&key("R1", "L"), "240").await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "30"))]).await;
        world.edit(&key("R2", "L"), "60").await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 60");
        world.plan(&full("R3"), &[]).await;
        assert_eq!(world.told("R2", "L").await, "HELD 60 EDIT_CONFLICT");
        world.release(&key("R2", "L")).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 60");
        world.plan(&full("R4"), &[]).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 60");
    });
}

#[test]
fn a_planner_that_renumbers_is_matched_by_need() {
    World::run(async |world| {
        let on = |date, value| contract::Recommendation { need_by: date, ..buy("SUP003", value) };
        world.plan(&full("R1"), &[("1", on(day(2026, 7, 1), "24")), ("2", on(day(2026, 8, 1), "30"))]).await;
        world.edit(&key("R1", "2"), "50").await;
        world.plan(&full("R2"), &[("11", on(day(2026, 7, 3), "26")), ("12", on(day(2026, 8, 1), "30"))]).await;
        assert_eq!(world.status("R2", "11").await.supersedes, key("R1", "1"));
        assert_eq!(world.told("R2", "12").await, "PENDING_APPROVAL 50");
    });
}

#[test]
fn older_runs_do_not_replace_newer_ones_whatever_order_they_are_worked_in() {
    World::run(async |world| {
        let (first, second) = (full("Z-first"), full("A-second"));
        for plan in [&first, &second] {
            world.open(plan).await;
        }
        world.send("apo", &[crate::testing::record(first.name, "L", &buy("SUP003", "24"))]).await;
        world.send("apo", &[crate::testing::record(second.name, "L", &buy("SUP003", "30"))]).await;
        world.commit(&first).await;
        world.commit(&second).await;
        world.settle().await;
        assert_eq!(world.told(first.name, "L").await, "SUPERSEDED 24");
        assert_eq!(world.told(second.name, "L").await, "PENDING_APPROVAL 30");
    });
}

#[test]
fn the_next_run_does_not_order_again_what_is_on_its_way_wherever_it_is() {
    for step in 0..6 {
        World::run(async |world| {
            world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("L", buy("SUP003", "24"))]).await;
            let key = key("R1", "L");
            world.approve(&key).await;
            let posted = OrderProgress { posting_key: "PK1".into(), ..on_order("24") };
            if step > 0 {
                world.draft(&key, "PK1").await;
            }
            // The order is seen before the report, or after it.
            if step == 2 || step == 4 {
                world.order("erp/9/1", 3, &posted).await;
            }
            if step > 2 {
                world.post(&key, "erp/9/1").await;
            }
            if step == 5 {
                world.order("erp/9/1", 3, &posted).await;
            }
            world.plan(&Plan { seen: Some(0), ..full("R2") }, &[("other", buy("SUP001", "24"))]).await;
            let expected = if step == 0 { "SUPERSEDED" } else { "HELD" };
            let told = world.told("R2", "other").await;
            // What is not yet on a draft is given up by the planner, and plays no part.
            if step == 0 {
                assert_eq!(world.told("R1", "L").await, format!("{expected} 24"));
            } else {
                assert_eq!(told, "HELD 24 BASIS_STALE", "step {step}");
                let problem = world.status("R2", "other").await.problems[0].clone();
                assert_eq!(problem.value, "24", "counted once at step {step}: {problem:?}");
            }
        });
    }
}

#[test]
fn a_line_of_the_same_run_is_no_news_to_its_planner() {
    World::run(async |world| {
        let late = contract::Recommendation { need_by: day(2026, 7, 5), ..buy("SUP003", "30") };
        world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("A", buy("SUP003", "24")), ("B", late)]).await;
        world.approve(&key("R1", "A")).await;
        world.draft(&key("R1", "A"), "PK1").await;
        world.order("erp/9/1", 3, &OrderProgress { posting_key: "PK1".into(), ..on_order("24") }).await;
        world.post(&key("R1", "A"), "erp/9/1").await;
        world.order("erp/9/1", 4, &OrderProgress { posting_key: "PK1".into(), received: "3".into(), ..on_order("24") }).await;
        world.approve(&key("R1", "B")).await;
        assert_eq!(world.told("R1", "B").await, "APPROVED 30");
        assert_eq!(world.supply().await.entries.len(), 2);
    });
}

#[test]
fn a_plan_that_differs_from_what_was_posted_says_so() {
    World::run(async |world| {
        world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("L", buy("SUP003", "24"))]).await;
        let first = key("R1", "L");
        world.approve(&first).await;
        world.draft(&first, "PK1").await;
        world.post(&first, "erp/9/1").await;
        world.order("erp/9/1", 3, &on_order("24")).await;
        world.plan(&Plan { seen: Some(0), ..full("R2") }, &[("L", buy("SUP003", "20"))]).await;
        assert_eq!(world.told("R2", "L").await, "HELD 20 ALREADY_POSTED");
        let problem = world.status("R2", "L").await.problems[0].clone();
        assert!(problem.message.contains("erp/9/1") && problem.value.contains("24 EA"), "{problem:?}");
        assert_eq!(world.status("R1", "L").await.state(), State::Posted);
    });
}

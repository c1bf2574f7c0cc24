//! A run that plans otherwise than was ordered, without having seen the order, changes the order.

use super::{
    samples::{Plan, buy, day, full, key, on_order, said},
    world::World,
};
use crate::model::status::Status;
use crossdock_proto::{
    execution::OrderProgress,
    writeback::{DraftLine, LineOutcome, Recommendation, RecommendationKind as Kind, RecommendationState as State},
};
use crossdock_testkit::{Engine, on_both_engines};

on_both_engines! {
    what_is_planned_otherwise_than_ordered_changes_the_order
    what_its_planner_had_seen_is_left_alone
    what_is_not_planned_again_is_cancelled_within_scope
    a_change_is_posted_once_and_is_no_supply
    what_is_on_its_way_is_changed_when_it_is_there
    an_edit_is_not_turned_into_a_change
}

/// R1 ordered 24 by 1 July: order line erp/9/1, which the ERP shows at position 3.
async fn ordered(world: &World) {
    world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("L", buy("SUP003", "24"))]).await;
    let draft = world.agree(&key("R1", "L")).await.draft;
    world.release(&draft).await.unwrap();
    world.post(&draft, "9").await;
    world.order("erp/9/1", 3, &OrderProgress { posting_key: draft, ..on_order("24") }).await;
}

/// The changes of a run: key behind that of the line, state, quantity, need-by day.
async fn changes(world: &World, run: &str) -> Vec<String> {
    let of_run = |key: &String| key.starts_with(&key_of(run)) && key.split('/').count() > 4;
    let told = |(key, status): (String, crossdock_proto::writeback::RecommendationStatus)| {
        let name = key.trim_start_matches(&key_of(run)).to_owned();
        let by = status.need_by.unwrap_or_default();
        format!("{name} {:?} {} by {}-{}", status.state(), status.quantity, by.month, by.day)
    };
    world.all::<Status>().await.into_iter().filter(|(key, _)| of_run(key)).map(told).collect()
}

fn key_of(run: &str) -> String {
    format!("apo/{run}/")
}

fn what_is_planned_otherwise_than_ordered_changes_the_order(engine: Engine) {
    let by = |month, day_of| Recommendation { need_by: day(2026, month, day_of), ..buy("SUP003", "24") };
    let less = Recommendation { need_by: day(2026, 7, 8), ..buy("SUP003", "20") };
    let table: [(Recommendation, &str, &[&str]); 6] = [
        (buy("SUP003", "24"), "CANCELLED 0", &[]),
        (buy("SUP003", "40"), "PENDING_APPROVAL 16", &[]),
        (buy("SUP003", "20"), "CANCELLED 0", &["L/1/cancel/9/1 PendingApproval 4 by 7-1"]),
        (by(7, 8), "CANCELLED 0", &["L/1/date/9/1 PendingApproval 24 by 7-8"]),
        (by(6, 25), "CANCELLED 0", &["L/1/date/9/1 PendingApproval 24 by 6-25"]),
        (less, "CANCELLED 0", &["L/1/cancel/9/1 PendingApproval 4 by 7-1", "L/1/date/9/1 PendingApproval 20 by 7-8"]),
    ];
    for (planned, line, expected) in table {
        World::by_persons_on(engine, async |mut world| {
            ordered(&world).await;
            world.plan(&Plan { seen: Some(0), ..full("R2") }, &[("L", planned.clone())]).await;
            assert_eq!(
                (world.told("R2", "L").await.as_str(), changes(&world, "R2").await.as_slice()),
                (line, strings(expected).as_slice())
            );
            assert_eq!(world.status(&key("R1", "L")).await.state(), State::Posted);
            world.restart().await;
            world.settle().await;
            assert_eq!(changes(&world, "R2").await, strings(expected), "nothing is done twice");
        });
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn what_its_planner_had_seen_is_left_alone(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        ordered(&world).await;
        world.plan(&Plan { seen: Some(3), ..full("R2") }, &[("L", buy("SUP003", "20"))]).await;
        assert_eq!((world.told("R2", "L").await.as_str(), changes(&world, "R2").await.len()), ("PENDING_APPROVAL 20", 0));
        world.plan(&Plan { seen: Some(3), ..full("R3") }, &[]).await;
        assert_eq!(changes(&world, "R3").await.len(), 0);
    });
}

fn what_is_not_planned_again_is_cancelled_within_scope(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        ordered(&world).await;
        world.plan(&Plan { seen: Some(0), suppliers: &["SUP001"], ..full("R2") }, &[]).await;
        assert_eq!(changes(&world, "R2").await.len(), 0, "another scope");
        world.plan(&Plan { seen: Some(0), ..full("R3") }, &[("other", buy("SUP003", "12"))]).await;
        assert_eq!(changes(&world, "R3").await.len(), 0, "it is for the same need");
        world.plan(&Plan { seen: Some(0), ..full("R4") }, &[]).await;
        assert_eq!(changes(&world, "R4").await, ["L/1/cancel/9/1 PendingApproval 24 by 7-1"]);
        world.plan(&Plan { seen: Some(0), ..full("R5") }, &[]).await;
        assert_eq!(changes(&world, "R4").await, ["L/1/cancel/9/1 Superseded 24 by 7-1"]);
        assert_eq!(changes(&world, "R5").await, ["L/1/cancel/9/1 PendingApproval 24 by 7-1"]);
    });
}

fn a_change_is_posted_once_and_is_no_supply(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        ordered(&world).await;
        let plan = async |name| world.plan(&Plan { seen: Some(0), ..full(name) }, &[("L", buy("SUP003", "20"))]).await;
        plan("R2").await;
        let draft = world.agree("apo/R2/L/1/cancel/9/1").await.draft;
        world.release(&draft).await.unwrap();
        plan("R3").await;
        assert_eq!(changes(&world, "R3").await.len(), 0, "one is on its way");
        let leased = world.lease(1).await.unwrap();
        let line: &DraftLine = &leased[0].lines[0];
        let target = line.target.clone().unwrap();
        assert_eq!((line.kind(), line.quantity.as_str(), target.expected_quantity.as_str()), (Kind::Cancel, "4", "24"));
        let token = leased[0].lease.as_ref().unwrap().token;
        world.report(&draft, token, vec![said(1, LineOutcome::Posted, &[("9", "1", "4")])]).await.unwrap();
        assert_eq!(world.link("erp/9/1").await, [(key("R1", "L"), "24".to_owned())], "receipts are shared among what was ordered");
        plan("R4").await;
        assert_eq!(changes(&world, "R4").await.len(), 0, "the ERP did it, and has not shown it yet");
        world.order("erp/9/1", 4, &OrderProgress { cancelled: "4".into(), open: "20".into(), ..on_order("24") }).await;
        plan("R5").await;
        assert_eq!((world.told("R5", "L").await.as_str(), changes(&world, "R5").await.len()), ("CANCELLED 0", 0));
    });
}

fn what_is_on_its_way_is_changed_when_it_is_there(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("L", buy("SUP003", "24"))]).await;
        let draft = world.agree(&key("R1", "L")).await.draft;
        world.release(&draft).await.unwrap();
        world.plan(&Plan { seen: Some(0), ..full("R2") }, &[("L", buy("SUP003", "20"))]).await;
        assert_eq!(world.told("R2", "L").await, "HELD 20 ALREADY_POSTED");
        world.post(&draft, "9").await;
        assert_eq!(world.told("R2", "L").await, "CANCELLED 0");
        // The ERP has not shown the order: that it looks so is looked at then.
        assert_eq!(changes(&world, "R2").await, ["L/1/cancel/9/1 Held 4 by 7-1"]);
        world.order("erp/9/1", 3, &OrderProgress { posting_key: draft, ..on_order("24") }).await;
        assert_eq!(changes(&world, "R2").await, ["L/1/cancel/9/1 PendingApproval 4 by 7-1"]);
    });
}

fn an_edit_is_not_turned_into_a_change(engine: Engine) {
    World::by_persons_on(engine, async |world| {
        world.plan(&Plan { seen: Some(0), ..full("R1") }, &[("L", buy("SUP003", "24"))]).await;
        let first = world.agree(&key("R1", "L")).await;
        world.release(&first.draft).await.unwrap();
        world.plan(&Plan { seen: Some(0), ..full("R2") }, &[("L", buy("SUP003", "20"))]).await;
        let held = world.status(&key("R2", "L")).await;
        world.edit("ann", &key("R2", "L"), &held.etag, "30").await.unwrap();
        world.post(&first.draft, "9").await;
        assert_eq!(world.told("R2", "L").await, "HELD 30 ALREADY_POSTED");
    });
}

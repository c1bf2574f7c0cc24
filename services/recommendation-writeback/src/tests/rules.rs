//! What each rule says of a line.

use super::{
    samples::{HOUR, NOW, PLANNER, Plan, buy, buyer, day, full, item, key, on_order, quantity, record, rule},
    world::World,
};
use crossdock_core::Violation;
use crossdock_master_data::samples;
use crossdock_proto::{
    governance::{Fallback, FallbackMode, Fence},
    masterdata::{self, Lifecycle},
    operations::Issue,
    types::Outcome,
    writeback::{self as contract, PlanningModeKind, RecommendationKind, RecommendationState as State, Settlement, Target},
};

/// What is said of one line alone.
async fn alone(world: &World, line: &contract::Recommendation) -> String {
    world.plan(&full("R"), &[("L", line.clone())]).await;
    world.told("R", "L").await
}

#[test]
fn a_good_line_waits_for_a_person_with_price_and_order_date() {
    World::by_persons(async |world| {
        assert_eq!(alone(&world, &buy("SUP003", "24")).await, "PENDING_APPROVAL 24");
        let status = world.status(&key("R", "L")).await;
        // 26 June is a Friday: five days on the way, before that two working days.
        assert_eq!((status.order_by, status.unit.as_str()), (day(2026, 6, 24), "EA"));
        assert_eq!(status.value.map(|value| value.amount), Some("2376".to_owned()));
        assert_eq!(status.sourcing_rule, "SKU1/SUP003///");
        let run = world.get::<crate::model::planning::Run>("apo/R").await.unwrap();
        assert_eq!((run.processing, run.lines, run.pending), (false, 1, 1));
    });
}

#[test]
fn every_rule_of_the_masters_is_told_with_value_and_reason() {
    let line = || buy("SUP003", "24");
    let mut table = vec![
        (contract::Recommendation { quantity: quantity("8", "EA"), ..line() }, "INVALID 8 BELOW_MINIMUM"),
        (contract::Recommendation { quantity: quantity("11", "EA"), ..line() }, "INVALID 11 NOT_A_MULTIPLE"),
        (contract::Recommendation { quantity: quantity("0", "EA"), ..line() }, "INVALID 0 NOT_POSITIVE BELOW_MINIMUM"),
        (contract::Recommendation { need_by: day(2026, 6, 18), ..line() }, "HELD 24 LEAD_TIME"),
        (contract::Recommendation { item_id: "OLD".into(), ..line() }, "INVALID 24 DISCONTINUED"),
        (contract::Recommendation { destination_location_id: "ALL".into(), ..line() }, "INVALID 24 GROUP_LOCATION"),
        (contract::Recommendation { supplier_id: "SUP009".into(), ..line() }, "INVALID 24 SUPPLIER_BLOCKED NO_SOURCING_RULE"),
    ];
    table.push((contract::Recommendation { supplier_id: "SUP004".into(), ..line() }, "INVALID 24 NO_SOURCING_RULE"));
    World::by_persons(async |world| {
        world.item(&masterdata::Item { lifecycle: Lifecycle::Discontinued.into(), ..item("OLD") }).await;
        world.rule(&rule("OLD", "SUP003")).await;
        let group = masterdata::LocationKind::Group.into();
        world.location(&masterdata::Location { location_id: "ALL".into(), kind: group, ..samples::location() }).await;
        for (id, blocked) in [("SUP009", true), ("SUP004", false)] {
            world.supplier(&masterdata::Supplier { supplier_id: id.into(), blocked, ..samples::supplier() }).await;
        }
        for (index, (line, expected)) in table.into_iter().enumerate() {
            let name: &'static str = Box::leak(format!("R{index}").into_boxed_str());
            world.plan(&full(name), &[(name, line)]).await;
            assert_eq!(world.told(name, name).await, expected);
            for problem in world.status(&key(name, name)).await.problems {
                assert!(!problem.field.is_empty() && !problem.value.is_empty() && problem.message.len() > 10, "{problem:?}");
            }
        }
    });
}

#[test]
fn quantities_are_ordered_in_the_unit_of_the_rule_exactly_or_not_at_all() {
    World::by_persons(async |world| {
        world.case("SKU1", 12).await;
        let by_case = masterdata::SourcingRule { order_unit: "XCS".into(), minimum_quantity: "2".into(), ..rule("SKU1", "SUP003") };
        world.rule(&masterdata::SourcingRule { multiple: "1".into(), ..by_case }).await;
        world.plan(&full("R"), &[("whole", buy("SUP003", "36")), ("broken", buy("SUP003", "40"))]).await;
        assert_eq!(world.told("R", "whole").await, "PENDING_APPROVAL 3");
        assert_eq!(world.status(&key("R", "whole")).await.unit, "XCS");
        assert_eq!(world.told("R", "broken").await, "INVALID 40 NOT_REPRESENTABLE");
    });
}

#[test]
fn what_is_outside_of_its_run_is_refused() {
    World::by_persons(async |world| {
        let plan = Plan { suppliers: &["SUP003"], horizon_end: day(2026, 7, 1), ..full("R") };
        world.open(&plan).await;
        let late = contract::Recommendation { need_by: day(2026, 7, 2), ..buy("SUP003", "24") };
        let sent = [record("R", "in", &buy("SUP003", "24")), record("R", "out", &buy("SUP001", "24")), record("R", "late", &late)];
        let taken = world.send(PLANNER, &sent).await;
        assert_eq!(taken[0].outcome, Outcome::Accepted);
        for refused in &taken[1..] {
            let reason = |violation: &Violation| violation.reason;
            assert_eq!(refused.violations.iter().map(reason).collect::<Vec<_>>(), ["OUTSIDE_RUN"]);
        }
        let alone = world.send(PLANNER, &[record("", "x", &buy("SUP003", "24"))]).await;
        assert_eq!(alone[0].outcome, Outcome::Rejected);
    });
}

#[test]
fn a_line_that_waited_for_its_item_goes_on_after_the_commit() {
    World::by_persons(async |world| {
        let line = contract::Recommendation { item_id: "NEW".into(), ..buy("SUP003", "24") };
        let taken = world.plan(&full("R"), &[("L", line), ("M", buy("SUP003", "24"))]).await;
        assert_eq!((taken[0].outcome, taken[1].outcome), (Outcome::Parked, Outcome::Accepted));
        world.rule(&rule("NEW", "SUP003")).await;
        world.item(&item("NEW")).await;
        assert_eq!(world.told("R", "L").await, "PENDING_APPROVAL 24");
        assert_eq!(world.get::<crate::model::planning::Run>("apo/R").await.unwrap().lines, 2);
    });
}

#[test]
fn a_line_that_comes_after_a_newer_run_is_superseded() {
    World::by_persons(async |world| {
        let line = contract::Recommendation { item_id: "NEW".into(), ..buy("SUP003", "24") };
        world.plan(&full("R1"), &[("L", line)]).await;
        world.plan(&full("R2"), &[]).await;
        world.rule(&rule("NEW", "SUP003")).await;
        world.item(&item("NEW")).await;
        assert_eq!(world.told("R1", "L").await, "SUPERSEDED 24");
    });
}

#[test]
fn a_fence_holds_and_a_release_lasts() {
    World::by_persons(async |mut world| {
        world.rules(|rules| rules.fences = vec![Fence { days: 30, ..Fence::default() }]);
        assert_eq!(alone(&world, &buy("SUP003", "24")).await, "HELD 24 FROZEN");
        let etag = world.status(&key("R", "L")).await.etag;
        world.later(2 * HOUR).await;
        assert_eq!(world.status(&key("R", "L")).await.etag, etag, "looked at again, and nothing new");
        world.decide(buyer("ann"), &key("R", "L"), Settlement::Release).await.unwrap();
        assert_eq!(world.told("R", "L").await, "PENDING_APPROVAL 24");
        world.agree(&key("R", "L")).await;
        assert_eq!(world.told("R", "L").await, "DRAFTED 24");
    });
}

#[test]
fn what_is_held_goes_on_when_the_masters_say_otherwise() {
    World::by_persons(async |world| {
        let slow = contract::Recommendation { need_by: day(2026, 6, 18), ..buy("SUP003", "24") };
        assert_eq!(alone(&world, &slow).await, "HELD 24 LEAD_TIME");
        world.rule(&masterdata::SourcingRule { processing: None, transit: None, ..rule("SKU1", "SUP003") }).await;
        world.later(2 * HOUR).await;
        assert_eq!(world.told("R", "L").await, "PENDING_APPROVAL 24");
    });
}

#[test]
fn a_change_names_its_erp_and_waits_for_its_order_as_it_was_expected() {
    World::by_persons(async |mut world| {
        world.rules(|rules| rules.connectors.clear());
        let target = Target { document: "17".into(), line: "10".into(), expected_quantity: "24".into(), ..Target::default() };
        let cancel = contract::Recommendation { kind: RecommendationKind::Cancel.into(), target: Some(target), ..buy("SUP003", "5") };
        world.plan(&full("R1"), &[("L", cancel.clone())]).await;
        assert_eq!(world.told("R1", "L").await, "INVALID 5 MISSING");
        let connector = |connection: &str| crossdock_proto::governance::Connector { connection: connection.into(), company: String::new() };
        world.rules(|rules| rules.connectors = vec![connector("erp")]);
        world.plan(&full("R2"), &[("L", cancel)]).await;
        assert_eq!(world.told("R2", "L").await, "HELD 5 UNKNOWN_ORDER");
        assert_eq!(world.status(&key("R2", "L")).await.target.unwrap().connection, "erp");
        world.order("erp/17/10", 1, &on_order("20")).await;
        assert_eq!(world.told("R2", "L").await, "HELD 5 TARGET_CHANGED");
        world.order("erp/17/10", 2, &on_order("24")).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 5");
        assert_eq!(world.supply().await.entries.len(), 1, "a change is no supply of its own");
    });
}

#[test]
fn k_without_a_rate_nothing_has_a_value() {
    World::by_persons(async |mut world| {
        world.rules(|rules| rules.currency = "GBP".into());
        world.plan(&full("R1"), &[("L", buy("SUP003", "24"))]).await;
        let status = world.status(&key("R1", "L")).await;
        assert_eq!((status.state(), status.value), (State::PendingApproval, None));
        assert_eq!(status.clearance.unwrap().values["value_known"], "false");
        let rate = masterdata::ExchangeRate {
            from_currency: "EUR".into(),
            to_currency: "GBP".into(),
            rate: "0.85".into(),
            ..samples::exchange_rate()
        };
        world.master::<crossdock_master_data::ExchangeRate>("EUR/GBP//2026-01-01", &rate).await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "24"))]).await;
        let status = world.status(&key("R2", "L")).await;
        assert_eq!(status.value.map(|value| (value.amount, value.currency)), Some(("2019.6".into(), "GBP".into())));
        assert_eq!((status.rate.as_str(), status.rate_date), ("0.85", day(2026, 1, 1)));
    });
}

#[test]
fn a_silent_planner_is_held_until_it_speaks() {
    World::by_persons(async |mut world| {
        let after = Some(prost_types::Duration { seconds: 3_600, nanos: 0 });
        let fallback = Fallback { connection: PLANNER.into(), after, mode: FallbackMode::Hold.into(), ..Fallback::default() };
        world.rules(|rules| rules.fallbacks = vec![fallback]);
        let slow = contract::Recommendation { need_by: day(2026, 6, 18), ..buy("SUP003", "24") };
        assert_eq!(alone(&world, &slow).await, "HELD 24 LEAD_TIME");
        world.later(3 * HOUR).await;
        assert_eq!(world.told("R", "L").await, "HELD 24 LEAD_TIME PLANNER_SILENT");
        let mode = world.get::<crate::model::planning::PlanningMode>(PLANNER).await.unwrap();
        assert_eq!(mode.kind(), PlanningModeKind::Hold);
        world.later(HOUR / 30).await;
        let issue = async |world: &World| world.get::<Issue>("finding/PLANNER_SILENT/apo").await;
        assert_eq!(issue(&world).await.unwrap().records, 1);
        // A run for another supplier: the planner speaks, and the line of the run before goes on as far as it could.
        let plan = Plan { suppliers: &["SUP001"], ..full("R2") };
        world.plan(&plan, &[]).await;
        assert_eq!(world.told("R", "L").await, "HELD 24 LEAD_TIME");
        world.later(HOUR / 30).await;
        assert_eq!(issue(&world).await.unwrap().records, 0);
    });
}

#[test]
fn rules_see_whether_the_data_was_fresh() {
    World::by_persons(async |mut world| {
        let fresh = async |world: &World, run| world.status(&key(run, "L")).await.clearance.unwrap().values["fresh"].clone();
        world.rules(|rules| rules.fresh_kinds = vec!["inventory_snapshot".into()]);
        world.objective("inventory_snapshot", 3_600);
        assert_eq!(alone(&world, &buy("SUP003", "24")).await, "PENDING_APPROVAL 24");
        assert_eq!(fresh(&world, "R").await, "false");
        world.watermark("inventory_snapshot", NOW).await;
        world.plan(&full("R2"), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(fresh(&world, "R2").await, "true");
        world.later(2 * HOUR).await;
        world.plan(&full("R3"), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(fresh(&world, "R3").await, "false");
    });
}

#[test]
fn supply_that_nobody_had_seen_holds_or_is_taken_off() {
    World::by_persons(async |mut world| {
        world.order("erp/1/1", 5, &on_order("20")).await;
        let seen = |name, seen| Plan { seen: Some(seen), ..full(name) };
        world.plan(&seen("R1", 5), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(world.told("R1", "L").await, "PENDING_APPROVAL 24");
        world.plan(&seen("R2", 4), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(world.told("R2", "L").await, "HELD 24 BASIS_STALE");
        // The order is cancelled: the line goes on by itself.
        world.order("erp/1/1", 6, &crossdock_proto::execution::OrderProgress { cancelled: "20".into(), ..on_order("20") }).await;
        assert_eq!(world.told("R2", "L").await, "PENDING_APPROVAL 24");
        world.order("erp/2/1", 7, &on_order("6")).await;
        world.rules(|rules| rules.stale_basis = crossdock_proto::governance::StaleBasis::Net.into());
        world.plan(&seen("R3", 6), &[("L", buy("SUP003", "24"))]).await;
        assert_eq!(world.told("R3", "L").await, "PENDING_APPROVAL 18");
        assert_eq!(world.status(&key("R3", "L")).await.netted_quantity, "6");
        world.order("erp/3/1", 8, &on_order("40")).await;
        world.plan(&seen("R4", 6), &[("A", buy("SUP003", "24")), ("B", buy("SUP003", "30"))]).await;
        // 46 come: 24 are covered, and 22 of the other 30; of 8 that are left 10 are the least.
        assert_eq!(world.told("R4", "A").await, "CANCELLED 0");
        assert_eq!(world.told("R4", "B").await, "PENDING_APPROVAL 10");
    });
}

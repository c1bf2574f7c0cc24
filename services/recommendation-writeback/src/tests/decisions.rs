//! People say yes and no.

use super::{
    samples::{HOUR, L1, L2, L3, NOW, approval, buyer, reason, reasons, rules, said, seen, today},
    world::World,
};
use crate::model::{clearance::Rules, clearance::Values};
use crossdock_conditions::Value;
use crossdock_proto::{
    governance::{ApprovalStage, Fence, Policy, WritebackRules},
    writeback::{ApproveRequest, DraftOrderState, LineOutcome, RecommendationState as State, Seen, Settlement},
};
use crossdock_records::{Origin, timestamp};

#[test]
fn l_an_edit_between_reading_and_approving() {
    for other_is_first in [false, true] {
        World::by_persons(async |mut world| {
            let read = world.line(today("24")).await;
            if other_is_first {
                assert_eq!(reasons(&world.approve("bob", vec![seen(L1, &read.etag)]).await), [""]);
                assert_eq!(reason(world.edit("ann", L1, &read.etag, "240").await), "ETAG_CHANGED", "it was drafted meanwhile");
                return;
            }
            let edited = world.edit("ann", L1, &read.etag, "240").await.unwrap();
            assert_eq!((edited.state(), edited.quantity.as_str(), edited.edited_by.as_str()), (State::PendingApproval, "240", "ann"));
            world.restart().await;
            for _ in 0..2 {
                let refused = world.approve("bob", vec![seen(L1, &read.etag)]).await;
                assert_eq!(reasons(&refused), ["ETAG_CHANGED"]);
                assert_eq!(refused[0].recommendation.as_ref().unwrap().etag, edited.etag, "what it is now comes along");
            }
            assert_eq!(reasons(&world.approve("ann", vec![seen(L1, &edited.etag)]).await), ["OWN_EDIT"]);
            assert_eq!(reasons(&world.approve("bob", vec![seen(L1, &edited.etag)]).await), [""]);
            assert_eq!(world.status(L1).await.state(), State::Drafted);
        });
    }
}

#[test]
fn several_levels_one_after_the_other() {
    World::run(async |world| {
        let line = world.line(today("120")).await;
        let first = world.approve("ann", vec![seen(L1, &line.etag)]).await.remove(0).recommendation.unwrap();
        assert_eq!((first.state(), first.clearance.as_ref().unwrap().approvals.len()), (State::PendingApproval, 1));
        assert_eq!(reasons(&world.approve("bob", vec![seen(L1, &first.etag)]).await), ["LEVEL"]);
        // An edit voids what was approved.
        let edited = world.edit("bob", L1, &first.etag, "122").await.unwrap();
        assert!(edited.clearance.unwrap().approvals.is_empty());
        assert_eq!(reasons(&world.approve("mia", vec![seen(L1, &edited.etag)]).await), [""]);
        assert_eq!(world.status(L1).await.state(), State::Drafted);
    });
}

#[test]
fn each_is_decided_by_itself() {
    World::by_persons(async |mut world| {
        world.rules(|rules| rules.approval_rules.insert(0, approval("large lines", ApprovalStage::Line, "quantity > 100", &["manager"])));
        let lines = world.lines("R1", &[today("24"), today("26"), today("102")]).await;
        let keys = [L1, L2, L3];
        let mut all: Vec<Seen> = keys.iter().zip(&lines).map(|(key, line)| seen(key, &line.etag)).collect();
        all.extend([seen("apo/R1/9/1", "x"), seen("NODRAFT", "x"), all[0].clone(), seen(L2, "x")]);
        let decided = world.approve("ann", all).await;
        assert_eq!(reasons(&decided), ["", "", "LEVEL", "UNKNOWN_RECOMMENDATION", "UNKNOWN_DRAFT_ORDER", "NOT_PENDING", "NOT_PENDING"]);
        assert!(decided[2].refused.as_ref().unwrap().message.contains("mia"), "who may is named");
        assert_eq!(reasons(&world.decline("ann", vec![seen(L3, "x")]).await), ["ETAG_CHANGED"]);
        assert_eq!(reasons(&world.decline("ann", vec![seen(L3, &lines[2].etag)]).await), [""]);
        assert_eq!(world.status(L3).await.state(), State::Declined);
    });
}

#[test]
fn nobody_decides_in_time() {
    World::by_persons(async |mut world| {
        let line = world.line(today("24")).await;
        world.later(4 * HOUR).await;
        let escalated = world.status(L1).await;
        assert_eq!(escalated.clearance.as_ref().unwrap().levels, ["manager"]);
        assert_eq!(reasons(&world.approve("ann", vec![seen(L1, &line.etag)]).await), ["ETAG_CHANGED"]);
        assert_eq!(reasons(&world.approve("ann", vec![seen(L1, &escalated.etag)]).await), ["LEVEL"]);
        world.restart().await;
        world.later(10 * HOUR).await;
        assert_eq!(world.status(L1).await.clearance.unwrap().escalate_time, None, "there is nobody above");
        world.later(10 * HOUR).await;
        assert_eq!(world.status(L1).await.state(), State::Expired);
        assert_eq!(reasons(&world.approve("mia", vec![seen(L1, &escalated.etag)]).await), ["EXPIRED"]);
        assert_eq!(reasons(&world.decline("mia", vec![seen(L1, &escalated.etag)]).await), ["EXPIRED"]);
    });
}

#[test]
fn bad_decisions_are_refused_as_a_whole() {
    World::by_persons(async |world| {
        let line = world.line(today("24")).await;
        let table: Vec<(Origin, Vec<Seen>, String, &str)> = vec![
            (buyer(""), vec![seen(L1, &line.etag)], String::new(), "PRINCIPAL_REQUIRED"),
            (buyer("ann"), vec![], String::new(), "SEEN"),
            (buyer("ann"), vec![seen(L1, "x"); 101], String::new(), "SEEN"),
            (buyer("ann"), vec![Seen::default()], String::new(), "SEEN"),
            (buyer("ann"), vec![Seen { draft_order: "D".into(), ..seen(L1, "x") }], String::new(), "SEEN"),
            (buyer("ann"), vec![seen(L1, "x")], "x".repeat(501), "NOTE"),
            (buyer("ann"), vec![seen(L1, "x")], "a\u{7}".into(), "NOTE"),
        ];
        for (by, seen, note, wanted) in table {
            let asked = ApproveRequest { seen, note, ..ApproveRequest::default() };
            let answer = world.write(move |tx, policy| crate::app::approve::approve(tx, policy, &by, &asked)).await;
            assert_eq!(reason(answer), wanted);
        }
        for (quantity, wanted) in
            [("24", "NOTHING_CHANGED"), ("", "NOTHING_CHANGED"), ("0", "NOT_POSITIVE"), ("-1", "NEGATIVE"), ("x", "MALFORMED_NUMBER")]
        {
            assert_eq!(reason(world.edit("ann", L1, &line.etag, quantity).await), wanted, "{quantity}");
        }
        assert_eq!(reason(world.edit("", L1, &line.etag, "5").await), "PRINCIPAL_REQUIRED");
        assert_eq!(reason(world.edit("ann", "apo/R1/7/1", "x", "5").await), "UNKNOWN_RECOMMENDATION");
        assert_eq!(reason(world.decide(buyer("ann"), L1, Settlement::Release).await), "NOT_HELD");
        assert_eq!(reason(world.decide(buyer("ann"), L1, Settlement::Unspecified).await), "SETTLEMENT");
        let planner = |name: &str| Origin { connection: name.into(), ..Origin::default() };
        assert_eq!(reason(world.decide(planner("apo"), L1, Settlement::Release).await), "NOT_ALLOWED");
        assert_eq!(reason(world.decide(planner("other"), L1, Settlement::Cancel).await), "NOT_ALLOWED");
        assert_eq!(reason(world.decide(buyer(""), L1, Settlement::Cancel).await), "PRINCIPAL_REQUIRED");
        assert_eq!(world.status(L1).await, line, "none of it changed anything");
        assert_eq!(world.decide(planner("apo"), L1, Settlement::Cancel).await.unwrap().state(), State::Cancelled);
        assert_eq!(reason(world.decide(buyer("ann"), L1, Settlement::Cancel).await), "NOT_LIVE");
        assert_eq!(reason(world.edit("ann", L1, &world.status(L1).await.etag, "5").await), "NOT_EDITABLE");
    });
}

#[test]
fn a_held_line_is_released_and_a_drafted_one_is_taken_off() {
    World::run(async |mut world| {
        world.rules(|rules| rules.fences = vec![Fence { days: 30, suppliers: vec!["SUP003".into()], ..Fence::default() }]);
        let free = || crossdock_proto::writeback::Recommendation { supplier_id: "SUP001".into(), ..today("24") };
        let lines = world.lines("R1", &[today("24"), free()]).await;
        assert_eq!((lines[0].state(), lines[1].state()), (State::Held, State::Drafted));
        let released = world.decide(buyer("ann"), L1, Settlement::Release).await.unwrap();
        assert_eq!(released.state(), State::Drafted);
        let drafted = &lines[1].draft;
        let edited = world.edit("ann", L2, &lines[1].etag, "30").await.unwrap();
        assert_eq!((edited.state(), edited.draft.as_str()), (State::PendingApproval, ""), "off its open draft, and to be approved");
        assert_eq!(world.draft(drafted).await.state(), DraftOrderState::Empty);
        let report = vec![said(1, LineOutcome::Posted, &[("PO-1", "10", "24")])];
        assert_eq!(reason(world.report(drafted, 1, report).await), "NOT_LEASED");
        world.release(&released.draft).await.unwrap();
        assert_eq!(reason(world.edit("ann", L1, &released.etag, "30").await), "ON_ITS_WAY");
        assert_eq!(reason(world.decide(buyer("ann"), L1, Settlement::Cancel).await), "ON_ITS_WAY");
    });
}

#[test]
fn a_person_looks_where_no_rule_lets_it_go() {
    let values = |value: Option<i64>, fresh: bool| {
        let known = value.is_some();
        Values::from([
            ("value", Value::Int(value.unwrap_or(0))),
            ("value_known", Value::Bool(known)),
            ("fresh", Value::Bool(fresh)),
            ("edited", Value::Bool(false)),
        ])
    };
    let of = |rules: WritebackRules| Rules::of(&Policy { version: "v7".into(), writeback: Some(rules), ..Policy::default() });
    let normal = of(rules());
    let small = normal.line(&values(Some(9_900), true), NOW);
    assert_eq!((small.rule.as_str(), small.levels.len(), small.policy_version.as_str()), ("other lines", 0, "v7"));
    assert_eq!(small.values["value"], "9900");
    assert_eq!(small.expire_time, None, "nobody is waited for");
    let large = normal.line(&values(Some(10_001), true), NOW);
    assert_eq!((large.levels, large.expire_time), (vec!["buyer".to_owned(), "manager".to_owned()], Some(timestamp(NOW + 24 * HOUR))));
    for doubtful in [values(None, true), values(Some(1), false)] {
        let clearance = normal.line(&doubtful, NOW);
        assert_eq!((clearance.levels, clearance.note.is_empty()), (vec!["buyer".to_owned()], false));
    }
    let missing = normal.line(&Values::new(), NOW);
    assert_eq!((missing.rule.as_str(), missing.levels), ("", vec!["buyer".to_owned()]));
    assert!(missing.note.contains("large lines"), "{}", missing.note);
    let silent = of(WritebackRules { approval_rules: Vec::new(), ..rules() }).line(&values(Some(1), true), NOW);
    assert_eq!((silent.levels, silent.note.as_str()), (vec!["buyer".to_owned()], "no rule holds"));
    let empty = of(WritebackRules::default()).line(&values(Some(1), true), NOW);
    assert_eq!(empty.levels, [""], "without levels nobody may, and nothing goes on by itself");
}

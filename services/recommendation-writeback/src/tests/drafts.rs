//! Approved lines become draft orders.

use super::world::{HOUR, SECOND, World, buyer, day, needs, reason, reasons, rules, seen};
use crate::model::{draft_order::DraftOrder, draft_order::MOST_LINES, status::Status};
use crossdock_proto::{
    governance::{Connector, WritebackRules},
    types::Money,
    writeback::{DraftOrderState as State, RecommendationKind, RecommendationState, RecommendationStatus, Settlement},
};
use std::collections::BTreeSet;

fn worth(status: &mut RecommendationStatus, amount: &str) {
    status.value = Some(Money { amount: amount.into(), currency: "EUR".into() });
}

#[test]
fn k_five_lines_under_the_limit_are_an_order_above_it() {
    World::run(async |mut world| {
        let mut draft = String::new();
        for line in 1..=5 {
            draft = world.line(&format!("planner/R1/1/{line}"), |status| worth(status, "9900")).await.draft;
        }
        world.restart().await;
        world.later(HOUR).await;
        let sealed = world.draft(&draft).await;
        assert_eq!((sealed.state(), sealed.lines.len()), (State::PendingApproval, 5));
        assert_eq!(sealed.value.as_ref().map(|value| value.amount.as_str()), Some("49500"));
        assert_eq!(sealed.clearance.as_ref().unwrap().rule, "large orders");
        assert!(world.lease(10).await.unwrap().is_empty());
        assert_eq!(reasons(&world.approve("ann", vec![seen(&draft, &sealed.etag)]).await), ["LEVEL"]);
        // One line less is still too much; what was approved would not be what is left.
        world.settle(buyer("ann"), "planner/R1/1/5", Settlement::Cancel).await.unwrap();
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &sealed.etag)]).await), ["ETAG_CHANGED"]);
        let left = world.draft(&draft).await;
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &left.etag)]).await), ["LEVEL"], "the rules have not looked at it yet");
        world.later(0).await;
        let left = world.draft(&draft).await;
        assert_eq!((left.state(), left.lines.len()), (State::PendingApproval, 4));
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &left.etag), seen(&draft, &left.etag)]).await), ["", "NOT_PENDING"]);
        assert_eq!(world.lease(10).await.unwrap().len(), 1);
    });
}

#[test]
fn k_no_automatic_approval_without_a_value() {
    World::run(async |world| {
        world.line("planner/R1/1/1", |status| worth(status, "1")).await;
        let draft = world.line("planner/R1/1/2", |status| status.value = None).await.draft;
        assert_eq!(world.draft(&draft).await.value, None);
        let sealed = world.release(&draft).await.unwrap();
        assert_eq!((sealed.state(), sealed.clearance.unwrap().levels), (State::PendingApproval, vec!["buyer".to_owned()]));
        // Without that line it goes on by itself.
        world.settle(buyer("ann"), "planner/R1/1/2", Settlement::Cancel).await.unwrap();
        world.later(0).await;
        assert_eq!(world.draft(&draft).await.state(), State::Sealed);
    });
}

#[test]
fn a_draft_order_is_declined_with_its_lines_or_expires() {
    for expires in [false, true] {
        World::run(async |world| {
            let draft = world.line("planner/R1/1/1", |status| worth(status, "10000.01")).await.draft;
            let sealed = world.release(&draft).await.unwrap();
            assert_eq!(sealed.state(), State::PendingApproval, "a limit is not passed by rounding");
            let line = if expires {
                world.later(25 * HOUR).await;
                assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, "x")]).await), ["NOT_PENDING"]);
                RecommendationState::Expired
            } else {
                assert_eq!(reasons(&world.decline("ann", vec![seen(&draft, &sealed.etag)]).await), [""]);
                RecommendationState::Declined
            };
            assert_eq!(world.draft(&draft).await.state(), State::Declined);
            assert_eq!(world.status("planner/R1/1/1").await.state(), line);
        });
    }
}

#[test]
fn nobody_approves_an_order_with_a_line_they_edited() {
    World::run(async |world| {
        let line = world.line("planner/R1/1/1", |status| needs(status, &["buyer"])).await;
        let edited = world.edit("mia", "planner/R1/1/1", &line.etag, "48").await.unwrap();
        world.approve("ann", vec![seen("planner/R1/1/1", &edited.etag)]).await;
        let draft = world.line("planner/R1/1/2", |status| worth(status, "20000")).await.draft;
        let sealed = world.release(&draft).await.unwrap();
        assert_eq!(sealed.lines.len(), 2);
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &sealed.etag)]).await), ["OWN_EDIT"]);
    });
}

#[test]
fn one_draft_order_per_group() {
    World::run(async |world| {
        let mut drafts = BTreeSet::new();
        let edits: [fn(&mut RecommendationStatus); 7] = [
            |_| {},
            |status| status.supplier_id = "SUP2".into(),
            |status| status.destination_location_id = "WEST".into(),
            |status| status.unit_price = Some(Money { amount: "1".into(), currency: "USD".into() }),
            |status| status.order_by = day(2026, 6, 17),
            |status| (status.supplier_id, status.origin_location_id) = (String::new(), "WEST".into()),
            |status| status.kind = RecommendationKind::Cancel.into(),
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            for twice in 0..2 {
                drafts.insert(world.line(&format!("planner/R1/{number}/{twice}"), edit).await.draft);
            }
        }
        // One that should have been ordered before is ordered today, with the first.
        drafts.insert(world.line("planner/R1/8/1", |status| status.order_by = day(2026, 5, 1)).await.draft);
        drafts.insert(world.line("planner/R1/8/2", |status| status.kind = RecommendationKind::Expedite.into()).await.draft);
        assert_eq!(drafts.len(), edits.len());
        let all = world.all::<DraftOrder>().await;
        assert_eq!(
            all.iter().map(|(_, draft)| draft.lines.len()).collect::<Vec<_>>(),
            [3, 2, 2, 2, 2, 2, 3],
            "in the order in which they began"
        );
        world.later(HOUR).await;
        assert_eq!(world.lease(100).await.unwrap().len(), edits.len() - 1, "what is to be ordered on Wednesday is not sealed");
        // Wednesday begins where the goods go: in Berlin, at ten o'clock on Tuesday evening in UTC.
        world.later(33 * HOUR).await;
        assert!(world.lease(100).await.unwrap().iter().all(|draft| draft.order_date != day(2026, 6, 17)));
        world.later(HOUR).await;
        let waiting = world.lease(100).await.unwrap();
        assert!(waiting.iter().any(|draft| draft.order_date == day(2026, 6, 17)), "an hour into its day");
    });
}

#[test]
fn a_full_draft_order_is_sealed_and_the_next_begins() {
    World::run(async |world| {
        let mut drafts = BTreeSet::new();
        for line in 0..=MOST_LINES {
            drafts.insert(world.line(&format!("planner/R1/1/{line}"), |status| worth(status, "1")).await.draft);
        }
        let all = world.all::<DraftOrder>().await;
        let told: Vec<_> = all.iter().map(|(_, draft)| (draft.state(), draft.lines.len())).collect();
        assert_eq!(told, [(State::Sealed, MOST_LINES), (State::Open, 1)]);
        assert_eq!(drafts.len(), 2);
    });
}

#[test]
fn numbers_of_lines_and_keys_of_drafts_are_never_given_again() {
    World::run(async |mut world| {
        let first = world.line("planner/R1/1/1", |_| {}).await.draft;
        world.line("planner/R1/1/2", |_| {}).await;
        world.settle(buyer("ann"), "planner/R1/1/2", Settlement::Cancel).await.unwrap();
        world.line("planner/R1/1/3", |_| {}).await;
        let numbers: Vec<i32> = world.draft(&first).await.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 3]);
        world.restored().await;
        let second = world.line("planner/R1/1/4", |_| {}).await.draft;
        assert_ne!(first, second, "the open draft is of another life, and what was sealed in it afterwards is not known here");
        world.later(HOUR).await;
        let told: Vec<_> = world.lease(10).await.unwrap().iter().map(|draft| (draft.posting_key.clone(), draft.verify_first)).collect();
        assert_eq!(told, [(first, true), (second, false)], "what began before the restore may be in the ERP");
    });
}

#[test]
fn a_line_waits_for_somebody_who_posts() {
    World::run(async |mut world| {
        let far = |status: &mut RecommendationStatus| status.destination_location_id = "FAR".into();
        let line = world.line("planner/R1/1/1", far).await;
        assert_eq!((line.state(), line.problems[0].reason.as_str()), (RecommendationState::Approved, "NO_CONNECTOR"));
        world.line("planner/R1/1/2", far).await;
        assert_eq!(world.faults().await.get("finding/NO_CONNECTOR/FAR"), Some(&2));
        world.settle(buyer("ann"), "planner/R1/1/2", Settlement::Cancel).await.unwrap();
        world.later(HOUR).await;
        assert_eq!(world.status("planner/R1/1/1").await, line, "looked at again, and nothing has changed");
        world.rules(WritebackRules { connectors: vec![Connector { company: String::new(), connection: "erp".into() }], ..rules() });
        world.later(600 * SECOND).await;
        let drafted = world.status("planner/R1/1/1").await;
        assert_eq!((drafted.state(), drafted.problems.len()), (RecommendationState::Drafted, 0));
        assert_eq!(world.faults().await.get("finding/NO_CONNECTOR/FAR"), None);
    });
}

#[test]
fn only_an_open_draft_is_released_as_it_was_seen() {
    World::run(async |world| {
        assert_eq!(reason(world.release("NONE").await), "UNKNOWN_DRAFT_ORDER");
        let draft = world.sealed().await;
        assert_eq!(reason(world.release(&draft).await), "NOT_OPEN");
        assert_eq!(world.all::<Status>().await.len(), 1);
    });
}

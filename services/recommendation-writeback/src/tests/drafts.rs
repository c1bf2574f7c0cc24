//! Approved lines become draft orders.

use super::{
    samples::{HOUR, L1, L2, L3, SECOND, buyer, day, on_order, price, reason, reasons, rule, seen, today},
    world::World,
};
use crate::model::{draft_order::DraftOrder, draft_order::MOST_LINES, status::Status};
use crossdock_master_data::{ExchangeRate, samples};
use crossdock_proto::{
    execution::OrderProgress,
    governance::{Connector, Fence},
    masterdata,
    writeback::{DraftOrderState as State, Recommendation, RecommendationKind, RecommendationState, Settlement, Target},
};
use std::collections::BTreeSet;

#[test]
fn k_five_lines_under_the_limit_are_an_order_above_it() {
    World::run(async |mut world| {
        let lines = world.lines("R1", &vec![today("100"); 5]).await;
        assert!(lines.iter().all(|line| line.value.as_ref().unwrap().amount == "9900"));
        let draft = lines[0].draft.clone();
        world.restart().await;
        world.later(HOUR).await;
        let sealed = world.draft(&draft).await;
        assert_eq!((sealed.state(), sealed.lines.len()), (State::PendingApproval, 5));
        assert_eq!(sealed.value.as_ref().map(|value| value.amount.as_str()), Some("49500"));
        assert_eq!(sealed.clearance.as_ref().unwrap().rule, "large orders");
        assert!(world.lease(10).await.unwrap().is_empty());
        assert_eq!(reasons(&world.approve("ann", vec![seen(&draft, &sealed.etag)]).await), ["LEVEL"]);
        // One line less is still too much; what was approved would not be what is left.
        world.decide(buyer("ann"), "apo/R1/5/1", Settlement::Cancel).await.unwrap();
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &sealed.etag)]).await), ["ETAG_CHANGED"]);
        let left = world.draft(&draft).await;
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &left.etag)]).await), ["LEVEL"], "the rules have not looked at it yet");
        world.settle().await;
        let left = world.draft(&draft).await;
        assert_eq!((left.state(), left.lines.len()), (State::PendingApproval, 4));
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &left.etag), seen(&draft, &left.etag)]).await), ["", "NOT_PENDING"]);
        assert_eq!(world.lease(10).await.unwrap().len(), 1);
    });
}

#[test]
fn k_no_automatic_approval_without_a_value() {
    World::run(async |world| {
        let prices = Vec::new();
        world.rule(&masterdata::SourcingRule { prices, ..rule("SKU2", "SUP003") }).await;
        let unknown = Recommendation { item_id: "SKU2".into(), ..today("24") };
        world.lines("R1", &[today("24"), unknown]).await;
        assert_eq!(world.told("R1", "2").await, "PENDING_APPROVAL 24", "the line itself does not go on");
        world.agree(L2).await;
        // Without a price nobody knows its currency: that is an order of its own.
        let draft = world.status(L2).await.draft;
        assert_eq!(world.draft(&draft).await.value, None);
        let sealed = world.release(&draft).await.unwrap();
        assert_eq!((sealed.state(), sealed.clearance.unwrap().levels), (State::PendingApproval, vec!["buyer".to_owned()]));
        let known = world.release(&world.status(L1).await.draft).await.unwrap();
        assert_eq!(known.state(), State::Sealed);
    });
}

#[test]
fn a_draft_order_is_declined_with_its_lines_or_expires() {
    for expires in [false, true] {
        World::run(async |world| {
            let cents = masterdata::SourcingRule { prices: price("10.001", "EUR"), ..rule("SKU2", "SUP003") };
            world.rule(&cents).await;
            let lines = [today("100"), Recommendation { item_id: "SKU2".into(), ..today("10") }];
            let draft = world.lines("R1", &lines).await[0].draft.clone();
            assert_eq!(world.draft(&draft).await.value.unwrap().amount, "10000.01");
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
            assert_eq!(world.status(L1).await.state(), line);
        });
    }
}

#[test]
fn nobody_approves_an_order_with_a_line_they_edited() {
    World::run(async |world| {
        let lines = world.lines("R1", &[today("24"), today("100")]).await;
        let edited = world.edit("mia", L1, &lines[0].etag, "48").await.unwrap();
        assert_eq!(reasons(&world.approve("ann", vec![seen(L1, &edited.etag)]).await), [""]);
        let draft = world.status(L1).await.draft;
        let sealed = world.release(&draft).await.unwrap();
        assert_eq!((sealed.lines.len(), sealed.state()), (2, State::PendingApproval));
        assert_eq!(reasons(&world.approve("mia", vec![seen(&draft, &sealed.etag)]).await), ["OWN_EDIT"]);
    });
}

#[test]
fn one_draft_order_per_group() {
    World::run(async |world| {
        let dollars = masterdata::SourcingRule { prices: price("1", "USD"), ..rule("SKU2", "SUP003") };
        world.rule(&dollars).await;
        let rate = masterdata::ExchangeRate { from_currency: "USD".into(), ..samples::exchange_rate() };
        world.master::<ExchangeRate>("USD/EUR//2026-01-01", &rate).await;
        let between = masterdata::SourcingRule { origin_location_id: "WEST".into(), ..rule("SKU1", "") };
        world.rule(&between).await;
        world.order("erp/17/10", 1, &OrderProgress { destination_location_id: "WEST".into(), ..on_order("24") }).await;
        let target = || Some(Target { document: "17".into(), line: "10".into(), expected_quantity: "24".into(), ..Target::default() });
        let change = |kind: RecommendationKind| Recommendation { kind: kind.into(), target: target(), ..today("24") };
        let (kind, origin) = (RecommendationKind::Transfer.into(), "WEST".to_owned());
        let groups = [
            today("24"),
            Recommendation { supplier_id: "SUP001".into(), ..today("24") },
            Recommendation { destination_location_id: "WEST".into(), ..today("24") },
            Recommendation { item_id: "SKU2".into(), ..today("24") },
            Recommendation { order_by: day(2026, 6, 17), ..today("24") },
            Recommendation { kind, supplier_id: String::new(), origin_location_id: origin, ..today("24") },
            change(RecommendationKind::Cancel),
        ];
        // One that should have been ordered before is ordered today, with the first.
        let late = Recommendation { order_by: day(2026, 5, 1), ..today("24") };
        let mut lines: Vec<Recommendation> = groups.iter().flat_map(|line| [line.clone(), line.clone()]).collect();
        lines.extend([late, change(RecommendationKind::Expedite)]);
        let mut drafts = BTreeSet::new();
        for (number, line) in (1..).zip(world.lines("R1", &lines).await) {
            assert_eq!(line.state(), RecommendationState::Drafted, "{number}");
            drafts.insert(line.draft);
        }
        assert_eq!(drafts.len(), groups.len());
        let mut sizes: Vec<usize> = world.all::<DraftOrder>().await.iter().map(|(_, draft)| draft.lines.len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [2, 2, 2, 2, 2, 3, 3]);
        world.later(HOUR).await;
        assert_eq!(world.lease(100).await.unwrap().len(), groups.len() - 1, "what is to be ordered on Wednesday is not sealed");
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
        let cheap = masterdata::SourcingRule { prices: price("0.1", "EUR"), ..rule("SKU1", "SUP003") };
        world.rule(&cheap).await;
        let lines = world.lines("R1", &vec![today("10"); MOST_LINES + 1]).await;
        let drafts: BTreeSet<&String> = lines.iter().map(|line| &line.draft).collect();
        let all = world.all::<DraftOrder>().await;
        let told: Vec<_> = all.iter().map(|(_, draft)| (draft.state(), draft.lines.len())).collect();
        assert_eq!(told, [(State::Sealed, MOST_LINES), (State::Open, 1)]);
        assert_eq!(drafts.len(), 2);
    });
}

#[test]
fn numbers_of_lines_and_keys_of_drafts_are_never_given_again() {
    World::run(async |mut world| {
        // The third and fourth are of days that are frozen, until somebody releases them.
        world.rules(|rules| rules.fences = vec![Fence { days: 10, ..Fence::default() }]);
        let frozen = || Recommendation { need_by: day(2026, 6, 25), ..today("24") };
        let first = world.lines("R1", &[today("24"), today("24"), frozen(), frozen()]).await[0].draft.clone();
        world.decide(buyer("ann"), L2, Settlement::Cancel).await.unwrap();
        world.decide(buyer("ann"), L3, Settlement::Release).await.unwrap();
        let numbers: Vec<i32> = world.draft(&first).await.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 3]);
        world.restored().await;
        let second = world.decide(buyer("ann"), "apo/R1/4/1", Settlement::Release).await.unwrap().draft;
        assert_ne!(first, second, "the open draft is of another life, and what was sealed in it afterwards is not known here");
        world.later(HOUR).await;
        let told: Vec<_> = world.lease(10).await.unwrap().iter().map(|draft| (draft.posting_key.clone(), draft.verify_first)).collect();
        assert_eq!(told, [(first, true), (second, false)], "what began before the restore may be in the ERP");
    });
}

#[test]
fn a_line_waits_for_somebody_who_posts() {
    World::run(async |mut world| {
        let far = || Recommendation { destination_location_id: "FAR".into(), ..today("24") };
        let line = world.lines("R1", &[far(), far()]).await.remove(0);
        assert_eq!((line.state(), line.problems[0].reason.as_str()), (RecommendationState::Approved, "NO_CONNECTOR"));
        assert_eq!(world.faults().await.get("finding/NO_CONNECTOR/FAR"), Some(&2));
        world.decide(buyer("ann"), L2, Settlement::Cancel).await.unwrap();
        world.later(HOUR).await;
        assert_eq!(world.status(L1).await, line, "looked at again, and nothing has changed");
        world.rules(|rules| rules.connectors = vec![Connector { company: String::new(), connection: "erp".into() }]);
        world.later(600 * SECOND).await;
        let drafted = world.status(L1).await;
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

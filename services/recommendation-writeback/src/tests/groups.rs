//! Random histories before the ERP: lines come, are edited and cancelled, drafts are sealed, approved and leased. What is drafted is on one draft order, once.

use super::world::{HOUR, World, buyer, seen};
use crate::model::{draft_order::DraftOrder, draft_order::value, status::Status};
use crossdock_proto::{
    types::Money,
    writeback::{DraftOrderState as State, RecommendationState, RecommendationStatus, Settlement},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What happens next; numbers are taken modulo what is there.
#[derive(Clone, Debug)]
enum Event {
    Line { supplier: u8, worth: u16 },
    Edit(usize),
    Approve(usize),
    Cancel(usize),
    Release(usize),
    Wait,
    Lease,
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..3_u8, 0..9_000_u16).prop_map(|(supplier, worth)| Event::Line { supplier, worth }),
        2 => any::<usize>().prop_map(Event::Edit),
        3 => any::<usize>().prop_map(Event::Approve),
        3 => any::<usize>().prop_map(Event::Cancel),
        2 => any::<usize>().prop_map(Event::Release),
        1 => Just(Event::Wait),
        1 => Just(Event::Lease),
        1 => Just(Event::Restart),
    ]
}

async fn happens(world: &mut World, number: usize, event: &Event) {
    let lines = world.all::<Status>().await;
    let drafts = world.all::<DraftOrder>().await;
    let line = |at: usize| lines.get(at % lines.len().max(1));
    match event {
        Event::Line { supplier, worth } => {
            let (supplier, worth) = (format!("SUP{supplier}"), worth.to_string());
            let edit = move |status: &mut RecommendationStatus| {
                status.supplier_id.clone_from(&supplier);
                status.value = Some(Money { amount: worth.clone(), currency: "EUR".into() });
            };
            world.line(&format!("planner/R1/{number}/1"), edit).await;
        }
        Event::Edit(at) => {
            if let Some((key, status)) = line(*at) {
                world.edit("ann", key, &status.etag, &format!("{}", number + 100)).await.ok();
            }
        }
        Event::Approve(at) => {
            let named =
                lines.iter().map(|(key, line)| seen(key, &line.etag)).chain(drafts.iter().map(|(key, draft)| seen(key, &draft.etag)));
            let named: Vec<_> = named.skip(at % (lines.len() + drafts.len()).max(1)).take(3).collect();
            if !named.is_empty() {
                world.approve("mia", named).await;
            }
        }
        Event::Cancel(at) => {
            if let Some((key, _)) = line(*at) {
                world.settle(buyer("bob"), key, Settlement::Cancel).await.ok();
            }
        }
        Event::Release(at) => {
            if let Some((key, _)) = drafts.get(at % drafts.len().max(1)) {
                world.release(key).await.ok();
            }
        }
        Event::Wait => world.later(HOUR / 2).await,
        Event::Lease => drop(world.lease(1).await.unwrap()),
        Event::Restart => world.restart().await,
    }
}

async fn check(world: &World) {
    let lines: BTreeMap<_, _> = world.all::<Status>().await.into_iter().collect();
    let mut on: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open = BTreeSet::new();
    for (key, draft) in world.all::<DraftOrder>().await {
        let numbers: BTreeSet<i32> = draft.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers.len(), draft.lines.len(), "{key}");
        assert!(numbers.iter().all(|number| (1..=draft.last_line).contains(number)), "{key}");
        assert_eq!(draft.lines.is_empty(), draft.state() == State::Empty, "{key}");
        assert_eq!(draft.value, value(&draft.lines), "{key}");
        assert!(draft.state() != State::Open || open.insert(draft.supplier_id.clone()), "one open draft order per group");
        for line in &draft.lines {
            assert_eq!(line.quantity, lines[&line.recommendation].quantity, "{key}");
            on.entry(line.recommendation.clone()).or_default().push(key.clone());
        }
    }
    for (key, line) in &lines {
        let wanted = if line.state() == RecommendationState::Drafted { vec![line.draft.clone()] } else { Vec::new() };
        // Declined with its draft order, it stays on it.
        if !matches!(line.state(), RecommendationState::Declined | RecommendationState::Expired) {
            assert_eq!(on.remove(key).unwrap_or_default(), wanted, "{key}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn what_is_drafted_is_on_one_draft_order_once(events in prop::collection::vec(event(), 1..40)) {
        World::run(async |mut world| {
            for (number, event) in events.iter().enumerate() {
                happens(&mut world, number, event).await;
                check(&world).await;
            }
        });
    }
}

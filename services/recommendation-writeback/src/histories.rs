//! Random histories: several runs, approvals, drafts, postings and orders of the ERP that arrive in any order, with restarts. The same need is never ordered
//! twice, and nothing is held without a reason.

use crate::testing::{Plan, World, buy, full, on_order, rule};
use crossdock_core::Micro;
use crossdock_proto::{
    execution::OrderProgress,
    governance::StaleBasis,
    masterdata,
    writeback::{RecommendationState as State, RecommendationStatus},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What happens next; indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Event {
    /// A run with these quantities, whose planner is so many positions behind.
    Plan(Vec<i64>, i64),
    Approve(usize),
    Draft(usize),
    Post(usize),
    /// The ERP shows the order of a line that is drafted or posted.
    Shows(usize),
    /// A buyer orders so much by hand, or cancels all of such an order.
    Buys(i64),
    Cancels(usize),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let quantity = (5..20_i64).prop_map(|pairs| pairs * 2);
    prop_oneof![
        4 => (prop::collection::vec(quantity.clone(), 0..3), 0..4_i64).prop_map(|(lines, behind)| Event::Plan(lines, behind)),
        4 => any::<usize>().prop_map(Event::Approve),
        3 => any::<usize>().prop_map(Event::Draft),
        3 => any::<usize>().prop_map(Event::Post),
        3 => any::<usize>().prop_map(Event::Shows),
        1 => quantity.prop_map(Event::Buys),
        1 => any::<usize>().prop_map(Event::Cancels),
        1 => Just(Event::Restart),
    ]
}

/// What is true, told without Crossdock's bookkeeping.
#[derive(Default)]
struct Truth {
    position: i64,
    runs: usize,
    /// What the planner of a run had seen.
    seen: BTreeMap<String, i64>,
    /// Position at which the ERP's order of a line was shown.
    shown: BTreeMap<String, i64>,
    /// Orders by hand: quantity and position of each change.
    by_hand: Vec<Vec<(i64, i64)>>,
}

impl Truth {
    /// Supply that the planner of a line had not seen.
    fn unseen(&self, of: &RecommendationStatus, all: &[(String, RecommendationStatus)]) -> i64 {
        let seen = self.seen[&of.run];
        let on_its_way = |status: &&(String, RecommendationStatus)| {
            matches!(status.1.state(), State::Approved | State::Drafted | State::Posted) && status.1.run != of.run
        };
        let own = all.iter().filter(on_its_way).filter(|(key, _)| self.shown.get(key).is_none_or(|at| *at > seen));
        let by_hand = self.by_hand.iter().map(|changes| {
            let at = |position: i64| changes.iter().rev().find(|change| change.1 <= position).map_or(0, |change| change.0);
            (at(i64::MAX) - at(seen)).max(0)
        });
        own.map(|(_, status)| units(&status.quantity)).sum::<i64>() + by_hand.sum::<i64>()
    }
}

fn units(text: &str) -> i64 {
    text.parse::<Micro>().unwrap().0 / 1_000_000
}

async fn pick(world: &World, index: usize, states: &[State]) -> Option<(String, RecommendationStatus)> {
    let mut all = world.statuses().await;
    all.retain(|(_, status)| states.contains(&status.state()));
    if all.is_empty() { None } else { Some(all.remove(index % all.len())) }
}

async fn happens(world: &mut World, truth: &mut Truth, event: &Event, fresh_keys: bool) {
    match event {
        Event::Plan(lines, behind) => {
            truth.runs += 1;
            let name: &'static str = Box::leak(format!("R{:03}", truth.runs).into_boxed_str());
            let seen = (truth.position - behind).max(0);
            truth.seen.insert(format!("apo/{name}"), seen);
            let keys: Vec<String> =
                (0..lines.len()).map(|line| if fresh_keys { format!("{name}-{line}") } else { format!("L{line}") }).collect();
            let lines: Vec<_> =
                keys.iter().zip(lines).map(|(key, quantity)| (key.as_str(), buy("SUP003", &quantity.to_string()))).collect();
            world.plan(&Plan { seen: Some(seen), ..full(name) }, &lines).await;
        }
        Event::Approve(index) => {
            let Some((key, status)) = pick(world, *index, &[State::PendingApproval]).await else { return };
            let unseen = truth.unseen(&status, &world.statuses().await);
            world.approve(&key).await;
            let after = world.get::<crate::model::status::Status>(&key).await.unwrap();
            if !fresh_keys {
                assert_eq!(after.state() == State::Approved, unseen == 0, "{key}: {unseen} that its planner had not seen: {after:?}");
            }
        }
        Event::Draft(index) => {
            let Some((key, _)) = pick(world, *index, &[State::Approved]).await else { return };
            world.draft(&key, &format!("PK{}", key.replace('/', ""))).await;
        }
        Event::Post(index) => {
            let Some((key, _)) = pick(world, *index, &[State::Drafted]).await else { return };
            world.post(&key, &order_of(&key)).await;
        }
        Event::Shows(index) => {
            let Some((key, status)) = pick(world, *index, &[State::Drafted, State::Posted]).await else { return };
            truth.position += 1;
            truth.shown.entry(key.clone()).or_insert(truth.position);
            let order = OrderProgress { posting_key: status.draft, ..on_order(&status.quantity) };
            for _ in 0..2 {
                world.order(&order_of(&key), truth.position, &order).await;
            }
        }
        Event::Buys(quantity) => {
            truth.position += 1;
            truth.by_hand.push(vec![(*quantity, truth.position)]);
            world.order(&format!("erp/hand/{}", truth.by_hand.len()), truth.position, &on_order(&quantity.to_string())).await;
        }
        Event::Cancels(index) if !truth.by_hand.is_empty() => {
            truth.position += 1;
            let index = index % truth.by_hand.len();
            let ordered = truth.by_hand[index][0].0.to_string();
            truth.by_hand[index].push((0, truth.position));
            let order = OrderProgress { cancelled: ordered.clone(), ..on_order(&ordered) };
            world.order(&format!("erp/hand/{}", index + 1), truth.position, &order).await;
        }
        Event::Cancels(_) => {}
        Event::Restart => world.restart().await,
    }
}

fn order_of(key: &str) -> String {
    format!("erp/{}/1", key.replace('/', ""))
}

/// Whoever is held is held because of supply, and of each planned need one line lives.
async fn check(world: &World, truth: &Truth) {
    let all = world.statuses().await;
    for (key, status) in &all {
        if status.state() == State::Held {
            assert!(truth.unseen(status, &all) > 0, "{key} is held for nothing: {status:?}");
        }
        assert_ne!(status.state(), State::Received, "{key} was forgotten");
    }
    let newest = format!("apo/R{:03}", truth.runs);
    let live = |state: State| matches!(state, State::Held | State::PendingApproval | State::Approved | State::Invalid);
    let left: Vec<_> = all.iter().filter(|(_, status)| live(status.state()) && status.run != newest).collect();
    assert!(left.is_empty(), "the last run spoke for everything: {left:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_same_need_is_never_ordered_twice(events in prop::collection::vec(event(), 1..24)) {
        World::run(async |mut world| {
            let mut truth = Truth::default();
            for event in &events {
                happens(&mut world, &mut truth, event, false).await;
                check(&world, &truth).await;
            }
        });
    }

    #[test]
    fn what_comes_anyway_is_taken_off_once(events in prop::collection::vec(event(), 1..24)) {
        World::run(async |mut world| {
            world.rules(|rules| rules.stale_basis = StaleBasis::Net.into()).await;
            let free = masterdata::SourcingRule { minimum_quantity: String::new(), multiple: String::new(), ..rule("SKU1", "SUP003") };
            world.rule(&free).await;
            let mut truth = Truth::default();
            for event in &events {
                happens(&mut world, &mut truth, event, true).await;
                if let Event::Plan(lines, _) = event {
                    let all = world.statuses().await;
                    let run = format!("apo/R{:03}", truth.runs);
                    let own: Vec<&RecommendationStatus> = all.iter().map(|(_, status)| status).filter(|status| status.run == run).collect();
                    let wanted: i64 = lines.iter().sum();
                    let unseen = own.first().map_or(0, |status| truth.unseen(status, &all));
                    let left: i64 = own.iter().map(|status| units(&status.quantity)).sum();
                    assert_eq!(left, (wanted - unseen).max(0), "{wanted} wanted, {unseen} come: {own:?}");
                }
            }
        });
    }
}

//! Random histories of everything: runs, edits, decisions, draft orders, leases, reports that are lost, late or doubled, and orders of the ERP that arrive
//! in any order, with restarts. The same need is never ordered twice, what a buyer wrote stays, what is drafted is on one draft order, and nothing is held
//! without a reason.

use super::{
    audit::check_chain,
    samples::{HOUR, Plan, SECOND, buy, buyer, full, on_order, rule, said, seen},
    world::World,
};
use crate::model::{
    draft_order::{self, DraftOrder},
    number,
    posting::PostingLink,
    status::{self, Status, Step},
};
use crossdock_core::{Micro, key};
use crossdock_proto::{
    execution::OrderProgress,
    governance::StaleBasis,
    masterdata,
    writeback::{
        self as contract, DraftOrderState, LineOutcome, LineReport, Recommendation, RecommendationState as State, RecommendationStatus,
        Resolution, Settlement,
    },
};
use crossdock_testkit::{Engine, on_both_engines};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What happens next; indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Event {
    /// A run with these quantities, whose planner is so many positions behind.
    Plan(Vec<i64>, i64),
    Edit(usize, i64),
    Approve(usize),
    Cancel(usize),
    Release(usize),
    Seal(usize),
    /// Somebody approves a draft order.
    Order(usize),
    Lease,
    /// The connector has posted a draft order that it had leased: all of it, or some less of it.
    Posts(usize, bool),
    /// The connector reports of a draft order what it did, under a lease so many before the last.
    Report(usize, i64),
    Requeue(usize),
    /// The ERP shows the order lines of a draft order that the connector posted.
    Shows(usize),
    /// A buyer orders so much by hand, or cancels all of such an order.
    Buys(i64),
    Cancels(usize),
    Wait(i64),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let quantity = || (5..20_i64).prop_map(|pairs| pairs * 2);
    let at = any::<usize>;
    prop_oneof![
        5 => (prop::collection::vec(prop_oneof![Just(24), Just(120), quantity()], 0..3), 0..4_i64).prop_map(|(lines, behind)| Event::Plan(lines, behind)),
        2 => (at(), quantity()).prop_map(|(line, quantity)| Event::Edit(line, quantity)),
        4 => at().prop_map(Event::Approve),
        1 => at().prop_map(Event::Cancel),
        1 => at().prop_map(Event::Release),
        3 => at().prop_map(Event::Seal),
        1 => at().prop_map(Event::Order),
        3 => Just(Event::Lease),
        3 => (at(), any::<bool>()).prop_map(|(draft, whole)| Event::Posts(draft, whole)),
        3 => (at(), 0..2_i64).prop_map(|(draft, back)| Event::Report(draft, back)),
        1 => at().prop_map(Event::Requeue),
        3 => at().prop_map(Event::Shows),
        1 => quantity().prop_map(Event::Buys),
        1 => at().prop_map(Event::Cancels),
        1 => prop_oneof![Just(61 * SECOND), Just(HOUR)].prop_map(Event::Wait),
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
    /// What the ERP has: of a draft order, whether all of it. It knows the posting key, and posts it once.
    posted: BTreeMap<String, bool>,
    /// Orders by hand: quantity and position of each change.
    by_hand: Vec<Vec<(i64, i64)>>,
    /// What a buyer wrote, by the lines that have to have it.
    written: BTreeMap<String, i64>,
    /// Lines and the quantities in which a person approved them.
    approved: BTreeSet<(String, i64)>,
}

type Lines = BTreeMap<String, RecommendationStatus>;

fn units(text: &str) -> i64 {
    text.parse::<Micro>().unwrap().0 / 1_000_000
}

/// It is on its way into the ERP, or there.
fn is_ordered(status: &RecommendationStatus) -> bool {
    status::orders(status) && matches!(status.state(), State::Approved | State::Drafted | State::Posted)
}

impl Truth {
    /// Supply that the planner of a line had not seen.
    fn unseen(&self, of: &RecommendationStatus, all: &Lines) -> i64 {
        let seen = self.seen[&of.run];
        let is_news = |key: &String, status: &RecommendationStatus| {
            is_ordered(status) && status.run != of.run && self.shown.get(key).is_none_or(|at| *at > seen)
        };
        let own = all.iter().filter(|(key, status)| is_news(key, status)).map(|(_, status)| units(&status.quantity));
        let by_hand = self.by_hand.iter().map(|changes| {
            let at = |position: i64| changes.iter().rev().find(|change| change.1 <= position).map_or(0, |change| change.0);
            (at(i64::MAX) - at(seen)).max(0)
        });
        own.sum::<i64>() + by_hand.sum::<i64>()
    }

    /// A run took the places of earlier lines: what was written over them is kept, unless the planner came round to it.
    fn planned(&mut self, all: &Lines) {
        for (key, line) in all {
            let Some(earlier) = all.get(&line.supersedes).filter(|_| !self.written.contains_key(key)) else { continue };
            let Some(written) = self.written.get(&line.supersedes).copied() else { continue };
            let is_edit = written != units(&earlier.planned_quantity);
            if is_edit && written != units(&line.planned_quantity) {
                self.written.insert(key.clone(), written);
            }
        }
    }
}

async fn lines(world: &World) -> Lines {
    world.all::<Status>().await.into_iter().collect()
}

async fn line(world: &World, at: usize, states: &[State]) -> Option<(String, RecommendationStatus)> {
    let mut all: Vec<_> = lines(world).await.into_iter().filter(|(_, line)| states.contains(&line.state())).collect();
    if all.is_empty() { None } else { Some(all.remove(at % all.len())) }
}

async fn draft(world: &World, at: usize, fits: impl Fn(&contract::DraftOrder) -> bool) -> Option<contract::DraftOrder> {
    let mut all: Vec<_> = world.all::<DraftOrder>().await.into_iter().map(|(_, draft)| draft).filter(fits).collect();
    if all.is_empty() { None } else { Some(all.remove(at % all.len())) }
}

async fn planned(world: &World, truth: &mut Truth, quantities: &[i64], behind: i64, fresh_keys: bool) {
    truth.runs += 1;
    // Names of runs say nothing about their order.
    let name: &'static str = Box::leak(format!("R{:03}", truth.runs * 617 % 1_000).into_boxed_str());
    let seen = (truth.position - behind).max(0);
    truth.seen.insert(format!("apo/{name}"), seen);
    let key = |line: usize| if fresh_keys { format!("{name}-{line}") } else { format!("L{line}") };
    let keys: Vec<String> = (0..quantities.len()).map(key).collect();
    let quantities = quantities.iter().map(|quantity| buy("SUP003", &quantity.to_string()));
    let lines: Vec<(&str, Recommendation)> = keys.iter().map(String::as_str).zip(quantities).collect();
    world.plan(&Plan { seen: Some(seen), ..full(name) }, &lines).await;
    truth.planned(&self::lines(world).await);
}

/// What a connector can say of a draft order: what is in the ERP.
fn said_of(truth: &Truth, draft: &contract::DraftOrder) -> Vec<LineReport> {
    let of = |line: &contract::DraftLine| match truth.posted.get(&draft.posting_key) {
        Some(whole) if *whole || line.number == draft.lines[0].number => {
            said(line.number, LineOutcome::Posted, &[(&document(draft), &line.number.to_string(), &line.quantity)])
        }
        Some(_) => said(line.number, LineOutcome::Rejected, &[]),
        None => said(line.number, LineOutcome::Retry, &[]),
    };
    draft.lines.iter().map(of).collect()
}

fn document(draft: &contract::DraftOrder) -> String {
    format!("PO-{}", draft.posting_key)
}

async fn shows(world: &World, truth: &mut Truth, draft: &contract::DraftOrder) {
    let whole = truth.posted[&draft.posting_key];
    for line in draft.lines.iter().take(if whole { usize::MAX } else { 1 }) {
        truth.position += 1;
        truth.shown.entry(line.recommendation.clone()).or_insert(truth.position);
        let order = OrderProgress { posting_key: draft.posting_key.clone(), ..on_order(&line.quantity) };
        let name = key::join(["erp", &document(draft), &line.number.to_string()]);
        for _ in 0..2 {
            world.order(&name, truth.position, &order).await;
        }
    }
}

async fn decides(world: &World, truth: &mut Truth, event: &Event) {
    match event {
        Event::Edit(at, quantity) => {
            let live = [State::Held, State::PendingApproval, State::Approved, State::Drafted];
            let Some((key, status)) = line(world, *at, &live).await else { return };
            if world.edit("ann", &key, &status.etag, &quantity.to_string()).await.is_ok() {
                truth.written.insert(key, *quantity);
            }
        }
        Event::Approve(at) => {
            let Some((key, status)) = line(world, *at, &[State::PendingApproval]).await else { return };
            world.agree(&key).await;
            truth.approved.insert((key, units(&status.quantity)));
        }
        Event::Cancel(at) => {
            let Some((key, _)) = line(world, *at, &[State::Held, State::PendingApproval, State::Drafted]).await else { return };
            world.decide(buyer("ann"), &key, Settlement::Cancel).await.ok();
        }
        Event::Release(at) => {
            let Some((key, _)) = line(world, *at, &[State::Held]).await else { return };
            world.decide(buyer("ann"), &key, Settlement::Release).await.unwrap();
        }
        Event::Seal(at) => {
            let Some(draft) = draft(world, *at, |draft| draft.state() == DraftOrderState::Open).await else { return };
            world.release(&draft.posting_key).await.unwrap();
        }
        Event::Order(at) => {
            let Some(draft) = draft(world, *at, |draft| draft.state() == DraftOrderState::PendingApproval).await else { return };
            world.approve("mia", vec![seen(&draft.posting_key, &draft.etag)]).await;
        }
        _ => unreachable!("{event:?} is no decision"),
    }
}

async fn happens(world: &mut World, truth: &mut Truth, event: &Event, fresh_keys: bool) {
    let was_leased = |draft: &contract::DraftOrder| draft.lease.is_some();
    match event {
        Event::Plan(lines, behind) => planned(world, truth, lines, *behind, fresh_keys).await,
        // A planner that renumbers is asked about what it makes of edits elsewhere.
        Event::Edit(..) if fresh_keys => {}
        Event::Edit(..) | Event::Approve(_) | Event::Cancel(_) | Event::Release(_) | Event::Seal(_) | Event::Order(_) => {
            decides(world, truth, event).await;
        }
        Event::Lease => drop(world.lease(2).await.unwrap()),
        Event::Posts(at, whole) => {
            if let Some(draft) = draft(world, *at, was_leased).await {
                truth.posted.entry(draft.posting_key).or_insert(*whole);
            }
        }
        Event::Report(at, back) => {
            let Some(draft) = draft(world, *at, was_leased).await else { return };
            let token = (draft.lease.as_ref().unwrap().token - back).max(1);
            for _ in 0..2 {
                world.report(&draft.posting_key, token, said_of(truth, &draft)).await.unwrap();
            }
        }
        Event::Requeue(at) => {
            if let Some(draft) = draft(world, *at, |draft| draft.state() == DraftOrderState::Dead).await {
                world.resolve(&draft.posting_key, Resolution::Requeue, "").await.unwrap();
            }
        }
        Event::Shows(at) => {
            if let Some(draft) = draft(world, *at, |draft| truth.posted.contains_key(&draft.posting_key)).await {
                shows(world, truth, &draft).await;
            }
        }
        Event::Buys(quantity) => {
            truth.position += 1;
            truth.by_hand.push(vec![(*quantity, truth.position)]);
            world.order(&format!("erp/hand/{}", truth.by_hand.len()), truth.position, &on_order(&quantity.to_string())).await;
        }
        Event::Cancels(at) if !truth.by_hand.is_empty() => {
            truth.position += 1;
            let at = at % truth.by_hand.len();
            let ordered = truth.by_hand[at][0].0.to_string();
            truth.by_hand[at].push((0, truth.position));
            let order = OrderProgress { cancelled: ordered.clone(), ..on_order(&ordered) };
            world.order(&format!("erp/hand/{}", at + 1), truth.position, &order).await;
        }
        Event::Cancels(_) => {}
        Event::Wait(time) => world.later(*time).await,
        Event::Restart => world.restart().await,
    }
    world.settle().await;
}

/// Nothing is ordered that comes anyway or that nobody approved; nobody's edit is lost; nothing is held without a reason.
fn check_lines(truth: &Truth, before: &Lines, all: &Lines, drafts: &BTreeMap<String, contract::DraftOrder>) {
    let newest = format!("apo/R{:03}", truth.runs * 617 % 1_000);
    for (key, line) in all {
        assert_ne!(line.state(), State::Received, "{key} was forgotten");
        if line.state() == State::Held && status::orders(line) {
            let of_buyer = line.problems.iter().any(|problem| problem.reason == "EDIT_CONFLICT");
            assert!(of_buyer || truth.unseen(line, all) > 0, "{key} is held for nothing: {line:?}");
        }
        if let Some(written) = truth.written.get(key) {
            assert_eq!(units(&line.quantity), *written, "{key}: what the buyer wrote");
        }
        if is_ordered(line) && !before.get(key).is_some_and(is_ordered) && line.released.is_empty() {
            let taken_off = all.values().filter(|other| other.run == line.run && !other.netted_quantity.is_empty());
            // What is left of a line is rounded up to the supplier's minimum of 10.
            let rounded = |other: &RecommendationStatus| if units(&other.quantity) == 10 { 9 } else { 0 };
            let taken_off: i64 = taken_off.map(|other| units(&other.netted_quantity) + rounded(other)).sum();
            assert!(truth.unseen(line, all) <= taken_off, "{key} is ordered although it comes: {line:?}");
        }
        if is_ordered(line) && line.clearance.as_ref().is_some_and(|clearance| !clearance.levels.is_empty()) {
            let mut chain = std::iter::successors(Some(key), |of| Some(&all.get(*of)?.supersedes).filter(|of| !of.is_empty()));
            let quantity = units(&line.quantity);
            assert!(chain.any(|of| truth.approved.contains(&(of.clone(), quantity))), "{key}: nobody approved {quantity}");
        }
        let on_open =
            drafts.get(&line.draft).is_some_and(|draft| matches!(draft.state(), DraftOrderState::Open | DraftOrderState::PendingApproval));
        let is_left = matches!(line.state(), State::Held | State::PendingApproval | State::Approved | State::Invalid);
        if (is_left || on_open && line.state() == State::Drafted) && line.run != newest {
            assert!(!line.edited_by.is_empty(), "the last run spoke for everything but edits: {key} {line:?}");
        }
    }
}

/// A change is of what was ordered in an earlier run, that its planner had not seen, and takes off no more than that.
fn check_changes(truth: &Truth, all: &Lines) {
    for (key, change) in all.iter().filter(|(_, line)| !status::orders(line)) {
        let target = change.target.as_ref().unwrap();
        let is_on = |(_, line): &(&String, &RecommendationStatus)| format!("PO-{}", line.draft) == target.document && status::orders(line);
        let ordered: Vec<_> = all.iter().filter(is_on).collect();
        assert!(ordered.iter().all(|(_, line)| line.run != change.run), "{key} changes what its own run ordered");
        let unseen = |key: &String| truth.shown.get(key).is_none_or(|at| *at > truth.seen[&change.run]);
        let most: i64 = ordered.iter().filter(|(key, _)| unseen(key)).map(|(_, line)| units(&line.quantity)).sum();
        assert!(units(&change.planned_quantity) <= most, "{key} takes off {}, {most} are ordered", change.planned_quantity);
    }
}

/// What is drafted is on one draft order, once; what is posted is what the ERP has.
async fn check_drafts(world: &World, truth: &Truth, all: &Lines, drafts: &BTreeMap<String, contract::DraftOrder>) {
    let mut on: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, draft) in drafts {
        assert_eq!(draft.lines.is_empty(), draft.state() == DraftOrderState::Empty, "{key}");
        assert_eq!(draft.value, draft_order::value(&draft.lines), "{key}");
        assert!(draft.state() != DraftOrderState::Conflict && (draft.documents.is_empty() || truth.posted.contains_key(key)), "{draft:?}");
        for line in &draft.lines {
            assert_eq!(line.quantity, all[&line.recommendation].quantity, "{key}");
            on.entry(&line.recommendation).or_default().push(key);
        }
    }
    let mut linked: BTreeMap<String, i64> = BTreeMap::new();
    for (_, link) in world.all::<PostingLink>().await {
        for part in link.recommendations {
            *linked.entry(part.recommendation).or_default() += units(&part.quantity);
        }
    }
    for (key, line) in all {
        let is_on = on.remove(key.as_str()).unwrap_or_default();
        let stays = matches!(line.state(), State::Drafted | State::Posted | State::Rejected | State::Declined | State::Expired);
        assert!(
            is_on.len() <= usize::from(stays) && (line.state() != State::Drafted || is_on == [line.draft.as_str()]),
            "{key}: {is_on:?}"
        );
        let posted = if line.posted_quantity.is_empty() { 0 } else { units(&line.posted_quantity) };
        let orders = if status::orders(line) { posted } else { 0 };
        assert_eq!(linked.remove(key).unwrap_or_default(), orders, "{key}: links say what the line says");
        assert!(posted == 0 || posted == units(&line.quantity), "{key}: {line:?}");
    }
    assert!(linked.is_empty());
    let edges =
        world.all::<Step>().await.into_iter().map(|(_, step)| step).filter(|step| step.subject.contains('/') && step.from != step.to);
    let named = |name: &str| State::from_str_name(&format!("RECOMMENDATION_STATE_{name}")).unwrap_or_default();
    assert!(edges.into_iter().all(|step| status::may_become(named(&step.from), named(&step.to))));
}

/// The sums that gauges tell are those of the lines and draft orders.
async fn check_standing(world: &World, all: &Lines, drafts: &BTreeMap<String, contract::DraftOrder>) {
    let lines = all.values().filter(|line| line.state() == State::PendingApproval).map(|line| ("line", &line.value));
    let orders = drafts.values().filter(|draft| draft.state() == DraftOrderState::PendingApproval).map(|draft| ("order", &draft.value));
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for (stage, value) in lines.chain(orders) {
        *wanted.entry(format!("waiting/{stage}")).or_default() += 1;
        *wanted.entry(format!("value/{stage}/EUR")).or_default() += value.as_ref().map_or(0, |value| units(&value.amount));
    }
    for draft in drafts.values().filter(|draft| draft_order::UNDER_WAY.contains(&draft.state())) {
        *wanted.entry(format!("draft/{}", draft_order::name(draft.state()).to_lowercase())).or_default() += 1;
    }
    wanted.retain(|_, count| *count != 0);
    let sums: BTreeMap<String, i64> = world.sums(number::STANDING).await.into_iter().map(|sum| (sum.key, sum.amount)).collect();
    assert_eq!(sums, wanted);
}

on_both_engines! {
    no_need_is_ordered_twice_and_no_edit_is_lost
    what_comes_anyway_is_taken_off_once
}

fn no_need_is_ordered_twice_and_no_edit_is_lost(engine: Engine) {
    proptest!(ProptestConfig::with_cases(engine.cases(64)), |(events in prop::collection::vec(event(), 1..40))| {
        World::run_on(engine, async |mut world| {
            let (mut truth, mut before) = (Truth::default(), Lines::new());
            for event in &events {
                happens(&mut world, &mut truth, event, false).await;
                let all = lines(&world).await;
                let drafts = world.all::<DraftOrder>().await.into_iter().collect();
                check_lines(&truth, &before, &all, &drafts);
                check_changes(&truth, &all);
                check_drafts(&world, &truth, &all, &drafts).await;
                check_standing(&world, &all, &drafts).await;
                before = all;
            }
            check_chain(&world).await;
        });
    });
}

fn what_comes_anyway_is_taken_off_once(engine: Engine) {
    proptest!(ProptestConfig::with_cases(engine.cases(64)), |(events in prop::collection::vec(event(), 1..40))| {
        World::run_on(engine, async |mut world| {
            world.rules(|rules| rules.stale_basis = StaleBasis::Net.into());
            let free = masterdata::SourcingRule { minimum_quantity: String::new(), multiple: String::new(), ..rule("SKU1", "SUP003") };
            world.rule(&free).await;
            let mut truth = Truth::default();
            for event in &events {
                happens(&mut world, &mut truth, event, true).await;
                let Event::Plan(wanted, _) = event else { continue };
                check_netted(&truth, wanted, &lines(&world).await);
            }
        });
    });
}

/// The newest run orders what was wanted less what comes.
fn check_netted(truth: &Truth, wanted: &[i64], all: &Lines) {
    let newest = format!("apo/R{:03}", truth.runs * 617 % 1_000);
    let own: Vec<&RecommendationStatus> = all.values().filter(|line| line.run == newest && status::orders(line)).collect();
    let wanted: i64 = wanted.iter().sum();
    let unseen = own.first().map_or(0, |line| truth.unseen(line, all));
    let left: i64 = own.iter().map(|line| units(&line.quantity)).sum();
    assert_eq!(left, (wanted - unseen).max(0), "{wanted} wanted, {unseen} come: {own:?}");
}

//! The state machines: no change but along an edge, and no edge that nothing takes.

use super::{
    samples::{HOUR, L1, L2, buyer, said, seen, today},
    world::World,
};
use crate::{
    app::change::{self, Why},
    model::{
        draft_order::{self, DraftOrder},
        status::{self, Status},
    },
};
use crossdock_proto::writeback::{
    self as contract, DraftOrderState, LineOutcome, RecommendationState, RecommendationStatus, Resolution, Settlement,
};
use std::collections::BTreeSet;

fn drafts() -> impl Iterator<Item = DraftOrderState> + Clone {
    (0..).map_while(|number| DraftOrderState::try_from(number).ok())
}

fn lines() -> impl Iterator<Item = RecommendationState> + Clone {
    (0..).map_while(|number| RecommendationState::try_from(number).ok())
}

#[test]
fn nothing_changes_but_along_an_edge() {
    World::run(async |world| {
        for (from, to) in drafts().flat_map(|from| drafts().map(move |to| (from, to))) {
            let job = move |derived: &mut crossdock_records::Derived<'_, '_>, _: &crossdock_records::Policy| {
                derived
                    .edit::<DraftOrder>("D", |_| Some(contract::DraftOrder { state: from.into(), ..contract::DraftOrder::default() }))?;
                change::draft(derived, "D", &Why::default(), |draft| draft.set_state(to))
            };
            assert_eq!(world.call(job).await.is_ok(), from == to || draft_order::may_become(from, to), "{from:?} to {to:?}");
        }
        for (from, to) in lines().flat_map(|from| lines().map(move |to| (from, to))) {
            let job = move |derived: &mut crossdock_records::Derived<'_, '_>, _: &crossdock_records::Policy| {
                derived.edit::<Status>("a/b", |_| Some(RecommendationStatus { state: from.into(), ..RecommendationStatus::default() }))?;
                change::recommendation(derived, "a/b", &Why::default(), |status| status.set_state(to))
            };
            assert_eq!(world.call(job).await.is_ok(), from == to || status::may_become(from, to), "{from:?} to {to:?}");
        }
    });
}

/// What happens to a sealed draft of two lines of 24. Per report: the token, and what is said of each line: `P` posted, `C` changed, `N` refused, `R` not
/// this time; the digit is that of the document.
const HISTORIES: &[&str] = &[
    "lease report:1:P1P1 report:2:P2P2 keep:PO-1",
    "lease report:1:P1C1 report:2:P2P2 keep:PO-1",
    "lease report:1:NN report:2:P2P2 keep:PO-2",
    "report:9:P1P1",
    "report:9:C1P1",
    "report:9:P1R report:9:P2R",
    "lease report:1:P1R wait lease report:2:P2R",
    "lease wait report:1:P1P1",
    "lease wait report:1:P1N",
    "lease wait report:1:NN",
    "lease report:1:P1R report:1:P2R",
    "lease wait lease wait lease wait lease wait report:4:P1P1",
    "lease wait lease wait lease wait lease wait report:4:P1N",
    "lease wait lease wait lease wait lease wait report:4:NN",
    "lease report:1:P1R wait lease wait lease wait lease wait report:2:P2R",
    "lease wait lease wait lease wait lease wait requeue lease",
    "lease report:1:P1R wait lease report:2:C1R",
    "lease report:1:C1R wait lease report:2:P1R",
    "lease report:1:P1P1 report:2:P2N keep:PO-2",
    "lease report:1:C1C1 report:2:P2N keep:PO-2",
    "lease report:1:NN report:2:C2C2 keep:PO-2",
];

async fn happens(world: &World, draft: &str, step: &str) {
    let parts: Vec<&str> = step.split(':').collect();
    match parts.as_slice() {
        ["lease"] => assert_eq!(world.lease(1).await.unwrap().len(), 1, "{step}"),
        ["wait"] => world.later(HOUR).await,
        ["requeue"] => drop(world.resolve(draft, Resolution::Requeue, "").await.unwrap()),
        ["keep", document] => drop(world.resolve(draft, Resolution::KeepDocument, document).await.unwrap()),
        ["report", token, told] => {
            let mut told = told.chars().peekable();
            let mut reports = Vec::new();
            for number in 1..=2 {
                let outcome = told.next().unwrap();
                let document = told.next_if(char::is_ascii_digit).map(|digit| format!("PO-{digit}")).unwrap_or_default();
                reports.push(match outcome {
                    'P' => said(number, LineOutcome::Posted, &[(&document, "10", "24")]),
                    'C' => said(number, LineOutcome::Changed, &[(&document, "10", "20")]),
                    'N' => said(number, LineOutcome::Rejected, &[]),
                    _ => said(number, LineOutcome::Retry, &[]),
                });
            }
            world.report(draft, token.parse().unwrap(), reports).await.unwrap();
        }
        _ => panic!("{step}"),
    }
}

/// The edges that are taken by all of this, of draft orders and of recommendations.
fn taken() -> [BTreeSet<(String, String)>; 2] {
    let mut taken = [BTreeSet::new(), BTreeSet::new()];
    for history in HISTORIES {
        World::run(async |world| {
            let draft = world.lines("R1", &[today("24"), today("24")]).await.remove(0).draft;
            world.release(&draft).await.unwrap();
            for step in history.split(' ') {
                happens(&world, &draft, step).await;
            }
            taken[0].extend(world.edges(true).await);
            taken[1].extend(world.edges(false).await);
        });
    }
    for what in ["empty", "approve", "decline", "empty when pending", "expire"] {
        World::run(async |world| {
            before_it_is_sealed(&world, what).await;
            taken[0].extend(world.edges(true).await);
            taken[1].extend(world.edges(false).await);
        });
    }
    taken
}

async fn before_it_is_sealed(world: &World, what: &str) {
    // Each of 9,900, and together more than goes on by itself.
    let draft = world.lines("R1", &[today("100"), today("100")]).await.remove(0).draft;
    if what != "empty" {
        world.release(&draft).await.unwrap();
    }
    let seen = seen(&draft, &world.draft(&draft).await.etag);
    match what {
        "approve" => drop(world.approve("mia", vec![seen]).await),
        "decline" => drop(world.decline("mia", vec![seen]).await),
        "expire" => world.later(25 * HOUR).await,
        _ => {
            for key in [L1, L2] {
                world.decide(buyer("ann"), key, Settlement::Cancel).await.unwrap();
            }
        }
    }
}

#[test]
fn every_edge_is_taken() {
    let [of_drafts, of_lines] = taken();
    let name =
        |state: DraftOrderState| if state == DraftOrderState::Unspecified { String::new() } else { draft_order::name(state).to_owned() };
    let pairs = drafts().flat_map(|from| drafts().map(move |to| (from, to)));
    let table: BTreeSet<_> =
        pairs.filter(|(from, to)| draft_order::may_become(*from, *to)).map(|(from, to)| (name(from), name(to))).collect();
    assert_eq!(of_drafts, table);
    // What comes before a recommendation is drafted is not of this part.
    let late = |state: RecommendationState| {
        use RecommendationState::{Drafted, PartiallyPosted, Posted, Rejected};
        matches!(state, Drafted | Posted | PartiallyPosted | Rejected)
    };
    let pairs = lines().filter(|from| late(*from)).flat_map(|from| lines().map(move |to| (from, to)));
    for (from, to) in pairs.filter(|(from, to)| status::may_become(*from, *to)) {
        let edge = (status::name(from).to_owned(), status::name(to).to_owned());
        assert!(of_lines.contains(&edge), "{edge:?}");
    }
}

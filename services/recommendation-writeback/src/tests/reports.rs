//! Random histories of one draft order: leases, expiries and reports: late, doubled, contradictory, with lost answers and restarts. Two documents for one line are never
//! unnoticed, and never is more posted than was drafted.

use super::{
    samples::{HOUR, SECOND, said, today},
    world::World,
};
use crate::model::posting::PostingLink;
use crossdock_core::Micro;
use crossdock_proto::writeback::{DraftOrder, DraftOrderState as State, LineOutcome, LineReport, RecommendationState, Resolution};
use crossdock_testkit::{Engine, on_both_engines};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const LINES: usize = 3;

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    Lease,
    Wait(i64),
    /// A report of the lease so many before the newest, with what it says of each line, and from which document on it counts.
    Report {
        back: i64,
        said: [u8; 3],
        document: u8,
    },
    /// The answer was lost: it is sent again, as a new request.
    Again,
    Restart,
    Resolve(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Lease),
        1 => Just(Event::Wait(61 * SECOND)),
        2 => Just(Event::Wait(HOUR)),
        5 => (0..3_i64, prop::array::uniform3(0..6_u8), 0..3_u8).prop_map(|(back, said, document)| Event::Report { back, said, document }),
        1 => Just(Event::Again),
        1 => Just(Event::Restart),
        1 => (0..3_u8).prop_map(Event::Resolve),
    ]
}

fn reports(told: [u8; 3], document: u8) -> Vec<LineReport> {
    let document = format!("PO-{document}");
    let line = |(number, told): (i32, u8)| match told {
        0 | 1 => said(number, LineOutcome::Posted, &[(&document, "10", "12"), (&document, &number.to_string(), "12")]),
        2 => said(number, LineOutcome::Changed, &[(&document, "10", "20")]),
        3 => said(number, LineOutcome::Rejected, &[]),
        4 => said(number, LineOutcome::Retry, &[]),
        _ => said(number, LineOutcome::Unknown, &[]),
    };
    (1..).zip(told).map(line).collect()
}

/// What the test knows beside the store: the documents that were named for each line since a person settled it last.
#[derive(Default)]
struct Claims(BTreeMap<i32, BTreeSet<String>>);

impl Claims {
    fn hear(&mut self, reports: &[LineReport]) {
        for report in reports {
            self.0.entry(report.number).or_default().extend(report.posted.iter().map(|part| part.document.clone()));
        }
    }

    fn settled(&mut self, draft: &DraftOrder) {
        let of = |line: &crossdock_proto::writeback::DraftLine| line.posted.iter().map(|part| part.document.clone()).collect();
        self.0 = draft.lines.iter().map(|line| (line.number, of(line))).collect();
    }

    fn check(&self, draft: &DraftOrder) {
        let twice = self.0.values().any(|documents| documents.len() > 1);
        if twice {
            assert_eq!(draft.state(), State::Conflict, "{:?}", self.0);
            assert!(self.0.values().flatten().all(|document| draft.documents.contains(document)), "all are named");
        }
        if LINES == self.0.values().filter(|documents| !documents.is_empty()).count() {
            assert!(!matches!(draft.state(), State::Sealed | State::Leased | State::Retrying | State::Dead), "no further lease");
        }
    }
}

async fn check(world: &World, key: &str, claims: &Claims) {
    let draft = world.draft(key).await;
    claims.check(&draft);
    let mut linked: BTreeMap<String, Micro> = BTreeMap::new();
    for (_, link) in world.all::<PostingLink>().await {
        for part in link.recommendations {
            let total = linked.entry(part.recommendation).or_default();
            *total = total.plus(part.quantity.parse().unwrap()).unwrap();
        }
    }
    for line in &draft.lines {
        let status = world.status(&line.recommendation).await;
        let posted: Micro = line.posted_quantity.parse().unwrap_or_default();
        assert!(posted <= line.quantity.parse().unwrap(), "{line:?}");
        assert_eq!(linked.get(&line.recommendation).copied().unwrap_or_default(), posted, "links say what the line says");
        assert_eq!(status.posted_quantity, line.posted_quantity);
        let wanted = match line.outcome() {
            LineOutcome::Posted => RecommendationState::Posted,
            LineOutcome::Changed => RecommendationState::PartiallyPosted,
            LineOutcome::Rejected if matches!(draft.state(), State::Posted | State::PartiallyPosted | State::Rejected) => {
                RecommendationState::Rejected
            }
            // Refused before the conflict, or not yet.
            _ => continue,
        };
        assert_eq!(status.state(), wanted, "{line:?}");
    }
}

async fn happens(world: &mut World, key: &str, events: &[Event]) {
    let (mut token, mut claims, mut last) = (0, Claims::default(), None);
    for event in events {
        match event {
            Event::Lease => {
                let before = world.draft(key).await;
                for leased in world.lease(10).await.unwrap() {
                    let lease = leased.lease.unwrap();
                    assert!(lease.token > token && matches!(before.state(), State::Sealed | State::Retrying));
                    // Whoever had it before may have posted it.
                    assert!(leased.verify_first || token == 0 || before.note.contains("not this time"), "{before:?}");
                    token = lease.token;
                }
            }
            Event::Wait(time) => world.later(*time).await,
            Event::Report { back, said, document } => {
                let (of, reports) = ((token - back).max(1), reports(*said, *document));
                world.report(key, of, reports.clone()).await.unwrap();
                claims.hear(&reports);
                last = Some((of, reports));
            }
            Event::Again => {
                if let Some((of, reports)) = last.clone() {
                    let before = world.draft(key).await;
                    let (after, _) = world.report(key, of, reports.clone()).await.unwrap();
                    assert!(
                        before.documents.is_empty() || before.state() == after.state() || after.state() == State::Conflict || of == token
                    );
                    claims.hear(&reports);
                }
            }
            Event::Restart => world.restart().await,
            Event::Resolve(document) => {
                let resolution = match world.draft(key).await.state() {
                    State::Conflict => Resolution::KeepDocument,
                    State::Dead if *document == 0 => Resolution::Abandon,
                    _ => Resolution::Requeue,
                };
                if let Ok(draft) = world.resolve(key, resolution, &format!("PO-{document}")).await
                    && resolution == Resolution::KeepDocument
                {
                    claims.settled(&draft);
                }
            }
        }
        check(world, key, &claims).await;
    }
}

on_both_engines! {
    two_documents_are_never_unnoticed
}

fn two_documents_are_never_unnoticed(engine: Engine) {
    proptest!(ProptestConfig::with_cases(engine.cases(64)), |(events in prop::collection::vec(event(), 1..30))| {
        World::run_on(engine, async |mut world| {
            let draft = world.lines("R1", &vec![today("24"); LINES]).await.remove(0).draft;
            world.release(&draft).await.unwrap();
            happens(&mut world, &draft, &events).await;
        });
    });
}

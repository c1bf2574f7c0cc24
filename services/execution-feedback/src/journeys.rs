//! The story of a recommendation, with the other services in this process and without them.

use crate::testing::{NOW, World, asked, confirmed, day, milestone, ordered, policy, quantity, received, shipped};
use crossdock_core::{Micros, TraceParent};
use crossdock_proto::{
    demand,
    execution::{GetJourneyRequest, GetJourneyResponse, MilestoneKind, execution_service_server::ExecutionService},
    schema,
    writeback::{self, LineOutcome, RecommendationKind, RecommendationState},
};
use crossdock_records::{Kinds, Policy, Rules, derived_kind};
use crossdock_rpc::{Bounds, Channel, Handle, Limits, Proof, guard, local, records};
use crossdock_store::{Record, Store};
use crossdock_testkit::{Engine, Hand, Place};
use prost::Message;
use std::{collections::HashMap, sync::Arc};
use tonic::{Code, Status};

const RECOMMENDATION: &str = "plan/n1/R1/1";

derived_kind!(
    /// As a planner sent it.
    Recommendation,
    writeback::Recommendation,
    crossdock_recommendation_writeback::number::RECOMMENDATION
);

impl Rules for Recommendation {}

/// A service in this process that holds these records.
async fn peer(place: &Place, name: &'static str, package: &str, kinds: Kinds, held: Vec<Record>) -> (String, Channel) {
    let store = Store::open(place.location().clone(), Hand::at(NOW)).await.unwrap();
    let put = move |tx: &mut crossdock_store::Tx<'_>| {
        held.iter().for_each(|record| tx.put(record.clone(), Vec::new(), Vec::new()));
        Ok(())
    };
    store.write("test", put).await.unwrap();
    let handle = Handle::start(name, store, Arc::new(kinds), &Bounds::new(Limits::default())).await.unwrap();
    handle.policy.send_replace(Arc::new(Policy::new(policy())));
    (name.to_owned(), local(guard(records(package, &handle), &handle), Proof::Process))
}

/// A record that came in so many minutes before everything of execution.
fn record(kind: &str, key: &str, before: Micros, message: &impl Message) -> Record {
    let trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    Record {
        kind: schema().kind_named(kind).unwrap().number,
        key: key.into(),
        counts: true,
        received: NOW - before * 60_000_000,
        trace: trace.as_bytes().to_vec().into(),
        body: message.encode_to_vec().into(),
        ..Record::default()
    }
}

fn planned() -> Vec<Record> {
    let peg = writeback::Peg { demand_line: "erp/9/1".into(), ..writeback::Peg::default() };
    let sent = writeback::Recommendation {
        kind: RecommendationKind::Purchase.into(),
        item_id: "SKU1".into(),
        supplier_id: "SUP003".into(),
        destination_location_id: "EAST".into(),
        quantity: quantity("24", "EA"),
        need_by: day(2026, 12, 2),
        pegs: vec![peg],
        ..writeback::Recommendation::default()
    };
    let status = writeback::RecommendationStatus {
        state: RecommendationState::Posted.into(),
        draft: "PK1".into(),
        ..writeback::RecommendationStatus::default()
    };
    let step = writeback::DecisionStep {
        to: "APPROVED".into(),
        principal: "ann".into(),
        message: "needed for the promotion".into(),
        ..writeback::DecisionStep::default()
    };
    let draft = writeback::DraftOrder {
        supplier_id: "SUP003".into(),
        destination_location_id: "EAST".into(),
        lines: vec![writeback::DraftLine::default()],
        ..writeback::DraftOrder::default()
    };
    let posted = writeback::PostedLine { document: "17".into(), line: "10".into(), ..writeback::PostedLine::default() };
    let report =
        writeback::LineReport { number: 1, outcome: LineOutcome::Posted.into(), posted: vec![posted], ..writeback::LineReport::default() };
    let posting = writeback::Posting { connection: "erp".into(), lines: vec![report], ..writeback::Posting::default() };
    vec![
        record("recommendation", RECOMMENDATION, 5, &sent),
        record("recommendation_status", RECOMMENDATION, 1, &status),
        record("decision_step", &format!("{RECOMMENDATION}/000001"), 4, &step),
        record("draft_order", "PK1", 3, &draft),
        record("posting", "PK1/000001", 2, &posting),
    ]
}

fn wanted() -> Vec<Record> {
    let line = demand::DemandLine {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        customer_id: "C1".into(),
        quantity: quantity("100", "EA"),
        requested_date: day(2026, 12, 5),
        ..demand::DemandLine::default()
    };
    vec![record("demand_line", "erp/9/1", 6, &line)]
}

async fn story(world: &World, peers: HashMap<String, Channel>, recommendation: &str) -> Result<GetJourneyResponse, Status> {
    let request = GetJourneyRequest { recommendation: recommendation.into() };
    world.verbs(peers).await.get_journey(asked(request)).await.map(tonic::Response::into_inner)
}

async fn happened(world: &World) {
    world.link("erp/17/10", &[(RECOMMENDATION, "24", 2)]).await;
    let sent = [
        ordered("17", "10", 1, |_| {}),
        confirmed("OC", 1, &[("80", 1), ("40", 15)]),
        shipped("S1", "1", "80", |_| {}),
        milestone("M1", "S1", MilestoneKind::Departed, 25, None),
        received("R1", 1, "80", |_| {}),
        ordered("18", "10", 1, |_| {}),
    ];
    world.send("erp", &sent).await;
}

const OWN: [&str; 5] = [
    "order 17/10: 120 EA of SKU1 from supplier SUP003 for EAST, due 2026-12-01",
    "supplier SUP003 confirmed 80 for 2026-12-01 and 40 for 2026-12-15",
    "80 EA of order 17/10 shipped on 2026-11-25, expected on 2026-11-30",
    "shipment S1 left on 2026-11-25",
    "80 EA of order 17/10 received on 2026-12-01",
];

#[test]
fn the_whole_story_from_the_demand_to_the_receipt() {
    World::run(async |world| {
        happened(&world).await;
        let places = [Place::new(Engine::Sqlite), Place::new(Engine::Sqlite)];
        let kinds = crossdock_recommendation_writeback::kinds().unwrap().own::<Recommendation>().unwrap();
        let writeback = peer(&places[0], "recommendation-writeback", "crossdock.writeback.v1", kinds, planned()).await;
        let kinds = crossdock_demand_signal::kinds().unwrap();
        let demand = peer(&places[1], "demand-signal", "crossdock.demand.v1", kinds, wanted()).await;
        let peers = HashMap::from([writeback, demand]);
        let journey = story(&world, peers.clone(), RECOMMENDATION).await.unwrap();
        assert_eq!(journey.missing_services, Vec::<String>::new());
        let texts: Vec<&str> = journey.events.iter().map(|event| event.text.as_str()).collect();
        let before = [
            "customer C1 wants 100 EA of SKU1 from EAST on 2026-12-05",
            "planned: purchase 24 EA of SKU1 from supplier SUP003 for EAST by 2026-12-02",
            "approved, by ann: needed for the promotion",
            "on draft order PK1 to supplier SUP003 for EAST, 1 lines",
            "erp reported: line 1 posted as 17/10",
        ];
        assert_eq!(texts, [before, OWN].concat());
        assert!(journey.events[0].traceparent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736"), "{:?}", journey.events[0]);
        assert_eq!(story(&world, peers, "plan/n1/R9/1").await.unwrap_err().code(), Code::NotFound);
    });
}

#[test]
fn services_that_cannot_be_asked_are_named() {
    World::run(async |world| {
        happened(&world).await;
        let journey = story(&world, HashMap::new(), RECOMMENDATION).await.unwrap();
        assert_eq!(journey.events.iter().map(|event| event.text.as_str()).collect::<Vec<_>>(), OWN);
        assert_eq!(journey.missing_services, ["recommendation-writeback", "demand-signal"]);
        assert_eq!(story(&world, HashMap::new(), "").await.unwrap_err().code(), Code::InvalidArgument);
    });
}

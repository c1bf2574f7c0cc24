//! Traces of a company's days, as a collector gets them: a call and what it does at once are one trace, what goes on later is linked to it, and the
//! journey of every recommendation is whole, from the receipt back to the demand.

use crate::play::Stage;
use crossdock_core::TraceParent;
use crossdock_proto::{
    execution::{GetJourneyRequest, GetJourneyResponse, execution_service_client::ExecutionServiceClient},
    writeback::{RecommendationStatus, RecommendationStatusFilter},
};
use crossdock_telemetry::{Config, names};
use crossdock_testkit::eventually_async;
use crossdock_tests::{
    Engine, PATIENCE, Server, WRITEBACK, call, channel,
    otlp::{Collector, attributes},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use std::collections::{BTreeMap, BTreeSet};

type Id = Vec<u8>;

#[tokio::test]
async fn every_journey_is_connected_from_receipt_to_demand() {
    let (collector, address) = Collector::start().await;
    // The planner's own spans are of this process.
    let telemetry = crossdock_telemetry::start("tests", "error", &Config { otlp: Some(address.clone()), ..Config::default() }).unwrap();
    let stage = Stage::new(Engine::Sqlite);
    let mut play = stage.play(11, 40);
    let process = stage.serve_with(&["--otlp", &address]);
    play.load().await.unwrap();
    play.run(16).await.unwrap();
    play.finish().await.unwrap();
    let server = Server { process, port: stage.port };
    let journeys = journeys(&server).await;
    tokio::task::spawn_blocking(|| telemetry.end()).await.unwrap();
    let last = journeys.last().unwrap().clone();
    // What was told last has come: so has what was told before.
    let asked = |span: &Span| span.name.ends_with("/GetJourney") && attributes(span).get(names::RECOMMENDATION) == Some(&last.0);
    let spans = eventually_async("all spans", PATIENCE, async || Some(collector.spans()).filter(|spans| spans.iter().any(asked))).await;
    calls_are_whole(&spans);
    names_are_documented(&spans);
    let graph = Graph::of(&spans);
    let broken: Vec<&String> = journeys.iter().filter(|(_, told)| !graph.connects(told)).map(|(key, _)| key).collect();
    assert!(journeys.len() >= 30, "{}", journeys.len());
    assert!(broken.len() * 1_000 <= journeys.len(), "{} of {} journeys are broken: {broken:?}", broken.len(), journeys.len());
}

/// The journeys of what was posted and has come, with the trace of every step.
async fn journeys(server: &Server) -> Vec<(String, GetJourneyResponse)> {
    let posted = RecommendationStatusFilter { state: "posted".into(), ..RecommendationStatusFilter::default() };
    let posted: Vec<(String, RecommendationStatus)> = server.list(WRITEBACK, "operator", "recommendation_status", &posted).await;
    let mut client = ExecutionServiceClient::new(channel(server.port));
    let mut journeys = Vec::new();
    // What a change is for, is what the order was for.
    for (recommendation, _) in posted.into_iter().filter(|(_, status)| status.target.is_none()) {
        let request = call("operator", GetJourneyRequest { recommendation: recommendation.clone() });
        let told = client.get_journey(request).await.unwrap().into_inner();
        if told.events.iter().any(|event| event.kind == "receipt") {
            journeys.push((recommendation, told));
        }
    }
    journeys
}

/// A call that this process made is the parent of what the server did for it, down to the statements.
fn calls_are_whole(spans: &[Span]) {
    let by_id: BTreeMap<&Id, &Span> = spans.iter().map(|span| (&span.span_id, span)).collect();
    let parent = |span: &Span| by_id.get(&span.parent_span_id).copied();
    let of_kind = |kind: SpanKind| move |span: &&Span| span.kind == i32::from(kind);
    let served: Vec<&Span> = spans.iter().filter(of_kind(SpanKind::Server)).collect();
    let called =
        served.iter().filter(|span| parent(span).is_some_and(|parent| parent.kind() == SpanKind::Client && parent.name == span.name));
    assert!(called.count() * 10 > served.len() * 9, "calls whose caller is known");
    let statements: Vec<&Span> = spans.iter().filter(|span| attributes(span).contains_key(names::DB_OPERATION)).collect();
    assert!(statements.len() > 1_000, "{}", statements.len());
    for span in statements.iter().filter(|span| parent(span).is_some_and(|parent| parent.name.starts_with("store."))) {
        assert_eq!(parent(span).unwrap().trace_id, span.trace_id);
    }
    for name in ["batch", "store.commit", "follow master-data", "follow recommendation-writeback", "task run"] {
        assert!(spans.iter().any(|span| span.name == name), "no span {name}");
    }
    // What is reported is committed under its call, or the call is linked to the commit that it shares.
    let committed: BTreeSet<&Id> = spans.iter().filter(|span| span.name == "store.commit").map(|span| &span.span_id).collect();
    let under: BTreeSet<&Id> = spans.iter().filter(|span| span.name == "store.commit").map(|span| &span.parent_span_id).collect();
    let reports = served.iter().filter(|span| span.name.ends_with("/ReportPosting"));
    let told = |span: &&&Span| under.contains(&span.span_id) || span.links.iter().any(|link| committed.contains(&link.span_id));
    assert!(reports.clone().count() > 30 && reports.clone().all(|span| told(&span)), "every commit is told");
    assert!(spans.iter().filter(|span| span.name.starts_with("follow ")).all(|span| span.parent_span_id.is_empty()));
}

fn names_are_documented(spans: &[Span]) {
    let all: BTreeSet<&str> = spans.iter().flat_map(|span| attributes(span).into_keys()).collect();
    let foreign: Vec<&&str> = all.iter().filter(|name| !names::ALL.contains(name)).collect();
    assert!(foreign.is_empty(), "not in crates/telemetry/src/names.rs: {foreign:?}");
}

/// Which traces are connected, by links that are not a journey's own.
struct Graph(BTreeMap<Id, Id>);

impl Graph {
    fn of(spans: &[Span]) -> Self {
        let mut graph = Self(BTreeMap::new());
        for span in spans.iter().filter(|span| !span.name.ends_with("/GetJourney")) {
            for link in &span.links {
                let (one, other) = (graph.root(&span.trace_id), graph.root(&link.trace_id));
                graph.0.insert(one, other);
            }
        }
        graph
    }

    fn root(&self, of: &Id) -> Id {
        let mut at = of;
        while let Some(next) = self.0.get(at).filter(|next| *next != at) {
            at = next;
        }
        at.clone()
    }

    /// Whether the traces of all steps are one.
    fn connects(&self, journey: &GetJourneyResponse) -> bool {
        let steps = journey.events.iter().filter(|event| !event.traceparent.is_empty());
        let traces: BTreeSet<Id> =
            steps.filter_map(|event| Some(self.root(&TraceParent::parse(&event.traceparent)?.as_bytes()[..16].to_vec()))).collect();
        let demand = journey.events.iter().any(|event| event.kind == "demand_line" && !event.traceparent.is_empty());
        demand && traces.len() == 1
    }
}

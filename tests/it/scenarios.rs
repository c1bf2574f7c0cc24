//! Histories as real systems send them, through gRPC.

use crate::bad_input::{POLICY, back, document, line, quantity, settle_in};
use crossdock_proto::{
    Record,
    demand::{CustomerReturn, DemandLine},
    records::WatchRequest,
    types::{OutcomeCounts, Version},
};
use crossdock_tests::{DEMAND, Engine, Place, Server, record};
use prost::Message;

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

async fn counts(server: &Server, connection: &str, sent: Record) -> OutcomeCounts {
    server.send(DEMAND, connection, vec![sent]).await.counts.unwrap()
}

/// Keys of the records that come after a cursor.
async fn since(server: &Server, cursor: &str) -> Vec<String> {
    let request = WatchRequest { cursor: cursor.into(), until_checkpoint: true, ..WatchRequest::default() };
    let mut pages = server.records(DEMAND, "planner").watch(request).await.unwrap();
    let mut keys = Vec::new();
    while let Some(page) = pages.message().await.unwrap() {
        keys.extend(page.records.into_iter().map(|record| record.envelope.unwrap().key));
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn d_same_time_other_content_then_the_same_again() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    // Three readings of a source that has only a last-modified time: it was changed within the same tick after the first.
    let reading = |name: &str, observed: i64| {
        let mut envelope = document(name, 0);
        envelope.version = Some(Version { primary: 1_773_144_000_000_000, observed });
        let message = DemandLine { quantity: quantity(if observed == 1 { "5" } else { "8" }, "EA"), ..line() };
        record("demand_line", envelope, &message)
    };
    assert_eq!(counts(&server, "erp", reading("D", 1)).await.accepted, 1);
    assert_eq!(counts(&server, "erp", reading("D", 2)).await.accepted, 1);
    let head = server.send(DEMAND, "erp", Vec::new()).await.cursor;
    assert_eq!(counts(&server, "erp", reading("D", 3)).await.duplicate, 1);
    assert_eq!(since(&server, &head).await, Vec::<String>::new(), "the same again is no event");
    // An older reading that comes late finds that a later one has been seen.
    assert_eq!(counts(&server, "erp", reading("D", 2)).await.superseded, 1);
    for (number, order) in ORDERS.iter().enumerate() {
        for observed in order.iter().chain(order) {
            let sent = counts(&server, "erp", reading(&format!("D{number}"), i64::try_from(observed + 1).unwrap())).await;
            assert_eq!((sent.rejected, sent.parked), (0, 0), "{order:?}");
        }
        let held = server.held(DEMAND, "erp", "demand_line", &format!("erp/D{number}/1")).await.unwrap();
        assert_eq!(DemandLine::decode(held.body).unwrap().quantity, quantity("8", "EA"), "{order:?}");
        assert_eq!(held.envelope.unwrap().version.unwrap().observed, 3, "{order:?}");
    }
    server.run(&["check"]);
}

/// Scenario E, as far as its kinds are there: a return instead of a receipt.
#[tokio::test(flavor = "multi_thread")]
async fn e_the_authority_counts_and_the_other_corroborates() {
    let place = Place::new(Engine::Sqlite);
    let mut server = place.serve_under(POLICY);
    settle_in(&server).await;
    let sent = |name: &str| record("customer_return", document(name, 1), &back());
    for (name, order) in [("R1", ["wms", "erp"]), ("R2", ["erp", "wms"])] {
        for connection in order.iter().chain(&order) {
            let told = counts(&server, connection, sent(name)).await;
            assert_eq!(told.accepted + told.duplicate, 1, "{told:?}");
        }
    }
    server.process.kill9();
    let policy = place.folder().join("policy.yaml");
    server = place.serve(server.port, &["--policy", policy.to_str().unwrap()]);
    server.heard(DEMAND, "erp").await;
    for (name, connection, corroborates) in [("R1", "wms", false), ("R1", "erp", true), ("R2", "wms", false), ("R2", "erp", true)] {
        let held = server.held(DEMAND, "planner", "customer_return", &format!("{connection}/{name}/1")).await.unwrap();
        assert_eq!(held.envelope.unwrap().corroboration, corroborates, "{name} of {connection}");
        assert_eq!(CustomerReturn::decode(held.body).unwrap().quantity, quantity("60", "EA"));
    }
    let returned = server.run(&["history", "--measure", "returned", "--output", "json"]);
    let sums: Vec<String> = returned
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()?["quantity"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(sums, ["120"], "two returns of 60, each once");
    server.run(&["check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_can_be_narrowed_to_a_location() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    for (name, location) in [("W", "WEST"), ("E", "EAST")] {
        let message = DemandLine { location_id: location.into(), ..line() };
        assert_eq!(counts(&server, "erp", record("demand_line", document(name, 1), &message)).await.rejected, 0);
    }
    let of = async |location: &str| {
        let request = WatchRequest {
            kinds: vec!["demand_line".into(), "parked".into()],
            location_id: location.into(),
            until_checkpoint: true,
            ..WatchRequest::default()
        };
        let mut pages = server.records(DEMAND, "planner").watch(request).await.unwrap();
        let mut keys = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            keys.extend(page.records.into_iter().map(|record| record.envelope.unwrap().key));
        }
        keys
    };
    assert!(of("WEST").await.contains(&"erp/W/1".to_owned()));
    assert!(!of("EAST").await.contains(&"erp/W/1".to_owned()));
    assert!(of("").await.contains(&"erp/W/1".to_owned()));
}

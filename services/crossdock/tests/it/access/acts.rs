//! Acts on what is another's: told in the same words as on what was never there.

use super::{
    raw::{Refusal, call},
    world::World,
};
use crossdock_proto::{
    Record, demand, execution, governance, operations,
    records::{IngestBatchRequest, IngestBatchResponse},
    types::{Envelope, Version},
    writeback,
};
use crossdock_testkit::run;
use prost::Message;

/// A method and a request that names something of `ZZF`, or of what is put in its place.
type Act = (&'static str, &'static str, fn(&str) -> Vec<u8>);

fn seen(recommendation: String, draft_order: String) -> Vec<writeback::Seen> {
    vec![writeback::Seen { recommendation, draft_order, etag: "e".into() }]
}

/// Each by a connection that is limited so that the row is another's.
const ACTS: &[Act] = &[
    ("buyer-l", "/crossdock.writeback.v1.WritebackService/Approve", |x| {
        let seen = seen(format!("planner/R/{x}/1"), String::new());
        writeback::ApproveRequest { request_id: format!("a{x}"), seen, ..Default::default() }.encode_to_vec()
    }),
    ("buyer-s", "/crossdock.writeback.v1.WritebackService/Approve", |x| {
        let seen = seen(String::new(), format!("PK{x}"));
        writeback::ApproveRequest { request_id: format!("b{x}"), seen, ..Default::default() }.encode_to_vec()
    }),
    ("buyer-c", "/crossdock.writeback.v1.WritebackService/Decline", |x| {
        let seen = seen(format!("planner/R/{x}/1"), String::new());
        writeback::DeclineRequest { request_id: format!("c{x}"), seen, note: "no".into() }.encode_to_vec()
    }),
    ("buyer-l", "/crossdock.writeback.v1.WritebackService/EditRecommendation", |x| {
        let recommendation = format!("planner/R/{x}/1");
        writeback::EditRecommendationRequest {
            request_id: format!("d{x}"),
            recommendation,
            etag: "e".into(),
            quantity: "2".into(),
            ..Default::default()
        }
        .encode_to_vec()
    }),
    ("buyer-c", "/crossdock.writeback.v1.WritebackService/SettleRecommendation", |x| {
        let mut asked = writeback::SettleRecommendationRequest { request_id: format!("e{x}"), ..Default::default() };
        asked.recommendation = format!("planner/R/{x}/1");
        (asked.etag, asked.note) = ("e".into(), "why".into());
        asked.set_settlement(writeback::Settlement::Cancel);
        asked.encode_to_vec()
    }),
    ("buyer-s", "/crossdock.writeback.v1.WritebackService/ReleaseDraftOrder", |x| {
        let posting_key = format!("PK{x}");
        writeback::ReleaseDraftOrderRequest { request_id: format!("f{x}"), posting_key, etag: "e".into() }.encode_to_vec()
    }),
    ("erp-l", "/crossdock.writeback.v1.WritebackService/ReportPosting", |x| {
        let posting_key = format!("PK{x}");
        writeback::ReportPostingRequest { request_id: format!("g{x}"), posting_key, token: 1, ..Default::default() }.encode_to_vec()
    }),
    ("buyer-l", "/crossdock.writeback.v1.WritebackService/ResolveDraftOrder", |x| {
        let mut asked = writeback::ResolveDraftOrderRequest { request_id: format!("h{x}"), ..Default::default() };
        asked.posting_key = format!("PK{x}");
        (asked.etag, asked.note) = ("e".into(), "why".into());
        asked.set_resolution(writeback::Resolution::Requeue);
        asked.encode_to_vec()
    }),
    ("operator-l", "/crossdock.governance.v1.GovernanceService/AcknowledgeException", |x| {
        let key = format!("demand-signal/item/I{x}");
        governance::AcknowledgeExceptionRequest { request_id: format!("i{x}"), key, ..Default::default() }.encode_to_vec()
    }),
    ("operator-s", "/crossdock.operations.v1.OperationsService/Redrive", |x| {
        let parked =
            operations::ParkedSelection { service: "execution-feedback".into(), key: format!("milestone:{x}/1/1"), ..Default::default() };
        operations::RedriveRequest { request_id: format!("j{x}"), parked: Some(parked) }.encode_to_vec()
    }),
    ("operator-c", "/crossdock.operations.v1.OperationsService/Discard", |x| {
        let parked =
            operations::ParkedSelection { service: "execution-feedback".into(), key: format!("milestone:{x}/1/1"), ..Default::default() };
        operations::DiscardRequest { request_id: format!("k{x}"), parked: Some(parked), note: "why".into() }.encode_to_vec()
    }),
    ("operator-l", "/crossdock.operations.v1.OperationsService/AbortSet", |x| {
        let connection = x.to_owned();
        operations::AbortSetRequest {
            request_id: format!("l{x}"),
            kind: "milestone".into(),
            set_key: "R1".into(),
            connection,
            ..Default::default()
        }
        .encode_to_vec()
    }),
    ("buyer-l", "/crossdock.execution.v1.ExecutionService/GetJourney", |x| {
        execution::GetJourneyRequest { recommendation: format!("planner/R/{x}/1") }.encode_to_vec()
    }),
    ("planning-s", "/crossdock.execution.v1.ExecutionService/GetJourney", |x| {
        execution::GetJourneyRequest { recommendation: format!("planner/R/{x}/1") }.encode_to_vec()
    }),
    ("planning-l", "/crossdock.demand.v1.DemandService/BatchGetDemandProgress", |x| {
        demand::BatchGetDemandProgressRequest { demand_lines: vec![format!("erp/{x}/1")] }.encode_to_vec()
    }),
    ("planning-c", "/crossdock.demand.v1.DemandService/ListForecastAccuracy", |x| {
        demand::ListForecastAccuracyRequest { run: format!("{x}/R1") }.encode_to_vec()
    }),
    ("supplier-s", "/crossdock.execution.v1.ExecutionService/ListScheduledReceipts", |x| {
        execution::ListScheduledReceiptsRequest { location_ids: vec![format!("{x}-L")], ..Default::default() }.encode_to_vec()
    }),
    ("supplier-s", "/crossdock.execution.v1.ExecutionService/ListPerformance", |x| {
        execution::ListPerformanceRequest { supplier_ids: vec![format!("{x}-S")], ..Default::default() }.encode_to_vec()
    }),
    ("warehouse-c", "/crossdock.demand.v1.DemandService/ListInventory", |x| {
        demand::ListInventoryRequest { location_ids: vec![format!("{x}-L")], ..Default::default() }.encode_to_vec()
    }),
    ("planning-l", "/crossdock.demand.v1.DemandService/ListHistory", |x| {
        demand::ListHistoryRequest { location_ids: vec![format!("{x}-L")], ..Default::default() }.encode_to_vec()
    }),
];

/// An answer without what is different in every one: the name of what was asked for, and the sealed cursor.
fn normal(answer: Result<Vec<Vec<u8>>, Refusal>, x: &str) -> String {
    match answer {
        Err((code, reason, message)) => format!("{code:?} {reason} {}", message.replace(x, "X")),
        Ok(parts) => {
            let parts = parts.iter().map(|part| String::from_utf8_lossy(part).replace(x, "X"));
            // A sealed cursor of 60 characters, always as long.
            parts.map(|part| part.split_inclusive('<').map(without_cursor).collect::<String>()).collect()
        }
    }
}

fn without_cursor(part: &str) -> String {
    let runs = part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    let longest = runs.max_by_key(|run| run.len()).filter(|run| run.len() > 50).unwrap_or_default();
    if longest.is_empty() { part.to_owned() } else { part.replace(longest, "CURSOR") }
}

#[test]
fn what_is_anothers_is_answered_as_what_never_was() {
    run(async {
        let world = World::new().await;
        for (connection, path, request) in ACTS {
            let mut told = Vec::new();
            for x in ["ZZF", "NEV"] {
                told.push(normal(call(&world.channel, connection, path, request(x), 100).await, x));
            }
            assert_eq!(told[0], told[1], "{path} by {connection}");
            assert!(!told[0].contains("NOT_ALLOWED") && !told[0].contains("Internal"), "{path} by {connection}: {}", told[0]);
        }
        println!("acts: {} cases, each on another's and on nothing", ACTS.len());
    });
}

/// A record of a connection of a kind.
fn record(kind: &str, document: &str, message: &impl Message) -> Record {
    let version = Some(Version { primary: 1, observed: 0 });
    let envelope = Envelope { document: document.into(), line: "1".into(), version, ..Envelope::default() };
    let kind = crossdock_proto::schema().kind_named(kind).unwrap().number;
    Record { envelope: Some(envelope), kind: kind.into(), body: message.encode_to_vec().into() }
}

async fn sent(world: &World, connection: &str, package: &str, record: Record, x: &str) -> String {
    let batch = IngestBatchRequest { records: vec![record], ..IngestBatchRequest::default() };
    let path = format!("/{package}.RecordService/IngestBatch");
    let answer = call(&world.channel, connection, &path, batch.encode_to_vec(), 1).await.unwrap();
    let result = IngestBatchResponse::decode(answer[0].as_slice()).unwrap().result.unwrap();
    assert!(result.failure.is_none(), "{result:?}");
    let results = result.results.into_iter().map(|told| format!("{told:?}").replace(x, "X"));
    format!("{:?} {:?}", result.counts, results.collect::<Vec<_>>())
}

#[test]
fn what_is_sent_for_anothers_is_answered_as_what_is_sent_for_nothing() {
    run(async {
        let world = World::new().await;
        let order = |x: &str| Some(execution::OrderLineReference { connection: "erp".into(), document: x.into(), line: "1".into() });
        let parts = vec![execution::ConfirmedPart { quantity: "5".into(), ..Default::default() }];
        let day = Some(crossdock_proto::types::Date { year: 2026, month: 3, day: 5 });
        let quantity = Some(crossdock_proto::types::Quantity { value: "5".into(), unit: "EA".into() });
        let (execution, demand) = ("crossdock.execution.v1", "crossdock.demand.v1");
        for connection in ["supplier-s", "supplier-l", "supplier-c", "supplier-a"] {
            let mut told = Vec::new();
            for x in ["ZZF", "NEV"] {
                let confirmation = execution::Confirmation { order: order(x), parts: parts.clone(), ..Default::default() };
                let shipment = execution::Shipment {
                    order: order(x),
                    item_id: "IOWN".into(),
                    quantity: quantity.clone(),
                    shipped_date: day,
                    ..Default::default()
                };
                told.push([
                    sent(&world, connection, execution, record("confirmation", &format!("C{x}"), &confirmation), x).await,
                    sent(&world, connection, execution, record("shipment", &format!("S{x}"), &shipment), x).await,
                ]);
            }
            assert_eq!(told[0], told[1], "{connection}");
            assert!(told[0][0].contains("parked: 1"), "{connection}: {}", told[0][0]);
        }
        let mut told = Vec::new();
        for x in ["ZZF", "NEV"] {
            let line = demand::DemandLine {
                item_id: "IOWN".into(),
                location_id: format!("{x}-L"),
                quantity: quantity.clone(),
                ordered_date: day,
                ..Default::default()
            };
            told.push([
                sent(&world, "erp-c", demand, record("demand_line", &format!("D{x}"), &line), x).await,
                sent(&world, "erp-l", demand, record("demand_line", &format!("D{x}"), &line), x).await,
            ]);
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0][0].contains("parked: 1") && told[0][1].contains("OUT_OF_SCOPE"), "{told:?}");
    });
}

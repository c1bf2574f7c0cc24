//! A run of recommendations on its way to the warehouse: decided by rule and by a person, drafted, posted by a connector, ordered, confirmed, received.

use crate::{
    bad_input::{day, document, quantity, version},
    lines::{EAST, item_id},
    suite::{Folded, Suite},
};
use crossdock_proto::{
    Record,
    execution::{
        Confirmation, ConfirmedPart, GetJourneyRequest, OrderLineReference, Receipt, SupplyOrder,
        execution_service_client::ExecutionServiceClient,
    },
    masterdata::{PriceBreak, SourcingRule, Supplier},
    operations::{Basis, CommitSetRequest, OpenSetRequest, Set, SetPurpose},
    types::{Envelope, Money},
    writeback::{
        ApproveRequest, DraftOrder, DraftOrderFilter, LeaseDraftOrdersRequest, LineOutcome, LineReport, PostedLine, Recommendation,
        RecommendationKind, RecommendationStatus, RecommendationStatusFilter, ReleaseDraftOrderRequest, ReportPostingRequest, Seen,
        writeback_service_client::WritebackServiceClient,
    },
};
use crossdock_rpc::Channel;
use crossdock_testkit::eventually_async;
use crossdock_tests::{EXECUTION, PATIENCE, WRITEBACK, acting, call, channel, record};
use std::fmt::Debug;
use tonic::{Request, Response, Status};

/// Items that are recommended, from 1 on; each second one from the other supplier.
const WANTED: u64 = 12;
const RUN: &str = "planner/N1";

/// Who sells the items, and on what terms.
pub fn terms() -> Vec<Record> {
    let supplier = |id: &str| record("supplier", version(1), &Supplier { supplier_id: id.into(), ..Supplier::default() });
    let rule = |number: u64| {
        let price = Money { amount: "2".into(), currency: "GBP".into() };
        let message = SourcingRule {
            item_id: item_id(number),
            supplier_id: seller(number),
            minimum_quantity: "10".into(),
            prices: vec![PriceBreak { unit_price: Some(price), ..PriceBreak::default() }],
            ..SourcingRule::default()
        };
        record("sourcing_rule", version(1), &message)
    };
    ["SUP0", "SUP1"].map(supplier).into_iter().chain((1..=WANTED).map(rule)).collect()
}

fn seller(number: u64) -> String {
    format!("SUP{}", number % 2)
}

/// The last is less than is sold, the one before so much that a person has to approve it.
fn wanted(number: u64) -> Record {
    let pieces = match number {
        WANTED => "5",
        _ if number == WANTED - 1 => "900",
        _ => "40",
    };
    let message = Recommendation {
        kind: RecommendationKind::Purchase.into(),
        item_id: item_id(number),
        destination_location_id: EAST.into(),
        supplier_id: seller(number),
        quantity: quantity(pieces, "EA"),
        need_by: day(2036, 6, 15),
        ..Recommendation::default()
    };
    record("recommendation", Envelope { set_key: "N1".into(), ..document(&format!("W{number:02}"), 1) }, &message)
}

/// The whole way.
pub async fn ordered(suite: &mut Suite) {
    // What arrives before anybody here knows of its order waits for it.
    suite.send("wms", &[received("P1", 1, "15")]).await;
    planned(suite).await;
    decided(suite).await;
    let drafts = leased(suite).await;
    // An order may be told before the report on its posting, or after it.
    suite.send("erp", &orders(&drafts[0], "P1")).await;
    suite.trouble().await;
    for (draft, name) in drafts.iter().zip(["P1", "P2"]) {
        report(suite, draft, name).await;
    }
    suite.send("erp", &orders(&drafts[1], "P2")).await;
    suite.trouble().await;
    suite.send("edi", &confirmed(&drafts[0], "P1")).await;
    suite.trouble().await;
    suite.send("wms", &[received("P1", 2, "40"), received("P2", 1, "30"), received("P2", 3, "25")]).await;
    suite.trouble().await;
}

async fn planned(suite: &mut Suite) {
    let basis =
        vec![Basis { service: "execution-feedback".into(), cursor: suite.of(EXECUTION).send(EXECUTION, "erp", Vec::new()).await.cursor }];
    let set = Set { set_key: "N1".into(), kind: "recommendation".into(), purpose: SetPurpose::Run.into(), basis, ..Set::default() };
    let open = OpenSetRequest { request_id: "n1".into(), set: Some(set) };
    suite.of(WRITEBACK).operations().open_set(call("planner", open)).await.unwrap();
    suite.send("planner", &(1..=WANTED).map(wanted).collect::<Vec<_>>()).await;
    suite.trouble().await;
    // In which order lines come onto a draft order depends on what was known of their masters when.
    let waiting = async |suite: &Suite| suite.of(WRITEBACK).list::<()>(WRITEBACK, "operator", "parked", &()).await.len();
    eventually_async("the masters", PATIENCE, async || (waiting(suite).await == 0).then_some(())).await;
    let records = Some(i64::try_from(WANTED).unwrap());
    let commit = CommitSetRequest {
        request_id: "n2".into(),
        kind: "recommendation".into(),
        set_key: "N1".into(),
        records,
        ..CommitSetRequest::default()
    };
    suite.of(WRITEBACK).operations().commit_set(call("planner", commit)).await.unwrap();
    suite.trouble().await;
    let run = async |suite: &Suite| {
        suite.of(WRITEBACK).message(WRITEBACK, "run", RUN).await.filter(|run: &crossdock_proto::writeback::Run| !run.processing)
    };
    let run = eventually_async("the run to be decided", PATIENCE, async || run(suite).await).await;
    assert_eq!((run.lines, run.approved, run.pending, run.invalid), (12, 10, 1, 1));
}

async fn decided(suite: &mut Suite) {
    let pending = RecommendationStatusFilter { state: "pending_approval".into(), ..RecommendationStatusFilter::default() };
    let pending = suite.of(WRITEBACK).list::<RecommendationStatus>(WRITEBACK, "desk", "recommendation_status", &pending).await;
    let seen =
        |(key, status): &(String, RecommendationStatus)| Seen { recommendation: key.clone(), etag: status.etag.clone(), ..Seen::default() };
    let approve = ApproveRequest { request_id: "n3".into(), seen: pending.iter().map(seen).collect(), note: String::new() };
    let done = decide(suite, acting("desk", "ann", ()), approve, async |to, asked| verbs(to).approve(asked).await).await;
    assert!(done.decided.len() == 1 && done.decided[0].refused.is_none(), "{done:?}");
    let open = DraftOrderFilter { state: "open".into(), ..DraftOrderFilter::default() };
    let open = suite.of(WRITEBACK).list::<DraftOrder>(WRITEBACK, "desk", "draft_order", &open).await;
    assert_eq!(open.len(), 2, "one for each supplier");
    for (posting_key, draft) in open {
        let release = ReleaseDraftOrderRequest { request_id: posting_key.clone(), posting_key, etag: draft.etag };
        decide(suite, acting("desk", "ann", ()), release, async |to, asked| verbs(to).release_draft_order(asked).await).await;
    }
}

async fn leased(suite: &mut Suite) -> Vec<DraftOrder> {
    let lease = LeaseDraftOrdersRequest { request_id: "n5".into(), ..LeaseDraftOrdersRequest::default() };
    let leased = decide(suite, call("erp", ()), lease, async |to, asked| verbs(to).lease_draft_orders(asked).await).await.draft_orders;
    assert_eq!(leased.iter().map(|draft| draft.lines.len()).collect::<Vec<_>>(), [6, 5]);
    leased
}

/// The ERP takes less of the first line, and refuses the second.
async fn report(suite: &mut Suite, draft: &DraftOrder, name: &str) {
    let lines = draft.lines.iter().map(|line| {
        let posted = |quantity: &str| vec![PostedLine { document: name.into(), line: line.number.to_string(), quantity: quantity.into() }];
        let (outcome, posted, message) = match (name, line.number) {
            ("P2", 1) => (LineOutcome::Changed, posted("30"), ""),
            ("P2", 2) => (LineOutcome::Rejected, Vec::new(), "not sold any more"),
            _ => (LineOutcome::Posted, posted(&line.quantity), ""),
        };
        LineReport { number: line.number, outcome: outcome.into(), posted, message: message.into() }
    });
    let asked = ReportPostingRequest {
        request_id: name.into(),
        posting_key: draft.posting_key.clone(),
        token: draft.lease.as_ref().unwrap().token,
        lines: lines.collect(),
    };
    let answer = decide(suite, call("erp", ()), asked, async |to, asked| verbs(to).report_posting(asked).await).await;
    assert!(!answer.late);
}

/// Decides; if there is trouble the answer is lost, and has to be the same the second time.
async fn decide<Q: Clone, A: PartialEq + Debug>(
    suite: &mut Suite,
    who: Request<()>,
    asked: Q,
    verb: impl AsyncFn(Channel, Request<Q>) -> Result<Response<A>, Status>,
) -> A {
    let way = |suite: &Suite| channel(suite.of(WRITEBACK).port);
    let request = || Request::from_parts(who.metadata().clone(), Default::default(), asked.clone());
    let first = verb(way(suite), request()).await.unwrap().into_inner();
    if suite.chance.is_some() {
        suite.again(suite.at(WRITEBACK)).await;
        assert_eq!(verb(way(suite), request()).await.unwrap().into_inner(), first);
        suite.trouble().await;
    }
    first
}

fn verbs(to: Channel) -> WritebackServiceClient<Channel> {
    WritebackServiceClient::new(to)
}

fn line_of(document: &str, line: i32) -> Option<OrderLineReference> {
    Some(OrderLineReference { connection: "erp".into(), document: document.into(), line: line.to_string() })
}

fn at(document: &str, line: i32) -> Envelope {
    Envelope { line: line.to_string(), ..self::document(document, 1) }
}

fn orders(draft: &DraftOrder, name: &str) -> Vec<Record> {
    let there = draft.lines.iter().filter(|line| (name, line.number) != ("P2", 2));
    let order = there.map(|line| {
        let message = SupplyOrder {
            item_id: line.item_id.clone(),
            supplier_id: draft.supplier_id.clone(),
            destination_location_id: draft.destination_location_id.clone(),
            quantity: quantity(if (name, line.number) == ("P2", 1) { "30" } else { &line.quantity }, &line.unit),
            ordered_date: day(2036, 6, 1),
            due_date: line.need_by,
            posting_key: draft.posting_key.clone(),
            ..SupplyOrder::default()
        };
        record("supply_order", at(name, line.number), &message)
    });
    order.collect()
}

fn confirmed(draft: &DraftOrder, name: &str) -> Vec<Record> {
    let said = draft.lines.iter().map(|line| {
        let part = ConfirmedPart { quantity: line.quantity.clone(), date: day(2036, 6, 20), ..ConfirmedPart::default() };
        let message = Confirmation { order: line_of(name, line.number), parts: vec![part], ..Confirmation::default() };
        record("confirmation", at(&format!("C{name}"), line.number), &message)
    });
    said.collect()
}

fn received(name: &str, line: i32, value: &str) -> Record {
    let message =
        Receipt { order: line_of(name, line), quantity: quantity(value, ""), received_date: day(2036, 6, 20), ..Receipt::default() };
    record("receipt", at(&format!("R{name}"), line), &message)
}

/// Both services that follow each other have heard everything of each other: ten order lines with their recommendations, none of which counts as supply
/// beside its order.
pub fn is_heard(folded: &Folded) -> bool {
    let bodies = |kind: &'static str| folded.iter().filter(move |((of, _), held)| of == kind && !held.deleted).map(|(_, held)| &held.body);
    let entries = || bodies("recommendation-writeback supply").flat_map(|supply| supply["entries"].as_array().unwrap());
    bodies("execution-feedback feedback").count() == 10 && entries().count() == 10 && entries().all(|entry| entry["recommended"].is_null())
}

/// The story of a recommendation, but for the order of what nothing orders, and until when it was leased.
pub async fn journey(suite: &Suite) -> Vec<String> {
    let request = GetJourneyRequest { recommendation: format!("{RUN}/W02/1") };
    let mut client = ExecutionServiceClient::new(channel(suite.of(EXECUTION).port));
    let journey = client.get_journey(call("planner", request)).await.unwrap().into_inner();
    assert_eq!(journey.missing_services, Vec::<String>::new());
    let key = journey.events.iter().find(|event| event.kind == "draft_order").map(|event| event.key.clone()).unwrap();
    let texts = journey.events.into_iter().map(|event| event.text.replace(&key, "it"));
    let mut told: Vec<String> = texts.filter(|text| !text.starts_with("leased, ")).collect();
    told.sort();
    told
}

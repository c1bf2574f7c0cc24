//! What cannot be recommended, decided or posted: a code or an outcome, a reason with the value, and what is beside it goes on.

use crate::{
    bad_calls::is,
    bad_input::{day, document, quantity, version},
    bad_receipts::order,
    lines::item_id,
};
use crossdock_proto::{
    Record,
    masterdata::{Item, LeadTime, Lifecycle, Location, LocationKind, PriceBreak, SourcingRule, Supplier},
    operations::{AbortSetRequest, CommitSetRequest, CommitSetResponse, OpenSetRequest, OpenSetResponse, Set, SetPurpose, SetScope},
    types::{Envelope, Money, Outcome},
    writeback::{
        ApproveRequest, Decided, EditRecommendationRequest, EditRecommendationResponse, Recommendation, RecommendationKind,
        RecommendationState, RecommendationStatus, Run, Seen, SettleRecommendationRequest, SettleRecommendationResponse, Settlement,
        Target, writeback_service_client::WritebackServiceClient,
    },
};
use crossdock_rpc::Channel;
use crossdock_testkit::eventually_async;
use crossdock_tests::{EXECUTION, Engine, MASTERS, PATIENCE, Place, Server, WRITEBACK, acting, call, channel, record};
use tonic::{Code, Response, Status};

pub const POLICY: &str = "
connections:
  - {name: erp, roles: [erp], default_unit: EA, default_currency: GBP}
  - {name: second, roles: [erp]}
  - {name: planner, roles: [planning]}
  - {name: other, roles: [planning]}
  - {name: desk, roles: [buyer], names_principals: true}
  - {name: wms, roles: [warehouse]}
  - {name: edi, roles: [supplier]}
  - {name: operator, roles: [operator]}
issue_grace: 1s
writeback:
  currency: GBP
  levels:
    - {name: buyer, principals: [ann, ben]}
    - {name: head, principals: [chris]}
  approval_rules:
    - {name: brief, stage: line, when: \"'BRIEF' in reasons\", levels: [buyer], expire_after: 1s}
    - {name: large, stage: line, when: value > 1000, levels: [head]}
    - {name: free, stage: line, when: \"'FREE' in reasons\", levels: []}
    - {name: known, stage: order, when: value_known, levels: []}
  connectors:
    - {company: WEST, connection: erp}
    - {connection: second}
  posting: {lease: 1h, first_pause: 1s, longest_pause: 1s}
";

/// Masters: ALL is a group, the second item has ended, one supplier is blocked, and two sell nothing.
pub async fn settle_in() -> (Place, Server) {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settled_in(&server).await;
    (place, server)
}

/// The same masters, for a server that goes by the policy already.
pub async fn settled_in(server: &Server) {
    for package in [MASTERS, WRITEBACK, EXECUTION] {
        server.heard(package, "desk").await;
    }
    let location = |id: &str, kind: LocationKind| {
        let message = Location {
            location_id: id.into(),
            kind: kind.into(),
            time_zone: "Europe/London".into(),
            company: "WEST".into(),
            ..Location::default()
        };
        record("location", version(1), &message)
    };
    let item = |number, lifecycle: Lifecycle| {
        let message = Item { item_id: item_id(number), base_unit: "EA".into(), lifecycle: lifecycle.into(), ..Item::default() };
        record("item", version(1), &message)
    };
    let supplier = |id: &str, blocked| record("supplier", version(1), &Supplier { supplier_id: id.into(), blocked, ..Supplier::default() });
    let rule = |number, supplier: &str| {
        let price = Money { amount: "1".into(), currency: "GBP".into() };
        let message = SourcingRule {
            item_id: item_id(number),
            supplier_id: supplier.into(),
            minimum_quantity: "10".into(),
            multiple: "5".into(),
            transit: Some(LeadTime { days: 5, ..LeadTime::default() }),
            prices: vec![PriceBreak { unit_price: Some(price), ..PriceBreak::default() }],
            ..SourcingRule::default()
        };
        record("sourcing_rule", version(1), &message)
    };
    let active = Lifecycle::Active;
    let suppliers = [("SELLS", false), ("BLOCKED", true), ("SILENT", false), ("OTHER", false)];
    let masters = [
        location("WEST", LocationKind::Warehouse),
        location("EAST", LocationKind::Warehouse),
        location("ALL", LocationKind::Group),
        item(1, active),
        item(2, Lifecycle::Discontinued),
    ];
    server.put(MASTERS, "erp", masters.into_iter().chain(suppliers.map(|(id, blocked)| supplier(id, blocked))).collect()).await;
    server.put(MASTERS, "erp", vec![rule(1, "SELLS"), rule(2, "SELLS"), rule(1, "BLOCKED"), item(3, active)]).await;
    // Masters come in the order of their feed: once the last is there, all are.
    open(server, "other", "PROBE").await.unwrap();
    let probe = Recommendation { item_id: item_id(3), ..good() };
    server.send(WRITEBACK, "other", vec![line("PROBE", "P", &probe)]).await;
    server.send(EXECUTION, "erp", vec![order("PROBE", |order| order.item_id = item_id(3))]).await;
    for package in [WRITEBACK, EXECUTION] {
        let waiting = async || server.list::<()>(package, "operator", "parked", &()).await.is_empty().then_some(());
        eventually_async("the masters", PATIENCE, waiting).await;
    }
}

/// 20 pieces that a buyer has to approve.
fn good() -> Recommendation {
    Recommendation {
        kind: RecommendationKind::Purchase.into(),
        item_id: item_id(1),
        destination_location_id: "WEST".into(),
        supplier_id: "SELLS".into(),
        quantity: quantity("20", "EA"),
        need_by: day(2036, 6, 15),
        ..Recommendation::default()
    }
}

/// One that nobody has to approve.
pub fn free() -> Recommendation {
    Recommendation { reason_codes: vec!["FREE".into()], ..good() }
}

fn changed(change: impl FnOnce(&mut Recommendation)) -> Recommendation {
    let mut message = good();
    change(&mut message);
    message
}

fn line(run: &str, name: &str, message: &Recommendation) -> Record {
    record("recommendation", Envelope { set_key: run.into(), ..document(name, 1) }, message)
}

fn a_run(name: &str) -> Set {
    let scope = SetScope {
        locations: vec!["WEST".into(), "ALL".into()],
        suppliers: ["SELLS", "BLOCKED", "SILENT"].map(Into::into).into(),
        ..SetScope::default()
    };
    Set {
        set_key: name.into(),
        kind: "recommendation".into(),
        purpose: SetPurpose::Run.into(),
        scope: Some(scope),
        horizon_end: day(2036, 12, 31),
        ..Set::default()
    }
}

async fn open(server: &Server, connection: &str, name: &str) -> Result<Response<OpenSetResponse>, Status> {
    let request = OpenSetRequest { request_id: format!("open {name}"), set: Some(a_run(name)) };
    server.operations().open_set(call(connection, request)).await
}

async fn commit(server: &Server, connection: &str, name: &str, records: Option<i64>) -> Result<Response<CommitSetResponse>, Status> {
    let request = CommitSetRequest {
        request_id: format!("commit {name} {records:?}"),
        kind: "recommendation".into(),
        set_key: name.into(),
        records,
        ..CommitSetRequest::default()
    };
    server.operations().commit_set(call(connection, request)).await
}

async fn run(server: &Server, name: &str) -> Run {
    let key = format!("planner/{name}");
    let done = async || server.message::<Run>(WRITEBACK, "run", &key).await.filter(|run| !run.processing);
    eventually_async("the run to be decided", PATIENCE, done).await
}

/// A run of these lines, decided.
pub async fn planned(server: &Server, name: &str, lines: &[(&str, Recommendation)]) {
    open(server, "planner", name).await.unwrap();
    let records = lines.iter().map(|(key, message)| line(name, key, message)).collect();
    server.put(WRITEBACK, "planner", records).await;
    commit(server, "planner", name, None).await.unwrap();
    run(server, name).await;
}

pub async fn status(server: &Server, run: &str, name: &str) -> Option<RecommendationStatus> {
    server.message(WRITEBACK, "recommendation_status", &format!("planner/{run}/{name}/1")).await
}

pub fn verbs(server: &Server) -> WritebackServiceClient<Channel> {
    WritebackServiceClient::new(channel(server.port))
}

/// A row: what is recommended, and what becomes of it. Where it is taken in, the reasons are those of its status.
struct Row {
    what: &'static str,
    wrong: Recommendation,
    outcome: Outcome,
    state: RecommendationState,
    reason: &'static str,
    /// The value, or what would be right.
    says: &'static str,
}

fn refused(what: &'static str, wrong: Recommendation, outcome: Outcome, reason: &'static str, says: &'static str) -> Row {
    Row { what, wrong, outcome, state: RecommendationState::Unspecified, reason, says }
}

fn invalid(what: &'static str, wrong: Recommendation, reason: &'static str, says: &'static str) -> Row {
    Row { what, wrong, outcome: Outcome::Accepted, state: RecommendationState::Invalid, reason, says }
}

fn rows() -> Vec<Row> {
    use Outcome::{Parked, Rejected};
    let of = |value: &str, unit: &str| changed(|line| line.quantity = quantity(value, unit));
    let target = |connection: &str| Some(Target { connection: connection.into(), document: "17".into(), ..Target::default() });
    let cancel = |connection: &str| changed(|line| (line.kind, line.target) = (RecommendationKind::Cancel.into(), target(connection)));
    let soon = invalid("before the lead time allows", changed(|line| line.need_by = day(2026, 3, 1)), "LEAD_TIME", "2026-02-24");
    vec![
        refused("outside its places", changed(|line| line.destination_location_id = "EAST".into()), Rejected, "OUTSIDE_RUN", "EAST"),
        refused("outside its suppliers", changed(|line| line.supplier_id = "OTHER".into()), Rejected, "OUTSIDE_RUN", "OTHER"),
        refused("beyond its horizon", changed(|line| line.need_by = day(2037, 1, 1)), Rejected, "OUTSIDE_RUN", "WEST"),
        refused("nothing is recommended", changed(|line| line.kind = 0), Rejected, "MISSING", "kind"),
        refused("from two sides", changed(|line| line.origin_location_id = "EAST".into()), Rejected, "EXCLUSIVE", "EAST"),
        refused("a new order with a target", changed(|line| line.target = target("erp")), Rejected, "NOT_ALLOWED", "17"),
        refused("a change of nothing", changed(|line| line.kind = RecommendationKind::Cancel.into()), Rejected, "MISSING", "target"),
        refused("negative", of("-20", "EA"), Rejected, "NEGATIVE", "-20"),
        refused("an unknown item", changed(|line| line.item_id = "NOPE".into()), Parked, "UNKNOWN_ITEM", "NOPE"),
        refused("a unit without conversion", of("2", "XPX"), Parked, "NO_CONVERSION", "XPX"),
        invalid("below the minimum", of("5", "EA"), "BELOW_MINIMUM", "at least 10 EA"),
        invalid("no multiple", of("12", "EA"), "NOT_A_MULTIPLE", "the next one is 15"),
        invalid("a discontinued item", changed(|line| line.item_id = item_id(2)), "DISCONTINUED", "I0002"),
        invalid("a group location", changed(|line| line.destination_location_id = "ALL".into()), "GROUP_LOCATION", "ALL"),
        invalid("a blocked supplier", changed(|line| line.supplier_id = "BLOCKED".into()), "SUPPLIER_BLOCKED", "BLOCKED"),
        invalid("who does not supply it", changed(|line| line.supplier_id = "SILENT".into()), "NO_SOURCING_RULE", "BLOCKED, SELLS"),
        invalid("an order in which ERP", cancel(""), "MISSING", "2 connections"),
        Row { state: RecommendationState::Held, ..soon },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_recommendation_says_what_is_wrong_and_its_neighbours_go_on() {
    let (_place, server) = settle_in().await;
    open(&server, "planner", "R1").await.unwrap();
    let mut faults = Vec::new();
    for (number, row) in rows().iter().enumerate() {
        let batch = [("a", &good()), ("x", &row.wrong), ("b", &good())];
        let batch = batch.map(|(side, message)| line("R1", &format!("N{number}{side}"), message));
        let result = server.send(WRITEBACK, "planner", batch.into()).await;
        let told = result.results.iter().find(|told| told.index == 1);
        let said: Vec<_> = told.iter().flat_map(|told| &told.violations).collect();
        let right = match row.outcome {
            Outcome::Accepted => result.results.is_empty(),
            _ => {
                let says = |text: &str| said.len() == 1 && said[0].reason == row.reason && text.contains(row.says);
                let text = said.first().map(|said| format!("{} {} {}", said.field, said.value, said.message)).unwrap_or_default();
                result.results.len() == 1 && told.is_some_and(|told| told.outcome() == row.outcome) && says(&text)
            }
        };
        if !right {
            faults.push(format!("{}: {result:?}", row.what));
        }
    }
    commit(&server, "planner", "R1", None).await.unwrap();
    run(&server, "R1").await;
    for (number, row) in rows().iter().enumerate() {
        for side in ["a", "b"] {
            let beside = status(&server, "R1", &format!("N{number}{side}")).await.unwrap();
            assert_eq!((beside.state(), beside.problems.len()), (RecommendationState::PendingApproval, 0), "beside {}", row.what);
        }
        let held = status(&server, "R1", &format!("N{number}x")).await.unwrap_or_default();
        let said: Vec<_> = held.problems.iter().map(|said| (said.reason.as_str(), format!("{} {}", said.value, said.message))).collect();
        let right = match said.as_slice() {
            [] => row.outcome != Outcome::Accepted,
            [(reason, text)] => *reason == row.reason && text.contains(row.says),
            _ => false,
        };
        if !right || held.state() != row.state {
            faults.push(format!("{}: {:?} {said:?}", row.what, held.state()));
        }
    }
    assert!(faults.is_empty(), "{} rows are not as they should be:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_counts_once_whole_or_not_at_all() {
    let (_place, server) = settle_in().await;
    planned(&server, "R1", &[("A", good()), ("B", good())]).await;
    let before = run(&server, "R1").await;
    // Twice: the second finds it committed, and nothing is decided anew.
    commit(&server, "planner", "R1", Some(2)).await.unwrap();
    let late = server.send(WRITEBACK, "planner", vec![line("R1", "C", &good())]).await;
    assert_eq!(late.results[0].violations[0].reason, "SET_NOT_OPEN");
    assert_eq!(run(&server, "R1").await, before);

    open(&server, "planner", "R2").await.unwrap();
    server.put(WRITEBACK, "planner", vec![line("R2", "A", &changed(|line| line.quantity = quantity("40", "EA")))]).await;
    is(commit(&server, "planner", "R2", Some(2)).await, Code::FailedPrecondition, "CONTROL_TOTALS", "1 came in");
    is(commit(&server, "other", "R2", None).await, Code::NotFound, "UNKNOWN_SET", "other/R2");
    let named = |name: &str| CommitSetRequest {
        request_id: name.into(),
        kind: "recommendation".into(),
        set_key: "R2".into(),
        connection: "planner".into(),
        ..CommitSetRequest::default()
    };
    is(server.operations().commit_set(call("other", named("o1"))).await, Code::PermissionDenied, "NOT_ALLOWED", "other");
    is(open(&server, "erp", "R3").await, Code::PermissionDenied, "ROLE_MAY_NOT_WRITE", "recommendation");
    // Never committed, it is not there, and replaces nothing.
    assert!(status(&server, "R2", "A").await.is_none());
    let abort = AbortSetRequest {
        kind: "recommendation".into(),
        set_key: "R2".into(),
        request_id: "a".into(),
        note: "no".into(),
        ..AbortSetRequest::default()
    };
    server.operations().abort_set(call("planner", abort)).await.unwrap();
    is(commit(&server, "planner", "R2", None).await, Code::FailedPrecondition, "SET_ABORTED", "no");
    assert!(status(&server, "R2", "A").await.is_none());
    assert_eq!(status(&server, "R1", "A").await.unwrap().state(), RecommendationState::PendingApproval);
}

pub async fn approve(server: &Server, who: &str, seen: Vec<Seen>) -> Vec<Decided> {
    let request_id = format!("approve {who} {}", seen[0].etag);
    let request = ApproveRequest { request_id, seen, note: String::new() };
    verbs(server).approve(acting("desk", who, request)).await.unwrap().into_inner().decided
}

pub async fn seen(server: &Server, name: &str) -> Seen {
    let etag = status(server, "R1", name).await.unwrap_or_default().etag;
    Seen { recommendation: format!("planner/R1/{name}/1"), etag, draft_order: String::new() }
}

async fn edit(server: &Server, who: &str, name: &str, value: &str) -> Result<Response<EditRecommendationResponse>, Status> {
    let seen = seen(server, name).await;
    let request = EditRecommendationRequest {
        request_id: format!("edit {name} {value} {}", seen.etag),
        recommendation: seen.recommendation,
        etag: seen.etag,
        quantity: value.into(),
        ..EditRecommendationRequest::default()
    };
    verbs(server).edit_recommendation(acting("desk", who, request)).await
}

pub async fn settle(server: &Server, name: &str, to: Settlement) -> Result<Response<SettleRecommendationResponse>, Status> {
    let seen = seen(server, name).await;
    let request = SettleRecommendationRequest {
        request_id: format!("settle {name}"),
        recommendation: seen.recommendation,
        etag: seen.etag,
        settlement: to.into(),
        note: "for the test".into(),
    };
    verbs(server).settle_recommendation(acting("desk", "ann", request)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_decision_is_told_why_and_those_beside_it_are_made() {
    let (_place, server) = settle_in().await;
    let brief = changed(|line| line.reason_codes = vec!["BRIEF".into()]);
    let large = changed(|line| line.quantity = quantity("2000", "EA"));
    let small = changed(|line| line.quantity = quantity("5", "EA"));
    let names: Vec<String> = (0..9).flat_map(|row| ["a", "b"].map(|side| format!("N{row}{side}"))).collect();
    let special = [("TWICE", good()), ("EDITED", good()), ("OLD", good()), ("BRIEF", brief), ("LARGE", large), ("SMALL", small)];
    let lines: Vec<_> = names.iter().map(|name| (name.as_str(), good())).chain(special).collect();
    planned(&server, "R1", &lines).await;

    let old = seen(&server, "OLD").await;
    edit(&server, "ben", "OLD", "25").await.unwrap();
    edit(&server, "ann", "EDITED", "25").await.unwrap();
    assert!(approve(&server, "ann", vec![seen(&server, "TWICE").await]).await[0].refused.is_none());
    let is_over = async || status(&server, "R1", "BRIEF").await.filter(|held| held.state() == RecommendationState::Expired);
    eventually_async("nobody to decide in time", PATIENCE, is_over).await;

    let draft = Seen { draft_order: "NONE".into(), etag: "x".into(), recommendation: String::new() };
    let rows = [
        ("approved before", "ben", seen(&server, "TWICE").await, "NOT_PENDING"),
        ("one's own edit", "ann", seen(&server, "EDITED").await, "OWN_EDIT"),
        ("an old etag", "ann", old, "ETAG_CHANGED"),
        ("expired", "ann", seen(&server, "BRIEF").await, "EXPIRED"),
        ("beyond one's level", "ann", seen(&server, "LARGE").await, "LEVEL"),
        ("what is invalid", "ann", seen(&server, "SMALL").await, "NOT_PENDING"),
        ("what nobody knows", "ann", seen(&server, "NOPE").await, "UNKNOWN_RECOMMENDATION"),
        ("a draft order that nobody knows", "ann", draft, "UNKNOWN_DRAFT_ORDER"),
    ];
    for (number, (what, who, wrong, reason)) in rows.into_iter().enumerate() {
        let name = wrong.recommendation.split('/').nth(2).unwrap_or_default().to_owned();
        let before = status(&server, "R1", &name).await;
        let beside = [seen(&server, &format!("N{number}a")).await, seen(&server, &format!("N{number}b")).await];
        let decided = approve(&server, who, vec![beside[0].clone(), wrong, beside[1].clone()]).await;
        let told: Vec<_> = decided.iter().map(|one| one.refused.as_ref().map_or("", |refused| refused.reason.as_str())).collect();
        assert_eq!(told, ["", reason, ""], "{what}");
        let states = [&decided[0], &decided[2]].map(|one| one.recommendation.as_ref().unwrap().state());
        assert_eq!(states, [RecommendationState::Drafted; 2], "beside {what}");
        assert_eq!(status(&server, "R1", &name).await, before, "{what}");
    }
    // Twice in one call.
    let twice = seen(&server, "N8a").await;
    let decided = approve(&server, "ann", vec![twice.clone(), twice]).await;
    assert!(decided[0].refused.is_none() && decided[1].refused.as_ref().is_some_and(|refused| refused.reason == "NOT_PENDING"));

    // What is wrong with the call as a whole.
    let whole = |seen| ApproveRequest { request_id: "whole".into(), seen, note: String::new() };
    let one = vec![seen(&server, "N8b").await];
    is(verbs(&server).approve(call("planner", whole(one.clone()))).await, Code::PermissionDenied, "NOT_ALLOWED", "ROLE_BUYER");
    is(verbs(&server).approve(call("desk", whole(one))).await, Code::InvalidArgument, "PRINCIPAL_REQUIRED", "crossdock-principal");
    is(verbs(&server).approve(acting("desk", "ann", whole(Vec::new()))).await, Code::InvalidArgument, "SEEN", "0");
    is(edit(&server, "ann", "N8b", "20").await, Code::InvalidArgument, "NOTHING_CHANGED", "another");
    is(edit(&server, "ann", "SMALL", "30").await, Code::FailedPrecondition, "NOT_EDITABLE", "INVALID");
    is(edit(&server, "ann", "NOPE", "30").await, Code::NotFound, "UNKNOWN_RECOMMENDATION", "NOPE");
    is(settle(&server, "N8b", Settlement::Release).await, Code::FailedPrecondition, "NOT_HELD", "PENDING_APPROVAL");
    is(settle(&server, "SMALL", Settlement::Cancel).await, Code::FailedPrecondition, "NOT_LIVE", "INVALID");
    is(settle(&server, "LARGE", Settlement::Unspecified).await, Code::InvalidArgument, "SETTLEMENT", "RELEASE or CANCEL");
}

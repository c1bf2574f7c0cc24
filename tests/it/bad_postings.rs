//! What a connector cannot report: a code, a reason, and neither the draft order nor the one beside it changes.

use crate::{
    bad_calls::is,
    bad_input::{day, quantity},
    bad_orders::{free, planned, settle, settle_in, status, verbs},
    bad_receipts::order,
};
use crossdock_proto::writeback::{
    DraftOrder, DraftOrderFilter, DraftOrderState, LeaseDraftOrdersRequest, LineOutcome, LineReport, PostedLine, Recommendation,
    RecommendationKind, RecommendationState, ReleaseDraftOrderRequest, ReleaseDraftOrderResponse, ReportPostingRequest,
    ReportPostingResponse, Settlement, Supply, SupplyFilter, Target,
};
use crossdock_testkit::eventually_async;
use crossdock_tests::{EXECUTION, PATIENCE, Server, WRITEBACK, acting, call};
use tonic::{Code, Response, Status};

async fn draft(server: &Server, key: &str) -> DraftOrder {
    server.message(WRITEBACK, "draft_order", key).await.unwrap()
}

/// What the ERP did with a line: document, quantity.
fn said(number: i32, outcome: LineOutcome, posted: &[(&str, &str)]) -> LineReport {
    let part =
        |(document, quantity): &(&str, &str)| PostedLine { document: (*document).into(), line: "1".into(), quantity: (*quantity).into() };
    LineReport { number, outcome: outcome.into(), posted: posted.iter().map(part).collect(), message: "so it is".into() }
}

pub async fn report(
    server: &Server,
    (connection, request_id): (&str, &str),
    (posting_key, token): (&str, i64),
    lines: Vec<LineReport>,
) -> Result<Response<ReportPostingResponse>, Status> {
    let request = ReportPostingRequest { request_id: request_id.into(), posting_key: posting_key.into(), token, lines };
    verbs(server).report_posting(call(connection, request)).await
}

pub async fn release(server: &Server, key: &str, etag: &str) -> Result<Response<ReleaseDraftOrderResponse>, Status> {
    let request = ReleaseDraftOrderRequest { request_id: format!("release {etag}"), posting_key: key.into(), etag: etag.into() };
    verbs(server).release_draft_order(acting("desk", "ann", request)).await
}

/// Leases one for a second, as soon as there is one.
pub async fn leased(server: &Server, name: &str, seconds: i64) -> DraftOrder {
    let mut number = 0;
    eventually_async("a draft order to post", PATIENCE, async || {
        number += 1;
        let duration = Some(prost_types::Duration { seconds, nanos: 0 });
        let request = LeaseDraftOrdersRequest { request_id: format!("{name} {number}"), max: 1, duration };
        verbs(server).lease_draft_orders(call("erp", request)).await.unwrap().into_inner().draft_orders.pop()
    })
    .await
}

/// Two draft orders: one of two lines, and one of another day. The first is the first that began.
pub async fn drafted(server: &Server) -> Vec<DraftOrder> {
    let later = Recommendation { need_by: day(2036, 7, 15), ..free() };
    planned(server, "R1", &[("A", free()), ("B", free()), ("C", later)]).await;
    let all = server.list::<DraftOrder>(WRITEBACK, "operator", "draft_order", &DraftOrderFilter::default()).await;
    all.into_iter().map(|(_, draft)| draft).collect()
}

pub fn good() -> Vec<LineReport> {
    vec![said(1, LineOutcome::Posted, &[("17", "20")]), said(2, LineOutcome::Posted, &[("18", "20")])]
}

/// What is good of the first line, and this of the second.
fn with(second: LineReport) -> Vec<LineReport> {
    vec![good().remove(0), second]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_report_is_refused_as_a_whole() {
    let (_place, server) = settle_in().await;
    let drafts = drafted(&server).await;
    let [first, beside] = drafts.as_slice() else { panic!("{drafts:?}") };
    let key = first.posting_key.as_str();
    before_the_lease(&server, first).await;

    // A lease that runs out; the next has the newer token.
    assert_eq!(leased(&server, "first", 1).await.lease.unwrap().token, 1);
    let lease = leased(&server, "second", 3_600).await;
    assert_eq!((lease.lease.as_ref().unwrap().token, lease.verify_first), (2, true));
    for (what, connection, of, token, lines, code, reason, says) in bad_reports(key) {
        is(report(&server, (connection, what), (of, token), lines).await, code, reason, says);
        assert_eq!((&draft(&server, key).await, &draft(&server, &beside.posting_key).await), (&lease, beside), "{what}");
    }
    an_old_token_and_a_good_report(&server, &lease).await;
    assert_eq!(&draft(&server, &beside.posting_key).await, beside);
}

async fn before_the_lease(server: &Server, first: &DraftOrder) {
    let key = first.posting_key.as_str();
    is(report(server, ("erp", "q1"), (key, 1), good()).await, Code::FailedPrecondition, "NOT_LEASED", key);
    is(release(server, key, "of another day").await, Code::Aborted, "ETAG_CHANGED", "of another day");
    is(release(server, "NONE", "x").await, Code::NotFound, "UNKNOWN_DRAFT_ORDER", "NONE");
    let sealed = release(server, key, &first.etag).await.unwrap().into_inner().draft_order.unwrap();
    is(release(server, key, &sealed.etag).await, Code::FailedPrecondition, "NOT_OPEN", "SEALED");
    let request = LeaseDraftOrdersRequest {
        request_id: "long".into(),
        duration: Some(prost_types::Duration { seconds: 7_200, nanos: 0 }),
        ..LeaseDraftOrdersRequest::default()
    };
    is(verbs(server).lease_draft_orders(call("erp", request)).await, Code::InvalidArgument, "LEASE_DURATION", "7200");
}

/// What is wrong, who reports of which draft order under which token, and how that is refused.
type Bad<'a> = (&'static str, &'static str, &'a str, i64, Vec<LineReport>, Code, &'static str, &'static str);

fn bad_reports(key: &str) -> Vec<Bad<'_>> {
    use LineOutcome::{Changed, Posted, Rejected, Retry};
    let of = |what, lines, reason, says| (what, "erp", key, 2, lines, Code::InvalidArgument, reason, says);
    vec![
        ("an unknown key", "erp", "NONE", 2, good(), Code::NotFound, "UNKNOWN_DRAFT_ORDER", "NONE"),
        ("by another connection", "second", key, 2, good(), Code::PermissionDenied, "NOT_CONNECTOR", "second"),
        ("by a planner", "planner", key, 2, good(), Code::PermissionDenied, "NOT_ALLOWED", "ROLE_ERP"),
        ("no token", "erp", key, 0, good(), Code::InvalidArgument, "TOKEN", "0"),
        of("more than drafted", with(said(2, Changed, &[("18", "21")])), "MORE_THAN_DRAFTED", "20"),
        of("more in parts", with(said(2, Changed, &[("18", "15"), ("19", "6")])), "MORE_THAN_DRAFTED", "21"),
        of("less, as drafted", with(said(2, Posted, &[("18", "19")])), "NOT_AS_DRAFTED", "19"),
        of("nowhere", with(said(2, Posted, &[])), "DOCUMENT_MISSING", "document"),
        of("refused and there", with(said(2, Rejected, &[("18", "20")])), "NOT_POSTED", "REJECTED"),
        of("a line of nothing", with(said(7, Retry, &[])), "UNKNOWN_LINE", "7"),
        of("a line twice", with(said(1, Retry, &[])), "REPEATED", "1"),
        of("a line left out", vec![said(1, Retry, &[])], "LINE_MISSING", "2"),
    ]
}

/// The one is kept and changes no state; the other is taken, once.
async fn an_old_token_and_a_good_report(server: &Server, lease: &DraftOrder) {
    use LineOutcome::{Rejected, Retry};
    let key = lease.posting_key.as_str();
    let old = report(server, ("erp", "old"), (key, 1), vec![said(1, Rejected, &[]), said(2, Rejected, &[])]).await.unwrap().into_inner();
    let now = draft(server, key).await;
    assert_eq!((old.late, now.state(), now.reports), (true, DraftOrderState::Leased, 1));
    assert_eq!(now.lines, lease.lines);
    let posted = report(server, ("erp", "new"), (key, 2), good()).await.unwrap().into_inner();
    assert_eq!((posted.late, posted.draft_order.as_ref().unwrap().state()), (false, DraftOrderState::Posted));
    assert_eq!(report(server, ("erp", "new"), (key, 2), good()).await.unwrap().into_inner(), posted);
    is(report(server, ("erp", "new"), (key, 2), with(said(2, Retry, &[]))).await, Code::InvalidArgument, "REQUEST_ID_REUSED", "new");
}

/// It is held; a buyer may let it go on, and then its ERP has the last word: the connector gets what the planner expected.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_an_order_that_looks_different_is_held_and_can_be_refused_by_its_erp() {
    let (_place, server) = settle_in().await;
    server.put(EXECUTION, "erp", vec![order("17", |_| {})]).await;
    // Before the run begins: what became known meanwhile would be held against the line beside it.
    let known = async || server.list::<Supply>(WRITEBACK, "operator", "supply", &SupplyFilter {}).await.pop();
    eventually_async("the order to be known", PATIENCE, known).await;
    let target = Target {
        connection: "erp".into(),
        document: "17".into(),
        line: "1".into(),
        expected_quantity: "100".into(),
        expected_due_date: day(2036, 6, 15),
    };
    let cancel =
        Recommendation { kind: RecommendationKind::Cancel.into(), target: Some(target.clone()), quantity: quantity("100", "EA"), ..free() };
    planned(&server, "R1", &[("CANCEL", cancel), ("BESIDE", free())]).await;
    let differs = async || {
        let held = status(&server, "R1", "CANCEL").await?;
        let state = held.state();
        let found: Vec<_> = held.problems.into_iter().map(|problem| (problem.reason, problem.value)).collect();
        let wanted = [("TARGET_CHANGED", "100"), ("TARGET_CHANGED", "2036-06-15")].map(|(reason, value)| (reason.into(), value.into()));
        (state == RecommendationState::Held && found == wanted).then_some(())
    };
    eventually_async("it to differ", PATIENCE, differs).await;
    settle(&server, "CANCEL", Settlement::Release).await.unwrap();
    let drafts = server.list::<DraftOrder>(WRITEBACK, "operator", "draft_order", &DraftOrderFilter::default()).await;
    let (key, draft) = drafts.into_iter().find(|(_, draft)| draft.lines[0].target.is_some()).unwrap();
    release(&server, &key, &draft.etag).await.unwrap();
    let lease = leased(&server, "lease", 3_600).await;
    assert_eq!(lease.lines[0].target, Some(target));
    let refused = LineReport { message: "40 are open, not 100".into(), ..said(1, LineOutcome::Rejected, &[]) };
    report(&server, ("erp", "report"), (&key, 1), vec![refused]).await.unwrap();
    assert_eq!(status(&server, "R1", "CANCEL").await.unwrap().state(), RecommendationState::Rejected);
    assert_eq!(status(&server, "R1", "BESIDE").await.unwrap().state(), RecommendationState::Drafted);
}

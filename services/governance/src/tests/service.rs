//! The policy on its way from the file to other services, and the exception desk.

use super::process::{PATIENCE, Process, by, reason};
use crate::wire::reload::Followed;
use crossdock_core::SystemClock;
use crossdock_proto::{
    governance::{AcknowledgeExceptionRequest, Exception, ExceptionFilter, ExceptionState},
    operations::{GetStatisticsRequest, Issue, IssueState},
    records::{IngestBatchRequest, ListRequest},
};
use crossdock_records::{EXCEPTION, derive};
use crossdock_rpc::{Bounds, Handle, Limits};
use crossdock_store::{Location, Store};
use crossdock_testkit::eventually_async;
use prost::Message;
use std::{path::Path, sync::Arc};
use tonic::Code;

const RULES: &str = "connections:\n  - {name: erp, roles: [erp]}\n  - {name: buyer, roles: [buyer], names_principals: true}\n";

async fn handle(folder: &Path) -> Handle {
    let store = Store::open(Location::Sqlite(folder.join("governance.db")), Arc::new(SystemClock)).await.unwrap();
    let kinds = crate::service(crate::Source::BuiltIn).unwrap().kinds;
    Handle::start("governance", store, Arc::new(kinds), &Bounds::new(Limits::default())).await.unwrap()
}

fn in_force(handle: &Handle) -> (String, i64) {
    (handle.policy.borrow().document.version.clone(), handle.store.head().borrow().position)
}

#[tokio::test]
async fn the_policy_in_force_is_what_the_file_says_once_it_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let (file, handle) = (folder.path().join("policy.yaml"), handle(folder.path()).await);
    let put = |text: &str| std::fs::write(&file, text).unwrap();
    let mut source = Followed::new(handle.clone(), Some(file.clone()));

    source.look().await;
    assert_eq!(in_force(&handle), (String::new(), 0), "there is no file yet");
    put(RULES);
    source.look().await;
    assert_eq!(in_force(&handle).1, 0, "it may not be written to its end yet");
    source.look().await;
    let first = in_force(&handle);
    assert_eq!((first.0.len(), first.1), (16, 5), "the policy, three decisions, and where their chain ends");

    // Another layout of the same rules emits nothing, nor does looking again or starting again.
    put(&RULES.replace("roles: [erp]", "roles:  [ erp ]"));
    source.look().await;
    source.look().await;
    source.look().await;
    Followed::new(handle.clone(), Some(file.clone())).look().await;
    assert_eq!(in_force(&handle), first);

    for faulty in ["connections: [{name: erp}]", "", "connections: ["] {
        put(faulty);
        source.look().await;
        source.look().await;
        assert_eq!(in_force(&handle), first, "{faulty:?}");
    }
    std::fs::remove_file(&file).unwrap();
    source.look().await;
    source.look().await;
    assert_eq!(in_force(&handle), first);

    put(&format!("{RULES}issue_grace: 5s\n"));
    source.look().await;
    source.look().await;
    let second = in_force(&handle);
    assert!(second.0 != first.0 && second.1 == first.1 + 3, "{second:?}");

    Followed::new(handle.clone(), None).look().await;
    assert_eq!(in_force(&handle), second, "a start without a file replaces no policy");
}

#[tokio::test]
async fn the_first_start_without_a_file_takes_the_built_in_policy() {
    let folder = tempfile::tempdir().unwrap();
    let handle = handle(folder.path()).await;
    Followed::new(handle.clone(), None).look().await;
    assert_eq!(in_force(&handle).0, crate::check("", crate::FIRST_TRY).unwrap().version);
}

#[tokio::test]
async fn a_batch_is_taken_once_the_policy_has_reached_the_follower() {
    let process = Process::start(Some("")).await;
    let mut masters = process.masters("erp");
    let refused = masters.ingest_batch(IngestBatchRequest::default()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Unavailable, "POLICY_MISSING".to_owned()));
    process.write_policy(RULES);
    let taken = eventually_async("a batch of erp is taken", PATIENCE, async || {
        masters.ingest_batch(IngestBatchRequest { batch: 7, ..IngestBatchRequest::default() }).await.ok()
    });
    let result = taken.await.result.unwrap();
    assert_eq!((result.batch, result.failure), (7, None));
    process.write_policy(&RULES.replace("erp,", "erp-eu,"));
    let refused =
        eventually_async("erp is refused", PATIENCE, async || masters.ingest_batch(IngestBatchRequest::default()).await.err()).await;
    assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "UNKNOWN_CONNECTION".to_owned()));
    process.masters("erp-eu").ingest_batch(IngestBatchRequest::default()).await.unwrap();
    process.stop().await;
}

pub async fn say(process: &Process, state: IssueState, records: i64) {
    let write = move |tx: &mut crossdock_store::Tx<'_>| {
        let issue = Issue { cause: "item/ABC".into(), reason: "UNKNOWN_ITEM".into(), state: state.into(), records, ..Issue::default() };
        derive(tx, &Default::default(), |to| to.edit::<Issue>("item/ABC", |_| Some(issue)))
    };
    process.stub.store.write("issue", write).await.unwrap();
}

pub async fn listed(process: &Process, state: &str) -> Option<Exception> {
    let filter = ExceptionFilter { state: state.to_owned(), service: "master-data".to_owned(), ..ExceptionFilter::default() };
    let filter = crossdock_proto::Filter { kind: EXCEPTION.into(), body: filter.encode_to_vec().into() };
    let page = process.governance("buyer").list(ListRequest { filter: Some(filter), ..ListRequest::default() }).await.ok()?;
    page.records.first().map(|record| Exception::decode(record.body.clone()).unwrap())
}

pub async fn until(process: &Process, state: &str, records: i64) -> Exception {
    let what = format!("the exception is {state} with {records} records");
    eventually_async(&what, PATIENCE, async || listed(process, state).await.filter(|held| held.records == records)).await
}

fn working(id: &str, note: &str) -> AcknowledgeExceptionRequest {
    AcknowledgeExceptionRequest { request_id: id.into(), key: "master-data/item/ABC".into(), note: note.into() }
}

#[tokio::test]
async fn an_issue_becomes_an_exception_that_somebody_takes_and_that_resolves_itself() {
    let process = Process::start(Some(RULES)).await;
    say(&process, IssueState::Open, 3).await;
    let open = until(&process, "open", 3).await;
    assert_eq!((open.service.as_str(), open.cause.as_str(), open.reason.as_str()), ("master-data", "item/ABC", "UNKNOWN_ITEM"));

    let first = process.acknowledge("buyer", "ann", working("1", "asked the ERP team")).await.unwrap();
    assert_eq!(
        (first.state(), first.acknowledged_by.as_str(), first.note.as_str()),
        (ExceptionState::Acknowledged, "ann", "asked the ERP team")
    );
    let refused = process.acknowledge("buyer", "ann", working("1", "something else")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
    say(&process, IssueState::Open, 5).await;
    assert_eq!(until(&process, "acknowledged", 5).await.acknowledged_by, "ann");
    let again = process.acknowledge("buyer", "ann", working("1", "asked the ERP team")).await.unwrap();
    assert_eq!(again, first, "the same request gets the first answer");

    say(&process, IssueState::Resolved, 0).await;
    until(&process, "resolved", 0).await;
    let late = process.acknowledge("buyer", "", working("2", "")).await.unwrap_err();
    assert_eq!((late.code(), reason(&late)), (Code::FailedPrecondition, "EXCEPTION_RESOLVED".to_owned()));
    say(&process, IssueState::Open, 1).await;
    assert_eq!(until(&process, "open", 1).await.acknowledged_by, "");
    let connection = process.acknowledge("buyer", "", working("3", "")).await.unwrap();
    assert_eq!(connection.acknowledged_by, "buyer", "no person was named");
    process.stop().await;
}

#[tokio::test]
async fn who_may_not_and_what_is_not_there() {
    let process = Process::start(Some(RULES)).await;
    say(&process, IssueState::Open, 3).await;
    until(&process, "open", 3).await;
    let mut told = Vec::new();
    for (connection, principal, request) in [
        ("erp", "", working("1", "")),
        ("erp", "ann", working("1", "")),
        ("buyer", "", AcknowledgeExceptionRequest { key: "master-data/item/XYZ".into(), ..working("1", "") }),
        ("buyer", "", working("", "")),
        ("buyer", "", working("1", &"x".repeat(501))),
        ("buyer", "", working("1", "a\u{7}b")),
    ] {
        told.push(reason(&process.acknowledge(connection, principal, request).await.unwrap_err()));
    }
    assert_eq!(told, ["NOT_ALLOWED", "NOT_ALLOWED", "UNKNOWN_EXCEPTION", "REQUEST_ID", "NOTE", "NOTE"]);
    process.stop().await;
}

#[tokio::test]
async fn the_contracts_in_use_are_told_by_connection() {
    let process = Process::start(Some(&format!("{RULES}  - {{name: operator, roles: [operator]}}\n"))).await;
    eventually_async("a batch of erp is taken", PATIENCE, async || {
        process.masters("erp").ingest_batch(IngestBatchRequest::default()).await.ok()
    })
    .await;
    let told = eventually_async("the uses are told", PATIENCE, async || {
        let asked = by("operator", "", GetStatisticsRequest { service: "master-data".into() });
        process.operations().get_statistics(asked).await.ok()
    });
    let uses = told.await.into_inner().services.remove(0).contracts;
    let held = uses.iter().find(|held| held.connection == "erp").unwrap();
    assert_eq!((held.package.as_str(), held.version.as_str()), ("crossdock.masterdata.v1", crossdock_proto::VERSION));
    process.stop().await;
}

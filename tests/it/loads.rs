//! Scenario J: full loads of 1,000 items in which a few are missing, too many, or that never commit.

use crate::bad_input::{POLICY, version};
use crossdock_proto::{
    Record,
    governance::{Exception, ExceptionFilter, ExceptionState},
    masterdata::{Item, ItemFilter},
    operations::{AbortSetRequest, CommitSetRequest, OpenSetRequest, Set, SetPurpose, SetState},
    records::ListRequest,
    types::Operation,
};
use crossdock_testkit::{eventually_async, free_port};
use crossdock_tests::{Engine, GOVERNANCE, MASTERS, PATIENCE, Place, Server, call, filter, record, refusal};
use prost::Message;
use prost_types::Timestamp;
use std::{ops::Range, time::SystemTime};
use tonic::{Code, Status};

fn items(numbers: Range<usize>, set: &str) -> Vec<Record> {
    let item = |number: usize| {
        let mut envelope = version(1);
        envelope.set_key = set.into();
        record("item", envelope, &Item { item_id: format!("I{number:04}"), base_unit: "EA".into(), ..Item::default() })
    };
    numbers.map(item).collect()
}

async fn open(server: &Server, set_key: &str) {
    let as_of = Some(Timestamp::from(SystemTime::now()));
    let set = Set { set_key: set_key.into(), kind: "item".into(), purpose: SetPurpose::Load.into(), as_of, ..Set::default() };
    let request = OpenSetRequest { request_id: format!("open {set_key}"), set: Some(set) };
    assert_eq!(server.operations().open_set(call("erp", request)).await.unwrap().into_inner().set.unwrap().state(), SetState::Open);
}

async fn commit(server: &Server, connection: &str, set_key: &str, records: Option<i64>, force: bool) -> Result<Set, Status> {
    let request = CommitSetRequest {
        request_id: format!("commit {set_key} {connection} {records:?} {force}"),
        kind: "item".into(),
        set_key: set_key.into(),
        records,
        force,
        connection: if connection == "erp" { String::new() } else { "erp".into() },
    };
    Ok(server.operations().commit_set(call(connection, request)).await?.into_inner().set.unwrap())
}

async fn until(server: &Server, set_key: &str, state: SetState) -> Set {
    eventually_async("the load", PATIENCE, async || {
        let held = server.held(MASTERS, "erp", "set", &format!("erp/{set_key}")).await?;
        Set::decode(held.body).ok().filter(|set| set.state() == state)
    })
    .await
}

async fn listed(server: &Server) -> usize {
    let request = ListRequest { filter: Some(filter("item", &ItemFilter::default())), page_size: 1_000, ..ListRequest::default() };
    server.records(MASTERS, "planner").list(request).await.unwrap().records.len()
}

async fn exceptions(server: &Server, state: &str) -> Vec<Exception> {
    let narrowed = ExceptionFilter { state: state.into(), service: "master-data".into(), ..ExceptionFilter::default() };
    let request = ListRequest { filter: Some(filter("exception", &narrowed)), ..ListRequest::default() };
    let records = server.records(GOVERNANCE, "buyer").list(request).await.unwrap().records;
    records.into_iter().map(|record| Exception::decode(record.body).unwrap()).collect()
}

async fn send_in(server: &Server, numbers: Range<usize>, set: &str) {
    let sent = numbers.len();
    let counts = server.send(MASTERS, "erp", items(numbers, set)).await.counts.unwrap();
    assert_eq!(usize::try_from(counts.accepted + counts.duplicate).unwrap(), sent, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn j_loads_with_missing_items_sqlite() {
    loads(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn j_loads_with_missing_items_postgres() {
    loads(Engine::Postgres).await;
}

async fn loads(engine: Engine) {
    let (place, port) = (Place::new(engine), free_port());
    let policy = place.write("policy.yaml", POLICY);
    let arguments = ["--policy", policy.to_str().unwrap()];
    let mut server = place.serve(port, &arguments);
    server.heard(MASTERS, "erp").await;
    server.heard(GOVERNANCE, "erp").await;
    server.put(MASTERS, "erp", items(0..1_000, "")).await;
    few_are_missing(&server).await;

    // 400 are missing: held, with one exception; the restart in the middle changes nothing.
    open(&server, "second").await;
    send_in(&server, 430..700, "second").await;
    server.process.kill9();
    server = place.serve(port, &arguments);
    send_in(&server, 700..1_000, "second").await;
    too_many_are_missing(&server).await;
    only_an_operator_lets_it_through(&server).await;
    one_never_commits(&server).await;
    server.run(&["check"]);
}

/// 30: tombstones at once.
async fn few_are_missing(server: &Server) {
    open(server, "first").await;
    send_in(server, 30..1_000, "first").await;
    send_in(server, 30..40, "first").await;
    let status = commit(server, "erp", "first", Some(969), false).await.err().unwrap();
    assert_eq!(refusal(&status), (Code::FailedPrecondition, "CONTROL_TOTALS".into()), "{status:?}");
    commit(server, "erp", "first", Some(970), false).await.unwrap();
    let set = until(server, "first", SetState::Applied).await;
    assert_eq!((set.records, set.removed, listed(server).await), (970, 30, 970));
    let gone = server.held(MASTERS, "erp", "item", "I0029").await.unwrap();
    assert_eq!(gone.envelope.unwrap().operation(), Operation::Delete);
    // A late copy of what was loaded before does not bring it back.
    assert_eq!(server.send(MASTERS, "erp", items(0..30, "")).await.counts.unwrap().superseded, 30);
}

async fn too_many_are_missing(server: &Server) {
    commit(server, "erp", "second", Some(570), false).await.unwrap();
    let set = until(server, "second", SetState::Held).await;
    assert_eq!((set.removed, set.note.as_str()), (400, "400 of 970 records would disappear, more than 5 percent"));
    let held =
        eventually_async("the exception", PATIENCE, async || Some(exceptions(server, "open").await).filter(|held| !held.is_empty())).await;
    let [exception] = held.as_slice() else { panic!("{held:?}") };
    assert_eq!((exception.cause.as_str(), exception.state(), exception.records), ("set/erp/second", ExceptionState::Open, 400));
    assert_eq!(listed(server).await, 970, "nothing is removed while it is held");
}

async fn only_an_operator_lets_it_through(server: &Server) {
    let status = commit(server, "erp", "second", None, false).await.err().unwrap();
    assert_eq!(refusal(&status), (Code::FailedPrecondition, "LOAD_HELD".into()), "{status:?}");
    let status = commit(server, "erp", "second", None, true).await.err().unwrap();
    assert_eq!(refusal(&status), (Code::PermissionDenied, "NOT_ALLOWED".into()), "{status:?}");
    commit(server, "operator", "second", None, true).await.unwrap();
    let set = until(server, "second", SetState::Applied).await;
    assert_eq!((set.removed, listed(server).await), (400, 570));
    eventually_async("the exception to resolve itself", PATIENCE, async || exceptions(server, "open").await.is_empty().then_some(())).await;
    assert_eq!(exceptions(server, "resolved").await.len(), 1);
}

/// That changes nothing, and the reader is told that it is open.
async fn one_never_commits(server: &Server) {
    open(server, "third").await;
    send_in(server, 430..440, "third").await;
    let request = ListRequest { filter: Some(filter("item", &ItemFilter::default())), page_size: 1, ..ListRequest::default() };
    let completeness = server.records(MASTERS, "planner").list(request).await.unwrap().completeness.unwrap();
    assert_eq!((completeness.open_sets, listed(server).await), (vec!["erp/third".to_owned()], 570));
    let abort = AbortSetRequest {
        request_id: "abort".into(),
        kind: "item".into(),
        set_key: "third".into(),
        note: "cut off".into(),
        ..AbortSetRequest::default()
    };
    server.operations().abort_set(call("erp", abort)).await.unwrap();
    assert_eq!(listed(server).await, 570);
    assert_eq!(exceptions(server, "open").await, []);
}

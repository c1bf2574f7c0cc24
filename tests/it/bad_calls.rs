//! Calls, batches and streams that are not as they should be: a code, a reason, and the server goes on.

use crate::bad_input::{POLICY, day, document, line, quantity, settle_in, shipment};
use crossdock_proto::{
    Record,
    demand::{DemandLine, ListHistoryRequest, ListInventoryRequest, demand_service_client::DemandServiceClient},
    masterdata::ItemFilter,
    operations::{OpenSetRequest, OpenSetResponse, ParkedSelection, RedriveRequest, Set, SetPurpose},
    records::{BatchGetRequest, IngestBatchRequest, IngestBatchResponse, IngestRequest, ListRequest, ListResponse, WatchRequest},
    types::{ControlTotal, RecordKey, Watermark},
};
use crossdock_rpc::{Channel, RecordClient};
use crossdock_tests::{DEMAND, Engine, MASTERS, Place, Server, call, channel, filter, record, refusal};
use prost_types::Timestamp;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{Code, Status, client::Grpc};
use tonic_prost::ProstCodec;

fn good(name: &str) -> Record {
    record("fulfilment", document(name, 1), &shipment())
}

fn goods(count: usize, of: &str) -> Vec<Record> {
    (0..count).map(|number| good(&format!("{of}{number}"))).collect()
}

fn total(records: u32, quantity: &str) -> Vec<ControlTotal> {
    vec![ControlTotal { kind: "fulfilment".into(), records, quantity: quantity.into() }]
}

/// What is wrong with a batch, the batch, the reason, and what is told.
fn batches() -> Vec<(&'static str, IngestRequest, &'static str, &'static str)> {
    let of = |totals, watermarks| IngestRequest { batch: 7, records: goods(2, "T"), totals, watermarks };
    let unknown = vec![ControlTotal { kind: "dispatch".into(), ..ControlTotal::default() }];
    let watermark = |kind: &str| Watermark { kind: kind.into(), region: String::new(), recorded_through: Some(Timestamp::default()) };
    let never = Watermark { recorded_through: None, ..watermark("fulfilment") };
    vec![
        ("too few records", of(total(3, ""), Vec::new()), "CONTROL_TOTALS", "3 records of fulfilment, the batch has 2"),
        ("another sum", of(total(2, "11"), Vec::new()), "CONTROL_TOTALS", "11 of fulfilment, the batch has 10"),
        ("no sum", of(total(2, "ten"), Vec::new()), "CONTROL_TOTALS", "ten"),
        ("a total of no kind", of(unknown, Vec::new()), "CONTROL_TOTALS", "dispatch"),
        ("1,001 records", IngestRequest { records: goods(1_001, "M"), ..of(Vec::new(), Vec::new()) }, "BATCH_TOO_LARGE", "1001"),
        ("a watermark of no kind", of(Vec::new(), vec![watermark("dispatch")]), "WATERMARK", "dispatch"),
        ("a watermark of another service", of(Vec::new(), vec![watermark("item")]), "WATERMARK", "item"),
        ("a watermark that says nothing", of(Vec::new(), vec![never]), "WATERMARK", "recorded_through"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_batch_fails_as_a_whole_and_the_stream_goes_on() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    for (what, batch, reason, says) in batches() {
        let alone = IngestBatchRequest {
            batch: 7,
            records: batch.records.clone(),
            totals: batch.totals.clone(),
            watermarks: batch.watermarks.clone(),
        };
        let result = server.records(DEMAND, "erp").ingest_batch(alone).await.unwrap().result.unwrap();
        let failure = result.failure.unwrap_or_else(|| panic!("{what}: {:?}", result.counts));
        assert_eq!((result.batch, result.counts, failure.reason.as_str(), failure.retryable), (7, None, reason, false), "{what}");
        assert!(failure.message.contains(says), "{what}: {}", failure.message);

        // In a stream, the batches around it go in.
        let around =
            |batch, name: &str| IngestRequest { batch, records: vec![good(&format!("{name} {what}"))], ..IngestRequest::default() };
        let stream = tokio_stream::iter([around(1, "A"), batch, around(9, "B")]);
        let answers = server.records(DEMAND, "erp").ingest(stream).await.unwrap();
        let answers: Vec<_> = answers.map(|answer| answer.unwrap().result.unwrap()).collect().await;
        let told: Vec<_> =
            answers.iter().map(|result| (result.batch, result.counts.map(|counts| counts.accepted), result.failure.is_some())).collect();
        assert_eq!(told, [(1, Some(1), false), (7, None, true), (9, Some(1), false)], "{what}");
        assert!(server.held(DEMAND, "erp", "fulfilment", "erp/T0/1").await.is_none(), "{what}: a part was kept");
        assert!(server.held(DEMAND, "erp", "fulfilment", "erp/M0/1").await.is_none(), "{what}: a part was kept");
    }
    // The totals that are right, negative quantities and all units included.
    let right = IngestBatchRequest { records: goods(2, "R"), totals: total(2, "10.000"), ..IngestBatchRequest::default() };
    assert_eq!(server.records(DEMAND, "erp").ingest_batch(right).await.unwrap().result.unwrap().counts.unwrap().accepted, 2);
    server.run(&["check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_a_batch_and_a_stream_too() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    let before = server.send(DEMAND, "erp", Vec::new()).await;
    assert_eq!((before.counts, before.failure.clone(), before.results.len()), (Some(Default::default()), None, 0));
    assert_eq!(server.send(DEMAND, "erp", Vec::new()).await.cursor, before.cursor, "nothing made an event");
    let mut answers = server.records(DEMAND, "erp").ingest(tokio_stream::empty()).await.unwrap();
    assert_eq!(answers.message().await.unwrap(), None);

    // A record of no kind, and one of another service, are two of a batch.
    let nothing = Record { envelope: Some(document("NONE", 1)), ..Record::default() };
    let item = record("item", document("", 1), &());
    let result = server.send(DEMAND, "erp", vec![good("E1"), nothing, item, good("E2")]).await;
    let told: Vec<_> = result.results.iter().map(|told| (told.index, told.violations[0].reason.as_str())).collect();
    assert_eq!((result.counts.unwrap().accepted, told), (2, vec![(1, "UNKNOWN_KIND"), (2, "UNKNOWN_KIND")]));

    // A client that vanishes in the middle: what was answered stays, what was not may be sent again.
    let (requests, stream) = tokio::sync::mpsc::channel(8);
    let mut client = server.records(DEMAND, "erp");
    let mut answers = client.ingest(ReceiverStream::new(stream)).await.unwrap();
    let batch = |number: u64| IngestRequest { batch: number, records: goods(100, &format!("V{number}-")), ..IngestRequest::default() };
    requests.send(batch(1)).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().result.unwrap().counts.unwrap().accepted, 100);
    for number in 2..6 {
        requests.send(batch(number)).await.unwrap();
    }
    drop((answers, requests, client));
    assert!(server.held(DEMAND, "erp", "fulfilment", "erp/V1-99/1").await.is_some());
    for number in 1..6 {
        let result = server.send(DEMAND, "erp", batch(number).records).await.counts.unwrap();
        assert_eq!(result.accepted + result.duplicate, 100, "batch {number}");
        assert!(number > 1 || result.duplicate == 100, "what was answered is there");
    }
    server.run(&["check"]);
}

/// Bytes that are no text, in the envelope of the second of three records: it is refused, the others go in.
#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_that_is_not_utf8_is_a_record_that_is_refused() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    let mut records: Vec<Vec<u8>> = goods(3, "U").iter().map(prost::Message::encode_to_vec).collect();
    let name = records[1].windows(2).position(|bytes| bytes == b"U1").unwrap();
    records[1][name..name + 2].copy_from_slice(&[0xc3, 0x28]);
    // Field 2 of the request: the records.
    let request = records.iter().flat_map(|record| [&[0x12, u8::try_from(record.len()).unwrap()], record.as_slice()].concat()).collect();
    let path = format!("/{DEMAND}.RecordService/IngestBatch");
    let result = raw::<_, IngestBatchResponse>(&server, "erp", &path, RawBytes(request)).await.unwrap().result.unwrap();
    let told: Vec<_> =
        result.results.iter().map(|told| (told.index, told.violations[0].reason.as_str(), told.violations[0].field.as_str())).collect();
    assert_eq!((result.counts.unwrap().accepted, told), (2, vec![(1, "MALFORMED_MESSAGE", "envelope")]));
    assert!(result.results[0].violations[0].value.contains("UTF-8"), "{result:?}");
    assert!(server.held(DEMAND, "erp", "fulfilment", "erp/U2/1").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planner_is_told_what_is_wrong_with_a_question() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    let mut planner = DemandServiceClient::new(channel(server.port));
    let mut history = async |change: fn(&mut ListHistoryRequest), since: String| {
        let mut request = ListHistoryRequest { since_cursor: since, ..ListHistoryRequest::default() };
        change(&mut request);
        let mut parts = planner.list_history(call("planner", request)).await?.into_inner();
        parts.message().await.map(|_| ())
    };
    let head = server.send(DEMAND, "erp", Vec::new()).await.cursor;
    let (epoch, position) = head.split_once('-').unwrap();
    history(|_| (), head.clone()).await.unwrap();
    let ahead = format!("{epoch}-{}", position.parse::<i64>().unwrap() + 1);
    is(history(|_| (), ahead.clone()).await, Code::OutOfRange, "CURSOR_OUT_OF_RANGE", &ahead);
    is(history(|_| (), "yesterday".into()).await, Code::InvalidArgument, "CURSOR_MALFORMED", "yesterday");
    is(history(|asked| asked.from = day(2026, 2, 30), String::new()).await, Code::InvalidArgument, "IMPOSSIBLE_DATE", "2026-02-30");
    is(history(|asked| asked.bucket_size = 99, String::new()).await, Code::InvalidArgument, "UNKNOWN_VALUE", "99");
    is(history(|asked| asked.measures = vec![99], String::new()).await, Code::InvalidArgument, "UNKNOWN_VALUE", "99");

    let mut planner = DemandServiceClient::new(channel(server.port));
    let mut stock = async |page_size, page_token: &str| {
        let request = ListInventoryRequest { page_size, page_token: page_token.into(), ..ListInventoryRequest::default() };
        planner.list_inventory(call("planner", request)).await
    };
    is(stock(-1, "").await, Code::InvalidArgument, "PAGE_SIZE", "-1");
    is(stock(0, "made up").await, Code::InvalidArgument, "PAGE_TOKEN", "page_token");
    stock(0, "").await.unwrap();
}

/// A request as bytes.
#[derive(Clone, Debug, Default)]
struct RawBytes(Vec<u8>);

impl prost::Message for RawBytes {
    fn encode_raw(&self, buf: &mut impl prost::bytes::BufMut) {
        buf.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire: prost::encoding::WireType,
        buf: &mut impl prost::bytes::Buf,
        context: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        prost::encoding::skip_field(wire, tag, buf, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

async fn raw<Q, A>(server: &Server, connection: &str, path: &str, request: Q) -> Result<A, Status>
where
    Q: prost::Message + Send + 'static,
    A: prost::Message + Default + Send + 'static,
{
    let mut grpc: Grpc<Channel> = Grpc::new(channel(server.port));
    grpc.ready().await?;
    grpc.unary(call(connection, request), path.parse().unwrap(), ProstCodec::<Q, A>::default()).await.map(tonic::Response::into_inner)
}

/// A refusal with this code, reason and value.
pub fn is(result: Result<impl std::fmt::Debug, Status>, code: Code, reason: &str, says: &str) {
    let status = result.err().unwrap_or_else(|| panic!("{reason}: it was answered"));
    assert_eq!(refusal(&status), (code, reason.to_owned()), "{status:?}");
    assert!(status.message().contains(says), "{reason}: {}", status.message());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_call_is_told_why() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    let items = || ListRequest { filter: Some(filter("item", &())), ..ListRequest::default() };
    let as_connection = async |name: &str| server.records(MASTERS, name).list(items()).await;
    is(as_connection("").await, Code::Unauthenticated, "CONNECTION_MISSING", "crossdock-connection");
    is(as_connection("stranger").await, Code::PermissionDenied, "UNKNOWN_CONNECTION", "stranger");
    let written = server.records(MASTERS, "crossdock").ingest_batch(IngestBatchRequest::default()).await;
    is(written, Code::PermissionDenied, "NOT_ALLOWED", "needs one of");

    let path = format!("/{MASTERS}.RecordService/Lsit");
    let status = raw::<_, ListResponse>(&server, "erp", &path, items()).await.err().unwrap();
    assert_eq!(refusal(&status), (Code::NotFound, "UNKNOWN_METHOD".into()), "{status:?}");
    assert!(status.message().contains("Lsit"), "{status:?}");
    let nowhere = RecordClient::new(channel(server.port), "crossdock.nothing.v1", "erp").list(items()).await.err().unwrap();
    assert_eq!(nowhere.code(), Code::Unimplemented, "{nowhere:?}");

    // Roles of a verb.
    let parked = Some(ParkedSelection { service: "demand-signal".into(), cause: "item/NOPE".into(), ..ParkedSelection::default() });
    let redrive = || RedriveRequest { request_id: "r1".into(), parked: parked.clone() };
    is(server.operations().redrive(call("erp", redrive())).await, Code::PermissionDenied, "NOT_ALLOWED", "ROLE_OPERATOR");
    is(server.operations().redrive(call("operator", redrive())).await, Code::NotFound, "NOT_PARKED", "item/NOPE");
    let mut named = call("erp", redrive());
    named.metadata_mut().insert("crossdock-principal", "anna".parse().unwrap());
    is(server.operations().redrive(named).await, Code::PermissionDenied, "NOT_ALLOWED", "erp");
    // A set of a kind that its role may not write.
    is(open(&server, "wms", "q0", &a_load("L0", "demand_line")).await, Code::PermissionDenied, "ROLE_MAY_NOT_WRITE", "demand_line");
}

fn a_load(set_key: &str, kind: &str) -> Set {
    let as_of = Some(Timestamp { seconds: 1_700_000_000, nanos: 0 });
    Set { set_key: set_key.into(), kind: kind.into(), purpose: SetPurpose::Load.into(), as_of, ..Set::default() }
}

async fn open(server: &Server, connection: &str, request_id: &str, set: &Set) -> Result<OpenSetResponse, Status> {
    let request = OpenSetRequest { request_id: request_id.into(), set: Some(set.clone()) };
    server.operations().open_set(call(connection, request)).await.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_answered_is_told_why() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    cursors(&server).await;
    pages(&server).await;
    keys(&server).await;
    request_ids(&server).await;
    a_set_that_is_not_open(&server).await;
}

async fn cursors(server: &Server) {
    let head = server.send(MASTERS, "erp", Vec::new()).await.cursor;
    let (epoch, position) = head.split_once('-').unwrap();
    let watch = async |cursor: String| {
        server.records(MASTERS, "planner").watch(WatchRequest { cursor, ..WatchRequest::default() }).await.map(|_| ())
    };
    watch(head.clone()).await.unwrap();
    let ahead = format!("{epoch}-{}", position.parse::<i64>().unwrap() + 1);
    is(watch(ahead.clone()).await, Code::OutOfRange, "CURSOR_OUT_OF_RANGE", &ahead);
    let other = format!("{:016x}-0", u64::from_str_radix(epoch, 16).unwrap() ^ 1);
    is(watch(other.clone()).await, Code::OutOfRange, "CURSOR_OUT_OF_RANGE", &other);
    for malformed in ["yesterday", "12", "-1", "0-x", "0000000000000000--1"] {
        is(watch(malformed.into()).await, Code::InvalidArgument, "CURSOR_MALFORMED", malformed);
    }
    let kinds = WatchRequest { kinds: vec!["demand_line".into()], ..WatchRequest::default() };
    let watched = server.records(MASTERS, "planner").watch(kinds).await.map(|_| ());
    is(watched, Code::InvalidArgument, "UNKNOWN_KIND", "demand_line");
}

async fn pages(server: &Server) {
    let mut masters = server.records(MASTERS, "planner");
    let page = |name: &str, token: &str, size| ListRequest {
        filter: Some(filter(name, &())),
        page_token: token.into(),
        page_size: size,
        ..ListRequest::default()
    };
    let token = masters.list(page("location", "", 1)).await.unwrap().next_page_token;
    assert_eq!(masters.list(page("location", &token, 1)).await.unwrap().records.len(), 1);
    is(masters.list(page("item", &token, 1)).await, Code::InvalidArgument, "PAGE_TOKEN", "page_token");
    let narrowed = ListRequest {
        filter: Some(filter("item", &ItemFilter { successor: "SKU1".into() })),
        page_token: masters.list(page("item", "", 1)).await.unwrap().next_page_token,
        ..ListRequest::default()
    };
    is(masters.list(narrowed).await, Code::InvalidArgument, "PAGE_TOKEN", "filter");
    is(masters.list(page("location", "made up", 1)).await, Code::InvalidArgument, "PAGE_TOKEN", "page_token");
    is(masters.list(page("location", "", -1)).await, Code::InvalidArgument, "PAGE_SIZE", "-1");
    is(masters.list(ListRequest::default()).await, Code::InvalidArgument, "FILTER_MISSING", "filter");
    is(masters.list(page("demand_line", "", 1)).await, Code::InvalidArgument, "FILTER_MISSING", "filter");
}

async fn keys(server: &Server) {
    let mut masters = server.records(MASTERS, "planner");
    let keys = |count, kind: &str| BatchGetRequest { keys: vec![RecordKey { kind: kind.into(), key: "X".into() }; count] };
    is(masters.batch_get(keys(1_001, "item")).await, Code::InvalidArgument, "TOO_MANY_KEYS", "1001");
    is(masters.batch_get(keys(1, "itme")).await, Code::InvalidArgument, "UNKNOWN_KIND", "itme");
    assert_eq!(masters.batch_get(keys(1, "item")).await.unwrap().records, []);
}

/// The same again gets the first answer, another body is refused.
async fn request_ids(server: &Server) {
    let first = open(server, "erp", "q1", &a_load("L1", "item")).await.unwrap();
    assert_eq!(open(server, "erp", "q1", &a_load("L1", "item")).await.unwrap(), first);
    is(open(server, "erp", "q1", &a_load("L2", "item")).await, Code::InvalidArgument, "REQUEST_ID_REUSED", "q1");
    is(open(server, "erp", "", &a_load("L3", "item")).await, Code::InvalidArgument, "REQUEST_ID", "request_id");
    is(open(server, "erp", "q4", &a_load("L1", "location")).await, Code::Aborted, "SET_EXISTS", "L1");
    is(open(server, "erp", "q5", &a_load("L5", "itme")).await, Code::NotFound, "UNKNOWN_KIND", "itme");
    let timeless = Set { as_of: None, ..a_load("L6", "item") };
    is(open(server, "erp", "q6", &timeless).await, Code::InvalidArgument, "MISSING", "clock");
}

async fn a_set_that_is_not_open(server: &Server) {
    let mut stray = record("demand_line", document("STRAY", 1), &DemandLine { quantity: quantity("1", "EA"), ..line() });
    stray.envelope.as_mut().unwrap().set_key = "L9".into();
    let result = server.send(DEMAND, "erp", vec![good("S1"), stray, good("S2")]).await;
    let told: Vec<_> =
        result.results.iter().map(|told| (told.index, told.violations[0].reason.as_str(), told.violations[0].value.as_str())).collect();
    assert_eq!((result.counts.unwrap().accepted, told), (2, vec![(1, "SET_NOT_OPEN", "L9")]));
}

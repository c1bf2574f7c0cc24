use super::*;
use crate::{Bounds, Limits, bounds::Asked};
use crossdock_proto::{
    Record,
    records::{BatchGetRequest, IngestRequest},
    schema,
    types::RecordKey,
};
use futures::{StreamExt, future::poll_fn, stream};
use http_body_util::StreamBody;
use prost::Message;
use std::convert::Infallible;
use tokio::time::timeout;
use tonic_types::StatusExt;

const STALL: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(60);
const INGEST: &str = "/crossdock.masterdata.v1.RecordService/Ingest";
const BATCH_GET: &str = "/crossdock.masterdata.v1.RecordService/BatchGet";

fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    [&[0][..], &u32::try_from(bytes.len()).unwrap().to_be_bytes(), &bytes].concat()
}

/// A body of these pieces, which then ends, or says no more.
fn body(pieces: Vec<Vec<u8>>, ends: bool) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
    let pieces = stream::iter(pieces).map(|piece| Ok(Frame::data(Bytes::from(piece))));
    StreamBody::new(if ends { pieces.boxed() } else { pieces.chain(stream::pending()).boxed() })
}

fn received<B>(path: &str, body: B) -> Received<B> {
    let asked = Asked::new(&Bounds::new(Limits::default()), schema().method(path), "erp");
    Received::new(body, asked, Patience::new(STALL, LONG))
}

async fn next<B: Body<Data = Bytes, Error = Infallible> + Unpin>(received: &mut Received<B>) -> Option<Result<Bytes, Status>> {
    let frame = poll_fn(|context| Pin::new(&mut *received).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap()))
}

async fn refusal(path: &str, pieces: Vec<Vec<u8>>, ends: bool) -> (Code, String) {
    let mut received = received(path, body(pieces, ends));
    loop {
        match next(&mut received).await {
            Some(Ok(_)) => {}
            Some(Err(why)) => return (why.code(), why.get_details_error_info().map(|info| info.reason).unwrap_or_default()),
            None => return (Code::Ok, String::new()),
        }
    }
}

fn batch(records: usize) -> IngestRequest {
    IngestRequest { records: vec![Record::default(); records], ..IngestRequest::default() }
}

#[tokio::test]
async fn messages_come_out_whole_however_they_were_cut() {
    let messages = [batch(3), IngestRequest::default(), batch(40)].map(|message| framed(&message));
    let all = messages.concat();
    for size in 1..=all.len() {
        let pieces = all.chunks(size).map(<[u8]>::to_vec).chain([Vec::new()]).collect();
        let mut received = received(INGEST, body(pieces, true));
        for message in &messages {
            assert_eq!(next(&mut received).await.unwrap().unwrap(), message);
        }
        assert!(next(&mut received).await.is_none());
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_there() {
    let exhausted = |reason: &str| (Code::ResourceExhausted, reason.to_owned());
    let announced = vec![vec![0, 0xff, 0xff, 0xff, 0xff]];
    assert_eq!(refusal(INGEST, announced.clone(), false).await, exhausted("MESSAGE_TOO_LARGE"));
    assert_eq!(refusal(BATCH_GET, vec![vec![0, 0, 8, 0, 1]], false).await, exhausted("MESSAGE_TOO_LARGE"));
    assert_eq!(refusal(INGEST, vec![framed(&batch(100_001))], true).await, exhausted("TOO_MANY_PARTS"));
    assert_eq!(refusal(INGEST, vec![framed(&batch(1_001))], true).await, (Code::Ok, String::new()), "the method says more of it");
    let keys = BatchGetRequest { keys: vec![RecordKey::default(); 4_097] };
    assert_eq!(refusal(BATCH_GET, vec![framed(&keys)], true).await, exhausted("TOO_MANY_PARTS"));
}

#[tokio::test]
async fn compressed_and_second_messages_are_refused() {
    assert_eq!(refusal(INGEST, vec![vec![1, 0, 0, 0, 9, 0x1f, 0x8b]], false).await.0, Code::Unimplemented);
    let twice = vec![framed(&BatchGetRequest::default()).repeat(2)];
    assert_eq!(refusal(BATCH_GET, twice, true).await.0, Code::InvalidArgument);
}

#[tokio::test]
async fn silence_in_the_middle_is_ended_and_between_messages_is_not() {
    let stalled = (Code::DeadlineExceeded, "REQUEST_STALLED".to_owned());
    let half = framed(&batch(3))[..9].to_vec();
    assert_eq!(refusal(INGEST, vec![half.clone()], false).await, stalled);
    assert_eq!(refusal(INGEST, vec![vec![0]], false).await, stalled, "half a prefix");
    assert_eq!(refusal(BATCH_GET, vec![], false).await, stalled, "no message");
    assert_eq!(refusal(BATCH_GET, vec![framed(&BatchGetRequest::default())], false).await, stalled, "no end");
    let between = refusal(INGEST, vec![framed(&batch(3))], false);
    assert!(timeout(STALL * 10, between).await.is_err());
    // The decoder is told of half a message that ends.
    let mut received = received(INGEST, body(vec![half.clone()], true));
    assert_eq!(next(&mut received).await.unwrap().unwrap(), half);
    assert!(next(&mut received).await.is_none());
}

#[tokio::test]
async fn a_message_that_dribbles_is_ended() {
    let dribble = stream::unfold(Duration::ZERO, async |_| {
        tokio::task::yield_now().await;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0]))), Duration::ZERO))
    });
    let asked = Asked::new(&Bounds::new(Limits::default()), schema().method(INGEST), "erp");
    let start = stream::iter([Ok(Frame::data(Bytes::from_static(&[0, 0, 0xff, 0xff, 0xff])))]);
    let mut received = Received::new(StreamBody::new(start.chain(dribble).boxed()), asked, Patience::new(LONG, STALL));
    let why = next(&mut received).await.unwrap().unwrap_err();
    assert_eq!(why.get_details_error_info().unwrap().reason, "REQUEST_STALLED");
}

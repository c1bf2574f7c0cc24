//! Attacks by many streams, or by what they carry.

use super::{
    Done, Target,
    frames::{DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW, RST_STREAM, WINDOW_UPDATE, Wire, call, frame, message},
    under,
};
use crossdock_proto::{
    records::{ListRequest, WatchRequest},
    schema,
};
use crossdock_tests::filter;
use prost::Message;

const BATCH_GET: &str = "/crossdock.masterdata.v1.RecordService/BatchGet";
const LIST: &str = "/crossdock.masterdata.v1.RecordService/List";
const WATCH: &str = "/crossdock.masterdata.v1.RecordService/Watch";

/// Streams that are opened and reset at once, never waiting for an answer (CVE-2023-44487).
#[tokio::test(flavor = "multi_thread")]
async fn rapid_reset() {
    let step = async |mut wire: Wire| {
        const AT_ONCE: usize = 100;
        let headers = call(BATCH_GET, &[]);
        let mut bytes = Vec::new();
        for _ in 0..AT_ONCE {
            let number = wire.number();
            bytes.extend(frame(HEADERS, END_HEADERS, number, &headers));
            bytes.extend(frame(RST_STREAM, 0, number, &8_u32.to_be_bytes()));
        }
        let written = wire.write_and_drain(&bytes).await;
        (written.map(|()| wire), AT_ONCE)
    };
    under("rapid reset", |target| target.repeat(2, &[], step)).await;
}

/// Streams that the server itself resets, because of a window update of nothing (CVE-2025-8671).
#[tokio::test(flavor = "multi_thread")]
async fn resets_by_the_server() {
    let step = async |mut wire: Wire| {
        const AT_ONCE: usize = 100;
        let headers = call(BATCH_GET, &[]);
        let mut bytes = Vec::new();
        for _ in 0..AT_ONCE {
            let number = wire.number();
            bytes.extend(frame(HEADERS, END_HEADERS, number, &headers));
            bytes.extend(frame(WINDOW_UPDATE, 0, number, &0_u32.to_be_bytes()));
        }
        let written = wire.write_and_drain(&bytes).await;
        (written.map(|()| wire), AT_ONCE)
    };
    under("resets by the server", |target| target.repeat(2, &[], step)).await;
}

/// Data frames without data, on and on.
#[tokio::test(flavor = "multi_thread")]
async fn empty_data() {
    let step = async |mut wire: Wire| {
        const AT_ONCE: usize = 10_000;
        let number = wire.number();
        let mut bytes = frame(HEADERS, END_HEADERS, number, &call(BATCH_GET, &[]));
        bytes.extend(frame(DATA, 0, number, &[]).repeat(AT_ONCE));
        let written = wire.write_and_drain(&bytes).await;
        (written.map(|()| wire), AT_ONCE)
    };
    under("empty DATA frames", |target| target.repeat(2, &[], step)).await;
}

/// Answers that are asked for and never read: the window of every stream is closed, or opens by a byte.
#[tokio::test(flavor = "multi_thread")]
async fn window_stalls() {
    under("window stalls", async |target: Target| {
        let list = ListRequest { filter: Some(filter("item", &())), page_size: 300, ..ListRequest::default() };
        let mut held = Vec::new();
        let mut calls = 0;
        for from in 1..=2 {
            let window = u32::from(from) % 2;
            let mut wire = Wire::open(target.port, from, &[(INITIAL_WINDOW, window)]).await.unwrap();
            let mut bytes = Vec::new();
            for number in 0..100 {
                let (path, asked) =
                    if number % 2 == 0 { (LIST, list.encode_to_vec()) } else { (WATCH, WatchRequest::default().encode_to_vec()) };
                let stream = wire.number();
                bytes.extend(frame(HEADERS, END_HEADERS, stream, &call(path, &[])));
                bytes.extend(frame(DATA, END_STREAM, stream, &message(false, &asked)));
            }
            if wire.write_and_drain(&bytes).await.is_ok() {
                calls += 100;
            }
            held.push(wire);
        }
        target.hold(held).await;
        Done { steps: calls, connections: 2 }
    })
    .await;
}

#[test]
fn the_methods_that_are_attacked_exist() {
    assert!([BATCH_GET, LIST, WATCH].iter().all(|path| schema().method(path).is_some()));
}

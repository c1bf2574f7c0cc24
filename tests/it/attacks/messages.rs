//! Attacks by what messages hold.

use super::{
    Done, Target,
    frames::{DATA, END_HEADERS, HEADERS, Wire, call, frame, message},
    under,
};
use crossdock_proto::{Record, records::IngestBatchRequest, schema, types::Envelope};
use flate2::{Compression, write::GzEncoder};
use prost::Message;
use std::{io::Write, sync::Arc};

const INGEST_BATCH: &str = "/crossdock.masterdata.v1.RecordService/IngestBatch";
/// The largest message that ingest takes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Sends a message over and over, as calls that wait for their answers. The log has to say this of them.
async fn over_and_over(what: &str, body: Vec<u8>, more: &'static [(&'static str, &'static str)], says: &'static str) {
    let body = Arc::new(body);
    let step = move |mut wire: Wire| {
        let body = Arc::clone(&body);
        async move {
            let called = async {
                let number = wire.call(INGEST_BATCH, more, &body).await?;
                wire.answer(number).await
            };
            let answer = called.await;
            let done = usize::from(answer.is_ok());
            (answer.map(|_| wire), done)
        }
    };
    let log = under(what, |target: Target| target.repeat(2, &[], step)).await;
    assert!(log.contains(says), "{what}: {log}");
}

fn batch_of(body: Vec<u8>) -> Vec<u8> {
    let kind = schema().kind_named("item").unwrap().number.into();
    let record = Record { envelope: Some(Envelope::default()), kind, body: body.into() };
    IngestBatchRequest { records: vec![record], ..IngestBatchRequest::default() }.encode_to_vec()
}

/// Groups in groups, and messages in messages, a thousand deep: in a message, and in a record.
#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting() {
    // A field that no contract has: its group begins.
    let groups = [0xa3, 0x06].repeat(1_000);
    over_and_over("1,000-deep nesting", message(false, &groups), &[], "recursion limit").await;
    over_and_over("1,000-deep nesting in a record", message(false, &batch_of(groups)), &[], "").await;
}

/// Two bytes a record, eight million of them; and the same within one.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_fields() {
    let empty_records = [0x12, 0x00].repeat(LARGEST / 2);
    over_and_over("repeated-field bomb", message(false, &empty_records), &[], "TOO_MANY_PARTS").await;
    let item = schema().kind_named("item").unwrap();
    let units = u8::try_from(item.message.get_field_by_name("units").unwrap().number()).unwrap();
    let empty_units = [units << 3 | 2, 0].repeat(120_000);
    over_and_over("repeated-field bomb in a record", message(false, &batch_of(empty_units.clone())), &[], "TOO_MANY_PARTS").await;
    over_and_over("many parts in a record", message(false, &batch_of(empty_units[..80_000].to_vec())), &[], "").await;
}

/// A thousand times as large once it is unpacked.
#[tokio::test(flavor = "multi_thread")]
async fn gzip_bomb() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&vec![0; 4 * LARGEST]).unwrap();
    let packed = packer.finish().unwrap();
    over_and_over("gzip bomb", message(true, &packed), &[("grpc-encoding", "gzip")], "compressed").await;
    over_and_over("gzip bomb, not announced", message(true, &packed), &[], "uncompressed").await;
}

/// A length of four gigabytes, and a byte of it at a time.
#[tokio::test(flavor = "multi_thread")]
async fn large_lengths() {
    over_and_over("a message of 4 GiB, announced", vec![0, 0xff, 0xff, 0xff, 0xff, 0], &[], "MESSAGE_TOO_LARGE").await;
    under("messages of 16 MiB, never ended", async |target: Target| {
        let mut held = Vec::new();
        for from in 1..=20 {
            let mut wire = Wire::open(target.port, from, &[]).await.unwrap();
            for _ in 0..50 {
                let number = wire.number();
                wire.write(&frame(HEADERS, END_HEADERS, number, &call(INGEST_BATCH, &[]))).await.unwrap();
                wire.write(&frame(DATA, 0, number, &[0, 0, 0xff, 0xff, 0xff])).await.unwrap();
            }
            held.push(wire);
        }
        let calls = held.len() * 50;
        target.hold(held).await;
        Done { steps: calls, connections: 20 }
    })
    .await;
}

//! Killed again and again in the middle of ingest, nothing that was answered is lost, and what is sent again does not double.

use crate::lines::{line, masters, pieces, send};
use crossdock_core::Cursor;
use crossdock_proto::records::{IngestRequest, WatchRequest};
use crossdock_testkit::{Seed, eventually_async, free_port};
use crossdock_tests::{DEMAND, Engine, MASTERS, PATIENCE, Place, Server};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{collections::BTreeSet, time::Duration};
use tokio_stream::wrappers::ReceiverStream;

const KILLS: usize = 20;
const ITEMS: u64 = 50;
const LINES: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_sqlite() {
    killed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answered_is_lost_postgres() {
    killed(Engine::Postgres).await;
}

async fn killed(engine: Engine) {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let (place, port) = (Place::new(engine), free_port());
    let mut server = place.serve(port, &[]);
    eventually_async("the policy", PATIENCE, async || {
        server.records(MASTERS, "erp").list(Default::default()).await.err().filter(|e| e.message().contains("filter"))
    })
    .await;
    send(&mut server.records(MASTERS, "erp"), masters(ITEMS)).await;

    // The ledger of the sender: batches up to here were answered.
    let mut answered = 0_u64;
    let mut head = Cursor::default();
    for _ in 0..KILLS {
        let until = Duration::from_millis(chance.random_range(20..400));
        (answered, head) = stream_until_killed(&mut server, answered, head, until).await;
        server = place.serve(port, &[]);
    }
    assert!(answered > 0, "the server was killed before it answered anything");
    // The last word: what was not answered is sent again, and everything is there once.
    let resent = send(&mut server.records(DEMAND, "erp"), batch(answered + 1).into_iter().chain(batch(answered + 2)).collect()).await;
    assert_eq!(resent.accepted + resent.duplicate + resent.parked, 2 * u32::try_from(LINES).unwrap());
    let lines = eventually_async("every parked line to be taken in", PATIENCE, async || {
        let lines = keys(&server).await;
        (u64::try_from(lines.len()).unwrap() >= (answered + 2) * LINES).then_some(lines)
    })
    .await;
    assert_eq!(u64::try_from(lines.len()).unwrap() % LINES, 0, "a batch was kept in part");
    check_history(&server, u64::try_from(lines.len()).unwrap());
    server.run(&["check"]);
    server.run(&["audit", "verify"]);
}

/// Streams batches after `answered` and kills the server in the middle; the last batch that was answered, and the feed it was told.
async fn stream_until_killed(server: &mut Server, mut answered: u64, mut head: Cursor, until: Duration) -> (u64, Cursor) {
    server.heard(DEMAND, "erp").await;
    let mut client = server.records(DEMAND, "erp");
    let (requests, stream) = tokio::sync::mpsc::channel(4);
    let first = answered + 1;
    let sending = tokio::spawn(async move {
        for number in first.. {
            let request = IngestRequest { batch: number, records: batch(number), ..IngestRequest::default() };
            if requests.send(request).await.is_err() {
                return;
            }
        }
    });
    let mut answers = client.ingest(ReceiverStream::new(stream)).await.unwrap();
    let deadline = tokio::time::Instant::now() + until;
    let mut killed = false;
    loop {
        let answer = if killed { Ok(answers.message().await) } else { tokio::time::timeout_at(deadline, answers.message()).await };
        match answer {
            Ok(Ok(Some(answer))) => {
                let result = answer.result.unwrap();
                assert_eq!((result.batch, result.failure), (answered + 1, None), "answers come in order");
                let now: Cursor = result.cursor.parse().unwrap();
                assert!(
                    head == Cursor::default() || (now.epoch == head.epoch && now.position >= head.position),
                    "the feed went back from {head} to {now}"
                );
                (answered, head) = (result.batch, now);
            }
            Ok(_) => break,
            Err(_) => {
                server.process.kill9();
                killed = true;
            }
        }
    }
    sending.abort();
    (answered, head)
}

fn batch(number: u64) -> Vec<crossdock_proto::Record> {
    (number * LINES..(number + 1) * LINES).map(|number| line(number, ITEMS)).collect()
}

async fn keys(server: &Server) -> BTreeSet<String> {
    let request = WatchRequest { kinds: vec!["demand_line".into()], until_checkpoint: true, ..WatchRequest::default() };
    let mut pages = server.records(DEMAND, "erp").watch(request).await.unwrap();
    let mut keys = BTreeSet::new();
    while let Some(page) = pages.message().await.unwrap() {
        for record in page.records {
            assert!(keys.insert(record.envelope.unwrap().key), "a record came twice in one reading of the feed");
        }
    }
    keys
}

fn check_history(server: &Server, lines: u64) {
    let ordered: u64 = (LINES..LINES + lines).map(pieces).sum();
    let printed = server.run(&["history", "--measure", "ordered", "--bucket", "month", "--output", "json"]);
    let sum: u64 = printed
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|bucket| bucket["quantity"].as_str()?.parse::<u64>().ok())
        .sum();
    assert_eq!(sum, ordered, "the history is not the sum of the lines");
}

//! Attacks by headers, and by what is no HTTP/2.

use super::{
    Done, Target,
    frames::{CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PING, Wire, call, field, frame, settings},
    under,
};
use crossdock_testkit::Seed;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;

const PATH: &str = "/crossdock.masterdata.v1.RecordService/BatchGet";

/// Headers that never end (CVE-2024-27316).
#[tokio::test(flavor = "multi_thread")]
async fn continuation_flood() {
    let step = async |mut wire: Wire| {
        const AT_ONCE: usize = 64;
        let number = wire.number();
        let more = frame(CONTINUATION, 0, number, &field("x", "y").repeat(4_000));
        let bytes = [frame(HEADERS, 0, number, &call(PATH, &[])), more.repeat(AT_ONCE)].concat();
        let written = wire.write_and_drain(&bytes).await;
        (written.map(|()| wire), AT_ONCE)
    };
    under("CONTINUATION flood", |target| target.repeat(2, &[], step)).await;
}

/// Small frames that become long headers: the same field, by its place in the table of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn header_bomb() {
    let step = async |mut wire: Wire| {
        const AT_ONCE: usize = 20;
        let mut bytes = Vec::new();
        for first in 0..AT_ONCE {
            let mut headers = call(PATH, &[]);
            if first == 0 {
                // Kept in the table; then named by one byte, over and over.
                headers.extend([&[0x40][..], &field("x", &"y".repeat(4_000))[1..]].concat());
            }
            headers.extend([0xbe].repeat(12_000));
            bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, wire.number(), &headers));
        }
        let written = wire.write_and_drain(&bytes).await;
        (written.map(|()| wire), AT_ONCE)
    };
    under("header bomb", |target| target.repeat(2, &[], step)).await;
}

/// What is no HTTP/2 at all, or not after the preface.
#[tokio::test(flavor = "multi_thread")]
async fn garbage() {
    let seed = Seed::new();
    let mut chances = StdRng::from_seed(seed.bytes());
    under("garbage bytes", async |target: Target| {
        let mut attackers = JoinSet::new();
        for from in 1..=4 {
            let mut chance = StdRng::from_rng(&mut chances);
            attackers.spawn(async move {
                let mut connections = 0;
                while target.goes_on() {
                    let silent = Wire::silent(target.port, from).await;
                    let wire = if connections % 2 == 0 { silent } else { Wire::open(target.port, from, &[]).await };
                    let Ok(mut wire) = wire else { continue };
                    let mut bytes = vec![0; chance.random_range(1..100_000)];
                    chance.fill(&mut bytes[..]);
                    wire.write_and_drain(&bytes).await.ok();
                    connections += 1;
                }
                connections
            });
        }
        Done { steps: 0, connections: attackers.join_all().await.into_iter().sum() }
    })
    .await;
}

/// Pings whose answers nobody reads, and settings that have to be acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn pings_and_settings() {
    for (what, one) in [("PING flood", frame(PING, 0, 0, &[7; 8])), ("SETTINGS flood", settings(&[(4, 65_535), (4, 65_536)]))] {
        for reads in [true, false] {
            let one = one.clone();
            let step = move |mut wire: Wire| {
                let bytes = one.repeat(1_000);
                async move {
                    let written = if reads { wire.write_and_drain(&bytes).await } else { wire.write(&bytes).await };
                    (written.map(|()| wire), 1_000)
                }
            };
            let what = if reads { what.to_owned() } else { format!("{what}, answers not read") };
            under(&what, |target| target.repeat(2, &[], step)).await;
        }
    }
}

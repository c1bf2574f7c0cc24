//! Attacks by connections that do nothing, or hardly anything.

use super::{
    Done, Target,
    frames::{END_HEADERS, HEADERS, PREFACE, Wire, call, frame},
    under,
};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, interval},
};

/// Connections of an attacker; from several addresses, since one gets only so many.
const MANY: u16 = 1_000;
const ADDRESSES: u16 = 10;

fn address(number: u16) -> u8 {
    u8::try_from(1 + number % ADDRESSES).unwrap()
}

/// The preface, byte by byte.
#[tokio::test(flavor = "multi_thread")]
async fn slow_handshake() {
    under("slow handshake", async |target: Target| {
        let mut attackers = JoinSet::new();
        for number in 0..MANY / 4 {
            attackers.spawn(async move {
                let Ok(mut wire) = Wire::silent(target.port, address(number)).await else { return 0 };
                let mut pace = interval(Duration::from_millis(200));
                for byte in PREFACE {
                    if Instant::now() > target.until || wire.write(&[*byte]).await.is_err() {
                        break;
                    }
                    pace.tick().await;
                }
                1
            });
        }
        Done { steps: 0, connections: attackers.join_all().await.into_iter().sum() }
    })
    .await;
}

/// Connections that never say anything; that say what they have to, and no more; and that begin a call.
#[tokio::test(flavor = "multi_thread")]
async fn half_open() {
    for (what, says) in [("half-open connections", 0), ("idle connections", 1), ("connections with a call that does not go on", 2)] {
        under(what, async |target: Target| {
            let mut held = Vec::new();
            for number in 0..MANY {
                let Ok(mut wire) = Wire::silent(target.port, address(number)).await else { continue };
                let begins = || frame(HEADERS, END_HEADERS, 1, &call("/crossdock.masterdata.v1.RecordService/Ingest", &[]));
                let said = match says {
                    0 => Ok(()),
                    1 => wire.write(&[PREFACE, &frame(4, 0, 0, &[])].concat()).await,
                    _ => wire.write(&[PREFACE, &frame(4, 0, 0, &[]), &begins()].concat()).await,
                };
                if said.is_ok() {
                    held.push(wire);
                }
            }
            let connections = held.len();
            target.hold(held).await;
            Done { steps: 0, connections }
        })
        .await;
    }
}

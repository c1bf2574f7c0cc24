//! Waits until the services have done what follows from what they were sent: reproducible plays need parties that see the same each time.

use crate::{Result, client::Client, clock::SteppedClock};
use crossdock_core::{Clock, Micros};
use crossdock_proto::{
    Record,
    writeback::{Run, RunFilter},
};
use std::time::Duration;
use tokio::time::Instant;

/// Packages of the services that are looked at.
const SERVICES: [&str; 4] = ["crossdock.masterdata.v1", "crossdock.demand.v1", "crossdock.writeback.v1", "crossdock.execution.v1"];
/// Between two looks: due work of a stepped clock is looked for every 10 ms.
const LOOK: Duration = Duration::from_millis(15);
/// The same this often is quiet.
const SAME: u32 = 2;
/// So much time passes between two looks while something is at work, in microseconds.
const STEP: Micros = 10_000_000;
/// Nobody is waited for longer.
const LONGEST: Duration = Duration::from_secs(20);

/// Waits until no feed moves any more and no run is being looked at. Time goes on meanwhile: due work may wait for a while itself.
pub async fn wait(client: &Client, clock: &SteppedClock) -> Result<()> {
    let (began, mut same, mut before) = (Instant::now(), 0, Vec::new());
    while same < SAME && began.elapsed() < LONGEST {
        let now = heads(client).await?;
        let busy = client.list("run", &RunFilter {}).await?.iter().filter_map(Record::read).any(|(_, run): (String, Run)| run.processing);
        same = if now == before && !busy { same + 1 } else { 0 };
        before = now;
        if busy {
            clock.step_to(clock.now() + STEP)?;
        }
        pause().await;
    }
    Ok(())
}

async fn heads(client: &Client) -> Result<Vec<String>> {
    let mut heads = Vec::with_capacity(SERVICES.len());
    for package in SERVICES {
        heads.push(client.head(package).await?);
    }
    Ok(heads)
}

#[expect(clippy::disallowed_methods, reason = "that nothing happens any more has no event")]
async fn pause() {
    tokio::time::sleep(LOOK).await;
}

//! A client that keeps to everything, and wants its answers.

use crossdock_proto::{records::BatchGetRequest, types::RecordKey};
use crossdock_rpc::RecordClient;
use crossdock_tests::{MASTERS, Server};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// Between its calls.
const PACE: Duration = Duration::from_millis(10);
/// What it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client on a network connection of its own, and a connection of the policy that no attacker has.
pub struct Innocent(RecordClient);

/// What it noticed.
#[derive(Default)]
pub struct Noticed {
    took: Vec<Duration>,
    pub failures: Vec<String>,
}

impl Innocent {
    /// Connects, and gets its first answers.
    pub async fn connect(server: &Server) -> Self {
        let mut innocent = Self(server.records(MASTERS, "planner"));
        let first = innocent.work(Instant::now() + Duration::from_millis(200)).await;
        assert_eq!(first.failed(), 0, "{:?}", first.failures);
        innocent
    }

    /// Calls at a steady pace until then.
    pub async fn work(&mut self, until: Instant) -> Noticed {
        let mut noticed = Noticed::default();
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < until {
            pace.tick().await;
            let keys = ["SKU1", "B1", "B2"].map(|key| RecordKey { kind: "item".into(), key: key.into() });
            let asked = Instant::now();
            match timeout(PATIENCE, self.0.batch_get(BatchGetRequest { keys: keys.into() })).await {
                Ok(Ok(answer)) if answer.records.len() == 3 => noticed.took.push(asked.elapsed()),
                Ok(Ok(answer)) => noticed.failures.push(format!("{} records", answer.records.len())),
                Ok(Err(status)) => noticed.failures.push(status.to_string()),
                Err(_) => noticed.failures.push(format!("no answer within {PATIENCE:?}")),
            }
        }
        noticed.took.sort_unstable();
        noticed
    }
}

impl Noticed {
    pub fn calls(&self) -> usize {
        self.took.len() + self.failures.len()
    }

    pub fn failed(&self) -> usize {
        self.failures.len()
    }

    /// What the slowest but one of a hundred took.
    pub fn p99(&self) -> Duration {
        self.took.get(self.took.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(PATIENCE)
    }
}

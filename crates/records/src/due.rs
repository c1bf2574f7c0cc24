//! Due work: rows with a time, run one after the other inside the writer.

use crate::{Kinds, Policy, PolicyCell, parking, sets};
use crossdock_core::{Micros, Result};
use crossdock_store::{Due, Store, Tx};
use crossdock_telemetry::metrics::RETRIES;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tracing::debug_span;

/// Tasks run in one transaction.
const TOGETHER: usize = 64;
/// Records after which a transaction takes no further task.
const FULL: usize = 1_000;
/// How often it looks for what another process left behind.
const LOOK: Duration = Duration::from_secs(5);
/// After a failure of the store.
const PAUSE: Duration = Duration::from_millis(500);

/// What a task does when its time comes: when to come again, or never.
pub type Task = fn(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, due: &Due) -> Result<Option<Micros>>;

/// Runs the due work of a service.
pub struct Runner {
    store: Store,
    kinds: Arc<Kinds>,
    policy: PolicyCell,
    tasks: Arc<BTreeMap<&'static str, Task>>,
}

impl Runner {
    /// With the tasks that every service has, and those of this one.
    pub fn new(store: Store, kinds: Arc<Kinds>, policy: PolicyCell, own: &[(&'static str, Task)]) -> Self {
        let mut tasks: BTreeMap<&'static str, Task> = BTreeMap::new();
        tasks.insert(parking::REDRIVE, parking::redrive_all);
        tasks.insert(parking::REDRIVE_ON, parking::redrive_all);
        tasks.insert("issue", parking::renew_issue);
        tasks.insert("set", sets::apply);
        tasks.extend(own.iter().copied());
        Self { store, kinds, policy, tasks: Arc::new(tasks) }
    }

    /// Runs until the store is gone.
    pub async fn run(self) {
        loop {
            match self.drain().await {
                Ok(next) => {
                    let until = next.map(|at| self.store.clock().until(at));
                    tokio::select! {
                        () = self.store.due_changed() => {}
                        () = wait_for(until.unwrap_or(LOOK).min(LOOK)) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "due work failed; it is tried again");
                    RETRIES.record(&[self.store.service(), "task"], 1);
                    wait_for(PAUSE).await;
                    if *self.store.failed().borrow() {
                        return;
                    }
                }
            }
        }
    }

    /// Runs all that is due now, as much in one transaction as fits; when something is due next.
    ///
    /// # Errors
    /// If a task or the store fails.
    pub async fn drain(&self) -> Result<Option<Micros>> {
        loop {
            let now = self.store.clock().now();
            let next = self.store.read("due.next", |read| read.next_due()).await?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            let (kinds, policy, tasks) = (Arc::clone(&self.kinds), Arc::clone(&self.policy.borrow()), Arc::clone(&self.tasks));
            self.store.write("due", move |tx| run(tx, &kinds, &policy, &tasks)).await?;
        }
    }
}

fn run(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, tasks: &BTreeMap<&'static str, Task>) -> Result<()> {
    for due in tx.due(TOGETHER)? {
        let again = match tasks.get(due.task.as_str()) {
            Some(task) => {
                let span = debug_span!(parent: None, "task", otel.name = format!("task {}", due.task), crossdock.task = due.task, crossdock.key = due.key);
                let again = span.in_scope(|| task(tx, kinds, policy, &due))?;
                tx.link(&span);
                again
            }
            None => {
                tracing::warn!(task = due.task, "a task of an unknown name was dropped");
                None
            }
        };
        match again {
            Some(at) => tx.later(Due { at, attempt: due.attempt + 1, ..due }),
            None => tx.done(&due.task, &due.key),
        }
        if tx.weight() >= FULL {
            break;
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this is what waits for due work")]
async fn wait_for(time: Duration) {
    tokio::time::sleep(time).await;
}

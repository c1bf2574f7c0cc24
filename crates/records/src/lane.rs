//! Small batches merged: what waits while one transaction commits is taken in together by the next.

use crate::{Batch, Kinds, MAX_RECORDS, PolicyCell, ingest};
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_proto::types::BatchResult;
use crossdock_store::Store;
use crossdock_telemetry::trace;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span};

/// Most records taken in together.
const FULL: usize = 4 * MAX_RECORDS;
/// Batches that wait before the next has to.
const WAITING: usize = 256;

type Waiting = (Batch, oneshot::Sender<Result<BatchResult>>);

/// The way into a service for batches. Clones lead into the same lane.
#[derive(Clone)]
pub struct Lane(mpsc::Sender<Waiting>);

impl Lane {
    /// Starts the lane of a service; it ends with the last handle.
    pub fn start(store: Store, kinds: Arc<Kinds>, policy: &PolicyCell) -> Self {
        let (sender, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(store, kinds, policy.clone(), waiting));
        Self(sender)
    }

    /// Batches that wait.
    pub fn waiting(&self) -> usize {
        self.0.max_capacity() - self.0.capacity()
    }

    /// Takes one batch; answers when it is on disk. A batch that fails as a whole is an answer.
    ///
    /// # Errors
    /// If the store failed: nothing was kept, or nobody knows (the error's kind says which).
    pub async fn ingest(&self, batch: Batch) -> Result<BatchResult> {
        let (reply, answer) = oneshot::channel();
        let stopped = || Error::new(ErrorKind::Unavailable, "SERVICE_STOPPED", "the service stops; send the batch again when it is back");
        self.0.send((batch, reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

async fn run(store: Store, kinds: Arc<Kinds>, policy: PolicyCell, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut records = first.0.records.len();
        let mut group = vec![first];
        while records < FULL
            && let Ok(next) = waiting.try_recv()
        {
            records += next.0.records.len();
            group.push(next);
        }
        let (batches, replies): (Vec<Batch>, Vec<_>) = group.into_iter().unzip();
        let batches: Arc<[Batch]> = batches.into();
        match write(&store, &kinds, &policy, Arc::clone(&batches)).await {
            Ok(results) => results.into_iter().zip(replies).for_each(|(result, reply)| drop(reply.send(Ok(result)))),
            // One of them may be what the store cannot take: each alone.
            Err(error) if batches.len() > 1 && !error.kind.retryable() => {
                for (batch, reply) in batches.iter().zip(replies) {
                    let alone = write(&store, &kinds, &policy, Arc::new([batch.clone()])).await;
                    reply.send(alone.map(|results| results.into_iter().next().unwrap_or_default())).ok();
                }
            }
            Err(error) => {
                for reply in replies {
                    reply.send(Err(Error::new(error.kind, error.reason, error.message.clone()))).ok();
                }
            }
        }
    }
}

async fn write(store: &Store, kinds: &Arc<Kinds>, policy: &PolicyCell, batches: Arc<[Batch]>) -> Result<Vec<BatchResult>> {
    let (kinds, policy) = (Arc::clone(kinds), Arc::clone(&policy.borrow()));
    // One transaction for all of them: it is told under the first, and the others are linked to it.
    let span = batches.first().map_or_else(Span::none, |first| first.span.clone());
    if let Some(first) = trace::context(&span) {
        batches.iter().skip(1).for_each(|other| trace::link(&other.span, first.as_bytes()));
    }
    let taken = Arc::clone(&batches);
    let mut results = store.write("ingest", move |tx| ingest(tx, &kinds, &policy, &taken)).instrument(span).await?;
    batches.iter().zip(&results).for_each(|(batch, result)| batch.tell(result));
    let head = store.head().borrow().to_string();
    results.iter_mut().for_each(|result| result.cursor.clone_from(&head));
    Ok(results)
}

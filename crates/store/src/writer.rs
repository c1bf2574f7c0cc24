//! The one thread that writes. What waits while a transaction commits is run together in the next.

use crate::{
    engine::{Connection, Location},
    readers::stopped,
    tx::{Committed, Tx},
};
use crossdock_core::{Clock, Cursor, Error, ErrorKind, Result};
use crossdock_telemetry::{
    metrics::{COMMIT_DURATION, COMMIT_JOBS, Measured},
    trace,
};
use std::{
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    time::Instant,
};
use tokio::sync::{Notify, oneshot, watch};
use tracing::{Span, debug_span};

/// A transaction takes no more jobs once this many records wait to be written.
const FULL: usize = 4_000;
/// Most jobs of one transaction.
const JOBS: usize = 1_000;

/// Something to do within a transaction, and somebody who waits for the answer.
pub(crate) trait Job: Send {
    /// Runs; may be run again if the group fails.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// The span of who asked for it.
    fn span(&self) -> &Span;
    /// Hands over what [`Job::run`] made, or the error.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

pub(crate) struct Typed<T, F> {
    name: &'static str,
    job: F,
    made: Option<T>,
    reply: oneshot::Sender<Result<T>>,
    span: Span,
}

impl<T, F> Typed<T, F> {
    pub fn new(name: &'static str, job: F, reply: oneshot::Sender<Result<T>>) -> Self {
        Self { name, job, made: None, reply, span: Span::current() }
    }
}

impl<T: Send, F: Fn(&mut Tx<'_>) -> Result<T> + Send> Job for Typed<T, F> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let span = within(&self.span, || debug_span!("store.write", otel.name = format!("store.write {}", self.name)));
        let (before, measured) = (tx.changes(), tx.measured().len());
        let made = span.in_scope(|| unwound(self.name, || (self.job)(tx)));
        tx.link(&span);
        if made.is_err() {
            tx.forget_measured(measured);
        }
        if made.is_err() && tx.changes() != before {
            return Err(Error::internal(
                "the request failed half way; nothing was changed",
                format!("{} put before it refused", self.name),
            ));
        }
        self.made = Some(made?);
        Ok(())
    }

    fn span(&self) -> &Span {
        &self.span
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { name, made, reply, .. } = *self;
        // Nobody waits any more: the write stands all the same.
        reply.send(outcome.and_then(|()| made.ok_or_else(|| Error::internal("the request was not run", name)))).ok();
    }
}

/// Runs a use case; a panic in it is its own failure, not the end of the thread.
pub(crate) fn unwound<T>(name: &'static str, job: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| Err(Error::internal("the request failed", format!("{name} panicked"))))
}

pub(crate) struct Writer {
    pub location: Location,
    /// Whose store it is.
    pub service: Arc<str>,
    pub connection: Option<Connection>,
    pub clock: Arc<dyn Clock>,
    pub head: watch::Sender<Cursor>,
    pub failed: watch::Sender<bool>,
    pub due: Arc<Notify>,
}

/// How a group ended.
enum Ended {
    Committed,
    /// Nothing was written, for sure.
    RolledBack(Error),
    /// Nobody knows.
    Lost(Error),
}

impl Writer {
    /// Runs until the last store handle is gone, or a commit on SQLite failed.
    pub fn work(mut self, jobs: &async_channel::Receiver<Box<dyn Job>>) {
        while let Ok(first) = jobs.recv_blocking() {
            let mut group = vec![(first, Ok(()))];
            let ended = self.transact(&mut group, Some(jobs));
            self.finish(group, ended);
            if *self.failed.borrow() {
                break;
            }
        }
        // Who has handed something over meanwhile would wait for ever.
        jobs.close();
        while let Ok(job) = jobs.try_recv() {
            job.answer(Err(stopped()));
        }
    }

    fn finish(&mut self, group: Vec<Waiting>, ended: Ended) {
        match ended {
            Ended::Committed => group.into_iter().for_each(|(job, outcome)| job.answer(outcome)),
            Ended::Lost(error) => {
                // SQLite cannot say whether the commit is on disk, and goes on with pages that may not be: stop here, start anew.
                if !self.connection.as_ref().is_none_or(Connection::is_shared) {
                    tracing::error!(%error, source = ?error.source, "a commit failed; this process must end");
                    self.failed.send_replace(true);
                }
                answer_all(group, &error);
            }
            Ended::RolledBack(error) if group.len() == 1 || error.kind == ErrorKind::Unavailable => answer_all(group, &error),
            Ended::RolledBack(_) => {
                for (job, _) in group {
                    if *self.failed.borrow() {
                        job.answer(Err(stopped()));
                        continue;
                    }
                    let mut alone = vec![(job, Ok(()))];
                    let ended = self.transact(&mut alone, None);
                    self.finish(alone, ended);
                }
            }
        }
    }

    fn transact(&mut self, group: &mut Vec<Waiting>, more: Option<&async_channel::Receiver<Box<dyn Job>>>) -> Ended {
        match self.connect().and_then(|()| self.attempt(group, more)) {
            Ok(committed) => {
                advance(&self.head, committed.head);
                if committed.due {
                    self.due.notify_one();
                }
                committed.measured.into_iter().for_each(Measured::publish);
                Ended::Committed
            }
            Err(error) => {
                if let Some(connection) = &mut self.connection {
                    // After a failed statement there is a transaction to end; after a failed commit there is none.
                    connection.rollback().ok();
                    if connection.is_broken() {
                        self.connection = None;
                    }
                }
                if error.kind == ErrorKind::Unknown { Ended::Lost(error) } else { Ended::RolledBack(error) }
            }
        }
    }

    fn attempt(&mut self, group: &mut Vec<Waiting>, more: Option<&async_channel::Receiver<Box<dyn Job>>>) -> Result<Committed> {
        let connection = self.connection.as_mut().ok_or_else(|| Error::internal("no connection to the store", "not connected"))?;
        let mut tx = Tx::begin(connection, &self.service, self.clock.now())?;
        let mut next = 0;
        while let Some((job, outcome)) = group.get_mut(next) {
            *outcome = job.run(&mut tx);
            match outcome {
                // The store failed, not the request: the whole group does.
                Err(error) if matches!(error.kind, ErrorKind::Internal | ErrorKind::Unavailable) => {
                    return Err(std::mem::replace(outcome, Ok(()))
                        .err()
                        .unwrap_or_else(|| Error::internal("the store failed", "lost error")));
                }
                _ => next += 1,
            }
            if next == group.len()
                && tx.weight() < FULL
                && group.len() < JOBS
                && let Some(job) = more.and_then(|jobs| jobs.try_recv().ok())
            {
                group.push((job, Ok(())));
            }
        }
        commit(tx, &self.service, group)
    }

    fn connect(&mut self) -> Result<()> {
        if self.connection.is_none() {
            self.connection = Some(Connection::open(&self.location, true)?);
        }
        Ok(())
    }
}

/// A span of the store's own is a part of what it is done for; what nobody asked for is not traced.
pub(crate) fn within(asked: &Span, span: impl FnOnce() -> Span) -> Span {
    if asked.is_none() { Span::none() } else { asked.in_scope(span) }
}

/// One commit for all: it is told under the first that is traced, and the others are linked to it.
fn commit(tx: Tx<'_>, service: &str, group: &[Waiting]) -> Result<Committed> {
    let mut traced = group.iter().map(|(job, _)| job.span()).filter(|span| !span.is_none());
    let first = traced.next().cloned().unwrap_or_else(Span::none);
    let span = within(&first, || debug_span!("store.commit", otel.name = "store.commit", crossdock.jobs = group.len()));
    if let Some(own) = trace::context(&span) {
        traced.for_each(|span| trace::link(span, own.as_bytes()));
    }
    span.in_scope(|| {
        let began = Instant::now();
        let committed = tx.commit()?;
        COMMIT_DURATION.record(&[service], began.elapsed());
        COMMIT_JOBS.record(&[service], group.len());
        Ok(committed)
    })
}

/// Shows a head unless a later one was shown: other processes write too, and what they wrote may have been seen before this.
pub(crate) fn advance(shown: &watch::Sender<Cursor>, head: Cursor) {
    shown.send_if_modified(|held| {
        let ahead = head.epoch != held.epoch || head.position > held.position;
        if ahead {
            *held = head;
        }
        ahead
    });
}

type Waiting = (Box<dyn Job>, Result<()>);

fn answer_all(group: Vec<Waiting>, error: &Error) {
    tracing::warn!(%error, source = ?error.source, jobs = group.len(), "a transaction failed");
    for (job, outcome) in group {
        let failed = Error::new(error.kind, error.reason, error.message.clone());
        job.answer(outcome.and(Err(failed)));
    }
}

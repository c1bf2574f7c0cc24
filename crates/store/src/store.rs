use crate::{
    Read, Tx,
    engine::{Connection, Location},
    readers::{self, ReadJob, stopped},
    writer::{Job, Typed, Writer, advance, unwound, within},
};
use crossdock_core::{Clock, Cursor, Error, Result};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, oneshot, watch};
use tracing::{Span, debug_span};

/// Threads that read.
const READERS: usize = 2;
/// Requests that wait before the next has to.
const WAITING: usize = 1_024;
/// How often the head is looked at when other processes may move it.
const POLL: Duration = Duration::from_millis(20);

/// A service's store. Clones are handles on the same one; its threads end with the last.
#[derive(Clone)]
pub struct Store {
    jobs: async_channel::Sender<Box<dyn Job>>,
    reads: async_channel::Sender<ReadJob>,
    head: watch::Receiver<Cursor>,
    failed: watch::Receiver<bool>,
    /// Those threads listen as long as they run.
    readers: watch::Sender<()>,
    writer: watch::Sender<()>,
    clock: Arc<dyn Clock>,
    due: Arc<Notify>,
    service: Arc<str>,
}

impl Store {
    /// Opens a store and starts its threads; makes its tables if they are missing.
    ///
    /// # Errors
    /// If it cannot be reached, or was written by a later release.
    pub async fn open(location: Location, clock: Arc<dyn Clock>) -> Result<Self> {
        let (opened, opening) = oneshot::channel();
        let (jobs, waiting) = async_channel::bounded(WAITING);
        let (reads, reading) = async_channel::bounded::<ReadJob>(WAITING);
        let (head, head_seen) = watch::channel(Cursor::default());
        let (failed, failed_seen) = watch::channel(false);
        let (readers, running) = watch::channel(());
        for _ in 0..READERS {
            let (location, reading, running) = (location.clone(), reading.clone(), running.clone());
            let read = move || {
                let _running = running;
                readers::work(&location, &reading);
            };
            std::thread::Builder::new().name("store-read".into()).spawn(read).map_err(no_thread)?;
        }
        let writer_clock = Arc::clone(&clock);
        let due = Arc::new(Notify::new());
        let writer_due = Arc::clone(&due);
        let service: Arc<str> = location.service().into();
        let writer_service = Arc::clone(&service);
        let polled = head.clone();
        let (writer, running) = watch::channel(());
        let write = move || {
            let _running = running;
            let connection = Connection::open(&location, true).and_then(|mut connection| {
                head.send_replace(Read { connection: &mut connection }.head()?);
                Ok(connection)
            });
            match connection {
                Ok(connection) => {
                    opened.send(Ok(connection.is_shared())).ok();
                    let (service, clock, due) = (writer_service, writer_clock, writer_due);
                    Writer { location, service, connection: Some(connection), clock, head, failed, due }.work(&waiting);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        };
        std::thread::Builder::new().name("store-write".into()).spawn(write).map_err(no_thread)?;
        let shared = opening.await.map_err(|_| stopped())??;
        if shared {
            tokio::spawn(poll(reads.downgrade(), polled));
        }
        Ok(Self { jobs, reads, head: head_seen, failed: failed_seen, readers, writer, clock, due, service })
    }

    /// Runs `job` in the next group commit and answers when it is on disk. `job` may run more than once: if the group fails, each runs again
    /// alone. It refuses before it puts.
    pub async fn write<T: Send + 'static>(&self, name: &'static str, job: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Box::new(Typed::new(name, job, reply))).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Runs `job` on one state of the store. Keep it to a page: it holds a thread.
    pub async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        job: impl FnOnce(&mut Read<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let span = within(&Span::current(), || debug_span!("store.read", otel.name = format!("store.read {name}")));
        let run: ReadJob = Box::new(move |read| {
            let _reading = span.entered();
            reply.send(read.and_then(|read| unwound(name, || job(read)))).ok();
        });
        self.reads.send(run).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Ends its threads as soon as what waits is done, and waits until they have let go of the database. SQLite then has everything in its one file, and
    /// nothing of what was overwritten. Later requests are refused.
    pub async fn close(&self) {
        self.reads.close();
        self.readers.closed().await;
        // SQLite brings the log home with the last connection that goes; of two that go at once neither may be the last.
        self.jobs.close();
        self.writer.closed().await;
    }

    /// The feed's end, as it moves; wakes watchers.
    pub fn head(&self) -> watch::Receiver<Cursor> {
        self.head.clone()
    }

    /// Becomes true when a commit failed in a way that only a new start mends.
    pub fn failed(&self) -> watch::Receiver<bool> {
        self.failed.clone()
    }

    /// Waits until this process has made, moved or done a task since the last call; for the one runner of this store.
    pub async fn due_changed(&self) {
        self.due.notified().await;
    }

    /// The service whose store it is.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Requests that wait to write, and to read.
    pub fn waiting(&self) -> (usize, usize) {
        (self.jobs.len(), self.reads.len())
    }

    /// The clock that decides for this store.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

/// Other processes may write to the same store: look.
async fn poll(reads: async_channel::WeakSender<ReadJob>, head: watch::Sender<Cursor>) {
    let mut every = tokio::time::interval(POLL);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let Some(reads) = reads.upgrade() else { return };
        let (reply, answer) = oneshot::channel();
        let job: ReadJob = Box::new(move |read| drop(reply.send(read.and_then(Read::head))));
        if reads.send(job).await.is_err() {
            return;
        }
        drop(reads);
        if let Ok(Ok(seen)) = answer.await {
            advance(&head, seen);
        }
    }
}

fn no_thread(error: std::io::Error) -> Error {
    Error::internal("no thread for the store", error)
}

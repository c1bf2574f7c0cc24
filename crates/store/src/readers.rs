//! A few threads that read, each with a connection of its own.

use crate::{
    Read,
    engine::{Connection, Location},
};
use crossdock_core::{Error, Result};

/// Something to read, and somebody who waits for it.
pub(crate) type ReadJob = Box<dyn FnOnce(Result<&mut Read<'_>>) + Send>;

pub(crate) fn work(location: &Location, jobs: &async_channel::Receiver<ReadJob>) {
    let mut connection = None;
    while let Ok(job) = jobs.recv_blocking() {
        if connection.is_none() {
            connection = match Connection::open(location, false) {
                Ok(opened) => Some(opened),
                Err(error) => {
                    job(Err(error));
                    continue;
                }
            };
        }
        let broken = connection.as_mut().is_none_or(|connection| read(connection, job));
        if broken {
            connection = None;
        }
    }
}

/// Runs a job on one state of the store; whether the connection broke.
fn read(connection: &mut Connection, job: ReadJob) -> bool {
    match connection.begin_read() {
        Ok(()) => job(Ok(&mut Read { connection })),
        Err(error) => job(Err(error)),
    }
    connection.rollback().is_err() || connection.is_broken()
}

pub(crate) fn stopped() -> Error {
    Error::new(crossdock_core::ErrorKind::Unavailable, "STORE_STOPPED", "the store has stopped; try again when the service is back")
}

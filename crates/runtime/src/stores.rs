//! Where services keep their data, and how it is opened.

use crate::Config;
use crossdock_core::{Clock, Error, ErrorKind, Result};
use crossdock_store::{Location, Store};
use std::{error::Error as _, fs::File, path::Path, sync::Arc, time::Duration};

/// How long after a failure a database is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Makes the tables of these services, or brings them forward, and ends: what a new release wants before its processes start. It waits for no database: whoever
/// starts it is told at once, and starts it again.
///
/// # Errors
/// If a store cannot be opened, or is of a release that is too new.
pub async fn migrate(config: &Config, services: &[&'static str], clock: Arc<dyn Clock>) -> Result<()> {
    for service in services {
        let (location, _lock) = place(config, service)?;
        Store::open(location, Arc::clone(&clock)).await?.close().await;
        tracing::info!(service, "the store is ready for this release");
    }
    Ok(())
}

/// The store of a service; for an embedded one also the lock that keeps its file to this process.
pub(crate) async fn open(config: &Config, service: &'static str, clock: &Arc<dyn Clock>) -> Result<(Store, Option<File>)> {
    let (location, lock) = place(config, service)?;
    Ok((reached(service, location, clock).await?, lock))
}

fn place(config: &Config, service: &str) -> Result<(Location, Option<File>)> {
    let location = location(config, service)?;
    let lock = matches!(location, Location::Sqlite(_)).then(|| lock(&config.data_dir, service)).transpose()?;
    Ok((location, lock))
}

/// Keeps a folder of embedded stores to one process.
fn lock(folder: &Path, service: &str) -> Result<File> {
    let path = folder.join(format!("{service}.lock"));
    let file = File::create(&path).map_err(|error| data_dir(folder, &error))?;
    file.try_lock().map_err(|_| {
        let message = format!("another process runs {service} on {}: stop it, or give this one another --data-dir", folder.display());
        Error::precondition("DATA_DIR_IN_USE", message)
    })?;
    Ok(file)
}

/// Opens a store. A database that cannot be reached is waited for: a process that ended instead would not come back any sooner.
#[expect(clippy::disallowed_methods, reason = "a back-off: nothing says when the database is there again")]
async fn reached(service: &'static str, location: Location, clock: &Arc<dyn Clock>) -> Result<Store> {
    let mut said = None;
    loop {
        match Store::open(location.clone(), Arc::clone(clock)).await {
            Err(error) if error.kind == ErrorKind::Unavailable && matches!(location, Location::Postgres { .. }) => {
                let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                if said.as_ref() != Some(&why) {
                    tracing::warn!(service, why, "the database cannot be reached; it is tried again");
                    said = Some(why);
                }
                tokio::time::sleep(RETRY).await;
            }
            outcome => return outcome,
        }
    }
}

fn location(config: &Config, service: &str) -> Result<Location> {
    if let Some(url) = &config.database_url {
        return Ok(Location::Postgres { url: url.expose().to_owned(), schema: format!("crossdock_{}", service.replace('-', "_")) });
    }
    let folder = &config.data_dir;
    std::fs::create_dir_all(folder).map_err(|error| data_dir(folder, &error))?;
    Ok(Location::Sqlite(folder.join(format!("{service}.db"))))
}

fn data_dir(folder: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "DATA_DIR", format!("the data folder {} cannot be used: {error}", folder.display()))
}

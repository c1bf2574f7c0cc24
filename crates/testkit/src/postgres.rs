//! Schemas in the PostgreSQL server that `tests/with-postgres` starts.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio_postgres::NoTls;

const VARIABLE: &str = "CROSSDOCK_TEST_POSTGRES";
const AUTHORITY: &str = "CROSSDOCK_TEST_POSTGRES_AUTHORITY";

/// Where the PostgreSQL server of the tests is, as `postgres://user@host:port/database`.
///
/// # Panics
/// If there is none.
pub fn postgres_url() -> String {
    match env::var(VARIABLE) {
        Ok(url) => url,
        Err(_) => panic!("{VARIABLE} is not set: run `make test`, or `tests/with-postgres cargo test …` for some of the tests"),
    }
}

/// The file with the authority that vouches for that server.
///
/// # Panics
/// If there is none.
pub fn postgres_authority() -> String {
    env::var(AUTHORITY).unwrap_or_else(|_| panic!("{AUTHORITY} is not set: run `make test`, or `tests/with-postgres cargo test …`"))
}

/// A schema name that nobody has used; the schema is dropped with the guard. It is not created: the store does that.
pub fn fresh_schema() -> Schema {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    Schema { name: format!("test_{time:x}_{:x}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)) }
}

/// The schema of one test, dropped with everything in it at the end.
#[derive(Debug)]
pub struct Schema {
    name: String,
}

impl Schema {
    /// Its name, an identifier that needs no quotes.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Schema {
    /// On a thread of its own, because a test may have a runtime of its own. What does not work is said, never a second panic.
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropped = thread::spawn(move || drop_schema(&name)).join();
        if let Ok(Err(error)) = dropped {
            eprintln!("schema {} is still there: {error}", self.name);
        }
    }
}

fn drop_schema(name: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let url = env::var(VARIABLE)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        let connection = tokio::spawn(connection);
        // A transaction that a test left open must not hang the others.
        client.batch_execute(&format!("set lock_timeout = '5s'; drop schema if exists {name} cascade")).await?;
        drop(client);
        connection.await??;
        Ok(())
    })
}

/// A database that nobody has used, for programs that choose their own schemas; dropped with the guard.
///
/// # Panics
/// If it cannot be created.
pub fn fresh_database() -> Database {
    let name = fresh_schema().name.replace("test_", "base_");
    administer(&format!("create database {name}")).expect("the server of the tests creates databases");
    let url = postgres_url();
    let server = url.rsplit_once('/').map_or(url.as_str(), |(server, _)| server);
    Database { url: format!("{server}/{name}"), name }
}

/// The database of one test, dropped at the end.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = administer(&format!("drop database if exists {} with (force)", self.name)) {
            eprintln!("database {} is still there: {error}", self.name);
        }
    }
}

/// On a thread of its own, because a test may have a runtime of its own.
fn administer(statement: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (url, statement) = (postgres_url(), statement.to_owned());
    let work = move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
            tokio::spawn(connection);
            client.batch_execute(&statement).await?;
            Ok(())
        })
    };
    thread::spawn(work).join().unwrap_or_else(|_| Err("the thread panicked".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_schema_goes_with_its_guard() {
        let (client, connection) = tokio_postgres::connect(&postgres_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let count = async |name: &str| -> i64 {
            let row = client.query_one("select count(*) from information_schema.schemata where schema_name = $1", &[&name]).await;
            row.unwrap().get(0)
        };
        let schema = fresh_schema();
        let name = schema.name().to_owned();
        client.batch_execute(&format!("create schema {name}; create table {name}.t (n int)")).await.unwrap();
        assert_eq!(count(&name).await, 1);
        drop(schema);
        assert_eq!(count(&name).await, 0);
    }

    #[tokio::test]
    async fn the_server_keeps_what_it_acknowledged() {
        let (client, connection) = tokio_postgres::connect(&postgres_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        for (setting, wanted) in [("fsync", "on"), ("synchronous_commit", "on"), ("server_encoding", "UTF8"), ("max_connections", "200")] {
            let row = client.query_one("select current_setting($1)", &[&setting]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), wanted, "{setting}");
        }
    }

    #[test]
    fn names_are_unique_and_fit() {
        let (one, other) = (fresh_schema(), fresh_schema());
        assert_ne!(one.name(), other.name());
        assert!(one.name().len() < 64);
    }
}

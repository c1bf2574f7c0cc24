//! Two engines behind one shape. A connection belongs to one thread; calls block it.

mod postgres;
mod sqlite;
mod tls;

use crate::statements::{SCHEMA_VERSION, Statement};
use bytes::Bytes;
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_telemetry::metrics::DB_DURATION;
use std::{fmt::Display, path::PathBuf, time::Instant};
use tracing::{Span, debug_span};

/// Where a store is.
#[derive(Clone)]
pub enum Location {
    /// A SQLite file; its folder must exist.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres {
        /// Connection URL; it may hold a password.
        url: String,
        /// The schema that holds the six tables; made if missing.
        schema: String,
    },
}

/// One value of a row or parameter. Nothing is null: absent is empty or zero.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Bytes),
}

/// One column of a batch.
#[derive(Clone, Debug)]
pub enum Column {
    /// Whole numbers.
    Int(Vec<i64>),
    /// Texts.
    Text(Vec<String>),
    /// Bytes.
    Blob(Vec<Bytes>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Blob(values) => values.len(),
        }
    }
}

/// One row of an answer, read from the left.
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(crate) fn int(&mut self) -> Result<i64> {
        match self.0.next() {
            Some(Value::Int(value)) => Ok(value),
            other => Err(mistyped("a whole number", other.as_ref())),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        match self.0.next() {
            Some(Value::Text(value)) => Ok(value),
            other => Err(mistyped("a text", other.as_ref())),
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Bytes> {
        match self.0.next() {
            Some(Value::Blob(value)) => Ok(value),
            other => Err(mistyped("bytes", other.as_ref())),
        }
    }
}

fn mistyped(wanted: &str, got: Option<&Value>) -> Error {
    Error::internal("the store answered with something else than was asked", format!("wanted {wanted}, got {got:?}"))
}

/// A write whose result nobody reads; it goes out with the commit.
pub type Deferred = (Statement, Vec<Column>);

/// One connection.
pub enum Connection {
    /// SQLite.
    Sqlite(sqlite::Sqlite),
    /// PostgreSQL.
    Postgres(Box<postgres::Postgres>),
}

impl Location {
    /// The service whose store it is, as its file or its schema is named after it.
    pub fn service(&self) -> String {
        match self {
            Self::Sqlite(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Postgres { schema, .. } => schema.trim_start_matches("crossdock_").replace('_', "-"),
        }
    }
}

/// Refuses a store that is too far ahead of this release; `what` is its name.
fn admit(version: i64, what: impl Display) -> Result<()> {
    if version <= SCHEMA_VERSION + 1 {
        return Ok(());
    }
    let message =
        format!("{what} was written by a release that is too new (version {version} of the tables, this release knows {SCHEMA_VERSION})");
    Err(Error::precondition("STORE_TOO_NEW", message))
}

impl Connection {
    /// Opens the store; makes its tables if they are missing and `writer` is set.
    pub fn open(location: &Location, writer: bool) -> Result<Self> {
        match location {
            Location::Sqlite(path) => sqlite::Sqlite::open(path, writer).map(Self::Sqlite),
            Location::Postgres { url, schema } => {
                postgres::Postgres::open(url, schema, writer).map(|connection| Self::Postgres(Box::new(connection)))
            }
        }
    }

    /// Begins a transaction that will write.
    pub fn begin(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.run("begin immediate"),
            Self::Postgres(connection) => connection.run("begin"),
        }
    }

    /// Begins a transaction that reads one state.
    pub fn begin_read(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.run("begin"),
            Self::Postgres(connection) => connection.run("begin isolation level repeatable read read only"),
        }
    }

    /// Ends a transaction and forgets it.
    pub fn rollback(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.run("rollback"),
            Self::Postgres(connection) => connection.run("rollback"),
        }
    }

    /// Writes what was deferred and commits, on PostgreSQL in one round trip.
    ///
    /// # Errors
    /// [`ErrorKind::Unknown`] if nobody can say whether it was committed; otherwise nothing was.
    pub fn commit(&mut self, writes: &[Deferred]) -> Result<()> {
        timed("commit", || match self {
            Self::Sqlite(connection) => connection.commit(writes),
            Self::Postgres(connection) => connection.commit(writes),
        })
    }

    /// The rows of a statement.
    pub fn query(&mut self, statement: Statement, parameters: &[Value]) -> Result<Vec<Row>> {
        let _span = self.span(statement, 1).entered();
        timed(statement.name, || match self {
            Self::Sqlite(connection) => connection.query(statement, parameters),
            Self::Postgres(connection) => connection.query(statement, parameters),
        })
    }

    /// The rows of a statement over a batch; in no order.
    pub fn bulk(&mut self, statement: Statement, columns: &[Column]) -> Result<Vec<Row>> {
        if columns.first().is_none_or(|column| column.len() == 0) {
            return Ok(Vec::new());
        }
        let _span = self.span(statement, columns.first().map_or(0, Column::len)).entered();
        timed(statement.name, || match self {
            Self::Sqlite(connection) => connection.bulk(statement, columns),
            Self::Postgres(connection) => connection.bulk(statement, columns),
        })
    }

    /// A statement over so many rows, if anybody traces for whom it is.
    fn span(&self, statement: Statement, rows: usize) -> Span {
        if Span::current().is_none() {
            return Span::none();
        }
        let system = match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        };
        debug_span!(
            "db.client",
            otel.name = statement.name,
            otel.kind = "client",
            db.system.name = system,
            db.operation.name = statement.name,
            db.operation.batch.size = rows,
        )
    }

    /// Whether it can be used again.
    pub fn is_broken(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(connection) => connection.is_closed(),
        }
    }

    /// Other processes may write to the same store.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

fn timed<T>(statement: &'static str, run: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let answer = run();
    DB_DURATION.record(&[statement], began.elapsed());
    answer
}

/// What stands between `{rows` and `}`: the types of the batch's columns; with the text before and after.
fn rows_of(sql: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (before, rest) = sql.split_once("{rows ")?;
    let (types, after) = rest.split_once('}')?;
    Some((before, types.split(' ').collect(), after))
}

fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Unavailable, "STORE_UNAVAILABLE", "the store cannot be reached; nothing was changed; try again").because(source)
}

fn unknown(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(
        ErrorKind::Unknown,
        "OUTCOME_UNKNOWN",
        "the store was lost during the commit: send the same again, what was kept is not doubled",
    )
    .because(source)
}

use super::{Column, Deferred, Row, Value, admit, rows_of, unavailable, unknown};
use crate::statements::{SCHEMA, SCHEMA_VERSION, Statement};
use bytes::Bytes;
use crossdock_core::{Error, Result};
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};
use std::{collections::HashMap, path::Path, time::Duration};

/// One SQLite connection: WAL, every commit on disk.
pub struct Sqlite {
    connection: rusqlite::Connection,
    texts: HashMap<&'static str, String>,
}

impl Sqlite {
    #[expect(clippy::disallowed_methods, reason = "an epoch only has to differ from those before")]
    pub fn open(path: &Path, writer: bool) -> Result<Self> {
        let open = || {
            let connection = rusqlite::Connection::open(path)?;
            // Another process may hold the file for a moment; one that keeps it is a mistake worth an error.
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.set_prepared_statement_cache_capacity(64);
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "cache_size", -65_536)?;
            // What is overwritten may be what somebody wanted forgotten.
            connection.pragma_update(None, "secure_delete", true)?;
            connection.pragma_update(None, "wal_autocheckpoint", 8_000)?;
            if writer {
                connection.execute_batch(&schema())?;
                let epoch: i64 = rand::random::<i64>() & i64::MAX;
                connection.execute(
                    "insert into head (one, pos, epoch, schema) values (1, 0, ?1, ?2) on conflict do nothing",
                    [epoch, SCHEMA_VERSION],
                )?;
            }
            connection.query_row("select schema from head", [], |row| row.get::<_, i64>(0)).map(|version| (connection, version))
        };
        let (connection, version) = open().map_err(|error| unavailable(format!("{}: {error}", path.display())))?;
        admit(version, path.display())?;
        Ok(Self { connection, texts: HashMap::new() })
    }

    pub fn run(&mut self, sql: &'static str) -> Result<()> {
        self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(failed)
    }

    pub fn commit(&mut self, writes: &[Deferred]) -> Result<()> {
        for (statement, columns) in writes {
            self.bulk(*statement, columns)?;
        }
        // A failed fsync may or may not have reached the disk, and SQLite cannot say.
        self.connection.prepare_cached("commit").and_then(|mut commit| commit.execute([])).map(drop).map_err(unknown)
    }

    pub fn query(&mut self, statement: Statement, parameters: &[Value]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut prepared = self.connection.prepare_cached(text(&mut self.texts, statement)).map_err(failed)?;
        let mut answer = prepared.query(rusqlite::params_from_iter(parameters.iter().map(Value::as_sql))).map_err(failed)?;
        collect(&mut answer, &mut rows)?;
        drop(answer);
        Ok(rows)
    }

    pub fn bulk(&mut self, statement: Statement, columns: &[Column]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let sql = text(&mut self.texts, statement);
        let mut prepared = self.connection.prepare_cached(sql).map_err(failed)?;
        for index in 0..columns.first().map_or(0, Column::len) {
            let mut answer =
                prepared.query(rusqlite::params_from_iter(columns.iter().map(|column| column.as_sql(index)))).map_err(failed)?;
            collect(&mut answer, &mut rows)?;
        }
        Ok(rows)
    }
}

fn collect(answer: &mut rusqlite::Rows<'_>, rows: &mut Vec<Row>) -> Result<()> {
    while let Some(row) = answer.next().map_err(failed)? {
        let columns = row.as_ref().column_count();
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(match row.get_ref(column).map_err(failed)? {
                ValueRef::Integer(value) => Value::Int(value),
                ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
                ValueRef::Blob(value) => Value::Blob(Bytes::copy_from_slice(value)),
                other => return Err(Error::internal("the store holds a value of a wrong type", format!("{:?}", other.data_type()))),
            });
        }
        rows.push(Row(values.into_iter()));
    }
    Ok(())
}

/// SQLite reads `$2, $1` as names in the order of appearance: it is given `?2, ?1`.
fn text<'a>(texts: &'a mut HashMap<&'static str, String>, statement: Statement) -> &'a str {
    texts.entry(statement.name).or_insert_with(|| match rows_of(statement.sql) {
        Some((before, types, after)) => {
            let numbered: Vec<_> = (1..=types.len()).map(|number| format!("?{number}")).collect();
            format!("{before}values ({}){after}", numbered.join(", "))
        }
        None => statement.sql.replace('$', "?"),
    })
}

fn schema() -> String {
    // strict: otherwise an overflowing sum would silently become a float.
    SCHEMA
        .replace("{int}", "integer")
        .replace("{small}", "integer")
        .replace("{text}", "text")
        .replace("{blob}", "blob")
        .replace("{table}", " strict, without rowid")
}

fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked | rusqlite::ErrorCode::DiskFull) => unavailable(error),
        _ => Error::internal("the store failed", error),
    }
}

enum Borrowed<'a> {
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl Value {
    fn as_sql(&self) -> Borrowed<'_> {
        match self {
            Self::Int(value) => Borrowed::Int(*value),
            Self::Text(value) => Borrowed::Text(value),
            Self::Blob(value) => Borrowed::Blob(value),
        }
    }
}

impl Column {
    fn as_sql(&self, index: usize) -> Borrowed<'_> {
        match self {
            Self::Int(values) => Borrowed::Int(values[index]),
            Self::Text(values) => Borrowed::Text(&values[index]),
            Self::Blob(values) => Borrowed::Blob(&values[index]),
        }
    }
}

impl ToSql for Borrowed<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

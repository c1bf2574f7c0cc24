use super::{Column, Deferred, Row, Value, admit, rows_of, tls::Target, unavailable, unknown};
use crate::statements::{SCHEMA, SCHEMA_VERSION, Statement};
use bytes::{Bytes, BytesMut};
use crossdock_core::{Error, Result};
use std::{collections::HashMap, time::Duration};
use tokio::runtime::Runtime;
use tokio_postgres::{
    Client,
    error::SqlState,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

/// Settings of every connection. Every statement reads by an index, whatever the planner believes of a table that was empty when it
/// planned; and a process that stopped in the middle of a transaction does not keep the head row from the others.
const SETTINGS: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off \
    -c lock_timeout=5000 -c idle_in_transaction_session_timeout=2000 -c client_min_messages=warning";

/// One PostgreSQL connection, driven by the thread that owns it.
pub struct Postgres {
    // Dropped before the runtime that drives it.
    client: Client,
    runtime: Runtime,
    prepared: HashMap<&'static str, tokio_postgres::Statement>,
}

impl Postgres {
    pub fn open(url: &str, schema: &str, writer: bool) -> Result<Self> {
        let mut target = Target::read(url)?;
        let tls = target.tls()?;
        let config = &mut target.config;
        config.options(format!("{SETTINGS} -c search_path={schema}")).application_name("crossdock");
        config.connect_timeout(Duration::from_secs(5)).tcp_user_timeout(Duration::from_secs(10));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(tls).await?;
            // Errors of the connection come back from the calls on the client.
            tokio::spawn(async move { connection.await.ok() });
            Ok::<_, tokio_postgres::Error>(client)
        });
        let mut this = Self { client: client.map_err(unavailable)?, runtime, prepared: HashMap::new() };
        if writer {
            this.migrate(schema)?;
        }
        Ok(this)
    }

    /// Version of the tables; of none 0.
    fn version(&mut self, schema: &str) -> Result<i64> {
        let there = self.runtime.block_on(self.client.query_one(&format!("select to_regclass('\"{schema}\".head') is not null"), &[]));
        if !there.map_err(failed)?.get::<_, bool>(0) {
            return Ok(0);
        }
        Ok(self.runtime.block_on(self.client.query_one("select schema from head", &[])).map_err(failed)?.get(0))
    }

    #[expect(clippy::disallowed_methods, reason = "an epoch only has to differ from those before")]
    fn migrate(&mut self, schema: &str) -> Result<()> {
        // Tables that are there are left alone: making them again locks them, and then this process and one that writes wait for each other.
        let version = self.version(schema)?;
        if version >= SCHEMA_VERSION {
            return admit(version, schema);
        }
        let epoch = rand::random::<i64>() & i64::MAX;
        let tables = SCHEMA
            .replace("{int}", "bigint")
            .replace("{small}", "smallint")
            .replace("{text}", "text collate \"C\"")
            .replace("{blob}", "bytea")
            .replace("{table}", "");
        // Replicas that start together make the tables one after the other; the number is Crossdock's own.
        let script = format!(
            "begin; select pg_advisory_xact_lock(7243391); create schema if not exists \"{schema}\"; {tables}; \
             insert into head (one, pos, epoch, schema) values (1, 0, {epoch}, {SCHEMA_VERSION}) on conflict do nothing; commit"
        );
        self.runtime.block_on(self.client.batch_execute(&script)).map_err(failed)?;
        let row = self.runtime.block_on(self.client.query_one("select schema from head", &[])).map_err(failed)?;
        admit(row.get(0), schema)
    }

    pub fn run(&mut self, sql: &'static str) -> Result<()> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(failed)
    }

    pub fn query(&mut self, statement: Statement, parameters: &[Value]) -> Result<Vec<Row>> {
        let prepared = self.prepare(statement)?;
        let rows = self.runtime.block_on(self.client.query(&prepared, &references(parameters))).map_err(failed)?;
        rows.iter().map(read).collect()
    }

    pub fn bulk(&mut self, statement: Statement, columns: &[Column]) -> Result<Vec<Row>> {
        let prepared = self.prepare(statement)?;
        let rows = self.runtime.block_on(self.client.query(&prepared, &references(columns))).map_err(failed)?;
        rows.iter().map(read).collect()
    }

    /// All writes and the commit leave in one round trip. A write that fails makes PostgreSQL answer the commit with a rollback and no error, so
    /// every result is looked at.
    pub fn commit(&mut self, writes: &[Deferred]) -> Result<()> {
        let mut ready = Vec::with_capacity(writes.len());
        for (statement, columns) in writes {
            ready.push((self.prepare(*statement)?, references(columns)));
        }
        let commit = self.prepare(Statement { name: "commit", sql: "commit" })?;
        let client = &self.client;
        let (results, committed) = self.runtime.block_on(async {
            // Each future sends its message when it is first polled, and both joins poll in order: the writes, then the commit.
            let writes = ready.iter().map(|(statement, parameters)| client.execute(statement, parameters));
            futures::future::join(futures::future::join_all(writes), client.execute(&commit, &[])).await
        });
        for result in results {
            result.map_err(|error| if error.as_db_error().is_some() { failed(error) } else { unknown(error) })?;
        }
        committed.map(drop).map_err(unknown)
    }

    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn prepare(&mut self, statement: Statement) -> Result<tokio_postgres::Statement> {
        if let Some(prepared) = self.prepared.get(statement.name) {
            return Ok(prepared.clone());
        }
        let prepared = self.runtime.block_on(self.client.prepare(&text(statement))).map_err(failed)?;
        self.prepared.insert(statement.name, prepared.clone());
        Ok(prepared)
    }
}

fn text(statement: Statement) -> String {
    let Some((before, types, after)) = rows_of(statement.sql) else { return statement.sql.to_owned() };
    let arrays: Vec<_> = types
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            let kind = match *kind {
                "int" => "int8",
                "blob" => "bytea",
                text => text,
            };
            format!("${}::{kind}[]", index + 1)
        })
        .collect();
    format!("{before}select * from unnest({}){after}", arrays.join(", "))
}

fn read(row: &tokio_postgres::Row) -> Result<Row> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::INT8 => row.try_get(index).map(Value::Int),
            Type::INT2 => row.try_get::<_, i16>(index).map(|value| Value::Int(value.into())),
            Type::TEXT => row.try_get(index).map(Value::Text),
            _ => row.try_get::<_, &[u8]>(index).map(|value| Value::Blob(Bytes::copy_from_slice(value))),
        };
        values.push(value.map_err(failed)?);
    }
    Ok(Row(values.into_iter()))
}

/// Nothing was committed, for sure: the transaction failed before its commit was sent, or the server said so.
fn failed(error: tokio_postgres::Error) -> Error {
    let passing = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::DISK_FULL,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    match error.code() {
        Some(code) if !passing.contains(code) => Error::internal("the store failed", error),
        _ => unavailable(error),
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Int(value) if *kind == Type::INT2 => i16::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Blob(value) => value.as_ref().to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Column {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Int(values) => values.to_sql(kind, out),
            Self::Text(values) => values.to_sql(kind, out),
            Self::Blob(values) => values.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn references<T: ToSql + Sync>(values: &[T]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossdock_core::ErrorKind;
    use crossdock_testkit::{fresh_schema, postgres_authority, postgres_url};

    /// Whether the connection that such parameters give is encrypted, as the server sees it.
    fn encrypted(parameters: &str) -> Result<bool> {
        let opened = Postgres::open(&format!("{}?{parameters}", postgres_url()), "public", false)?;
        let asked = opened.client.query_one("select ssl from pg_stat_ssl where pid = pg_backend_pid()", &[]);
        opened.runtime.block_on(asked).map(|row| row.get(0)).map_err(failed)
    }

    #[test]
    fn the_server_proves_who_it_is() {
        let authority = postgres_authority();
        assert!(!encrypted("").unwrap());
        assert!(!encrypted("sslmode=disable").unwrap());
        for mode in ["require", "verify-full", "prefer"] {
            assert!(encrypted(&format!("sslmode={mode}&sslrootcert={authority}")).unwrap(), "{mode}");
        }
    }

    #[test]
    fn a_server_that_nobody_vouches_for_is_not_talked_to() {
        let stranger = std::env::temp_dir().join(format!("{}.pem", fresh_schema().name()));
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=stranger", "-keyout"])
            .args(["/dev/null", "-out"])
            .arg(&stranger)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        for parameters in ["sslmode=require".to_owned(), format!("sslmode=require&sslrootcert={}", stranger.display())] {
            let error = encrypted(&parameters).unwrap_err();
            assert!(error.kind == ErrorKind::Unavailable || error.reason == "DATABASE_CERTIFICATES", "{error:?}");
        }
        std::fs::remove_file(stranger).unwrap();
    }
}

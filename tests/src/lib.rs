//! Real servers for tests, on either engine, and clients of their public contracts.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails fails its test")]
#![allow(clippy::missing_panics_doc, reason = "everything here panics when it cannot do its work")]

use crossdock_proto::{Record, schema, types::Envelope};
use crossdock_rpc::{Channel, RecordClient, remote};
use crossdock_testkit::{Database, Process, binary, free_port, fresh_database};
use prost::Message;
use std::{path::Path, process::Command, time::Duration};
use tempfile::TempDir;
use tonic::transport::Endpoint;

/// Package of master-data.
pub const MASTERS: &str = "crossdock.masterdata.v1";
/// Package of demand-signal.
pub const DEMAND: &str = "crossdock.demand.v1";
/// How long a server may take to do what it is waited for.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Which engine keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite files in a folder.
    Sqlite,
    /// Schemas of a PostgreSQL database.
    Postgres,
}

/// Where servers keep their data; goes with the test.
pub struct Place {
    folder: TempDir,
    database: Option<Database>,
}

impl Place {
    /// An empty one.
    pub fn new(engine: Engine) -> Self {
        let database = (engine == Engine::Postgres).then(fresh_database);
        Self { folder: TempDir::new().unwrap(), database }
    }

    /// A folder for what else the test writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts `crossdock serve` with these arguments on a port, and waits until it takes calls.
    pub fn serve(&self, port: u16, arguments: &[&str]) -> Server {
        let mut command = Command::new(binary("crossdock"));
        command.arg("serve").args(arguments).args(["--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        if let Some(database) = &self.database {
            command.args(["--database-url", database.url()]);
        }
        let mut process = Process::start(&mut command);
        process.wait_for_line("listening", PATIENCE);
        Server { process, port }
    }

    /// The whole suite in one process, on a free port.
    pub fn serve_all(&self) -> Server {
        self.serve(free_port(), &[])
    }
}

/// A running server.
pub struct Server {
    /// Its process.
    pub process: Process,
    /// Where it listens, on loopback.
    pub port: u16,
}

impl Server {
    /// Its address for clients.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The record methods of one of its services, as a connection.
    pub fn records(&self, package: &str, connection: &str) -> RecordClient {
        RecordClient::new(channel(self.port), package, connection)
    }

    /// Runs the command line against it; its standard output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let done = Command::new(binary("crossdock")).args(arguments).args(["--address", &self.address()]).output().unwrap();
        let (said, complaint) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "crossdock {} failed:\n{said}\n{complaint}", arguments.join(" "));
        said.into_owned()
    }
}

/// A channel that connects when it is used, and again after a restart.
pub fn channel(port: u16) -> Channel {
    remote(Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap().connect_lazy())
}

/// A record of a kind.
pub fn record(kind: &str, envelope: Envelope, message: &impl Message) -> Record {
    let info = schema().kind_named(kind).unwrap_or_else(|| panic!("{kind} is no kind"));
    Record { envelope: Some(envelope), kind: info.number.into(), body: message.encode_to_vec().into() }
}

//! Real servers for tests, on either engine, and clients of their public contracts.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails fails its test")]
#![allow(clippy::missing_panics_doc, reason = "everything here panics when it cannot do its work")]

pub mod otlp;

use crossdock_proto::{
    Filter, Record,
    operations::operations_service_client::OperationsServiceClient,
    records::{BatchGetRequest, IngestBatchRequest, ListRequest},
    schema,
    types::{BatchResult, Envelope, RecordKey},
};
use crossdock_rpc::{CONNECTION, Channel, Connector, PRINCIPAL, RecordClient, remote};
pub use crossdock_testkit::Engine;

use crossdock_testkit::{Database, Process, binary, eventually_async, free_port, fresh_database};
use prost::Message;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// Package of governance.
pub const GOVERNANCE: &str = "crossdock.governance.v1";
/// Package of master-data.
pub const MASTERS: &str = "crossdock.masterdata.v1";
/// Package of demand-signal.
pub const DEMAND: &str = "crossdock.demand.v1";
/// Package of recommendation-writeback.
pub const WRITEBACK: &str = "crossdock.writeback.v1";
/// Package of execution-feedback.
pub const EXECUTION: &str = "crossdock.execution.v1";
/// How long a server may take to do what it is waited for.
pub const PATIENCE: Duration = Duration::from_secs(120);

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

    /// URL of its database.
    pub fn database_url(&self) -> &str {
        self.database.as_ref().expect("an embedded store has no URL").url()
    }

    /// Starts `crossdock serve` with these arguments on a port, and waits until it takes calls.
    pub fn serve(&self, port: u16, arguments: &[&str]) -> Server {
        let mut process = Process::start(&mut self.command(port, arguments));
        process.wait_for_line("listening", PATIENCE);
        Server { process, port }
    }

    /// The command that [`Place::serve`] starts: everybody is believed.
    pub fn command(&self, port: u16, arguments: &[&str]) -> Command {
        let mut command = self.bare(port, arguments);
        command.arg("--insecure");
        command
    }

    /// The same without a word on who is believed.
    pub fn bare(&self, port: u16, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("crossdock"));
        command.arg("serve").args(arguments).args(["--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        if let Some(database) = &self.database {
            command.args(["--database-url", database.url()]);
        }
        command
    }

    /// Writes a file into the folder; its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The whole suite in one process under this policy, on a free port.
    pub fn serve_under(&self, policy: &str) -> Server {
        let policy = self.write("policy.yaml", policy);
        self.serve(free_port(), &["--policy", policy.to_str().unwrap()])
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

    /// Waits until a service knows the policy that names this connection.
    pub async fn heard(&self, package: &str, connection: &str) {
        let all = || ListRequest { filter: Some(filter("parked", &())), ..ListRequest::default() };
        eventually_async("the policy", PATIENCE, async || self.records(package, connection).list(all()).await.ok()).await;
    }

    /// Waits until all five know it.
    pub async fn heard_by_all(&self, connection: &str) {
        for package in [GOVERNANCE, MASTERS, DEMAND, WRITEBACK, EXECUTION] {
            self.heard(package, connection).await;
        }
    }

    /// Sends one batch; what became of it.
    pub async fn send(&self, package: &str, connection: &str, records: Vec<Record>) -> BatchResult {
        let batch = IngestBatchRequest { records, ..IngestBatchRequest::default() };
        self.records(package, connection).ingest_batch(batch).await.unwrap().result.unwrap()
    }

    /// Sends records of which each has to be taken in.
    pub async fn put(&self, package: &str, connection: &str, records: Vec<Record>) {
        for batch in records.chunks(1_000) {
            let result = self.send(package, connection, batch.to_vec()).await;
            let taken = result.counts.map_or(0, |counts| counts.accepted);
            assert_eq!(usize::try_from(taken).unwrap(), batch.len(), "{:?} {:?}", result.failure, result.results.first());
        }
    }

    /// A record as it is held; tombstones included.
    pub async fn held(&self, package: &str, connection: &str, kind: &str, key: &str) -> Option<Record> {
        let keys = vec![RecordKey { kind: kind.into(), key: key.into() }];
        self.records(package, connection).batch_get(BatchGetRequest { keys }).await.unwrap().records.pop()
    }

    /// What a record says, if it is there.
    pub async fn message<M: Message + Default>(&self, package: &str, kind: &str, key: &str) -> Option<M> {
        self.held(package, "operator", kind, key).await.map(|record| M::decode(record.body).unwrap())
    }

    /// The first thousand records of a kind that a filter lets through, by key.
    pub async fn list<M: Message + Default>(&self, package: &str, connection: &str, kind: &str, by: &impl Message) -> Vec<(String, M)> {
        let request = ListRequest { filter: Some(filter(kind, by)), page_size: 1_000, ..ListRequest::default() };
        let page = self.records(package, connection).list(request).await.unwrap();
        page.records.iter().map(|record| record.read().unwrap()).collect()
    }

    /// The verbs on what services keep about their own work.
    pub fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(channel(self.port))
    }

    /// Runs the command line against it; its standard output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let (success, said, complaint) = command(&[arguments, &["--address", &self.address()]].concat());
        assert!(success, "crossdock {} failed:\n{said}\n{complaint}", arguments.join(" "));
        said
    }
}

/// Runs the command line: whether it succeeded, its standard output, its standard error.
pub fn command(arguments: &[&str]) -> (bool, String, String) {
    let done = Command::new(binary("crossdock")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (done.status.success(), text(done.stdout), text(done.stderr))
}

/// A request that says who is calling.
pub fn call<T>(connection: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(CONNECTION, connection.parse().unwrap());
    request
}

/// A request of a person, by way of a connection.
pub fn acting<T>(connection: &str, principal: &str, message: T) -> Request<T> {
    let mut request = call(connection, message);
    request.metadata_mut().insert(PRINCIPAL, principal.parse().unwrap());
    request
}

/// Code and reason of a refusal.
pub fn refusal(status: &Status) -> (Code, String) {
    (status.code(), status.get_details_error_info().map(|info| info.reason).unwrap_or_default())
}

/// The filter of a kind.
pub fn filter(kind: &str, message: &impl Message) -> Filter {
    let info = schema().kind_named(kind).unwrap_or_else(|| panic!("{kind} is no kind"));
    Filter { kind: info.number.into(), body: message.encode_to_vec().into() }
}

/// A channel that connects when it is used, and again after a restart.
pub fn channel(port: u16) -> Channel {
    remote(&format!("http://127.0.0.1:{port}"), Connector::plain()).unwrap()
}

/// A record of a kind.
pub fn record(kind: &str, envelope: Envelope, message: &impl Message) -> Record {
    let info = schema().kind_named(kind).unwrap_or_else(|| panic!("{kind} is no kind"));
    Record { envelope: Some(envelope), kind: info.number.into(), body: message.encode_to_vec().into() }
}

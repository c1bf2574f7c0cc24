//! Processes that show each other certificates, as `crossdock certs dev` makes them.

use crate::lines::{line, masters, send};
use crossdock_identity::{ClientTls, HTTP2};
use crossdock_proto::records::IngestBatchRequest;
use crossdock_rpc::{Connector, RecordClient, remote};
use crossdock_testkit::{Process, eventually_async, free_port};
use crossdock_tests::{DEMAND, Engine, MASTERS, PATIENCE, Place, command};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, Instant},
};

/// A place with certificates.
struct Secured {
    place: Place,
    certs: PathBuf,
}

impl Secured {
    fn new() -> Self {
        let place = Place::new(Engine::Sqlite);
        let certs = place.folder().join("certs");
        let (made, said, complaint) =
            command(&["certs", "dev", "--to", certs.to_str().unwrap(), "--connection", "erp", "--connection", "operator"]);
        assert!(made && said.contains("--tls-client-authorities"), "{complaint}");
        Self { place, certs }
    }

    fn file(&self, name: &str) -> String {
        self.certs.join(name).to_str().unwrap().to_owned()
    }

    fn serve(&self, port: u16, arguments: &[&str]) -> Process {
        let mut process = self.place.bare(port, arguments);
        process.args(["--tls-certificate", &self.file("server.pem"), "--tls-key", &self.file("server-key.pem")]);
        process.args(["--tls-client-authorities", &self.file("authority.pem"), "--tls-authorities", &self.file("authority.pem")]);
        let mut process = Process::start(process.arg("--tls-require-client-certificate"));
        process.wait_for_line("listening", PATIENCE);
        process
    }

    fn records(&self, port: u16, package: &str, connection: &str) -> RecordClient {
        let own = (self.certs.join(format!("{connection}.pem")), self.certs.join(format!("{connection}-key.pem")));
        let files = ClientTls { authorities: Some(self.certs.join("authority.pem")), own: Some(own) };
        let connector = Connector::new(&files, HTTP2).unwrap();
        RecordClient::new(remote(&address(port), connector).unwrap(), package, connection)
    }

    /// Runs the command line as a connection.
    fn run(&self, port: u16, connection: &str, arguments: &[&str]) -> (bool, String, String) {
        let (certificate, key) = (self.file(&format!("{connection}.pem")), self.file(&format!("{connection}-key.pem")));
        let (address, authority) = (address(port), self.file("authority.pem"));
        let how = [
            "--address",
            &address,
            "--authorities",
            &authority,
            "--certificate",
            &certificate,
            "--certificate-key",
            &key,
            "--connection",
            connection,
        ];
        command(&[arguments, &how].concat())
    }
}

fn address(port: u16) -> String {
    format!("https://localhost:{port}")
}

#[tokio::test(flavor = "multi_thread")]
async fn services_apart_follow_each_other_over_tls_and_over_one_connection_after_the_other() {
    let secured = Secured::new();
    let (one, other) = (free_port(), free_port());
    let config = secured.place.write("config.yaml", "limits: {age_seconds: 1, age_grace_seconds: 1}\n");
    let config = ["--config", config.to_str().unwrap()];
    let [governance, masters_at] = ["governance", "master-data"].map(|name| format!("{name}={}", address(one)));
    let demand_at = format!("demand-signal={}", address(other));
    let _one = secured.serve(one, &[&config[..], &["governance", "master-data", "--peer", &demand_at]].concat());
    let following = secured.serve(other, &[&config[..], &["demand-signal", "--peer", &governance, "--peer", &masters_at]].concat());
    let (mut erp, mut demand) = (secured.records(one, MASTERS, "erp"), secured.records(other, DEMAND, "erp"));
    let nothing = IngestBatchRequest::default;
    eventually_async("the policy", PATIENCE, async || {
        erp.ingest_batch(nothing()).await.ok()?;
        demand.ingest_batch(nothing()).await.ok()
    })
    .await;
    let began = Instant::now();
    let mut number = 0;
    // Some lives of a connection: no call fails, and each new item comes over, which its line waits for.
    while began.elapsed() < Duration::from_secs(6) {
        number += 1;
        send(&mut erp, masters(number)).await;
        let ordered = || vec![line(number - 1, number)];
        eventually_async("the item", PATIENCE, async || (send(&mut demand, ordered()).await.parked == 0).then_some(())).await;
    }
    let said = following.output();
    assert!(!said.contains("the peer is away"), "{said}");
    let (listed, said, complaint) = secured.run(other, "operator", &["list", "demand-line", "--limit", "0", "--output", "json"]);
    assert_eq!((listed, u64::try_from(said.lines().count()).unwrap()), (true, number), "{complaint}");
}

#[test]
fn a_first_try_with_certificates() {
    let secured = Secured::new();
    for file in fs::read_dir(&secured.certs).unwrap().map(Result::unwrap) {
        let readable = file.metadata().unwrap().permissions().mode() & 0o077 != 0;
        assert_eq!(readable, !file.file_name().to_str().unwrap().ends_with("-key.pem"), "{:?}", file.path());
    }
    let (again, _, complaint) = command(&["certs", "dev", "--to", secured.certs.to_str().unwrap()]);
    assert!(!again && complaint.contains("authority.pem is there already"), "{complaint}");

    let port = free_port();
    let _serving = secured.serve(port, &[]);
    let (done, said, complaint) = secured.run(port, "operator", &["stats"]);
    assert!(done && said.contains("governance"), "{said}{complaint}");

    let (address, plain, authority) = (address(port), format!("http://localhost:{port}"), secured.file("authority.pem"));
    let complains = |arguments: &[&str], about: &str| {
        let (done, _, complaint) = command(&[&["stats"], arguments].concat());
        assert!(!done && complaint.contains(about), "{about}: {complaint}");
    };
    complains(&["--address", &address], "not among those that are trusted here");
    complains(&["--address", &address, "--authorities", &authority], "it wants a client certificate");
    complains(&["--address", &plain], "https://");
    complains(&["--address", &plain, "--authorities", &authority], "are for https://");
}

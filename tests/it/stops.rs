//! How a process begins and ends for those who call it: health, the notice before the end, streams, a database that is away.

use crossdock_proto::records::{IngestRequest, WatchRequest};
use crossdock_testkit::{Engine, Process, eventually_async, free_port};
use crossdock_tests::{DEMAND, PATIENCE, Place, Server, channel, refusal};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

const NOTICE: u64 = 5;

/// What a port says of the health of a part; none: it does not know the part, or nobody answers.
async fn health(port: u16, part: &str) -> Option<ServingStatus> {
    let asked = HealthCheckRequest { service: part.to_owned() };
    HealthClient::new(channel(port)).check(asked).await.ok().map(|answer| answer.into_inner().status())
}

async fn becomes(port: u16, part: &str, wanted: Option<ServingStatus>) {
    let what = format!("{part:?} is {wanted:?}");
    eventually_async(&what, PATIENCE, async || (health(port, part).await == wanted).then_some(())).await;
}

fn serve(place: &Place, health: u16) -> Server {
    let config = place.write("crossdock.yaml", format!("stop: {{notice_seconds: {NOTICE}, drain_seconds: 5}}\n"));
    place.serve(free_port(), &["--config", config.to_str().unwrap(), "--health", &format!("127.0.0.1:{health}")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_says_so_and_goes_on_until_it_was_heard() {
    let (place, port) = (Place::new(Engine::Sqlite), free_port());
    let mut server = serve(&place, port);
    server.heard(DEMAND, "operator").await;
    for asked in [port, server.port] {
        for part in ["", "liveness", "crossdock.demand.v1.RecordService", "crossdock.governance.v1.RecordService"] {
            becomes(asked, part, Some(ServingStatus::Serving)).await;
        }
        assert_eq!(health(asked, "nobody").await, None);
    }
    let elsewhere = channel(port);
    let refused = crossdock_rpc::RecordClient::new(elsewhere, DEMAND, "operator").list(Default::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented, "the port of health answers for nothing else");

    let mut records = server.records(DEMAND, "erp");
    let mut feed = server.records(DEMAND, "operator").watch(WatchRequest::default()).await.unwrap();
    feed.next().await.unwrap().unwrap();
    let (send, batches) = tokio::sync::mpsc::channel(2);
    send.send(IngestRequest { batch: 1, ..IngestRequest::default() }).await.unwrap();
    let mut answers = records.ingest(ReceiverStream::new(batches)).await.unwrap();
    assert_eq!(answers.next().await.unwrap().unwrap().result.unwrap().batch, 1);

    let asked_to_stop = Instant::now();
    server.process.signal("TERM");
    becomes(port, "", Some(ServingStatus::NotServing)).await;
    assert_eq!(health(port, "liveness").await, Some(ServingStatus::Serving), "nobody should kill it");
    send.send(IngestRequest { batch: 2, ..IngestRequest::default() }).await.unwrap();
    assert_eq!(answers.next().await.unwrap().unwrap().result.unwrap().batch, 2, "who has not heard of it yet is served");
    server.records(DEMAND, "erp").ingest_batch(Default::default()).await.unwrap();
    assert!(asked_to_stop.elapsed() < Duration::from_secs(NOTICE), "this machine is too slow to tell: nothing was seen of the notice");

    let stopping = (Code::Unavailable, "STOPPING".to_owned());
    assert_eq!(refusal(&answers.next().await.unwrap().unwrap_err()), stopping);
    let end = loop {
        if let Err(end) = feed.next().await.unwrap() {
            break end;
        }
    };
    assert_eq!(refusal(&end), stopping);
    assert!(server.process.wait(PATIENCE).success());
    let said = server.process.output();
    assert!(said.contains("this process stops: go on with another one") && said.contains(r#""reason":"STOPPING""#), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_process_at_once() {
    let place = Place::new(Engine::Sqlite);
    let config = place.write("crossdock.yaml", "stop: {notice_seconds: 3600, drain_seconds: 3600}\n");
    let mut server = place.serve(free_port(), &["--config", config.to_str().unwrap()]);
    server.process.signal("TERM");
    server.process.wait_for_line("stopping", PATIENCE);
    server.process.signal("TERM");
    assert_eq!(server.process.wait(PATIENCE).code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_a_process_is_not_ready_and_lives() {
    let (place, database) = (Place::new(Engine::Sqlite), Place::new(Engine::Postgres));
    let gate = Gate::before(database.database_url()).await;
    let (port, health_port) = (free_port(), free_port());
    let arguments = ["--database-url", &gate.url, "--health", &format!("127.0.0.1:{health_port}")];
    let mut process = Process::start(&mut place.command(port, &arguments));
    becomes(health_port, "liveness", Some(ServingStatus::Serving)).await;
    assert_eq!(health(health_port, "").await, Some(ServingStatus::NotServing));
    let answer = crossdock_rpc::RecordClient::new(channel(port), DEMAND, "erp").ingest_batch(Default::default()).await.unwrap_err();
    assert_eq!(refusal(&answer), (Code::Unavailable, "STARTING".to_owned()));

    gate.opened(true);
    process.wait_for_line("listening", PATIENCE);
    becomes(health_port, "", Some(ServingStatus::Serving)).await;
    gate.opened(false);
    becomes(health_port, "", Some(ServingStatus::NotServing)).await;
    assert_eq!(health(health_port, "liveness").await, Some(ServingStatus::Serving));
    gate.opened(true);
    becomes(health_port, "", Some(ServingStatus::Serving)).await;
    assert!(process.terminate(PATIENCE).success());

    gate.opened(false);
    let mut waiting = Process::start(&mut place.command(port, &arguments));
    waiting.wait_for_line("it is tried again", PATIENCE);
    assert!(waiting.terminate(PATIENCE).success(), "who waits for a database may be asked to stop: {}", waiting.output());
}

#[test]
fn migrate_makes_the_stores_and_may_come_again() {
    let place = Place::new(Engine::Postgres);
    for _ in 0..2 {
        let (success, _, said) = crossdock_tests::command(&["migrate", "--database-url", place.database_url()]);
        assert!(success && said.matches("ready for this release").count() == 5, "{said}");
    }
    let folder = place.folder().join("embedded");
    let (success, _, said) = crossdock_tests::command(&["migrate", "governance", "--data-dir", folder.to_str().unwrap()]);
    assert!(success && Path::new(&folder).join("governance.db").exists(), "{said}");
}

/// A door before a server that can be shut: what goes through it is cut, and nobody new gets in.
struct Gate {
    url: String,
    is_open: watch::Sender<bool>,
}

impl Gate {
    /// Shut, before the server of this URL.
    async fn before(url: &str) -> Self {
        let (head, rest) = url.split_once('@').unwrap();
        let (behind, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{head}@{}/{database}", listener.local_addr().unwrap());
        let is_open = watch::Sender::new(false);
        tokio::spawn(Self::guard(listener, Arc::from(behind), is_open.clone()));
        Self { url, is_open }
    }

    fn opened(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }

    async fn guard(listener: TcpListener, behind: Arc<str>, is_open: watch::Sender<bool>) {
        loop {
            let (mut outside, _) = listener.accept().await.unwrap();
            let (behind, mut is_open) = (Arc::clone(&behind), is_open.subscribe());
            tokio::spawn(async move {
                if *is_open.borrow()
                    && let Ok(mut inside) = TcpStream::connect(&*behind).await
                {
                    tokio::select! {
                        _ = copy_bidirectional(&mut outside, &mut inside) => {}
                        _ = is_open.wait_for(|is_open| !is_open) => {}
                    }
                }
            });
        }
    }
}

//! A listener on a real port, and callers that behave and that do not.

mod ends;
mod limits;
mod tls;

use super::{Manners, listen};
use axum::{Router, body::Bytes, extract::Extension, routing::get};
use crossdock_core::{Clock, Micros, SystemClock};
use crossdock_identity::{Authority, Certificates, ClientTls, Connector, HTTP2, Proof, Tls, explain};
use crossdock_rpc::{Channel, Limits, Line, remote};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::timeout};
use tonic::{Status, body::Body};
use tower::{Service, ServiceExt};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long open calls may take after the end.
const DRAIN: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A listener that serves a few paths.
struct Served {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn start(certificates: Option<Certificates>, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(listen(listener, routes(), Manners { certificates, limits, drain: DRAIN }, async { drop(ended.await) }));
        Self { address, end, serving }
    }

    fn plain(&self) -> Channel {
        remote(&format!("http://{}", self.address), Connector::plain()).unwrap()
    }

    fn secret(&self, connector: &Connector) -> Channel {
        remote(&format!("https://{}", self.address), connector.clone()).unwrap()
    }

    async fn stop(self) {
        drop(self.end);
        self.serving.await.unwrap();
    }
}

/// `/who` says what is known of the caller, `/cut` ends its connection, `/stream` says the time for ever, `/refuse` does not look at what it is told.
fn routes() -> Router {
    let who = |Extension(proof): Extension<Proof>, _message: Bytes| async move {
        match proof {
            Proof::Names(names) => names.join(" "),
            proof => format!("{proof:?}"),
        }
    };
    let cut = |Extension(line): Extension<Line>| async move {
        line.cut();
        std::future::pending::<()>().await;
    };
    let ticks = || async {
        let every = tokio::time::interval(Duration::from_millis(5));
        let ticks = stream::unfold(every, |mut every| async {
            every.tick().await;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from_static(b".")), every))
        });
        axum::body::Body::from_stream(ticks.boxed())
    };
    let refuse = || async { [("grpc-status", "7")] };
    Router::new().route("/who", get(who)).route("/cut", get(cut)).route("/stream", get(ticks)).route("/refuse", get(refuse))
}

async fn call(channel: &Channel, path: &str) -> Result<http::Response<Body>, Status> {
    let message = http_body_util::Full::new(Bytes::from_static(b"\0\0\0\0\0"));
    let request = http::Request::get(path).body(Body::new(message)).unwrap();
    timeout(PATIENCE, channel.clone().ready().await?.call(request)).await.expect("no answer")
}

/// What the listener knows of a caller.
async fn who(channel: &Channel) -> Result<String, Status> {
    let body = call(channel, "/who").await?.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

/// Why a call fails, as people are told.
async fn refused(channel: &Channel) -> String {
    let status = who(channel).await.unwrap_err();
    explain(&status).unwrap_or_else(|| format!("{status:?}"))
}

/// Files of certificates in a folder of their own.
struct Files {
    folder: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), authority: Authority::new("test", now(), DAY).unwrap() };
        files.write("authority", files.authority.pem());
        files.issue("server", &["127.0.0.1", "urn:test:server"]);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// A certificate for these names.
    fn issue(&self, name: &str, names: &[&str]) {
        self.issue_of(&self.authority, name, names, now(), DAY);
    }

    fn issue_of(&self, authority: &Authority, name: &str, names: &[&str], from: Micros, lasts: Duration) {
        let issued = authority.issue(names, from, lasts).unwrap();
        self.write(name, &issued.certificate);
        self.write(&format!("{name}-key"), &issued.key);
    }

    fn server(&self, required: bool) -> Tls {
        Tls {
            certificate: self.path("server"),
            key: self.path("server-key"),
            client_authorities: Some(self.path("authority")),
            require_client_certificate: required,
            authorities: Some(self.path("authority")),
        }
    }

    async fn serve(&self, required: bool) -> Served {
        Served::start(Some(Certificates::load(&self.server(required)).unwrap().0), Limits::default()).await
    }

    /// A caller that shows this certificate, or none.
    fn caller(&self, shown: Option<&str>) -> Connector {
        let own = shown.map(|name| (self.path(name), self.path(&format!("{name}-key"))));
        Connector::new(&ClientTls { authorities: Some(self.path("authority")), own }, HTTP2).unwrap()
    }
}

fn now() -> Micros {
    SystemClock.now()
}

//! The way out to services and identity providers: `http` in plain text, `https` over TLS.

use crate::{
    ClientTls,
    complaint::{Complaint, Heard},
    tls::ClientPems,
};
use crossdock_core::Result;
use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    future::Future,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tower::Service;

/// Longest time until a connection is there, TLS included.
const LONGEST: Duration = Duration::from_secs(5);

/// Connects with the certificates that are in force at the time.
#[derive(Clone)]
pub struct Connector {
    tls: Option<watch::Receiver<Arc<ClientConfig>>>,
    complaint: Complaint,
}

impl Connector {
    /// Without certificates: only to plain text.
    pub fn plain() -> Self {
        Self { tls: None, complaint: Complaint::default() }
    }

    /// With files that are read once, for services that speak [`HTTP2`](crate::HTTP2) or [`HTTP1`](crate::HTTP1).
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn new(files: &ClientTls, protocol: &[u8]) -> Result<Self> {
        let config = ClientPems::read(files)?.config(protocol)?;
        Ok(Self::following(watch::channel(Arc::new(config)).1))
    }

    pub(crate) fn following(tls: watch::Receiver<Arc<ClientConfig>>) -> Self {
        Self { tls: Some(tls), complaint: Complaint::default() }
    }

    /// The same for one channel, and what its last connection over TLS broke with.
    pub fn heard(self) -> (Self, Complaint) {
        let complaint = Complaint::default();
        (Self { complaint: complaint.clone(), ..self }, complaint)
    }

    /// Whether it can connect over TLS.
    pub fn is_secret(&self) -> bool {
        self.tls.is_some()
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let tls = self.tls.as_ref().map(|tls| Arc::clone(&tls.borrow()));
        let complaint = self.complaint.clone();
        Box::pin(async move {
            complaint.take();
            let connected = timeout(LONGEST, connect(&to, tls, complaint)).await;
            connected
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut, format!("{to}: no connection within {LONGEST:?}"))))
                .map(TokioIo::new)
        })
    }
}

async fn connect(to: &Uri, tls: Option<Arc<ClientConfig>>, complaint: Complaint) -> Result<Stream, Error> {
    let secret = to.scheme_str() == Some("https");
    // An IPv6 address stands in brackets.
    let host = to.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = to.port_u16().unwrap_or(if secret { 443 } else { 80 });
    let stream = TcpStream::connect((host, port)).await?;
    // Without this a request may wait 40 ms for the other side's acknowledgement.
    stream.set_nodelay(true)?;
    if !secret {
        return Ok(Box::new(stream));
    }
    let Some(tls) = tls else { return Err(Error::other(format!("{to}: there are no certificates to connect with over TLS"))) };
    let name = ServerName::try_from(host.to_owned()).map_err(Error::other)?;
    let protocol = tls.alpn_protocols.clone();
    let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => {
            Error::other(format!("{host}:{port} ended the handshake: it may not speak TLS"))
        }
        _ => error,
    })?;
    if stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec) != protocol.into_iter().next() {
        return Err(Error::other(format!("{host}:{port} has not agreed on the protocol (ALPN)")));
    }
    Ok(Box::new(Heard { io: stream, complaint }))
}

/// What bytes go over: TCP, or TLS over it.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection that is there.
pub type Stream = Box<dyn Io>;

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

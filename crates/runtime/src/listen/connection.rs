//! One connection: who is there, its calls, its end.

use super::calls::{Calls, Open};
use axum::Router;
use crossdock_identity::{Certificates, HTTP2, Io, Proof, names};
use crossdock_rpc::{Limits, Line};
use hyper::{server::conn::http2::Builder, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    future::pending,
    hash::{BuildHasher, Hasher, RandomState},
    io::{Error, ErrorKind, Result},
    pin::pin,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy, join, sink, split},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// What a client of HTTP/2 says first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Silence after which the other side is asked whether it is still there, and how long it may take to answer.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(20);
/// What a caller may send ahead, of one call and of all.
pub(super) const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// What waits in memory for one slow reader.
const SEND_BUFFER: usize = 400 * 1024;
/// What is still read of a caller who is refused.
const MOST_AFTER: u64 = 64 * 1024;
/// How long is waited for a caller to go who was told to.
const PARTING: Duration = Duration::from_secs(2);
/// Calls that a caller took back before they were looked at.
const RESETS_WAITING: usize = 100;

/// How connections of a listener are served.
pub(super) struct Manner {
    pub routes: Router,
    /// None: plain text, and callers are believed.
    pub certificates: Option<Certificates>,
    pub limits: Limits,
    /// Says that the process stops.
    pub stopping: watch::Receiver<bool>,
}

impl Manner {
    /// Finds out who is there, within the time for it.
    pub async fn greet(&self, stream: TcpStream) -> Result<Guest> {
        let time = seconds(self.limits.handshake_seconds);
        timeout(time, self.handshake(stream)).await.unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut, "it took too long")))
    }

    async fn handshake(&self, stream: TcpStream) -> Result<Guest> {
        // Without this an answer may wait 40 ms for the caller's acknowledgement.
        stream.set_nodelay(true)?;
        let Some(certificates) = &self.certificates else { return Guest::new(stream, Proof::Believed).await };
        let accepted = TlsAcceptor::from(certificates.server()).accept(stream).into_fallible().await;
        let stream = match accepted {
            Ok(stream) => stream,
            Err((error, stream)) => {
                part(stream, MOST_AFTER).await;
                return Err(error);
            }
        };
        let session = stream.get_ref().1;
        if session.alpn_protocol() != Some(HTTP2) {
            return Err(Error::other("it does not say that it speaks HTTP/2 (ALPN h2)"));
        }
        let shown = session.peer_certificates().and_then(<[_]>::first).map(names);
        Guest::new(stream, Proof::Names(shown.unwrap_or_default())).await
    }

    /// Serves its calls until it goes, or has to.
    pub async fn serve(&self, mut guest: Guest) {
        let line = Line::default();
        let served = async {
            match self.answer(&mut guest, &line).await {
                // It may not know yet that its calls are not taken any more.
                Ok(()) => _ = timeout(PARTING, part(guest.io, CONNECTION_WINDOW.into())).await,
                Err(error) => tracing::debug!(%error, "a connection broke"),
            }
        };
        tokio::select! {
            () = served => {}
            () = line.is_cut() => {}
        }
    }

    async fn answer(&self, guest: &mut Guest, line: &Line) -> hyper::Result<()> {
        let open = Open::new();
        let calls = Calls { routes: self.routes.clone(), proof: guest.proof.clone(), line: line.clone(), open: open.clone() };
        let service = service_fn(move |request| calls.answer(request));
        let mut connection = pin!(self.protocol().serve_connection(TokioIo::new(&mut guest.io), service));
        tokio::select! {
            served = connection.as_mut() => return served,
            () = self.retires(&open) => {}
        }
        connection.as_mut().graceful_shutdown();
        timeout(seconds(self.limits.age_grace_seconds), connection).await.unwrap_or(Ok(()))
    }

    /// Waits until the connection is to take no new calls.
    async fn retires(&self, open: &Open) {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = open.idle(seconds(self.limits.idle_seconds)) => {}
            _ = timeout(about(seconds(self.limits.age_seconds)), pending::<()>()) => {}
        }
    }

    fn protocol(&self) -> Builder<TokioExecutor> {
        let limits = &self.limits;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE_ANSWER)
            .max_send_buf_size(SEND_BUFFER)
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(limits.header_bytes)
            .max_local_error_reset_streams(limits.resets)
            .max_pending_accept_reset_streams(RESETS_WAITING);
        builder
    }
}

/// Somebody who is there, and has said that it speaks HTTP/2.
pub(super) struct Guest {
    io: Box<dyn Io>,
    proof: Proof,
}

impl Guest {
    async fn new(stream: impl Io + 'static, proof: Proof) -> Result<Self> {
        let (mut reader, writer) = split(stream);
        let mut said = [0; PREFACE.len()];
        reader.read_exact(&mut said).await?;
        if said != *PREFACE {
            return Err(Error::new(ErrorKind::InvalidData, "it does not speak HTTP/2"));
        }
        Ok(Self { io: Box::new(join(PREFACE.chain(reader), writer)), proof })
    }
}

/// Lets a caller read what it was told last, why it is refused or which calls were taken: closed at once, the connection would be reset under what it has sent
/// meanwhile. So much of that is read.
async fn part(mut io: impl Io, most: u64) {
    if io.shutdown().await.is_ok() {
        copy(&mut io.take(most), &mut sink()).await.ok();
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A tenth more or less, by chance: connections that began together do not end together.
fn about(time: Duration) -> Duration {
    let chance = u32::try_from(RandomState::new().build_hasher().finish() % 201).unwrap_or_default();
    time / 1_000 * (900 + chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_a_tenth_at_most() {
        let times: Vec<_> = (0..1_000).map(|_| about(Duration::from_secs(1_000)).as_secs()).collect();
        assert!(times.iter().all(|time| (900..=1_100).contains(time)));
        assert!(times.iter().min() < times.iter().max());
    }
}

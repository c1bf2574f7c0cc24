//! The listener: connections in, their calls to the routes. Every connection is bounded in what it may hold and how long it may last.

mod admission;
mod calls;
mod connection;
mod rest;
#[cfg(test)]
mod tests;

use admission::{Admission, Admitted};
use axum::Router;
use connection::Manner;
use crossdock_identity::{Certificates, explain};
use crossdock_rpc::Limits;
use crossdock_telemetry::metrics::CONNECTIONS_REFUSED;
use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

/// How long nothing is accepted after that failed: without file descriptors it fails again at once.
const BACK_OFF: Duration = Duration::from_millis(100);

/// How a listener treats its callers.
pub(crate) struct Manners {
    /// None: everything is in plain text, and callers are believed.
    pub certificates: Option<Certificates>,
    pub limits: Limits,
    /// How long open calls may take to end after the stop: hyper can wait for ever for an idle connection.
    pub drain: Duration,
}

/// Serves `routes` until `stop`, then lets open calls end.
pub(crate) async fn listen(listener: TcpListener, routes: Router, manners: Manners, stop: impl Future<Output = ()>) {
    let Manners { certificates, limits, drain } = manners;
    let (stopping, is_stopping) = watch::channel(false);
    let admission = Admission::new(&limits);
    let manner = Arc::new(Manner { routes, certificates, limits, stopping: is_stopping });
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener) => match admission.admit(accepted.1.ip()) {
                Ok(admitted) => _ = connections.spawn(hold(Arc::clone(&manner), accepted, admitted)),
                Err(limit) => CONNECTIONS_REFUSED.record(&[limit], 1),
            },
            Some(_) = connections.join_next() => {}
        }
    }
    // New callers are refused from now on instead of being left to wait.
    drop(listener);
    stopping.send_replace(true);
    timeout(drain, async { while connections.join_next().await.is_some() {} }).await.ok();
    connections.shutdown().await;
}

#[expect(clippy::disallowed_methods, reason = "a back-off: nothing says when there are file descriptors again")]
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // It went before it was accepted.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; it is tried again");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

async fn hold(manner: Arc<Manner>, (stream, address): (TcpStream, SocketAddr), _admitted: Admitted) {
    match manner.greet(stream).await {
        Ok(guest) => manner.serve(guest).await,
        Err(error) => {
            CONNECTIONS_REFUSED.record(&["handshake"], 1);
            let why = explain(&error).unwrap_or_else(|| error.to_string());
            tracing::debug!(%address, why, "a connection was refused");
        }
    }
}

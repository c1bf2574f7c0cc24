//! Who is alive, and who takes calls: `grpc.health.v1`, for orchestrators and for clients that choose among processes.

use crate::listen::{Manners, listen};
use axum::Router;
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_rpc::{Bounds, Handle, Limits, bound};
use std::{collections::BTreeMap, future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};
use tonic::service::Routes;
use tonic_health::{ServingStatus, server::HealthReporter};

/// SERVING as long as the process answers at all, whatever its stores do: who kills processes asks for this.
const LIVENESS: &str = "liveness";
/// How often a service's store is asked whether it is there, and how long it may take to say so.
const LOOK: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections to the port of probes.
const PROBES: usize = 64;

/// What a process says of its health. Besides `liveness` and its parts there is the empty name, the whole process: SERVING when every part is.
/// Clones say the same.
#[derive(Clone)]
pub struct Health {
    parts: watch::Sender<Parts>,
    routes: Routes,
}

#[derive(Clone)]
struct Parts {
    ready: BTreeMap<String, bool>,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Stopping,
    Ended,
}

impl Parts {
    /// Every name but that of liveness, and whether it is ready.
    fn told(&self) -> BTreeMap<&str, bool> {
        let of = |ready: bool| ready && self.phase == Phase::Running;
        let whole = ("", of(self.ready.values().all(|ready| *ready)));
        self.ready.iter().map(|(name, ready)| (name.as_str(), of(*ready))).chain([whole]).collect()
    }
}

impl Health {
    /// Of a process with these parts, none of which is ready yet.
    pub fn new(parts: impl IntoIterator<Item = String>) -> Self {
        let (reporter, server) = tonic_health::server::health_reporter();
        let ready = parts.into_iter().map(|part| (part, false)).collect();
        let parts = watch::Sender::new(Parts { ready, phase: Phase::Running });
        tokio::spawn(report(reporter, parts.subscribe()));
        Self { parts, routes: Routes::new(server) }
    }

    /// Says whether a part is ready.
    pub fn say(&self, part: &str, is_ready: bool) {
        self.parts.send_if_modified(|parts| parts.ready.insert(part.to_owned(), is_ready) != Some(is_ready));
    }

    /// Nothing is ready from now on: the process stops.
    pub fn stop(&self) {
        self.parts.send_modify(|parts| parts.phase = Phase::Stopping);
    }

    /// Who watches is told nothing more: an open watch would keep its connection, and with it the process.
    pub fn end(&self) {
        self.parts.send_modify(|parts| parts.phase = Phase::Ended);
    }

    /// The methods that say it. They say nothing that is not for everybody.
    pub(crate) fn routes(&self, bounds: &Arc<Bounds>) -> Router {
        bound(self.routes.clone(), bounds).into_axum_router()
    }

    /// Opens a port in plain text that answers for health and for nothing else: probes of Kubernetes speak no TLS. It serves as long as what is returned runs.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn port(&self, address: SocketAddr) -> Result<impl Future<Output = ()> + Send + 'static> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, "CANNOT_LISTEN", format!("cannot listen on {address} for health: {error}"))
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tracing::info!(%address, "health");
        let limits = Limits { connections: PROBES, connections_per_address: PROBES, ..Limits::default() };
        let routes = self.routes(&Bounds::new(limits.clone()));
        let manners = Manners { certificates: None, limits, drain: Duration::ZERO };
        Ok(listen(listener, routes, manners, std::future::pending()))
    }
}

async fn report(mut reporter: HealthReporter, mut parts: watch::Receiver<Parts>) {
    let status = |ready| if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
    let mut told = BTreeMap::new();
    loop {
        let now = parts.borrow_and_update().clone();
        for (name, ready) in now.told() {
            if told.insert(name.to_owned(), ready) != Some(ready) {
                reporter.set_service_status(name, status(ready)).await;
            }
        }
        if now.phase == Phase::Ended || parts.changed().await.is_err() {
            break;
        }
    }
    for name in told.keys() {
        reporter.clear_service_status(name).await;
    }
}

/// Says of a service whether its store answers and a policy is known, for as long as it runs.
pub(crate) async fn look(handle: Handle, part: String, health: Health) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_there = true;
    loop {
        ticks.tick().await;
        let mut asked = std::pin::pin!(handle.store.read("health", |read| read.head()));
        let in_time = timeout(PATIENCE, &mut asked).await;
        let answer = match in_time {
            Ok(answer) => answer,
            Err(_) => {
                health.say(&part, false);
                asked.await
            }
        };
        if let Err(error) = &answer
            && was_there
        {
            tracing::warn!(service = handle.name, %error, "the store does not answer: not ready until it does");
        }
        was_there = answer.is_ok();
        health.say(&part, was_there && !handle.policy.borrow().document.version.is_empty());
    }
}

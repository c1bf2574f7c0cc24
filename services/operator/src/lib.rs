//! The custom resources `Connection` and `Policy` of a Kubernetes namespace as the policy in force.
//!
//! - `resources`, `structural`: their definitions, made from the types of the policy file.
//! - `merge`: all objects as one policy file, and its faults as those of the objects.
//! - `reconcile`: the one way from objects to the policy in force, and what is said of each.
//! - `cluster`, `governance`: the two it talks to.
//!
//! It keeps nothing. Any number may run: governance takes a policy only in the place of the one that its bringer has seen.

mod cluster;
mod governance;
mod merge;
mod object;
mod reconcile;
mod resources;
mod status;
mod structural;

pub use resources::definitions;

use cluster::Cluster;
use crossdock_core::{Clock, Error, ErrorKind, Result};
use crossdock_rpc::{Connector, remote};
use crossdock_runtime::{Config, GOVERNANCE, Health, certificates, measure};
use governance::Governance;
use reconcile::Reconciler;
use resources::Kind;
use std::{future::Future, pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, timeout},
};

/// Names the namespace, where the cluster's configuration does not.
pub const NAMESPACE: &str = "CROSSDOCK_NAMESPACE";

/// The process, among what is said of its health.
const NAME: &str = "operator";
/// How often the objects are looked at, whether or not one has changed.
const EVERY: Duration = Duration::from_secs(30);
/// The first pause after something failed; it doubles up to [`EVERY`].
const PAUSE: Duration = Duration::from_secs(1);
/// Objects count once nobody has changed one for this long, or some change has waited for the other: what is applied together comes into force together.
const QUIET: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever has listed the objects within this time is ready.
const READY: Duration = Duration::from_secs(60);

/// Keeps the policy in force what the namespace's objects say, until `stop`.
///
/// # Errors
/// If the configuration does not say where governance is, or there is no way to a cluster.
pub async fn run(config: &Config, clock: Arc<dyn Clock>, stop: impl Future<Output = ()>) -> Result<()> {
    let mut work = JoinSet::new();
    let certificates = certificates(config, &clock, &mut work)?;
    let connector = certificates.map_or_else(Connector::plain, |certificates| certificates.connector());
    let address = config.peers.get(GOVERNANCE.name).ok_or_else(|| {
        Error::precondition("NO_GOVERNANCE", "say where governance is: `peers: {governance: https://…:7400}`, or --peer governance=…")
    })?;
    let channel = remote(address, connector)?;
    measure(config, &[NAME], &mut work).await?;
    let health = Health::new([NAME.to_owned()]);
    if let Some(address) = config.health {
        work.spawn(health.port(address).await?);
    }
    let cluster = cluster().await?;
    tracing::info!(namespace = cluster.namespace, governance = address, "the operator runs");
    let changes = Arc::new(Notify::new());
    for kind in Kind::ALL {
        work.spawn(cluster.clone().watch(kind, Arc::clone(&changes)));
    }
    let governance = Governance::new(channel, format!("namespace {}", cluster.namespace));
    let mut reconciler = Reconciler { cluster, governance, clock, listed: None, away: 0 };
    let mut stop = pin!(stop);
    let mut pause = PAUSE;
    loop {
        let outcome = reconciler.look().await;
        health.say(NAME, reconciler.listed.is_some_and(|at| at.elapsed() < READY));
        let wait = if outcome.is_settled() { EVERY } else { pause };
        pause = if outcome.is_settled() { PAUSE } else { (pause * 2).min(EVERY) };
        tokio::select! {
            () = &mut stop => break,
            () = next(&changes, wait) => {}
        }
    }
    tracing::info!("stopping");
    health.stop();
    work.shutdown().await;
    Ok(())
}

async fn cluster() -> Result<Cluster> {
    let failed = |error: &dyn std::error::Error| Error::new(ErrorKind::Unavailable, "NO_CLUSTER", format!("no way to a cluster: {error}"));
    let client = kube::Client::try_default().await.map_err(|error| failed(&error))?;
    let named = std::env::var(NAMESPACE).ok().filter(|name| !name.is_empty());
    let namespace = named.unwrap_or_else(|| client.default_namespace().to_owned());
    Ok(Cluster::new(client, namespace))
}

/// Waits for a change, and then until nothing has changed for a moment; or for this long.
async fn next(changes: &Notify, wait: Duration) {
    if timeout(wait, changes.notified()).await.is_err() {
        return;
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until && timeout(QUIET, changes.notified()).await.is_ok() {}
}

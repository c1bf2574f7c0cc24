//! What is measured of the whole process, and told to whoever asks.

use crate::{Config, Gauges};
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_records::gauges;
use crossdock_rpc::Handle;
use crossdock_store::Read;
use crossdock_telemetry::metrics::{self, Measured};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// How often a service is asked for its gauges.
const EVERY: Duration = Duration::from_secs(10);

/// Opens the metrics port and begins to push, as configured.
///
/// # Errors
/// If the port cannot be opened, or the address of the collector is none.
pub async fn start(config: &Config, services: &[&str], work: &mut JoinSet<()>) -> Result<()> {
    metrics::BUILD_INFO.record(&[env!("CARGO_PKG_VERSION")], 1);
    if let Some(address) = config.telemetry.metrics {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, "CANNOT_LISTEN", format!("cannot listen on {address} for metrics: {error}"))
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tracing::info!(%address, "metrics");
        work.spawn(metrics::serve(listener));
    }
    if let Some(collector) = &config.telemetry.otlp {
        let of = services.join(",");
        let resource = [("service.name", "crossdock"), ("service.version", env!("CARGO_PKG_VERSION")), ("crossdock.services", &of)];
        work.spawn(metrics::push(collector, &resource)?);
    }
    Ok(())
}

/// Whether anybody wants to know.
pub(crate) fn is_asked(config: &Config) -> bool {
    config.telemetry.metrics.is_some() || config.telemetry.otlp.is_some()
}

/// Asks a service for its gauges, for as long as it runs.
pub(crate) async fn ask(handle: Handle, package: &'static str, own: Gauges) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match said(&handle, package, own).await {
            Ok(mut said) => {
                said.extend(waiting(&handle));
                metrics::replace(handle.name, &said);
            }
            Err(error) => tracing::warn!(service = handle.name, %error, "the gauges could not be read; it is tried again"),
        }
    }
}

async fn said(handle: &Handle, package: &'static str, own: Gauges) -> Result<Vec<Measured>> {
    let (kinds, policy) = (Arc::clone(&handle.kinds), Arc::clone(&handle.policy.borrow()));
    let (service, now) = (handle.name, handle.store.clock().now());
    let read = move |read: &mut Read<'_>| {
        let mut said = gauges(read, &kinds, &policy, now, (service, package))?;
        said.extend(own(read, &policy, now)?);
        Ok(said)
    };
    handle.store.read("gauges", read).await
}

/// What waits for the service, and what the service waits for.
fn waiting(handle: &Handle) -> Vec<Measured> {
    let (write, read) = handle.store.waiting();
    let queues = [("write", write), ("read", read), ("ingest", handle.lane.waiting())];
    let queues = queues.into_iter().map(|(queue, waiting)| Measured::new(&metrics::JOBS_WAITING, &[handle.name, queue], waiting));
    queues.chain(handle.feeds.gauges(handle.name)).collect()
}

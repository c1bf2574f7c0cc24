//! What is measured of the whole process, and told to whoever asks.

use crate::{Config, Gauges};
use crossdock_core::{Error, ErrorKind, Result};
use crossdock_rpc::Handle;
use crossdock_telemetry::metrics;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// How often a service is asked for its gauges.
const EVERY: Duration = Duration::from_secs(10);

/// Opens the metrics port and begins to push, as configured.
pub(crate) async fn start(config: &Config, services: &[&str], work: &mut JoinSet<()>) -> Result<()> {
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

/// Asks a service for its gauges, for as long as it runs.
pub(crate) async fn ask(handle: Handle, gauges: Gauges) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let (policy, now) = (Arc::clone(&handle.policy.borrow()), handle.store.clock().now());
        match handle.store.read("gauges", move |read| gauges(read, &policy, now)).await {
            Ok(said) => metrics::replace(handle.name, &said),
            Err(error) => tracing::warn!(service = handle.name, %error, "the gauges could not be read; it is tried again"),
        }
    }
}

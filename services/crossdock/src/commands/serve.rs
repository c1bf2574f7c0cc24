//! `crossdock serve` and `crossdock config`.

use crate::{
    cli::Settings,
    commands::policy,
    failure::{Failure, at},
    output, services,
};
use crossdock_core::{Clock, SystemClock};
use crossdock_governance::Source;
use crossdock_runtime::Config;
use crossdock_simulator::{CLOCK_FILE, SteppedClock};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Exit code of a process that was asked to stop a second time: what was open is cut off.
const IMPATIENT: i32 = 130;

/// Runs services until the process is asked to stop.
pub async fn serve(names: &[String], settings: Settings) -> Result<(), Failure> {
    let config = effective(settings)?;
    let telemetry = crossdock_telemetry::start(&told_as(names), &config.log, &config.telemetry).map_err(at("telemetry"))?;
    if let Some(file) = &config.policy {
        policy::read(file)?;
    }
    let services = services::chosen(names, source(&config)?)?;
    let running: Vec<_> = services.iter().map(|service| service.name).collect();
    let said = running.join(", ");
    let listening = move |address| tracing::info!(%address, services = said, "listening");
    let served = crossdock_runtime::serve(&config, services, clock()?, listening, stop()).await;
    telemetry.end();
    Ok(served?)
}

/// Makes the stores ready for this release.
pub async fn migrate(names: &[String], settings: Settings) -> Result<(), Failure> {
    let config = effective(settings)?;
    let telemetry = crossdock_telemetry::start("crossdock-migrate", &config.log, &config.telemetry).map_err(at("telemetry"))?;
    let services: Vec<_> = services::chosen(names, Source::Calls)?.iter().map(|service| service.name).collect();
    let migrated = crossdock_runtime::migrate(&config, &services, clock()?).await;
    telemetry.end();
    Ok(migrated?)
}

fn source(config: &Config) -> Result<Source, Failure> {
    match &config.policy {
        Some(_) if config.await_policy => {
            Err("`policy` and `await_policy` do not go together: either governance reads a file, or it waits to be told".into())
        }
        Some(file) => Ok(Source::File(file.clone())),
        None if config.await_policy => Ok(Source::Calls),
        None => Ok(Source::BuiltIn),
    }
}

/// The name under which a process is told of: that of its one service, or of the suite.
fn told_as(names: &[String]) -> String {
    match names {
        [only] => format!("crossdock-{only}"),
        _ => "crossdock".to_owned(),
    }
}

/// The machine's clock, unless a play decides the time.
pub fn clock() -> Result<Arc<dyn Clock>, Failure> {
    match std::env::var_os(CLOCK_FILE) {
        None => Ok(Arc::new(SystemClock)),
        Some(file) => Ok(SteppedClock::following(file).map_err(at(CLOCK_FILE))?),
    }
}

/// Prints what `serve` would use.
pub fn config(settings: Settings) -> Result<(), Failure> {
    output::line(effective(settings)?.shown().trim_end())
}

pub fn effective(settings: Settings) -> Result<Config, Failure> {
    let mut config = settings.config.as_deref().map_or_else(|| Ok(Config::default()), Config::load)?;
    if let Some(listen) = settings.listen {
        config.listen = listen;
    }
    if let Some(data_dir) = settings.data_dir {
        config.data_dir = data_dir;
    }
    if settings.database_url.is_some() {
        config.database_url = settings.database_url;
    }
    if settings.policy.is_some() {
        config.policy = settings.policy;
    }
    if let Some(log) = settings.log {
        config.log = log;
    }
    settings.telling.over(&mut config.telemetry);
    config.tls = settings.certificates.over(config.tls)?;
    config.insecure |= settings.insecure;
    config.await_policy |= settings.await_policy;
    config.health = settings.health.or(config.health);
    config.peers.extend(settings.peers);
    Ok(config)
}

/// Ends when the process is asked to stop. Asked a second time, it ends at once.
pub async fn stop() {
    let asked = |kind| signal(kind).map(|mut signal| async move { signal.recv().await });
    let (Ok(terminate), Ok(interrupt)) = (asked(SignalKind::terminate()), asked(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    drop(futures::future::select(Box::pin(terminate), Box::pin(interrupt)).await);
    tokio::spawn(async {
        if let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(IMPATIENT);
        }
    });
}

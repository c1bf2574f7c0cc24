//! Looks at all stock and at the newest forecast now and then, by pages, while somebody looks at metrics.

use crate::app::{
    accuracy::{Scoring, closed_until, newest_runs},
    survey::{Stock, accuracy},
};
use crossdock_core::{DAY, Result};
use crossdock_records::{Reader, Sight, completeness};
use crossdock_rpc::Handle;
use crossdock_telemetry::metrics::{self, Measured};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What is said here is said by this name.
const OWNER: &str = "demand-signal survey";
/// Between two rounds at least, and so many times as long as the last round took.
const REST: Duration = Duration::from_secs(30);
const TIMES: u32 = 20;

/// Looks for as long as the service runs.
#[expect(clippy::disallowed_methods, reason = "a rest between two rounds, so that they take no more than a twentieth of the time")]
pub async fn run(handle: Handle) {
    loop {
        let began = Instant::now();
        if metrics::are_shown() {
            match round(&handle).await {
                Ok(said) => metrics::replace(OWNER, &said),
                Err(error) => tracing::warn!(%error, "stock and forecasts could not be looked at; it is tried again"),
            }
        }
        tokio::time::sleep(REST.max(began.elapsed() * TIMES)).await;
    }
}

async fn round(handle: &Handle) -> Result<Vec<Measured>> {
    let mut stock = Stock::of(handle.store.clock().now().div_euclid(DAY));
    loop {
        let (looked, more) = handle.store.read("survey.stock", move |read| stock.page(read).map(|more| (stock, more))).await?;
        stock = looked;
        if !more {
            break;
        }
    }
    let mut said = Vec::from(stock.gauges());
    said.extend(forecast(handle).await?);
    Ok(said)
}

/// Of the newest run that has a closed period.
async fn forecast(handle: &Handle) -> Result<Vec<Measured>> {
    let begin = |read: &mut crossdock_store::Read<'_>| {
        Ok((newest_runs(read)?, closed_until(&completeness(read, &Sight::service(), &["demand_line"])?)))
    };
    let (runs, closed) = handle.store.read("survey.runs", begin).await?;
    let reader = Reader::new(Sight::service(), Arc::clone(&handle.kinds));
    for run in runs {
        let mut scoring = handle.store.read("survey.run", move |read| Scoring::begin(read, &run, closed)).await?;
        loop {
            let reader = reader.clone();
            let page = move |read: &mut crossdock_store::Read<'_>| scoring.page(read, &reader).map(|more| (scoring, more));
            let (scored, more) = handle.store.read("survey.page", page).await?;
            scoring = scored;
            if !more {
                break;
            }
        }
        let said = accuracy(&scoring);
        if !said.is_empty() {
            return Ok(said);
        }
    }
    Ok(Vec::new())
}

//! Logs: one line per event, for people on a terminal, as JSON where a machine reads them.

use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Begins to log to standard error. `filter` is like `info,crossdock_store=debug`; JSON unless standard error is a terminal.
///
/// # Errors
/// If the filter is malformed, or logging has begun already.
pub fn start(filter: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = EnvFilter::try_new(filter)?;
    let registry = tracing_subscriber::registry().with(filter);
    if std::io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(std::io::stderr).with_target(false)).try_init()?;
    } else {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()?;
    }
    Ok(())
}

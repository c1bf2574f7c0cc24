//! Numbers: one process-wide set of instruments, shown as OpenMetrics on a port and pushed over OTLP.
//!
//! What there is to measure is one table ([`ALL`]), from which `docs/metrics.md` is made. Labels come from bounded sets; what passes the limits is
//! counted under `other` and in [`DROPPED`].
#![expect(clippy::float_arithmetic, reason = "both exposition formats speak in floats; amounts are exact until they get here")]

mod exposition;
mod instrument;
mod instruments;
mod number;
mod otlp;
mod port;
mod process;
mod table;

pub use instrument::{Instrument, Kind, Measured};
pub use instruments::*;
pub use number::Number;
pub use otlp::push;
pub use port::serve;
pub use table::{are_shown, page, replace};

#[cfg(test)]
mod tests;

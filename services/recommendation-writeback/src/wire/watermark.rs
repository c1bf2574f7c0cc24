//! Watermarks of demand-signal, which say how fresh the data is that planners saw.

use crossdock_core::{Error, Result};
use crossdock_proto::{Record, operations::WatermarkState};
use crossdock_records::Derived;
use prost::Message;

/// Keeps a watermark of a peer.
///
/// # Errors
/// If it cannot be read, or the store fails.
pub fn take(_: (&'static str, u64), record: &Record, to: &mut Derived<'_, '_>) -> Result<()> {
    let said =
        WatermarkState::decode(record.body.clone()).map_err(|error| Error::internal("a watermark of a peer cannot be read", error))?;
    let key = record.envelope.as_ref().map_or_else(String::new, |envelope| envelope.key.clone());
    to.edit::<WatermarkState>(&key, |_| Some(said))
}

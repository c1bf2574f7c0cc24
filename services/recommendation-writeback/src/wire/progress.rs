//! Progress of ERP orders, from the feed of execution-feedback.

use crate::app::supply;
use crossdock_core::{Cursor, Error, Result};
use crossdock_proto::{Record, execution::OrderProgress, types::Operation};
use crossdock_records::Derived;
use prost::Message;

/// Counts an order line as supply.
///
/// # Errors
/// If it cannot be read, or the store fails.
pub fn take((_, epoch): (&'static str, u64), record: &Record, to: &mut Derived<'_, '_>) -> Result<()> {
    let envelope = record.envelope.clone().unwrap_or_default();
    let progress =
        OrderProgress::decode(record.body.clone()).map_err(|error| Error::internal("the progress of an order cannot be read", error))?;
    let there = envelope.operation() != Operation::Delete;
    supply::ordered(to, Cursor { epoch, position: envelope.position }, &envelope.key, there.then_some(progress))
}

//! Which recommendations are on which order line, from the feed of recommendation-writeback.

use crate::model::lines;
use crossdock_core::{Error, Result};
use crossdock_proto::{Record, types::Operation, writeback::PostingLink};
use crossdock_records::Derived;
use prost::Message;

/// Takes a link: what was linked to the line before is replaced by it.
///
/// # Errors
/// If the peer's record is not of the contract, or the store fails.
pub fn apply(_: (&'static str, u64), record: &Record, to: &mut Derived<'_, '_>) -> Result<()> {
    let envelope = record.envelope.clone().unwrap_or_default();
    let link = PostingLink::decode(record.body.clone()).map_err(|error| Error::internal("a posting link cannot be read", error))?;
    let linked = if envelope.operation() == Operation::Delete { Vec::new() } else { link.recommendations };
    lines::change(&envelope.key, to, |facts| facts.posted = linked)
}

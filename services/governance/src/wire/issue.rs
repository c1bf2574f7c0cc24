//! Issues of the other services, from their feeds.

use crate::app::hear::hear;
use crossdock_core::{Error, Result};
use crossdock_proto::{
    Record,
    operations::Issue,
    types::{Envelope, Operation},
};
use crossdock_records::Derived;
use prost::Message;

/// Takes an issue of a peer.
///
/// # Errors
/// If it cannot be read, or the store fails.
pub fn take((peer, _): (&'static str, u64), record: &Record, to: &mut Derived<'_, '_>) -> Result<()> {
    let issue = Issue::decode(record.body.clone()).map_err(|error| Error::internal("an issue of a peer cannot be read", error))?;
    let there = record.envelope.as_ref().is_none_or(|envelope| envelope.operation() != Operation::Delete);
    let cause = record.envelope.as_ref().map_or_else(String::new, |envelope: &Envelope| envelope.key.clone());
    hear(peer, &cause, there.then_some(&issue), to)
}

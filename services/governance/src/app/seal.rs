//! The secret by which the suite seals what row-scoped connections bring back.

use super::apply::ACTIVE;
use bytes::Bytes;
use crossdock_core::Result;
use crossdock_proto::governance::SealKey;
use crossdock_records::derive;
use crossdock_store::Tx;

/// Keeps the secret, unless there is one.
///
/// # Errors
/// If the store fails.
pub fn keep(tx: &mut Tx<'_>, key: &Bytes) -> Result<()> {
    derive(tx, &Bytes::new(), |to| to.edit::<SealKey>(ACTIVE, |held| held.or_else(|| Some(SealKey { key: key.clone() }))))
}

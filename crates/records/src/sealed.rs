//! Cursors as they are given to whoever is limited to a part of the business: sealed, because a position counts what is hidden.

use crate::SEAL_KEY;
use crossdock_core::{Cursor, Key, Result};
use crossdock_identity::Seal;
use crossdock_proto::{governance::SealKey, operations::Basis};
use crossdock_store::Tx;
use prost::Message;

/// Every method that takes cursors takes it.
const CURSOR: &str = "cursor";

/// Seals a cursor of a service for a connection; none if the library fails. It is always as long: the digits of a position tell of its size.
pub fn close_cursor(seal: &Seal, service: &str, connection: &str, at: Cursor) -> Option<String> {
    seal.close(&[CURSOR, service, connection], &[at.epoch.to_be_bytes(), at.position.to_be_bytes()].concat())
}

/// A cursor that was sealed for this connection by this service.
pub fn open_cursor(seal: &Seal, service: &str, connection: &str, sealed: &str) -> Option<Cursor> {
    let fixed = seal.open(&[CURSOR, service, connection], sealed)?;
    let (epoch, position) = fixed.split_first_chunk::<8>()?;
    let position = i64::from_be_bytes(position.try_into().ok()?);
    Some(Cursor { epoch: u64::from_be_bytes(*epoch), position })
}

/// What a planner says that it had seen of a service, in plain or as it was sealed for it.
///
/// # Errors
/// If the store fails.
pub fn basis_cursor(tx: &mut Tx<'_>, connection: &str, basis: &Basis) -> Result<Option<Cursor>> {
    if let Ok(plain) = basis.cursor.parse() {
        return Ok(Some(plain));
    }
    let key = tx.get(&[Key::new(SEAL_KEY, "active")])?.pop().filter(|held| !held.deleted);
    let seal = key.and_then(|held| Seal::new(&SealKey::decode(held.body).ok()?.key));
    Ok(seal.and_then(|seal| open_cursor(&seal, &basis.service, connection, &basis.cursor)))
}

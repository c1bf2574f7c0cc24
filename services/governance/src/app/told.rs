//! A webhook took what it was told, or did not.

use crate::model::route;
use crossdock_core::Result;
use crossdock_proto::governance::Exception;
use crossdock_records::derive;
use crossdock_store::Tx;

/// Notes the answer of a webhook to an event of an exception.
///
/// # Errors
/// If the store fails.
pub fn told(tx: &mut Tx<'_>, key: &str, event: &str, answer: std::result::Result<(), &str>) -> Result<()> {
    let now = tx.now();
    derive(tx, &Default::default(), |to| to.edit::<Exception>(key, |held| held.map(|held| route::told(held, event, answer, now))))
}

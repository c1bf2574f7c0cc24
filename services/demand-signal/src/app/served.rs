//! Due work: goods left before their order was known.

use crate::model::{
    demand_line::DemandLine,
    served::{self, MINUTE},
};
use bytes::Bytes;
use crossdock_core::{Micros, Result};
use crossdock_records::{Kinds, Policy, derive};
use crossdock_store::{Due, Tx};

/// After so many looks, three days, the order is not waited for any more.
const LOOKS: i64 = 12;

/// Looks for the order of goods that left.
///
/// # Errors
/// If the store fails.
pub fn look(tx: &mut Tx<'_>, _: &Kinds, _: &Policy, due: &Due) -> Result<Option<Micros>> {
    derive(tx, &Bytes::new(), |to| match to.held::<DemandLine>(&due.key)? {
        Some(line) => served::looked_again(&due.key, &line, to).map(|()| None),
        None => Ok((due.attempt < LOOKS).then(|| to.now() + (MINUTE << due.attempt))),
    })
}

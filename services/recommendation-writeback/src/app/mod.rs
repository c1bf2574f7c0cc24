//! One file per use case: get, decide, put.

pub mod approval;
pub mod approve;
pub mod audit;
pub mod basis;
pub mod change;
pub mod difference;
pub mod draft;
pub mod due;
pub mod edit;
pub mod lease;
pub mod line;
pub mod look;
pub mod masters;
pub mod measure;
pub mod mode;
pub mod posted;
pub mod recheck;
pub mod report;
pub mod resolve;
pub mod run;
pub mod seal;
pub mod set_mode;
pub mod settle;
pub mod supersede;
pub mod supply;
pub mod target;

use crossdock_core::{Key, Result};
use crossdock_records::{Kind, model};
use crossdock_store::Tx;

/// The record with this key, if it is there and counts.
fn read<K: Kind>(tx: &mut Tx<'_>, key: &str) -> Result<Option<K>> {
    let found = tx.get(&[Key::new(K::NUMBER, key)])?;
    Ok(found.first().filter(|record| !record.deleted && record.counts).and_then(model::<K>))
}

//! Order lines looked at again after the disruptions that speak of them have changed.

use crate::model::{disruption::REFRESH, lines, number};
use bytes::Bytes;
use crossdock_core::{Micros, Result, key};
use crossdock_records::{Kinds, Policy, derive};
use crossdock_store::{Due, Scan, Tx};

/// Lines looked at in one transaction.
const CHUNK: usize = 200;

/// Due work: the lines that a table of disruptions speaks of, a chunk at a time. The key is that of the table, and from the second chunk on the line to
/// go on after.
///
/// # Errors
/// If the store fails.
pub fn refresh(tx: &mut Tx<'_>, _: &Kinds, _: &Policy, due: &Due) -> Result<Option<Micros>> {
    let (table, after) = due.key.split_once('\n').unwrap_or((&due.key, ""));
    let parts = key::split(table);
    let (name, value) = match parts.as_slice() {
        [of, id] if of == "supplier" => ("supplier_id", id.as_str()),
        [of, id] if of == "origin" => ("origin_location_id", id.as_str()),
        [of, id] if of == "destination" => ("destination_location_id", id.as_str()),
        _ => ("open", "true"),
    };
    let page = tx.scan(Scan::Field { kind: number::ORDER_PROGRESS, name, value, prefix: "", after }, CHUNK)?;
    let next = page.last().filter(|_| page.len() == CHUNK).map(|last| format!("{table}\n{}", last.key));
    derive(tx, &Bytes::new(), |to| {
        for line in &page {
            lines::refresh(&line.key, to)?;
        }
        if let Some(next) = next {
            to.due(REFRESH, next);
        }
        Ok(())
    })?;
    Ok(None)
}

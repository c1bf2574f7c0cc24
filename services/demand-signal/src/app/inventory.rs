//! Stock on hand by position; and positions brought up to a complete snapshot.

use crate::model::{
    inventory_position::{self, InventoryPosition, status_name},
    number,
};
use bytes::Bytes;
use crossdock_core::{Micros, Result, key};
use crossdock_proto::demand::StockStatus;
use crossdock_records::{Kinds, Policy, Reader, Token, derive, model};
use crossdock_store::{Due, Read, Record, Scan, Tx};

/// Positions looked at in one transaction.
const CHUNK: usize = 500;
/// Pages of the store that one call reads at most, where a filter leaves little of each.
const READS: usize = 20;

/// What is asked.
#[derive(Clone, Debug, Hash)]
pub struct Question {
    /// Locations; none is all.
    pub locations: Vec<String>,
    /// Items; none is all.
    pub items: Vec<String>,
    /// Statuses; none is all.
    pub statuses: Vec<&'static str>,
}

impl Question {
    /// Statuses of the contract as they stand in keys.
    pub fn statuses(asked: impl Iterator<Item = StockStatus>) -> Vec<&'static str> {
        asked.map(status_name).collect()
    }

    /// One page of positions as they are stored, and the token of the next.
    ///
    /// # Errors
    /// If the token is of another question, or the store fails.
    pub fn page(&self, read: &mut Read<'_>, reader: &Reader, size: usize, token: &str) -> Result<(Vec<Record>, String)> {
        let tokens = Token::of(self);
        let (mut after, mut found) = (tokens.take(token)?, Vec::new());
        let (prefixes, chunk) = (self.prefixes(), reader.chunk(size));
        for _ in 0..READS {
            let Some(prefix) = prefixes.iter().find(|prefix| after.is_empty() || is_ahead(prefix, &after)) else {
                return Ok((found, String::new()));
            };
            let mut page = read.scan(Scan::Prefix { kind: number::INVENTORY_POSITION, prefix, after: &after }, chunk)?;
            let last = page.last().filter(|_| page.len() == chunk).map(|last| last.key.clone());
            page.retain(|record| self.wants(record));
            for record in reader.rows(read, page)? {
                after.clone_from(&record.key);
                found.push(record);
                if found.len() == size {
                    return Ok((found, tokens.give(&after)));
                }
            }
            after = last.unwrap_or_else(|| format!("{prefix}{}", char::MAX));
        }
        Ok((found, tokens.give(&after)))
    }

    fn prefixes(&self) -> Vec<String> {
        let mut prefixes: Vec<String> = match (self.locations.as_slice(), self.items.as_slice()) {
            ([], _) => vec![String::new()],
            (locations, []) => locations.iter().map(|location| format!("{}/", key::join([location]))).collect(),
            (locations, items) => {
                locations.iter().flat_map(|location| items.iter().map(move |item| format!("{}/", key::join([location, item])))).collect()
            }
        };
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }

    fn wants(&self, record: &Record) -> bool {
        let parts = key::split(&record.key);
        let (item, status) = (parts.get(1), parts.get(2));
        !record.deleted
            && (self.items.is_empty() || item.is_some_and(|item| self.items.contains(item)))
            && (self.statuses.is_empty() || status.is_some_and(|status| self.statuses.contains(&status.as_str())))
    }
}

/// Whether keys with this prefix come after, or `after` is one of them.
fn is_ahead(prefix: &str, after: &str) -> bool {
    (after.starts_with(prefix) && after != format!("{prefix}{}", char::MAX)) || prefix > after
}

/// Due work: brings the positions of a location (or of all) up to its newest complete snapshot, a chunk at a time. The key is that of the mark, and
/// from the second chunk on the position to go on after.
///
/// # Errors
/// If the store fails.
pub fn refresh(tx: &mut Tx<'_>, _: &Kinds, _: &Policy, due: &Due) -> Result<Option<Micros>> {
    let (mark, after) = due.key.split_once('\n').unwrap_or((&due.key, ""));
    let prefix = if mark.is_empty() { String::new() } else { format!("{mark}/") };
    let page = tx.scan(Scan::Prefix { kind: number::INVENTORY_POSITION, prefix: &prefix, after }, CHUNK)?;
    let next = page.last().filter(|_| page.len() == CHUNK).map(|last| format!("{mark}\n{}", last.key));
    derive(tx, &Bytes::new(), |to| {
        for held in page.iter().filter_map(model::<InventoryPosition>) {
            inventory_position::change(&held.position, to, |state, to| state.mark(&held.position, to))?;
        }
        if let Some(next) = next {
            to.due(crate::model::inventory_snapshot::REFRESH, next);
        }
        Ok(())
    })?;
    Ok(None)
}

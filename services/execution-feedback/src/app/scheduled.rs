//! Open supply by order line.

use crate::model::{number, progress::OrderProgress};
use crossdock_core::Result;
use crossdock_proto::{
    execution::{OrderProgress as Progress, ScheduledReceipt},
    schema,
};
use crossdock_records::{Reader, Token, message};
use crossdock_store::{Read, Scan};

/// Pages of the store that one call reads at most, where a filter leaves little of each.
const READS: usize = 20;

/// What is asked.
#[derive(Clone, Debug, Hash)]
pub struct Question {
    /// Destinations; none is all.
    pub locations: Vec<String>,
    /// Items; none is all.
    pub items: Vec<String>,
}

impl Question {
    /// One page of what is open, and the token of the next.
    ///
    /// # Errors
    /// If the token is of another question, or the store fails.
    pub fn page(&self, read: &mut Read<'_>, reader: &Reader, size: usize, token: &str) -> Result<(Vec<ScheduledReceipt>, String)> {
        let tokens = Token::of(self);
        let at = tokens.take(token)?;
        let (index, after) = at.split_once('\n').unwrap_or(("0", ""));
        let (mut index, mut after, mut found) = (index.parse::<usize>().unwrap_or_default(), after.to_owned(), Vec::new());
        let (fields, chunk) = (self.fields(), reader.chunk(size));
        // What they are for is not for suppliers.
        let names = schema().kind_named("recommendation_status").is_some_and(|info| reader.sight.reads(info));
        for _ in 0..READS {
            let Some((name, value)) = fields.get(index) else { return Ok((found, String::new())) };
            let scan = Scan::Field { kind: number::ORDER_PROGRESS, name, value, prefix: "", after: &after };
            let page = read.scan(scan, chunk)?;
            let last = page.last().filter(|_| page.len() == chunk).map(|last| last.key.clone());
            for record in reader.rows(read, page)? {
                let Some(progress) = message::<OrderProgress>(&record).filter(|progress| self.wants(progress)) else { continue };
                after.clone_from(&record.key);
                found.push(told(record.key, progress, names));
                if found.len() == size {
                    return Ok((found, tokens.give(&format!("{index}\n{after}"))));
                }
            }
            (index, after) = last.map_or_else(|| (index + 1, String::new()), |last| (index, last));
        }
        Ok((found, tokens.give(&format!("{index}\n{after}"))))
    }

    /// The fields that find the lines: a line has each of them once, so none is found twice.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let named = |name: &'static str, ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids.dedup();
            ids.into_iter().map(|id| (name, id)).collect()
        };
        match (self.items.as_slice(), self.locations.as_slice()) {
            ([], []) => vec![("open", "true".to_owned())],
            ([], locations) => named("destination_location_id", locations),
            (items, _) => named("item_id", items),
        }
    }

    fn wants(&self, progress: &Progress) -> bool {
        !progress.expected.is_empty() && (self.locations.is_empty() || self.locations.contains(&progress.destination_location_id))
    }
}

fn told(order: String, progress: Progress, names: bool) -> ScheduledReceipt {
    let recommendations = if names { progress.recommendations } else { Vec::new() };
    ScheduledReceipt {
        order,
        item_id: progress.item_id,
        destination_location_id: progress.destination_location_id,
        supplier_id: progress.supplier_id,
        origin_location_id: progress.origin_location_id,
        parts: progress.expected,
        recommendations: recommendations.into_iter().map(|share| share.recommendation).collect(),
    }
}

//! Changes of orders.

use super::Check;
use crate::{Result, simulation::Books};
use crossdock_proto::writeback::{DraftLine, DraftOrder, DraftOrderFilter, LineOutcome};
use std::collections::BTreeMap;

/// A change that Crossdock has as posted was made once, on the order line that it names; one that it has otherwise was not made.
pub async fn check(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("orders were changed once by each change, and by no other");
    let mut made: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    books.ledgers.read(|_, cells| {
        if let ["changed", recommendation, document, line] = cells {
            made.entry((*recommendation).to_owned()).or_default().push(((*document).to_owned(), (*line).to_owned()));
        }
    })?;
    for record in books.client.list("draft_order", &DraftOrderFilter::default()).await? {
        let Some((key, draft)) = record.read::<DraftOrder>() else { continue };
        for line in &draft.lines {
            // A line may have been on another draft before, which was declined.
            let found = if is_posted(line) { made.remove(&line.recommendation).unwrap_or_default() } else { Vec::new() };
            let said = posted(line);
            check.look(found == said, || {
                format!("{} of {key}: the ERP changed {found:?}, Crossdock says {said:?} ({:?})", line.recommendation, line.outcome())
            });
        }
    }
    for (recommendation, found) in made {
        check.look(false, || format!("{recommendation}: the ERP changed {found:?}, no draft order says so"));
    }
    Ok(check)
}

fn is_posted(line: &DraftLine) -> bool {
    line.target.is_some() && line.outcome() == LineOutcome::Posted
}

/// The order line that it changed, as Crossdock has it.
fn posted(line: &DraftLine) -> Vec<(String, String)> {
    if !is_posted(line) {
        return Vec::new();
    }
    line.posted.iter().map(|part| (part.document.clone(), part.line.clone())).collect()
}

//! Changes of orders that are there.

use crate::{failure::Failure, output};
use crossdock_proto::writeback::{DraftOrder, LineOutcome, RecommendationKind};
use std::collections::BTreeMap;

/// Says how many of each kind were posted, and how many the ERPs refused.
pub fn show(drafts: &[(String, DraftOrder)]) -> Result<(), Failure> {
    let mut kinds: BTreeMap<RecommendationKind, (u64, u64)> = BTreeMap::new();
    for line in drafts.iter().flat_map(|(_, draft)| &draft.lines).filter(|line| line.target.is_some()) {
        let (posted, refused) = kinds.entry(line.kind()).or_default();
        *posted += u64::from(line.outcome() == LineOutcome::Posted);
        *refused += u64::from(line.outcome() == LineOutcome::Rejected);
    }
    let told = |(kind, (posted, refused)): (&RecommendationKind, &(u64, u64))| {
        let name = output::short(kind.as_str_name());
        format!("{posted} {name} ({refused} refused)")
    };
    let told: Vec<_> = kinds.iter().map(told).collect();
    if told.is_empty() {
        return Ok(());
    }
    output::line(format!(
        "changes of orders that were posted: {}; the ERP refuses where goods have left or the order looks otherwise",
        told.join(", ")
    ))
}

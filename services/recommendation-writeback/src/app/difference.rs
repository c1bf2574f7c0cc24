//! What is planned otherwise than it was ordered, by a planner that had not seen the order, becomes a change of the order: less of it, or another date.
//!
//! A change is a recommendation of the run like any other: checked, approved and posted. Its key is that of the line with the order behind it.

use super::{
    change::Why,
    line::{proceed, write},
    read, target,
};
use crate::model::{
    civil,
    draft_order::DraftOrder,
    number::STATUS,
    progress::Progress,
    reason::Reason,
    status::{self, Status},
    supply::{Links, Unseen, amount},
    validate::exactly,
};
use crossdock_core::{Micro, Ratio, Result, Rounding, key};
use crossdock_proto::{
    execution::OrderProgress,
    writeback::{RecommendationKind as Kind, RecommendationState as State, RecommendationStatus, Target},
};
use crossdock_records::Policy;
use crossdock_store::{Scan, Tx};

/// Changes of one order line that are looked at.
const MOST: usize = 100;

/// A change of an order, with the key it will have.
pub type Change = (String, RecommendationStatus);

/// What was ordered for the same line of an earlier plan, and its planner had not seen.
#[derive(Debug, Default)]
pub struct Ordered {
    /// The earlier lines, by key.
    pub lines: Vec<(String, RecommendationStatus)>,
    /// How much, base units.
    pub quantity: Micro,
}

/// Finds it among supply that was not seen.
///
/// # Errors
/// If the store fails.
pub fn ordered(tx: &mut Tx<'_>, key: &str, status: &RecommendationStatus, found: &[Unseen], links: &Links) -> Result<Ordered> {
    let mut ordered = Ordered::default();
    for unseen in found {
        let parts = match links.get(&unseen.key) {
            Some(linked) => linked.iter().map(|link| (link.recommendation.clone(), amount(&link.quantity))).collect(),
            None if unseen.recommended => vec![(unseen.key.clone(), unseen.quantity)],
            None => Vec::new(),
        };
        let mut left = unseen.quantity;
        for (earlier_key, quantity) in parts.into_iter().filter(|(earlier, _)| earlier != key) {
            let Some(earlier) = read::<Status>(tx, &earlier_key)?.map(|held| held.0) else { continue };
            let same = status::planner(&earlier) == status::planner(status) && earlier.planner_key == status.planner_key;
            if !same || !matches!(earlier.state(), State::Drafted | State::Posted | State::PartiallyPosted) {
                continue;
            }
            let quantity = quantity.min(left);
            left.0 -= quantity.0;
            ordered.quantity.0 = ordered.quantity.0.saturating_add(quantity.0);
            if !ordered.lines.iter().any(|(known, _)| *known == earlier_key) {
                ordered.lines.push((earlier_key, earlier));
            }
        }
    }
    Ok(ordered)
}

/// Whether a line asks for the same as was ordered for it.
pub fn is_same(status: &RecommendationStatus, earlier: &RecommendationStatus) -> bool {
    (&earlier.quantity, &earlier.unit, &earlier.need_by) == (&status.quantity, &status.unit, &status.need_by)
}

/// The changes that make orders what is planned now: so much less of them (base units), and the rest by another day. None: that is no exact number of the
/// line's unit.
///
/// # Errors
/// If the store fails.
pub fn changes(
    tx: &mut Tx<'_>,
    (line_key, line): (&str, &RecommendationStatus),
    earlier: &[(String, RecommendationStatus)],
    mut less: Micro,
) -> Result<Option<Vec<Change>>> {
    let mut changes = Vec::new();
    for (key, held) in earlier.iter().rev() {
        let (was, now) = (civil(held.need_by.as_ref()), civil(line.need_by.as_ref()));
        for part in parts(tx, key, held)?.into_iter().rev() {
            if is_changing(tx, &part)? {
                continue;
            }
            let cut = less.min(part.open).max(Micro::ZERO);
            less.0 -= cut.0;
            let rest = Micro(part.open.0 - cut.0);
            let moved = was.zip(now).filter(|(was, now)| was != now && rest > Micro::ZERO);
            let kind = moved.map(|(was, now)| if now < was { Kind::Expedite } else { Kind::Reschedule });
            for (kind, quantity) in [(Some(Kind::Cancel), cut), (kind, rest)] {
                let Some(kind) = kind.filter(|_| quantity > Micro::ZERO) else { continue };
                let Some(change) = part.change(line_key, line, kind, quantity) else { return Ok(None) };
                changes.push(change);
            }
        }
    }
    Ok(Some(changes))
}

/// Makes a change a line of its run.
///
/// # Errors
/// If the store fails.
pub fn begin(tx: &mut Tx<'_>, (key, change): Change, message: String) -> Result<bool> {
    if read::<Status>(tx, &key)?.is_some() {
        return Ok(false);
    }
    write(tx, &key, &Why { reason: Reason::OrderDiffers, message, ..Why::default() }, change)?;
    Ok(true)
}

/// Makes the changes that follow from a line, and lets them go on.
///
/// # Errors
/// If the store fails.
pub fn follow(tx: &mut Tx<'_>, policy: &Policy, of: &str, changes: Vec<Change>) -> Result<()> {
    for change in changes {
        let key = change.0.clone();
        if begin(tx, change, format!("{of} plans it otherwise than it was ordered"))? {
            proceed(tx, policy, &key, None)?;
        }
    }
    Ok(())
}

/// What is open of a recommendation on a line of an ERP order.
struct Part {
    target: Target,
    /// The recommendation's part, base units.
    open: Micro,
    /// What is known of the order line.
    progress: Option<OrderProgress>,
}

fn parts(tx: &mut Tx<'_>, recommendation: &str, held: &RecommendationStatus) -> Result<Vec<Part>> {
    let Some(draft) = read::<DraftOrder>(tx, &held.draft)?.map(|held| held.0) else { return Ok(Vec::new()) };
    let factor = held.base_factor.parse().unwrap_or(Ratio::ONE);
    let mut parts = Vec::new();
    for posted in draft.lines.iter().filter(|line| line.recommendation == recommendation).flat_map(|line| &line.posted) {
        let target = Target {
            connection: draft.connector.clone(),
            document: posted.document.clone(),
            line: posted.line.clone(),
            ..Target::default()
        };
        let progress = read::<Progress>(tx, &status::order(&target))?.map(|held| held.0);
        let quantity = amount(&posted.quantity).times(factor, Rounding::HalfEven).map_or(Micro::ZERO, |converted| converted.amount);
        let open = progress.as_ref().map_or(quantity, |progress| quantity.min(amount(&progress.open)));
        parts.push(Part { target, open, progress });
    }
    Ok(parts)
}

impl Part {
    /// A change compares what it changes.
    fn change(&self, line_key: &str, line: &RecommendationStatus, kind: Kind, quantity: Micro) -> Option<Change> {
        let factor: Ratio = line.base_factor.parse().unwrap_or(Ratio::ONE);
        let text = |base: Micro| exactly(base, Ratio::ONE, factor).map(|quantity| quantity.to_string());
        let (quantity, mut target) = (text(quantity)?, self.target.clone());
        let due = self.progress.as_ref().and_then(|progress| progress.due_date);
        let need_by = if kind == Kind::Cancel {
            let open = self.progress.as_ref().map_or(self.open, |progress| amount(&progress.open));
            target.expected_quantity = text(open)?;
            due.or(line.need_by)
        } else {
            target.expected_due_date = due;
            line.need_by
        };
        let name = if kind == Kind::Cancel { "cancel" } else { "date" };
        let key = format!("{line_key}/{}", key::join([name, &self.target.document, &self.target.line]));
        let status = RecommendationStatus {
            state: State::Received.into(),
            run: line.run.clone(),
            planner_key: key.strip_prefix(&line.run).map_or_else(String::new, |rest| rest.trim_start_matches('/').to_owned()),
            kind: kind.into(),
            item_id: line.item_id.clone(),
            destination_location_id: line.destination_location_id.clone(),
            supplier_id: line.supplier_id.clone(),
            origin_location_id: line.origin_location_id.clone(),
            quantity: quantity.clone(),
            unit: line.unit.clone(),
            base_factor: line.base_factor.clone(),
            need_by,
            planned_quantity: quantity,
            planned_need_by: need_by,
            target: Some(target),
            ..RecommendationStatus::default()
        };
        Some((key, status))
    }
}

/// Whether a change of it is on its way: what that expects to find is still there.
fn is_changing(tx: &mut Tx<'_>, part: &Part) -> Result<bool> {
    let order = status::order(&part.target);
    let page = tx.scan(Scan::Field { kind: STATUS, name: "changes", value: &order, prefix: "", after: "" }, MOST)?;
    for record in page {
        let Some(held) = read::<Status>(tx, &record.key)?.map(|held| held.0).filter(status::is_changing) else { continue };
        let factor = held.base_factor.parse().unwrap_or(Ratio::ONE);
        let is_there = match (&held.target, &part.progress) {
            (Some(target), Some(progress)) => target::differences(target, progress, factor).is_empty(),
            _ => true,
        };
        if is_there {
            return Ok(true);
        }
    }
    Ok(false)
}

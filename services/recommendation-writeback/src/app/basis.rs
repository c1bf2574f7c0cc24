//! A line against supply that its planner had not seen: the same need is never ordered twice.

use super::read;
use crate::model::{
    civil,
    number::POSTING_LINK,
    posting::PostingLink,
    problem::Problem,
    status::{self, Status},
    supply::{Asking, Basis, Links, Supply, Unseen, amount, unseen},
    validate::{Terms, shift},
};
use crossdock_core::{Key, Micro, Ratio, Result, Rounding};
use crossdock_proto::{
    governance::StaleBasis,
    operations::Set,
    writeback::{RecommendationState as State, RecommendationStatus},
};
use crossdock_records::{Policy, micros, model};
use crossdock_store::Tx;

/// Supply that comes so many days after the need is still for it; and so far apart are two dates of the same need.
pub const WINDOW: i64 = 7;
/// Orders that a problem names at most.
const NAMED: usize = 5;

/// What the check says.
#[derive(Debug, Default)]
pub struct Checked {
    /// Why it is held.
    pub problem: Option<Problem>,
    /// Nothing is left of it.
    pub is_covered: bool,
}

/// Checks the quantity of `status`; by policy takes off it what comes anyway.
///
/// # Errors
/// If the store fails.
pub fn check(tx: &mut Tx<'_>, policy: &Policy, key: &str, status: &mut RecommendationStatus, terms: Option<&Terms>) -> Result<Checked> {
    let Some(supply) = read::<Supply>(tx, &status::place(status))? else { return Ok(Checked::default()) };
    let (Some(need_by), Some(set)) = (civil(status.need_by.as_ref()), read::<Set>(tx, &status.run)?) else { return Ok(Checked::default()) };
    let orders: Vec<Key> =
        supply.0.entries.iter().filter(|entry| !entry.recommended).map(|entry| Key::new(POSTING_LINK, entry.key.as_str())).collect();
    let linked = tx.get(&orders)?.into_iter().filter(|record| !record.deleted);
    let links: Links = linked.filter_map(|record| Some((record.key.clone(), model::<PostingLink>(&record)?.0.recommendations))).collect();
    let asking = Asking { key, run: &status.run, until: shift(need_by, WINDOW) };
    let (found, left) = unseen(&supply.0, &links, asking, &basis(&set));
    if left <= Micro::ZERO {
        return Ok(Checked::default());
    }
    if let Some(problem) = already_posted(tx, key, status, &found, &links)? {
        return Ok(Checked { problem: Some(problem), is_covered: false });
    }
    let factor: Ratio = status.base_factor.parse().unwrap_or(Ratio::ONE);
    let left = left.times(factor.inverse(), Rounding::Up).map_or(Micro::MOST, |converted| converted.amount);
    let nets = policy.document.writeback.as_ref().is_some_and(|rules| rules.stale_basis() == StaleBasis::Net);
    // What a buyer wrote is not changed behind their back.
    match terms.filter(|_| nets && status.edited_by.is_empty()) {
        Some(terms) => Ok(net(status, terms, left)),
        None => Ok(Checked { problem: Some(stale(status, &found, left)), is_covered: false }),
    }
}

/// What the planner of a run had seen.
fn basis(set: &Set) -> Basis {
    let said = set.basis.iter().find(|basis| basis.service == "execution-feedback");
    let time = set.as_of.as_ref().or(set.open_time.as_ref()).map(micros).unwrap_or_default();
    Basis { cursor: said.and_then(|basis| basis.cursor.parse().ok()), time }
}

fn net(status: &mut RecommendationStatus, terms: &Terms, unseen: Micro) -> Checked {
    let wanted = amount(&status.quantity);
    let rest = Micro(wanted.0.saturating_sub(unseen.0)).max(Micro::ZERO);
    // Rounding up does not order more than was planned.
    let rest = if rest == Micro::ZERO { rest } else { terms.round_up(rest).min(wanted) };
    if rest < wanted {
        status.quantity = rest.to_string();
        status.netted_quantity = Micro(wanted.0 - rest.0).to_string();
    }
    Checked { problem: None, is_covered: rest == Micro::ZERO }
}

fn stale(status: &RecommendationStatus, found: &[Unseen], left: Micro) -> Problem {
    let mut names: Vec<String> = found.iter().take(NAMED).map(|unseen| format!("{} of {}", unseen.quantity, unseen.key)).collect();
    if found.len() > NAMED {
        names.push(format!("{} more", found.len() - NAMED));
    }
    let message = format!(
        "{} come anyway that the planner had not seen (in base units: {}); plan again, or release it if both are wanted",
        status.unit,
        names.join(", ")
    );
    Problem::holds("quantity", "BASIS_STALE", left.to_string(), message)
}

/// The same line of an earlier run is in the ERP already, and the planner plans it otherwise without having seen that.
fn already_posted(tx: &mut Tx<'_>, key: &str, status: &RecommendationStatus, found: &[Unseen], links: &Links) -> Result<Option<Problem>> {
    let own = |unseen: &Unseen| match links.get(&unseen.key) {
        Some(linked) => linked.iter().map(|link| (link.recommendation.clone(), unseen.key.clone())).collect(),
        None => vec![(unseen.key.clone(), String::new())],
    };
    for (recommendation, order) in found.iter().flat_map(own).filter(|(recommendation, _)| recommendation != key) {
        let Some(earlier) = read::<Status>(tx, &recommendation)?.map(|held| held.0) else { continue };
        let same = status::planner(&earlier) == status::planner(status) && earlier.planner_key == status.planner_key;
        let is_posted = matches!(earlier.state(), State::Drafted | State::Posted | State::PartiallyPosted);
        let differs = (&earlier.quantity, &earlier.unit, &earlier.need_by) != (&status.quantity, &status.unit, &status.need_by);
        if same && is_posted && differs {
            let date = |status: &RecommendationStatus| civil(status.need_by.as_ref()).map_or_else(String::new, |date| date.to_string());
            let was = format!("{} {} by {}", earlier.quantity, earlier.unit, date(&earlier));
            let at = if order.is_empty() { format!("draft order {}", earlier.draft) } else { format!("order line {order}") };
            let message = format!(
                "is what was ordered for this line of the plan, {at}, and the plan says {} {} by {} now; change the order, then cancel \
                 this; or release it if it is wanted as well",
                status.quantity,
                status.unit,
                date(status)
            );
            return Ok(Some(Problem::holds("quantity", "ALREADY_POSTED", was, message)));
        }
    }
    Ok(None)
}

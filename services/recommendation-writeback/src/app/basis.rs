//! A line against supply that its planner had not seen: the same need is never ordered twice.

use super::{
    difference::{self, Change, Ordered},
    read,
};
use crate::model::{
    civil,
    number::POSTING_LINK,
    posting::PostingLink,
    problem::Problem,
    status,
    supply::{Asking, Basis, Links, Supply, Unseen, amount, scaled, unseen},
    validate::{Terms, shift},
};
use crossdock_core::{Key, Micro, Ratio, Result, key};
use crossdock_proto::{
    governance::StaleBasis,
    operations::Set,
    writeback::{RecommendationState as State, RecommendationStatus},
};
use crossdock_records::{Policy, basis_cursor, micros, model};
use crossdock_store::Tx;
use jiff::civil::Date;

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
    /// Changes of what was ordered for it.
    pub changes: Vec<Change>,
}

/// Checks the quantity of `status`; by policy takes off it what comes anyway.
///
/// # Errors
/// If the store fails.
pub fn check(tx: &mut Tx<'_>, policy: &Policy, key: &str, status: &mut RecommendationStatus, terms: Option<&Terms>) -> Result<Checked> {
    let Some((supply, links)) = supply(tx, status)? else { return Ok(Checked::default()) };
    let (Some(need_by), Some(set)) = (civil(status.need_by.as_ref()), read::<Set>(tx, &status.run)?) else { return Ok(Checked::default()) };
    let asking = Asking { key, run: &status.run, until: shift(need_by, WINDOW) };
    let (found, left) = unseen(&supply.0, &links, asking, &basis(tx, &status.run, &set)?);
    if left <= Micro::ZERO {
        return Ok(Checked::default());
    }
    let factor: Ratio = status.base_factor.parse().unwrap_or(Ratio::ONE);
    let wanted = scaled(amount(&status.quantity), factor);
    let ordered = difference::ordered(tx, key, status, &found, &links)?;
    let own = ordered.quantity.min(left);
    let mut changes = Vec::new();
    if ordered.lines.iter().any(|(_, earlier)| !difference::is_same(status, earlier)) {
        let less = Micro(own.0.saturating_sub(wanted.0));
        match different(tx, (key, status), &ordered, less)? {
            Ok(found) => changes = found,
            Err(problem) => return Ok(Checked { problem: Some(problem), ..Checked::default() }),
        }
    }
    let nets = policy.document.writeback.as_ref().is_some_and(|rules| rules.stale_basis() == StaleBasis::Net);
    // What the planner ordered itself is no news that a person has to look at.
    let is_own = own > Micro::ZERO && (own >= wanted || own == left);
    let in_unit = |base: Micro| scaled(base, factor.inverse());
    // What a buyer wrote is not changed behind their back.
    match terms.filter(|_| (nets || is_own) && status.edited_by.is_empty()) {
        Some(terms) => Ok(Checked { changes, ..net(status, terms, in_unit(left)) }),
        None => Ok(Checked { problem: Some(stale(status, &found, in_unit(left))), ..Checked::default() }),
    }
}

/// How much of what a recommendation ordered the planner of a run had not seen, base units.
///
/// # Errors
/// If the store fails.
pub fn unseen_of(tx: &mut Tx<'_>, run: &str, set: &Set, key: &str, status: &RecommendationStatus) -> Result<Micro> {
    let Some((supply, links)) = supply(tx, status)? else { return Ok(Micro::ZERO) };
    let (found, left) = unseen(&supply.0, &links, Asking { key: run, run, until: Date::MAX }, &basis(tx, run, set)?);
    let of = |unseen: &Unseen| match links.get(&unseen.key) {
        Some(linked) => linked.iter().find(|link| link.recommendation == key).map(|link| amount(&link.quantity).min(unseen.quantity)),
        None => (unseen.key == key).then_some(unseen.quantity),
    };
    Ok(Micro(found.iter().filter_map(of).map(|quantity| quantity.0).sum()).min(left))
}

/// Supply for the same item and destination, and what of it was recommended.
fn supply(tx: &mut Tx<'_>, status: &RecommendationStatus) -> Result<Option<(Supply, Links)>> {
    let Some(supply) = read::<Supply>(tx, &status::place(status))? else { return Ok(None) };
    let orders: Vec<Key> =
        supply.0.entries.iter().filter(|entry| !entry.recommended).map(|entry| Key::new(POSTING_LINK, entry.key.as_str())).collect();
    let linked = tx.get(&orders)?.into_iter().filter(|record| !record.deleted);
    let links = linked.filter_map(|record| Some((record.key.clone(), model::<PostingLink>(&record)?.0.recommendations))).collect();
    Ok(Some((supply, links)))
}

/// What the planner of a run had seen.
fn basis(tx: &mut Tx<'_>, run: &str, set: &Set) -> Result<Basis> {
    let planner = key::split(run).into_iter().next().unwrap_or_default();
    let said = set.basis.iter().find(|basis| basis.service == "execution-feedback");
    let time = set.as_of.as_ref().or(set.open_time.as_ref()).map(micros).unwrap_or_default();
    let cursor = said.map(|basis| basis_cursor(tx, &planner, basis)).transpose()?.flatten();
    Ok(Basis { cursor, time })
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
    Checked { is_covered: rest == Micro::ZERO, ..Checked::default() }
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

/// The changes of what was ordered for a line; or why a person has to look at it.
fn different(
    tx: &mut Tx<'_>,
    (key, status): (&str, &RecommendationStatus),
    ordered: &Ordered,
    less: Micro,
) -> Result<Result<Vec<Change>, Problem>> {
    let Some((earlier_key, earlier)) = ordered.lines.first() else { return Ok(Ok(Vec::new())) };
    let is_on_its_way = ordered.lines.iter().any(|(_, earlier)| earlier.state() == State::Drafted);
    if !is_on_its_way
        && status.edited_by.is_empty()
        && let Some(changes) = difference::changes(tx, (key, status), &ordered.lines, less)?
    {
        return Ok(Ok(changes));
    }
    let date = |status: &RecommendationStatus| civil(status.need_by.as_ref()).map_or_else(String::new, |date| date.to_string());
    let was = format!("{} {} by {}", earlier.quantity, earlier.unit, date(earlier));
    let message = format!(
        "is what was ordered for this line of the plan ({earlier_key}, draft order {}), and it says {} {} by {} now; it goes on as a change \
         when that is posted; or change the order, then cancel this; or release it if it is wanted as well",
        earlier.draft,
        status.quantity,
        status.unit,
        date(status)
    );
    Ok(Err(Problem::holds("quantity", "ALREADY_POSTED", was, message)))
}

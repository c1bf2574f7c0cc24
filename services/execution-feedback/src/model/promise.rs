//! How many days the sourcing rules promise.

use super::performance::days_between;
use crossdock_core::{Result, key};
use crossdock_master_data::{SourcingRule, WorkingDays, number, wired::civil};
use crossdock_proto::execution as contract;
use crossdock_records::{Derived, model};
use jiff::{Span, civil::Date};

/// Rules of one item and source that are looked at.
const MOST: usize = 200;

/// Days from the order to its arrival by the rule that held when it was ordered: the one for its destination before one for all, then the one that
/// began last.
///
/// # Errors
/// If the store fails.
pub fn days(order: &contract::OrderFact, to: &mut Derived<'_, '_>) -> Result<Option<i64>> {
    let Some(ordered) = civil(order.ordered_date.as_ref()) else { return Ok(None) };
    let prefix = format!("{}/", key::join([&order.item_id, &order.supplier_id, &order.origin_location_id]));
    let page = to.page(number::SOURCING_RULE, &prefix, "", MOST)?;
    let rules = page.iter().filter(|held| !held.deleted && held.counts).filter_map(model::<SourcingRule>);
    let speaks =
        |rule: &SourcingRule| rule.holds(ordered) && rule.destination.as_ref().is_none_or(|id| *id == order.destination_location_id);
    let Some(rule) = rules.filter(speaks).max_by_key(|rule| (rule.destination.is_some(), rule.from)).filter(|rule| !rule.lead.is_empty())
    else {
        return Ok(None);
    };
    let mut at = Some(ordered);
    for part in &rule.lead {
        let calendar = match &part.calendar {
            Some(id) => Some(to.held::<WorkingDays>(&key::join([id]))?.unwrap_or_default()),
            None => None,
        };
        at = at.and_then(|day| later(day, part.days, calendar.as_ref()));
    }
    Ok(at.map(|arrival| days_between(ordered, arrival)))
}

fn later(day: Date, days: u16, calendar: Option<&WorkingDays>) -> Option<Date> {
    match calendar {
        Some(calendar) => calendar.after(day, days),
        None => day.checked_add(Span::new().days(i64::from(days))).ok(),
    }
}

//! What master data says around a recommendation.

use super::read;
use crate::model::validate::{Masters, rules_of};
use crossdock_core::{Key, Micro, Ratio, Result, Rounding, key};
use crossdock_master_data::{Customer, ExchangeRate, SourcingRule, WorkingDays, number};
use crossdock_proto::writeback::RecommendationStatus;
use crossdock_records::{Policy, model};
use crossdock_store::{Record, Scan, Tx};
use jiff::civil::Date;

/// Sourcing rules of an item, and rates between two currencies, that are looked at.
const MOST: usize = 1_000;

/// Everything that decides on what terms it is got; and the class of the item.
///
/// # Errors
/// If the store fails.
pub fn masters(tx: &mut Tx<'_>, status: &RecommendationStatus) -> Result<(Masters, String)> {
    let named = |kind: u16, id: &str| Key::new(kind, key::join([id]));
    let keys = [
        named(number::ITEM, &status.item_id),
        named(number::ITEM_UNITS, &status.item_id),
        named(number::LOCATION, &status.destination_location_id),
        named(number::LOCATION, &status.origin_location_id),
        named(number::SUPPLIER, &status.supplier_id),
    ];
    let found: Vec<Record> = tx.get(&keys)?.into_iter().filter(|record| !record.deleted && record.counts).collect();
    let of = |key: &Key| found.iter().find(|record| record.id() == *key);
    let class = of(&keys[0]).and_then(crossdock_records::message::<crossdock_master_data::Item>).map(|item| item.abc_class);
    let mut masters = Masters {
        item: of(&keys[0]).and_then(model),
        units: of(&keys[1]).and_then(model),
        destination: of(&keys[2]).and_then(model),
        origin: of(&keys[3]).and_then(model),
        supplier: of(&keys[4]).and_then(model),
        ..Masters::default()
    };
    let rules = tx.scan(Scan::Prefix { kind: number::SOURCING_RULE, prefix: &rules_of(&status.item_id), after: "" }, MOST)?;
    let counting = rules.into_iter().filter(|record| !record.deleted && record.counts);
    masters.rules = counting.filter_map(|record| Some((record.key.clone(), model::<SourcingRule>(&record)?))).collect();
    let mut names: Vec<&String> = masters.rules.iter().flat_map(|(_, rule)| &rule.lead).filter_map(|lead| lead.calendar.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    let keys: Vec<Key> = names.iter().map(|id| named(number::CALENDAR, id)).collect();
    let calendars = tx.get(&keys)?.into_iter().filter(|record| !record.deleted && record.counts);
    masters.calendars = calendars.filter_map(|record| Some((key::split(&record.key).concat(), model::<WorkingDays>(&record)?))).collect();
    Ok((masters, class.unwrap_or_default()))
}

/// The highest tier of these customers: `strategic`, `standard`, or none without customers.
///
/// # Errors
/// If the store fails.
pub fn tier(tx: &mut Tx<'_>, customers: &[String]) -> Result<&'static str> {
    let keys: Vec<Key> = customers.iter().map(|id| Key::new(number::CUSTOMER, key::join([id]))).collect();
    let found = tx.get(&keys)?;
    let is_strategic = found.iter().filter_map(model::<Customer>).any(|customer| customer.is_strategic);
    Ok(if is_strategic {
        "strategic"
    } else if customers.is_empty() {
        ""
    } else {
        "standard"
    })
}

/// An amount of money in the policy's currency.
pub struct Valued {
    /// The value.
    pub value: Micro,
    /// The rate used; none was needed if absent.
    pub rate: Option<ExchangeRate>,
}

/// What an amount of money is worth in the policy's currency today; nobody knows without a rate.
///
/// # Errors
/// If the store fails.
pub fn value(tx: &mut Tx<'_>, policy: &Policy, (amount, currency): (Micro, &str), today: Date) -> Result<Option<Valued>> {
    let Some(rules) = policy.document.writeback.as_ref().filter(|rules| !rules.currency.is_empty()) else { return Ok(None) };
    if rules.currency == currency {
        return Ok(Some(Valued { value: amount, rate: None }));
    }
    let prefix = key::join([currency, &rules.currency, &rules.rate_type, ""]);
    let found = tx.scan(Scan::Prefix { kind: number::EXCHANGE_RATE, prefix: &prefix, after: "" }, MOST)?;
    let counting = found.iter().filter(|record| !record.deleted && record.counts).filter_map(model::<ExchangeRate>);
    let newest = counting.filter(|rate| rate.since.is_none_or(|since| since <= today)).max_by_key(|rate| rate.since);
    let Some(rate) = newest else { return Ok(None) };
    let value = amount.times(rate.factor, Rounding::HalfEven).ok().map(|converted| converted.amount);
    Ok(value.map(|value| Valued { value, rate: Some(rate) }))
}

/// Price times quantity.
pub fn extended(price: Micro, quantity: Micro) -> Option<Micro> {
    let Some(quantity) = Ratio::of(quantity) else { return Some(Micro::ZERO) };
    price.times(quantity, Rounding::HalfEven).ok().map(|converted| converted.amount)
}

/// The planner's own message, and the customers that it names.
///
/// # Errors
/// If the store fails.
pub fn planned(tx: &mut Tx<'_>, key: &str) -> Result<Option<(crossdock_proto::writeback::Recommendation, Vec<String>)>> {
    use crate::model::recommendation::Recommendation;
    let found = tx.get(&[Key::new(crate::number::RECOMMENDATION, key)])?;
    found.iter().for_each(|record| tx.built_on(&record.trace));
    let message = found.first().and_then(crossdock_records::message::<Recommendation>);
    let customers = read::<Recommendation>(tx, key)?.map(|model| model.customers).unwrap_or_default();
    Ok(message.map(|message| (message, customers)))
}

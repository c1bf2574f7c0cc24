//! From the contract's messages to the model, one file per kind.

mod calendar;
mod conversion;
mod cross_reference;
mod customer;
mod exchange_rate;
mod item;
mod item_units;
mod location;
pub mod shared;
mod sourcing_rule;
mod supplier;

use crossdock_core::{Micro, gs1::Gs1Fault};
use crossdock_proto::types::{Date, Money};
use crossdock_records::Parse;
use jiff::civil;

/// Longest text for people, in characters.
const TEXT: usize = 200;

/// A GS1 number that is wrong is a finding: it stops nothing.
fn check_digit(parse: &mut Parse<'_>, field: &'static str, value: &str, check: fn(&str) -> Result<(), Gs1Fault>) -> Option<()> {
    if value.is_empty() {
        return Some(());
    }
    if let Err(fault) = check(value) {
        parse.findings().warn(field, "CHECK_DIGIT", format!("{value:?}: {fault}"));
    }
    Some(())
}

/// A currency that may be absent.
fn currency(parse: &mut Parse<'_>, field: &'static str, value: &str) -> Option<Option<String>> {
    if value.is_empty() { Some(None) } else { parse.currency(field, value).map(Some) }
}

/// A day as a part of a key, as it was sent; empty if absent.
fn day(date: Option<&Date>) -> String {
    date.map_or_else(String::new, |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}

/// First and last day. In an odd order they are a finding: nothing is valid then.
fn period(parse: &mut Parse<'_>, from: Option<&Date>, to: Option<&Date>) -> Option<(Option<civil::Date>, Option<civil::Date>)> {
    let (from, to) = (parse.optional_date("valid_from", from), parse.optional_date("valid_to", to));
    if let (Some(Some(from)), Some(Some(to))) = (from, to)
        && to < from
    {
        parse.findings().warn("valid_to", "DATE_ORDER", format!("{to} is before valid_from, {from}: it holds on no day"));
    }
    Some((from?, to?))
}

/// The connection's currency where none was sent.
fn fill_currency(money: Option<&mut Money>, currency: &str) {
    if let Some(money) = money.filter(|money| money.currency.is_empty()) {
        currency.clone_into(&mut money.currency);
    }
}

/// Money of zero or more that may be absent: `Some(None)`.
fn price(parse: &mut Parse<'_>, field: &'static str, money: Option<&Money>) -> Option<Option<(Micro, String)>> {
    let price = parse.money(field, money)?;
    if let Some((amount, _)) = price.as_ref().filter(|(amount, _)| amount.is_negative()) {
        return parse.within(field, |parse| parse.bad("amount", "NEGATIVE", amount.to_string(), "must be zero or more"));
    }
    Some(price)
}

//! From the contract's messages to the model, one file per kind.

mod conversion;
mod customer;
mod item;
mod item_units;
mod location;

use crossdock_core::gs1::Gs1Fault;
use crossdock_proto::types::Date;
use crossdock_records::Parse;

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

//! Exchange rates.

use crossdock_core::Ratio;
use crossdock_records::Rules;
use jiff::civil::Date;

/// What a currency is worth in another, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    /// This currency.
    pub from: String,
    /// In this one.
    pub to: String,
    /// The company's own kind of rate; empty for its usual one.
    pub rate_type: String,
    /// From this day; always if absent.
    pub since: Option<Date>,
    /// How many of `to` are one `from`.
    pub factor: Ratio,
}

impl Rules for ExchangeRate {
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("from_currency", self.from.clone()), ("to_currency", self.to.clone())]
    }

    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("exchange_rate/{key}")]
    }
}

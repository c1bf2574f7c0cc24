//! Parsing contract messages into models: every violation is collected, with its path.

use crate::Findings;
use crossdock_core::{AmountError, Micro, Ratio, Violation, codes};
use crossdock_proto::types::{Date, Money, Quantity};
use jiff::civil;

/// Longest id in characters.
const ID: usize = 100;
/// Most violations that one record is told.
const VIOLATIONS: usize = 20;

/// Collects the violations of one record, and what the sender's connection fills in.
pub struct Parse<'a> {
    path: Vec<&'static str>,
    violations: Vec<Violation>,
    findings: Findings,
    default_unit: &'a str,
    default_currency: &'a str,
    key: &'a str,
    stored: bool,
}

impl<'a> Parse<'a> {
    /// For records of a connection with these defaults; empty for none.
    pub fn new(default_unit: &'a str, default_currency: &'a str) -> Self {
        Self {
            path: Vec::new(),
            violations: Vec::new(),
            findings: Findings::default(),
            default_unit,
            default_currency,
            key: "",
            stored: false,
        }
    }

    /// Of a record with this key.
    #[must_use]
    pub fn of(self, key: &'a str) -> Self {
        Self { key, ..self }
    }

    /// The key of the record on its way in; empty for what comes from a store.
    pub fn key(&self) -> &str {
        self.key
    }

    /// For records that were taken before.
    pub fn stored() -> Self {
        Self { stored: true, ..Self::new("", "") }
    }

    /// The record comes from a store: what Crossdock filled in counts.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    /// What was found wrong.
    pub fn finish(self) -> (Vec<Violation>, Findings) {
        (self.violations, self.findings)
    }

    /// Faults that do not stop the record.
    pub fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }

    /// Adds a violation of a field.
    pub fn bad<T>(&mut self, field: &'static str, reason: &'static str, value: impl AsRef<str>, message: impl Into<String>) -> Option<T> {
        if self.violations.len() < VIOLATIONS {
            self.violations.push(Violation::new(self.path_of(field), reason, value, message));
        }
        None
    }

    /// Parses what is inside a field.
    pub fn within<T>(&mut self, field: &'static str, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.path.push(field);
        let parsed = parse(self);
        self.path.pop();
        parsed
    }

    /// A required part.
    pub fn need<'m, T>(&mut self, field: &'static str, part: Option<&'m T>) -> Option<&'m T> {
        if part.is_none() {
            self.bad::<()>(field, "MISSING", "", "is required");
        }
        part
    }

    /// A required id.
    pub fn id(&mut self, field: &'static str, value: &str) -> Option<String> {
        if value.is_empty() {
            return self.bad(field, "MISSING", "", "is required");
        }
        self.text(field, value, ID)
    }

    /// An id that may be absent: `Some(None)`.
    pub fn optional_id(&mut self, field: &'static str, value: &str) -> Option<Option<String>> {
        if value.is_empty() { Some(None) } else { self.text(field, value, ID).map(Some) }
    }

    /// A text of at most `max` characters without control characters, not padded by blanks.
    pub fn text(&mut self, field: &'static str, value: &str, max: usize) -> Option<String> {
        // Bytes are never fewer than characters: the common case needs no count.
        if value.len() > max && value.chars().count() > max {
            return self.bad(field, "TOO_LONG", value, format!("has {} characters; at most {max} are kept", value.chars().count()));
        }
        if value.chars().any(char::is_control) {
            return self.bad(field, "CONTROL_CHARACTER", value.escape_debug().to_string(), "must not contain control characters");
        }
        if value.trim() != value {
            return self.bad(field, "PADDED", value, "must not begin or end with blanks");
        }
        Some(value.to_owned())
    }

    /// A required decimal.
    pub fn amount(&mut self, field: &'static str, value: &str) -> Option<Micro> {
        if value.is_empty() {
            return self.bad(field, "MISSING", "", "is required");
        }
        match value.parse() {
            Ok(amount) => Some(amount),
            Err(error @ AmountError::Malformed) => self.bad(field, "MALFORMED_NUMBER", value, error.to_string()),
            Err(error) => self.bad(field, "TOO_PRECISE", value, error.to_string()),
        }
    }

    /// A decimal that may be absent: zero.
    pub fn amount_or_zero(&mut self, field: &'static str, value: &str) -> Option<Micro> {
        if value.is_empty() { Some(Micro::ZERO) } else { self.not_negative(field, value) }
    }

    /// A required decimal of zero or more.
    pub fn not_negative(&mut self, field: &'static str, value: &str) -> Option<Micro> {
        let amount = self.amount(field, value)?;
        if amount.is_negative() {
            return self.bad(field, "NEGATIVE", value, "must be zero or more");
        }
        Some(amount)
    }

    /// A required decimal above zero, as a ratio.
    pub fn ratio(&mut self, field: &'static str, value: &str) -> Option<Ratio> {
        let amount = self.amount(field, value)?;
        Ratio::of(amount).or_else(|| self.bad(field, "NOT_POSITIVE", value, "must be more than zero"))
    }

    /// A required quantity: amount, and unit or none for the item's base unit. `signed` allows negative ones.
    pub fn quantity(&mut self, field: &'static str, quantity: Option<&Quantity>, signed: bool) -> Option<(Micro, Option<String>)> {
        let quantity = self.need(field, quantity)?;
        self.within(field, |parse| {
            let value = if signed { parse.amount("value", &quantity.value) } else { parse.not_negative("value", &quantity.value) };
            let value = value.and_then(|value| parse.countable("value", value));
            let unit = if quantity.unit.is_empty() { parse.default_unit } else { &quantity.unit };
            let unit = parse.optional_id("unit", unit);
            Some((value?, unit?))
        })
    }

    /// An amount that sums of many still can hold.
    pub fn countable(&mut self, field: &'static str, value: Micro) -> Option<Micro> {
        if value.is_countable() {
            return Some(value);
        }
        self.bad(field, "OUT_OF_RANGE", value.to_string(), "must be at most 999,999,999.999999 in one record")
    }

    /// Money that may be absent: `Some(None)`.
    pub fn money(&mut self, field: &'static str, money: Option<&Money>) -> Option<Option<(Micro, String)>> {
        let Some(money) = money else { return Some(None) };
        self.within(field, |parse| {
            let amount = parse.amount("amount", &money.amount);
            let currency = if money.currency.is_empty() { parse.default_currency } else { &money.currency };
            let currency = parse.currency("currency", currency);
            Some(Some((amount?, currency?)))
        })
    }

    /// A required currency.
    pub fn currency(&mut self, field: &'static str, value: &str) -> Option<String> {
        if value.is_empty() {
            return self.bad(field, "MISSING", "", "is required: an ISO 4217 code such as EUR");
        }
        if codes::is_currency(value) {
            return Some(value.to_owned());
        }
        self.bad(field, "UNKNOWN_CURRENCY", value, "must be an ISO 4217 code such as EUR")
    }

    /// A country that may be absent.
    pub fn country(&mut self, field: &'static str, value: &str) -> Option<Option<String>> {
        if value.is_empty() {
            return Some(None);
        }
        if codes::is_country(value) {
            return Some(Some(value.to_owned()));
        }
        self.bad(field, "UNKNOWN_COUNTRY", value, "must be an ISO 3166-1 alpha-2 code such as GB")
    }

    /// A required IANA time zone.
    pub fn time_zone(&mut self, field: &'static str, value: &str) -> Option<jiff::tz::TimeZone> {
        if value.is_empty() {
            return self.bad(field, "MISSING", "", "is required: an IANA time zone such as Europe/London");
        }
        match jiff::tz::TimeZone::get(value) {
            Ok(zone) => Some(zone),
            Err(_) => self.bad(field, "UNKNOWN_TIME_ZONE", value, "must be an IANA time zone such as Europe/London"),
        }
    }

    /// A required date.
    pub fn date(&mut self, field: &'static str, date: Option<&Date>) -> Option<civil::Date> {
        let date = self.need(field, date)?;
        let made = || {
            let year = i16::try_from(date.year).ok().filter(|year| (1900..=2200).contains(year))?;
            civil::Date::new(year, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
        };
        made().or_else(|| {
            let value = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
            self.bad(field, "IMPOSSIBLE_DATE", value, "must be a day of the calendar, of the years 1900 to 2200")
        })
    }

    /// A date that may be absent.
    pub fn optional_date(&mut self, field: &'static str, date: Option<&Date>) -> Option<Option<civil::Date>> {
        if date.is_none() { Some(None) } else { self.date(field, date).map(Some) }
    }

    /// A value of an enum of the contract; unknown numbers are refused.
    pub fn choice<E: TryFrom<i32> + Default>(&mut self, field: &'static str, value: i32) -> Option<E> {
        E::try_from(value)
            .ok()
            .or_else(|| self.bad(field, "UNKNOWN_VALUE", value.to_string(), "is not a value of this field's enum in the contract"))
    }

    fn path_of(&self, field: &'static str) -> String {
        match (self.path.is_empty(), field.is_empty()) {
            (true, _) => field.to_owned(),
            (false, true) => self.path.join("."),
            (false, false) => format!("{}.{field}", self.path.join(".")),
        }
    }
}

/// Days since 1970-01-01, the bucket of sums by day.
pub fn day(date: civil::Date) -> i64 {
    const EPOCH: civil::Date = civil::date(1970, 1, 1);
    (date - EPOCH).get_days().into()
}

//! What stands in a policy file: names, codes, days, spans of time, shares.

pub use super::{
    address::{Label, ReasonName, Webhook},
    whole::Whole,
};

use super::text::{Text, readable};
use crossdock_core::codes;
use crossdock_proto::{KindInfo, schema};
use crossdock_yaml::did_you_mean;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use std::{borrow::Cow, fmt};

/// The names that services use among themselves, and the operator of a cluster.
const RESERVED: [&str; 2] = [crossdock_records::SERVICE, crossdock_records::CLUSTER];
/// Longest text for people, and longest id, in characters.
const DESCRIPTION: usize = 200;
const ID: usize = 100;
/// Longest text of a span of time, in characters.
const SPAN: usize = 40;
/// Longest span of time that is taken: ten years.
const LONGEST: i64 = 3_660 * DAY;
const DAY: i64 = 86_400;

readable!(Name, Description, Id, KindName, Unit, Currency, FirstDay, Span);

/// Name of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct Name(#[schemars(length(max = 40), regex(pattern = "^[a-z0-9-]{1,40}$"))] String);

/// A text for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Description(#[schemars(length(max = 200))] String);

/// Id of a location or a supplier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct Id(#[schemars(length(min = 1, max = 100))] String);

/// Name of a kind of record that connections may write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KindName(String);

/// A unit of measure.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Unit(#[schemars(length(max = 3), regex(pattern = "^[A-Z0-9]{2,3}$"))] String);

/// A currency.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Currency(#[schemars(length(max = 3), regex(pattern = "^[A-Z]{3}$"))] String);

/// The first day on which something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct FirstDay(#[schemars(with = "String", length(max = 10), regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))] jiff::civil::Date);

/// A span of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Span(#[schemars(with = "String", length(max = 40), regex(pattern = r"^(\d{1,9}[dhms] ?)+$"))] i64);

/// A share in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Percent(#[schemars(range(max = 100))] u32);

macro_rules! text_of {
    ($($name:ident),*) => {
        $(impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        })*
    };
}
text_of!(Name, Description, Id, KindName, Unit, Currency);

impl Text for Name {
    const EXPECTED: &'static str = "the name of a connection such as erp-eu";

    fn read(text: &str) -> Result<Self, String> {
        if RESERVED.contains(&text) {
            return Err(format!("{text:?} is a name that Crossdock itself goes by; take another"));
        }
        let good = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good { Ok(Self(text.into())) } else { Err(format!("{text:?} is no name: 1 to 40 of a-z, 0-9 and - such as erp-eu")) }
    }
}

impl Text for Description {
    const EXPECTED: &'static str = "a text";

    fn read(text: &str) -> Result<Self, String> {
        plain(text, DESCRIPTION).map(Self)
    }
}

impl Text for Id {
    const EXPECTED: &'static str = "an id";

    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.trim() != text {
            return Err(format!("{text:?} is no id: it must not be empty, nor begin or end with blanks"));
        }
        plain(text, ID).map(Self)
    }
}

/// A text without control characters.
fn plain(text: &str, most: usize) -> Result<String, String> {
    let length = text.chars().count();
    if length > most {
        return Err(format!("has {length} characters; at most {most} are kept"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain line ends or other control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn writable() -> impl Iterator<Item = &'static KindInfo> {
    schema().kinds().filter(|info| !info.writers.is_empty())
}

impl Text for KindName {
    const EXPECTED: &'static str = "a kind of record such as item";

    fn read(text: &str) -> Result<Self, String> {
        match schema().kind_named(text) {
            Some(info) if info.writers.is_empty() => Err(format!("{text:?} is kept by Crossdock itself: no connection writes it")),
            Some(info) => Ok(Self(info.name.clone())),
            None => {
                let names: Vec<&str> = writable().map(|info| info.name.as_str()).collect();
                let hint = did_you_mean(text, names.iter().copied());
                Err(if hint.is_empty() {
                    format!("{text:?} is not a kind of record; there are {}", names.join(", "))
                } else {
                    format!("{text:?} is not a kind of record{hint}")
                })
            }
        }
    }
}

impl JsonSchema for KindName {
    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = writable().map(|info| info.name.as_str()).collect();
        json_schema!({ "type": "string", "description": "Kind of record.", "enum": names })
    }
}

impl Text for Unit {
    const EXPECTED: &'static str = "a unit such as EA";

    fn read(text: &str) -> Result<Self, String> {
        if codes::is_unit(text) {
            return Ok(Self(text.into()));
        }
        Err(format!(
            "{text:?} is no unit: take a UNECE Rec 20 code such as EA or KGM, or a Rec 21 package code with an X before it such as XCT"
        ))
    }
}

impl Text for Currency {
    const EXPECTED: &'static str = "a currency such as EUR";

    fn read(text: &str) -> Result<Self, String> {
        if codes::is_currency(text) {
            Ok(Self(text.into()))
        } else {
            Err(format!("{text:?} is no currency: take an ISO 4217 code such as EUR"))
        }
    }
}

impl Text for FirstDay {
    const EXPECTED: &'static str = "a day such as 2026-07-01";

    fn read(text: &str) -> Result<Self, String> {
        let day = (text.len() == 10).then(|| text.parse().ok()).flatten();
        day.map(Self).ok_or_else(|| format!("{text:?} is no day of the calendar: write it as 2026-07-01"))
    }
}

impl fmt::Display for FirstDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Span {
    /// In seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl Text for Span {
    const EXPECTED: &'static str = "a span of time such as 24h";

    fn read(text: &str) -> Result<Self, String> {
        let seconds = spans(text)
            .filter(|_| text.len() <= SPAN)
            .ok_or_else(|| format!("{text:?} is no span of time: write 90m, 24h, 7d or 1h 30m"))?;
        if seconds > LONGEST { Err(format!("{text:?} is too long: at most 3660d")) } else { Ok(Self(seconds)) }
    }
}

/// The sum of numbers with their units.
fn spans(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = (&rest[..end], rest[end..].chars().next()?);
        let seconds = match unit {
            'd' => DAY,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(seconds)?)?;
        rest = rest[end + 1..].trim_start();
    }
    (!text.trim().is_empty()).then_some(sum)
}

impl Percent {
    /// From 0 to 100.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Percent;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a whole number of percent, 0 to 100")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Percent, E> {
                let percent = u32::try_from(value).ok().filter(|percent| *percent <= 100);
                percent.map(Percent).ok_or_else(|| E::custom(format!("{value} is no share: 0 to 100 percent")))
            }
        }
        from.deserialize_u64(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_read_as_people_write_them() {
        let seconds = |text| Span::read(text).map(Span::seconds).ok();
        assert_eq!(seconds("24h"), Some(86_400));
        assert_eq!(seconds("90m"), Some(5_400));
        assert_eq!(seconds("1h 30m"), seconds("90m"));
        assert_eq!(seconds("1h30m"), seconds("90m"));
        assert_eq!(seconds("0s"), Some(0));
        for text in ["", " ", "24", "h", "-1h", "1.5h", "1w", "99999999999999999999d", "4000d", "3 h"] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }
}

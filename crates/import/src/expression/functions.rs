//! The functions that expressions may call.

use super::Type;
use crate::decimal;
use cel::{
    Env, ExecutionError,
    common::{
        functions::Function,
        types::{CelBool, CelInt, CelString, STRING_TYPE},
        value::CowVal,
    },
};
use jiff::{Timestamp, civil, fmt::strtime, tz::TimeZone};
use regex::{Regex, RegexBuilder};
use std::{cell::RefCell, collections::HashMap};

/// What `matches` is called once it is checked. Its own name may be taken by the CEL library.
pub(super) const MATCHES: &str = "crossdock_matches";

/// Most bytes of a pattern once it is compiled.
const LARGEST_PATTERN: usize = 1 << 20;

/// How a function is called.
#[derive(Clone, Copy)]
pub(super) enum Method {
    /// `f(a)`.
    Never,
    /// `a.f()`.
    Always,
    /// Either.
    Either,
}

impl Method {
    pub(super) fn allows(self, called_as_method: bool) -> bool {
        match self {
            Self::Never => !called_as_method,
            Self::Always => called_as_method,
            Self::Either => true,
        }
    }
}

/// A function as the checker knows it.
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) takes: &'static [Type],
    pub(super) gives: Type,
}

impl Signature {
    pub(super) fn text(&self) -> String {
        let mut takes: Vec<_> = self.takes.iter().map(|takes| takes.name()).collect();
        match self.method {
            Method::Always => format!("{}.{}({})", takes.remove(0), self.name, takes.join(", ")),
            Method::Never | Method::Either => format!("{}({})", self.name, takes.join(", ")),
        }
    }
}

const fn function(name: &'static str, takes: &'static [Type], gives: Type) -> Signature {
    Signature { name, method: Method::Never, takes, gives }
}

const T: Type = Type::Text;

/// Every function there is. What is not here cannot be called.
pub(super) const SIGNATURES: &[Signature] = &[
    // Of CEL itself.
    Signature { name: "contains", method: Method::Always, takes: &[T, T], gives: Type::Bool },
    Signature { name: "startsWith", method: Method::Always, takes: &[T, T], gives: Type::Bool },
    Signature { name: "endsWith", method: Method::Always, takes: &[T, T], gives: Type::Bool },
    Signature { name: "matches", method: Method::Either, takes: &[T, T], gives: Type::Bool },
    Signature { name: "size", method: Method::Either, takes: &[T], gives: Type::Int },
    Signature { name: "size", method: Method::Either, takes: &[Type::List], gives: Type::Int },
    function("int", &[T], Type::Int),
    function("string", &[Type::Int], T),
    // Text.
    function("upper", &[T], T),
    function("lower", &[T], T),
    function("trim", &[T], T),
    function("replace", &[T, T, T], T),
    function("part", &[T, T, Type::Int], T),
    function("first", &[T, T], T),
    // Decimals as text.
    function("negate", &[T], T),
    function("abs", &[T], T),
    function("is_negative", &[T], Type::Bool),
    function("is_zero", &[T], Type::Bool),
    function("compare", &[T, T], Type::Int),
    function("decimal", &[T, T], T),
    // Dates and instants.
    function("date", &[T], Type::Date),
    function("date", &[T, T], Type::Date),
    function("instant", &[T], Type::Instant),
    function("instant", &[T, T], Type::Instant),
    function("instant", &[T, T, T], Type::Instant),
    function("micros", &[Type::Instant], Type::Int),
];

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

const OWN: &[(&str, usize, Function)] = &[
    (MATCHES, 2, |args| truth(Ok(matches(text(&args, 0), text(&args, 1))))),
    ("upper", 1, |args| written(Ok(text(&args, 0).to_uppercase()))),
    ("lower", 1, |args| written(Ok(text(&args, 0).to_lowercase()))),
    ("trim", 1, |args| written(Ok(text(&args, 0).trim().to_owned()))),
    ("replace", 3, |args| written(Ok(text(&args, 0).replace(text(&args, 1), text(&args, 2))))),
    ("first", 2, |args| written(Ok(text(&args, usize::from(text(&args, 0).is_empty())).to_owned()))),
    ("negate", 1, |args| written(decimal::negate(text(&args, 0)).map_err(|error| failed("negate", error)))),
    ("abs", 1, |args| written(decimal::abs(text(&args, 0)).map_err(|error| failed("abs", error)))),
    ("is_negative", 1, |args| truth(decimal::is_negative(text(&args, 0)).map_err(|error| failed("is_negative", error)))),
    ("is_zero", 1, |args| truth(decimal::is_zero(text(&args, 0)).map_err(|error| failed("is_zero", error)))),
    ("compare", 2, |args| compare(&args)),
    ("decimal", 2, |args| written(decimal::read(text(&args, 0), text(&args, 1)).map_err(|error| failed("decimal", error)))),
    ("date", 1, |args| written(date(text(&args, 0)).map_err(|error| failed("date", error)))),
    ("date", 2, |args| written(date_as(text(&args, 0), text(&args, 1)).map_err(|error| failed("date", error)))),
    ("instant", 1, |args| written(instant(text(&args, 0)).map_err(|error| failed("instant", error)))),
    ("instant", 2, |args| written(instant_in(text(&args, 0), text(&args, 1), None).map_err(|error| failed("instant", error)))),
    ("instant", 3, |args| {
        written(instant_in(text(&args, 0), text(&args, 1), Some(text(&args, 2))).map_err(|error| failed("instant", error)))
    }),
    ("micros", 1, |args| micros(&args)),
];

/// Makes the functions known to the interpreter.
pub(super) fn register(env: &mut Env) {
    for (name, takes, function) in OWN {
        // Names and argument counts of the table differ, which a test proves; so it cannot be refused.
        let _ = env.add_overload(name, &format!("{name}_{takes}"), (0..*takes).map(|_| STRING_TYPE).collect(), *function);
    }
    let _ = env.add_overload("part", "part_3", vec![STRING_TYPE, STRING_TYPE, cel::common::types::INT_TYPE], |args| part(&args));
}

fn text<'a>(args: &'a [CowVal<'_, '_>], index: usize) -> &'a str {
    args.get(index).and_then(|value| value.downcast_ref::<CelString<'_>>()).map_or("", CelString::inner)
}

fn written<'b, 'v>(result: Result<String, ExecutionError>) -> Answer<'b, 'v> {
    Ok(CowVal::owned(CelString::from(result?)))
}

fn truth<'b, 'v>(result: Result<bool, ExecutionError>) -> Answer<'b, 'v> {
    Ok(CowVal::owned(CelBool::from(result?)))
}

fn failed(function: &str, message: impl ToString) -> ExecutionError {
    ExecutionError::function_error(function, message)
}

fn compare<'b, 'v>(args: &[CowVal<'b, 'v>]) -> Answer<'b, 'v> {
    let order = decimal::compare(text(args, 0), text(args, 1)).map_err(|error| failed("compare", error))?;
    Ok(CowVal::owned(CelInt::from(i64::from(order as i8))))
}

/// The nth part, from 1, of a text that a separator divides; empty if there are fewer.
fn part<'b, 'v>(args: &[CowVal<'b, 'v>]) -> Answer<'b, 'v> {
    let wanted = args.get(2).and_then(|value| value.downcast_ref::<CelInt>()).map_or(0, |wanted| *wanted.inner());
    let index = usize::try_from(wanted - 1).map_err(|_| failed("part", "parts are numbered from 1"))?;
    written(Ok(text(args, 0).split(text(args, 1)).nth(index).unwrap_or("").to_owned()))
}

/// A pattern, unless it is so large that every line would wait for it.
pub(super) fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build()
}

/// Patterns are literals of the mapping, so there are few of them; each thread compiles each once.
fn matches(value: &str, pattern: &str) -> bool {
    thread_local!(static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default());
    COMPILED.with_borrow_mut(|compiled| {
        if !compiled.contains_key(pattern) {
            compiled.insert(pattern.to_owned(), regex(pattern).ok());
        }
        compiled.get(pattern).and_then(Option::as_ref).is_some_and(|regex| regex.is_match(value))
    })
}

/// The civil date in a date or a local date and time.
fn date(value: &str) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    if value.ends_with(['Z', 'z']) {
        return Err(format!("`{value}` is an instant, which has no date of its own: say in the source which day it was"));
    }
    let date: civil::Date = value.parse().map_err(|_| format!("`{value}` is not a date such as 2010-12-01"))?;
    Ok(date.to_string())
}

fn date_as(value: &str, pattern: &str) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let date = strtime::parse(pattern, value).and_then(|parsed| parsed.to_date());
    Ok(date.map_err(|error| format!("`{value}` is not a date like `{pattern}`: {error}"))?.to_string())
}

fn instant(value: &str) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let instant: Timestamp =
        value.parse().map_err(|_| format!("`{value}` is not RFC 3339 such as 2010-12-01T08:26:00Z; name a time zone for a local time"))?;
    Ok(instant.to_string())
}

/// A local time as an instant. Of a time that happened twice the first counts; one that was skipped moves on by as much.
fn instant_in(value: &str, zone: &str, pattern: Option<&str>) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let local: Result<civil::DateTime, _> = match pattern {
        Some(pattern) => strtime::parse(pattern, value).and_then(|parsed| parsed.to_datetime()),
        None => value.parse(),
    };
    let local = local.map_err(|_| format!("`{value}` is not a local time {}", pattern.unwrap_or("such as 2010-12-01T08:26:00")))?;
    let zone = TimeZone::get(zone).map_err(|_| format!("unknown time zone `{zone}`: use an IANA name such as Europe/London"))?;
    let instant = zone.to_timestamp(local).map_err(|error| format!("`{value}` is out of range: {error}"))?;
    Ok(instant.to_string())
}

/// Microseconds since 1970; 0 of no instant, which is what an absent version says.
fn micros<'b, 'v>(args: &[CowVal<'b, 'v>]) -> Answer<'b, 'v> {
    let value = text(args, 0);
    if value.is_empty() {
        return Ok(CowVal::owned(CelInt::from(0)));
    }
    let instant: Timestamp = value.parse().map_err(|_| failed("micros", format!("`{value}` is not an instant")))?;
    Ok(CowVal::owned(CelInt::from(instant.as_microsecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_own_function_is_registered_and_known() {
        let mut env = Env::default();
        for (name, takes, function) in OWN {
            env.add_overload(name, &format!("{name}_{takes}"), (0..*takes).map(|_| STRING_TYPE).collect(), *function).unwrap();
            let known = SIGNATURES.iter().any(|signature| signature.name == *name && signature.takes.len() == *takes);
            assert!(known || *name == MATCHES, "{name}");
        }
    }
}

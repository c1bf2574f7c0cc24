//! One text, read as everything that a stranger may hand over as a text: cursors, page tokens, keys, trace contexts, amounts, ratios, numbers of GS1.
//! What is read is written as a text that is read as the same.
#![no_main]

use crossdock_core::{Cursor, Micro, Ratio, Rounding, TraceParent, gs1, key};
use crossdock_records::Token;
use libfuzzer_sys::fuzz_target;
use std::{fmt::Display, str::FromStr};

fuzz_target!(|text: &str| {
    again::<Cursor>(text);
    again::<Micro>(text);
    again::<Ratio>(text);
    if let Some(trace) = TraceParent::parse(text) {
        assert_eq!(TraceParent::parse(&trace.to_string()), Some(trace));
        assert_eq!(TraceParent::from_bytes(trace.as_bytes()), Some(trace));
    }
    assert_eq!(key::split(&key::join([text])), [text]);
    key::split(text);
    token(text);
    number(text);
    if let Some((amount, ratio)) = text.split_once(' ') {
        convert(amount, ratio);
    }
});

fn again<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert!(value.to_string().parse::<T>().is_ok_and(|again| again == value), "{text:?} is written as {value}");
    }
}

fn token(text: &str) {
    let token = Token::of(&"what was asked");
    assert!(token.take(text).is_err() || text.is_empty() || text.contains('.'));
    assert_eq!(token.take(&token.give(text)).ok().as_deref(), Some(text));
    assert!(Token::of(&"something else").take(&token.give(text)).is_err());
}

fn number(text: &str) {
    if gs1::check_gtin(text).is_ok() {
        let (digits, last) = text.split_at(text.len() - 1);
        assert_eq!(gs1::check_digit(digits).map(String::from).as_deref(), Some(last));
    }
    if gs1::check_gln(text).is_ok() {
        assert!(gs1::check_gtin(text).is_ok());
    }
}

fn convert(amount: &str, ratio: &str) {
    let (Ok(amount), Ok(ratio)) = (amount.parse::<Micro>(), ratio.parse::<Ratio>()) else { return };
    for rounding in [Rounding::Down, Rounding::Up, Rounding::HalfEven] {
        let Ok(converted) = amount.times(ratio, rounding) else { continue };
        let (rest, divisor) = converted.residual;
        let exact = i128::from(amount.0) * i128::from(ratio.numerator());
        assert_eq!(i128::from(converted.amount.0) * divisor + rest, exact);
    }
}

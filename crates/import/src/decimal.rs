//! Decimals as text: exact, of any length, never a float.

use std::cmp::Ordering;

/// The parts of a decimal such as `-12.50`.
struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

fn parse(text: &str) -> Result<Decimal<'_>, String> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(format!("`{text}` is not a decimal number such as 12.5"));
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Ok(Decimal { negative: unsigned.len() < text.len() && !(whole.is_empty() && fraction.is_empty()), whole, fraction })
}

/// The same amount with the other sign; zero has none.
pub(crate) fn negate(text: &str) -> Result<String, String> {
    let negative = parse(text)?.negative;
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    Ok(if negative || is_zero(text)? { unsigned.to_owned() } else { format!("-{unsigned}") })
}

/// The same amount without its sign.
pub(crate) fn abs(text: &str) -> Result<String, String> {
    parse(text)?;
    Ok(text.strip_prefix('-').unwrap_or(text).to_owned())
}

/// Below zero.
pub(crate) fn is_negative(text: &str) -> Result<bool, String> {
    Ok(parse(text)?.negative)
}

/// Zero, however it is written.
pub(crate) fn is_zero(text: &str) -> Result<bool, String> {
    let decimal = parse(text)?;
    Ok(decimal.whole.is_empty() && decimal.fraction.is_empty())
}

/// How the two amounts compare.
pub(crate) fn compare(left: &str, right: &str) -> Result<Ordering, String> {
    let (left, right) = (parse(left)?, parse(right)?);
    let size = left.whole.len().cmp(&right.whole.len()).then(left.whole.cmp(right.whole)).then(left.fraction.cmp(right.fraction));
    Ok(match (left.negative, right.negative) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// A decimal in another notation as decimal text: `separator` (`.` or `,`) parts the fraction, the other of the two and spaces and apostrophes part
/// thousands, and the sign may stand behind.
pub(crate) fn read(text: &str, separator: &str) -> Result<String, String> {
    let thousands = match separator {
        "," => '.',
        "." => ',',
        _ => return Err(format!("`{separator}` cannot part the fraction: use `.` or `,`")),
    };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(String::new());
    }
    let (sign, unsigned) = match trimmed.strip_suffix('-').or_else(|| trimmed.strip_prefix('-')) {
        Some(rest) => ("-", rest),
        None => ("", trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let mut result = String::from(sign);
    let grouping = |c: char| c == thousands || c == '\'' || c == ' ' || c == '\u{a0}' || c == '\u{202f}';
    result.extend(unsigned.chars().filter(|c| !grouping(*c)).map(|c| if c == ',' { '.' } else { c }));
    parse(&result).map(|_| ()).map_err(|_| format!("`{text}` is not a decimal number with `{separator}` before its fraction"))?;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_the_text_exact() {
        assert_eq!(negate("12.50").unwrap(), "-12.50");
        assert_eq!(negate("-12.50").unwrap(), "12.50");
        assert_eq!(negate("-0.00").unwrap(), "0.00");
        assert_eq!(negate("0").unwrap(), "0");
        assert_eq!(abs("-0010.10").unwrap(), "0010.10");
        assert_eq!(negate("123456789012345678901234567890.000001").unwrap(), "-123456789012345678901234567890.000001");
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        for text in ["", "-", ".5", "5.", "1e3", "NaN", "+5", "1,5", " 1", "1.2.3", "--1", "٣"] {
            assert!(negate(text).is_err(), "{text}");
            assert!(is_zero(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_other_notations() {
        assert_eq!(read("1.234,50", ",").unwrap(), "1234.50");
        assert_eq!(read("1'234.50-", ".").unwrap(), "-1234.50");
        assert_eq!(read("+7", ".").unwrap(), "7");
        assert_eq!(read("", ",").unwrap(), "");
        assert!(read("1,2,3", ",").is_err());
        assert!(read("abc", ",").is_err());
        assert!(read("1", ";").is_err());
    }

    proptest! {
        #[test]
        fn agrees_with_integers(left in -1_000_000_000_i64..1_000_000_000, right in -1_000_000_000_i64..1_000_000_000, zeros in 0_usize..4) {
            let text = |value: i64| {
                let size = value.unsigned_abs();
                format!("{}{}{}.{:03}{}", if value < 0 { "-" } else { "" }, "0".repeat(zeros), size / 1000, size % 1000, "0".repeat(zeros))
            };
            prop_assert_eq!(compare(&text(left), &text(right)).unwrap(), left.cmp(&right));
            prop_assert_eq!(is_negative(&text(left)).unwrap(), left < 0);
            prop_assert_eq!(compare(&negate(&text(left)).unwrap(), &text(-left)).unwrap(), Ordering::Equal);
            prop_assert_eq!(compare(&abs(&text(left)).unwrap(), &text(left.abs())).unwrap(), Ordering::Equal);
            prop_assert_eq!(negate(&negate(&text(left)).unwrap()).unwrap(), text(left));
        }

        #[test]
        fn never_panics(text in ".{0,20}", other in ".{0,20}") {
            let _ = (negate(&text), abs(&text), is_negative(&text), compare(&text, &other), read(&text, ","));
        }
    }
}

//! The numbers of GS1 that name articles (GTIN) and places (GLN), and their check digit.
//!
//! From the right, digits before the check digit weigh 3, 1, 3, 1, …; the check digit fills the sum up to a multiple of ten.

/// What is wrong with a GS1 number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Fault {
    /// It holds something other than digits.
    #[error("{0:?} is not a digit: write the number in digits alone, without spaces or hyphens")]
    NotDigits(char),
    /// It has a number of digits that no such number has.
    #[error("{found} digits, expected {expected}")]
    Length {
        /// Digits found.
        found: usize,
        /// Numbers of digits that would be right.
        expected: &'static str,
    },
    /// Its last digit does not follow from the others.
    #[error("check digit {found}, expected {expected}: a digit is wrong or two are swapped")]
    CheckDigit {
        /// The last digit found.
        found: char,
        /// The one that the other digits ask for.
        expected: char,
    },
}

/// Checks a GTIN: 8, 12, 13 or 14 digits, the last of them the check digit.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_gtin(text: &str) -> Result<(), Gs1Fault> {
    check(text, &[8, 12, 13, 14], "8, 12, 13 or 14")
}

/// Checks a GLN: 13 digits, the last of them the check digit.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_gln(text: &str) -> Result<(), Gs1Fault> {
    check(text, &[13], "13")
}

/// The check digit that completes these digits; none if there is something other than digits among them.
pub fn check_digit(digits: &str) -> Option<char> {
    let mut sum = 0;
    for (place, digit) in digits.chars().rev().enumerate() {
        let weight = if place % 2 == 0 { 3 } else { 1 };
        sum = (sum + weight * digit.to_digit(10)?) % 10;
    }
    char::from_digit((10 - sum) % 10, 10)
}

fn check(text: &str, lengths: &[usize], expected: &'static str) -> Result<(), Gs1Fault> {
    if let Some(other) = text.chars().find(|c| !c.is_ascii_digit()) {
        return Err(Gs1Fault::NotDigits(other));
    }
    if !lengths.contains(&text.len()) {
        return Err(Gs1Fault::Length { found: text.len(), expected });
    }
    let (digits, last) = text.split_at(text.len() - 1);
    match (last.chars().next(), check_digit(digits)) {
        (Some(found), Some(expected)) if found != expected => Err(Gs1Fault::CheckDigit { found, expected }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_numbers_from_the_standard_and_from_shelves() {
        for gtin in ["6291041500213", "4006381333931", "036000291452", "96385074", "00012345600012", "0000000000000"] {
            assert_eq!(check_gtin(gtin), Ok(()), "{gtin}");
        }
        assert_eq!(check_gln("4000001000005"), Ok(()));
    }

    #[test]
    fn says_what_would_be_right() {
        let fault = |text: &str| check_gtin(text).unwrap_err().to_string();
        assert_eq!(fault("4006381333932"), "check digit 2, expected 1: a digit is wrong or two are swapped");
        assert_eq!(fault("12345"), "5 digits, expected 8, 12, 13 or 14");
        assert_eq!(fault(""), "0 digits, expected 8, 12, 13 or 14");
        assert_eq!(fault("400638-133393"), "'-' is not a digit: write the number in digits alone, without spaces or hyphens");
        assert_eq!(fault("٤٠٠٦٣٨١٣"), "'٤' is not a digit: write the number in digits alone, without spaces or hyphens");
        assert_eq!(check_gln("96385074").unwrap_err().to_string(), "8 digits, expected 13");
    }

    fn gtin() -> impl Strategy<Value = String> {
        prop_oneof!["[0-9]{7}", "[0-9]{11}", "[0-9]{12}", "[0-9]{13}"].prop_map(|digits| {
            let last = check_digit(&digits).unwrap();
            format!("{digits}{last}")
        })
    }

    proptest! {
        #[test]
        fn exactly_one_last_digit_is_right(digits in "[0-9]{12}") {
            let right = (0..10).filter(|last| check_gtin(&format!("{digits}{last}")).is_ok()).count();
            prop_assert_eq!(right, 1);
        }

        #[test]
        fn one_wrong_digit_is_found(gtin in gtin(), place in any::<prop::sample::Index>(), by in 1..10_u8) {
            let mut digits = gtin.clone().into_bytes();
            let at = place.index(digits.len());
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            prop_assert!(check_gtin(std::str::from_utf8(&digits).unwrap()).is_err());
        }

        #[test]
        fn swapped_neighbours_are_found_unless_they_differ_by_five(gtin in gtin(), place in any::<prop::sample::Index>()) {
            let mut digits = gtin.clone().into_bytes();
            let at = place.index(digits.len() - 1);
            let same = digits[at].abs_diff(digits[at + 1]) % 5 == 0;
            digits.swap(at, at + 1);
            prop_assert_eq!(check_gtin(std::str::from_utf8(&digits).unwrap()).is_ok(), same);
        }

        #[test]
        fn leading_zeros_change_nothing(digits in "[0-9]{7}") {
            prop_assert_eq!(check_digit(&digits), check_digit(&format!("000000{digits}")));
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let wanted = text.len() >= 8 && text.bytes().all(|b| b.is_ascii_digit());
            prop_assert!(wanted || check_gtin(&text).is_err());
        }
    }
}

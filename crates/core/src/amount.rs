//! Exact amounts: millionths in an i64, ratios of two i64. Products and conversions go through i128.

use std::{fmt, str::FromStr};
use thiserror::Error;

const SCALE: i64 = 1_000_000;

/// Why a text is no amount, or an amount cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Not a decimal number.
    #[error("must be a decimal number such as 12 or -0.5, without exponent or separators")]
    Malformed,
    /// More digits than are kept exactly.
    #[error("must have at most 12 digits before the point and 6 after it")]
    TooPrecise,
    /// A result that does not fit.
    #[error("is out of range: at most 999,999,999.999999")]
    Overflow,
}

/// A decimal number in millionths: 12 integer and 6 fraction digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micro(pub i64);

impl Micro {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that one record may count: sums of thousands of them still fit, so that no record can make a total overflow.
    pub const MOST: Self = Self(999_999_999 * SCALE + (SCALE - 1));
    /// One.
    pub const ONE: Self = Self(SCALE);

    /// The sum, if it fits.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountError::Overflow)
    }

    /// The difference, if it fits.
    pub fn minus(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountError::Overflow)
    }

    /// The same with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0.saturating_neg())
    }

    /// No more than one record may count, either way.
    pub fn is_countable(self) -> bool {
        self.0.unsigned_abs() <= Self::MOST.0.unsigned_abs()
    }

    /// Less than nothing.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Converted by `ratio`, rounded to millionths; the residual is `exact - result`, in millionths as a ratio.
    pub fn times(self, ratio: Ratio, rounding: Rounding) -> Result<Converted, AmountError> {
        let exact = i128::from(self.0) * i128::from(ratio.numerator);
        let divisor = i128::from(ratio.denominator);
        let (floor, rest) = (exact.div_euclid(divisor), exact.rem_euclid(divisor));
        let up = match rounding {
            Rounding::Down => false,
            Rounding::Up => rest > 0,
            Rounding::HalfEven => rest * 2 > divisor || (rest * 2 == divisor && floor % 2 != 0),
        };
        let rounded = floor + i128::from(up);
        let amount = i64::try_from(rounded).map(Self).map_err(|_| AmountError::Overflow)?;
        Ok(Converted { amount, residual: (exact - rounded * divisor, divisor) })
    }
}

/// A converted amount and what rounding left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The rounded amount.
    pub amount: Micro,
    /// `exact - amount` in millionths, as numerator and denominator.
    pub residual: (i128, i128),
}

impl Converted {
    /// Nothing was lost in rounding.
    pub fn is_exact(&self) -> bool {
        self.residual.0 == 0
    }
}

/// How a conversion rounds to millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards negative infinity.
    Down,
    /// Towards positive infinity.
    Up,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
}

impl FromStr for Micro {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (integer, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(AmountError::Malformed),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all = integer.bytes().chain(fraction.bytes());
        if integer.is_empty() || !all.clone().all(|byte| byte.is_ascii_digit()) {
            return Err(AmountError::Malformed);
        }
        let fraction = fraction.trim_end_matches('0');
        let integer = integer.trim_start_matches('0');
        if integer.len() > 12 || fraction.len() > 6 {
            return Err(AmountError::TooPrecise);
        }
        let digits = integer.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', 6 - fraction.len()));
        let value = digits.fold(0_i64, |value, byte| value * 10 + i64::from(byte - b'0'));
        Ok(Self(if negative { -value } else { value }))
    }
}

impl fmt::Display for Micro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (integer, fraction) = (self.0.unsigned_abs() / SCALE.unsigned_abs(), self.0.unsigned_abs() % SCALE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(f, "{sign}{integer}");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{sign}{integer}.{}", digits.trim_end_matches('0'))
    }
}

/// An exact positive ratio in lowest terms, such as base units in one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: i64,
    denominator: i64,
}

impl Ratio {
    /// One to one.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// In lowest terms; both must be positive.
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        Self::reduced(i128::from(numerator), i128::from(denominator))
    }

    /// An amount as a ratio.
    pub fn of(amount: Micro) -> Option<Self> {
        Self::new(amount.0, SCALE)
    }

    /// Numerator, positive.
    pub fn numerator(self) -> i64 {
        self.numerator
    }

    /// Denominator, positive.
    pub fn denominator(self) -> i64 {
        self.denominator
    }

    /// One after the other; `None` if it does not fit.
    pub fn times(self, other: Self) -> Option<Self> {
        Self::reduced(
            i128::from(self.numerator) * i128::from(other.numerator),
            i128::from(self.denominator) * i128::from(other.denominator),
        )
    }

    /// The way back.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self { numerator: self.denominator, denominator: self.numerator }
    }

    fn reduced(numerator: i128, denominator: i128) -> Option<Self> {
        if numerator <= 0 || denominator <= 0 {
            return None;
        }
        let divisor = gcd(numerator, denominator);
        Some(Self { numerator: i64::try_from(numerator / divisor).ok()?, denominator: i64::try_from(denominator / divisor).ok()? })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl FromStr for Ratio {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let part = |text: &str| text.parse::<i64>().map_err(|_| AmountError::Malformed);
        Self::new(part(numerator)?, part(denominator)?).ok_or(AmountError::Malformed)
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_no_exact_decimal() {
        for text in ["", "-", ".", "1.", ".5", "1e3", "NaN", "inf", "+1", "1,5", "1 000", "0x1", "--1", "1.-5"] {
            assert_eq!(text.parse::<Micro>(), Err(AmountError::Malformed), "{text}");
        }
        for text in ["1234567890123", "0.0000001"] {
            assert_eq!(text.parse::<Micro>(), Err(AmountError::TooPrecise), "{text}");
        }
        assert_eq!("000000000000012.5000000000".parse(), Ok(Micro(12_500_000)));
    }

    #[test]
    fn rounding_is_explicit_and_the_residual_is_reported() {
        let third = Ratio::new(1, 3).unwrap();
        let down = Micro::ONE.times(third, Rounding::Down).unwrap();
        assert_eq!((down.amount, down.residual), (Micro(333_333), (1, 3)));
        let up = Micro::ONE.times(third, Rounding::Up).unwrap();
        assert_eq!((up.amount, up.residual), (Micro(333_334), (-2, 3)));
        let half = Ratio::new(1, 2).unwrap();
        assert_eq!(Micro(1).times(half, Rounding::HalfEven).unwrap().amount, Micro(0));
        assert_eq!(Micro(3).times(half, Rounding::HalfEven).unwrap().amount, Micro(2));
    }

    proptest! {
        #[test]
        fn text_and_back(value in -999_999_999_999_999_999_i64..=999_999_999_999_999_999) {
            prop_assert_eq!(Micro(value).to_string().parse(), Ok(Micro(value)));
        }

        #[test]
        fn exact_is_result_plus_residual(value in any::<i32>(), n in 1..10_000_i64, d in 1..10_000_i64) {
            let ratio = Ratio::new(n, d).unwrap();
            for rounding in [Rounding::Down, Rounding::Up, Rounding::HalfEven] {
                let got = Micro(value.into()).times(ratio, rounding).unwrap();
                let (rest, divisor) = got.residual;
                prop_assert_eq!(i128::from(got.amount.0) * divisor + rest, i128::from(value) * i128::from(ratio.numerator()));
                prop_assert!(rest.abs() < divisor);
            }
        }

        #[test]
        fn there_and_back_is_one(n in 1..1_000_000_i64, d in 1..1_000_000_i64) {
            let ratio = Ratio::new(n, d).unwrap();
            prop_assert_eq!(ratio.times(ratio.inverse()), Some(Ratio::ONE));
        }
    }
}

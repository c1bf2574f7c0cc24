//! Code lists that contracts refer to: units, currencies, countries. Facts of others, kept as they publish them in `codes/*.txt`.

use std::sync::LazyLock;

/// A list of codes, sorted. Lines that begin with `#` say where it is from.
struct Codes(LazyLock<Vec<&'static str>>);

impl Codes {
    fn has(&self, code: &str) -> bool {
        self.0.binary_search(&code).is_ok()
    }
}

macro_rules! codes {
    ($file:literal) => {
        Codes(LazyLock::new(|| include_str!($file).lines().filter(|line| !line.starts_with('#')).collect()))
    };
}

static UNITS: Codes = codes!("codes/units.txt");
static CURRENCIES: Codes = codes!("codes/currencies.txt");
static COUNTRIES: Codes = codes!("codes/countries.txt");

/// Whether this is a unit: a UNECE Rec 20 code such as `EA` or `KGM`, or a Rec 21 package code with an X before it, such as `XCT`.
///
/// A sender's own code can be one of these by accident: `CTN` is the content ton, not the carton. So cross-references are asked first.
pub fn is_unit(code: &str) -> bool {
    UNITS.has(code)
}

/// Whether this is an ISO 4217 currency code such as `EUR`, current or withdrawn so lately that order history still has it.
pub fn is_currency(code: &str) -> bool {
    CURRENCIES.has(code)
}

/// Whether this is an ISO 3166-1 alpha-2 country code such as `DE`.
pub fn is_country(code: &str) -> bool {
    COUNTRIES.has(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_whole_and_sorted() {
        for (codes, count, longest) in [(&UNITS, 2162, 3), (&CURRENCIES, 183, 3), (&COUNTRIES, 250, 2)] {
            assert_eq!(codes.0.len(), count);
            assert!(codes.0.is_sorted_by(|a, b| a < b), "binary search wants every code once and in byte order");
            assert!(codes.0.iter().all(|code| (2..=longest).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric())));
        }
    }

    #[test]
    fn knows_what_is_in_daily_use() {
        for unit in ["EA", "C62", "H87", "KGM", "LTR", "MTR", "PR", "DZN", "XCT", "XCS", "XPX", "XBX", "XPK"] {
            assert!(is_unit(unit), "{unit}");
        }
        for currency in ["EUR", "USD", "GBP", "PLN", "JPY", "XCG", "ZWG", "BGN", "HRK"] {
            assert!(is_currency(currency), "{currency}");
        }
        for country in ["DE", "GB", "US", "ES", "XK"] {
            assert!(is_country(country), "{country}");
        }
    }

    #[test]
    fn refuses_what_only_looks_like_a_code() {
        for unit in ["", "ea", " EA", "EA ", "CS", "PCE", "CT", "#", "OZ", "XXX9"] {
            assert!(!is_unit(unit), "{unit:?}");
        }
        assert!(!is_currency("CNH"), "traded, but not ISO 4217");
        assert!(!is_currency("eur"));
        assert!(!is_country("UK"), "reserved: the code is GB");
        assert!(!is_country("EL"), "the code is GR");
    }
}

//! Quantities as they were sent and as they count, for every service that counts goods.

use super::{item::Item, item_units::ItemUnits, number};
use crossdock_core::{AmountError, Converted, Key, Micro, Ratio, Rounding, Violation, key};
use crossdock_records::{Cause, Findings, Known, Verdict};
use jiff::civil::Date;

/// A quantity of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// As it was sent.
    pub value: Micro,
    /// Its unit; the item's base unit if absent.
    pub unit: Option<String>,
    /// As it counts; filled in when the record is taken in and kept, whatever becomes of the conversion later.
    pub base: Option<Base>,
}

/// A quantity in the item's base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// The quantity, rounded half-even to millionths.
    pub quantity: Micro,
    /// Base units in one unit as sent.
    pub factor: Ratio,
}

impl Amount {
    /// The records that say what its unit is.
    pub fn looks_at(item: &str) -> Key {
        Key::new(number::ITEM_UNITS, key::join([item]))
    }

    /// The quantity in the base unit; nothing before it was converted.
    pub fn base(&self) -> Micro {
        self.base.map_or(Micro::ZERO, |base| base.quantity)
    }

    /// Another amount in the same unit, in the base unit.
    pub fn alike(&self, other: Micro) -> Micro {
        let factor = self.base.map_or(Ratio::ONE, |base| base.factor);
        // What cannot be kept was refused when the record was taken in.
        other.times(factor, Rounding::HalfEven).map_or(Micro::ZERO, |converted| converted.amount)
    }

    /// Converts it by what counts on this day.
    pub fn convert(&mut self, item: &str, on: Date, known: &Known, findings: &mut Findings) -> Verdict {
        let factor = match self.factor(item, on, known) {
            Ok(factor) => factor,
            Err(cause) => return Verdict::Wait(cause),
        };
        let countable = |converted: &Converted| converted.amount.is_countable();
        match self
            .value
            .times(factor, Rounding::HalfEven)
            .and_then(|got| if countable(&got) { Ok(got) } else { Err(AmountError::Overflow) })
        {
            Ok(converted) => {
                if !converted.is_exact() {
                    let (numerator, denominator) = converted.residual;
                    let message = format!(
                        "{} x {factor} is not exact in millionths: {} counts, rounded half-even; {numerator}/{denominator} millionths are left over",
                        self.value, converted.amount
                    );
                    findings.warn("quantity.value", "INEXACT_CONVERSION", message);
                }
                self.base = Some(Base { quantity: converted.amount, factor });
                Verdict::Use
            }
            Err(error) => {
                let message = format!("is {} x {factor} in the item's base unit, which {error}", self.value);
                Verdict::Refuse(Violation::new("quantity.value", "OUT_OF_RANGE", self.value.to_string(), message))
            }
        }
    }

    /// Refuses an amount in the same unit that cannot be kept.
    pub fn fits(&self, field: &'static str, other: Micro) -> Result<(), Violation> {
        let factor = self.base.map_or(Ratio::ONE, |base| base.factor);
        let converted = other.times(factor, Rounding::HalfEven);
        converted.and_then(|got| if got.amount.is_countable() { Ok(()) } else { Err(AmountError::Overflow) }).map_err(|error| {
            Violation::new(
                field,
                "OUT_OF_RANGE",
                other.to_string(),
                format!("is {other} x {factor} in the item's base unit, which {error}"),
            )
        })
    }

    fn factor(&self, item: &str, on: Date, known: &Known) -> Result<Ratio, Cause> {
        let id = key::join([item]);
        let base = known.get::<Item>(&id).map_or("", |item| &item.base_unit);
        let Some(unit) = self.unit.as_deref().filter(|unit| *unit != base) else { return Ok(Ratio::ONE) };
        let found = known.get::<ItemUnits>(&id).and_then(|units| units.factor(unit, on));
        found.ok_or_else(|| Cause {
            key: format!("conversion/{}", key::join([&id, unit])),
            reason: "NO_CONVERSION".into(),
            message: format!("no conversion says how many {base} are in one {unit} of item {item} on {on}; send it to master data"),
        })
    }
}

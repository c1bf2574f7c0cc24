//! How good a forecast was: exact sums, divided once at the end.

use crossdock_core::{AmountError, Micro, Ratio, Rounding};

/// Forecast against actual over some periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Periods counted.
    pub periods: i64,
    /// Sum of what was forecast.
    pub forecast: Micro,
    /// Sum of what came.
    pub actual: Micro,
    /// Sum of the absolute differences.
    pub absolute_error: Micro,
}

impl Score {
    /// Adds a period.
    ///
    /// # Errors
    /// If a sum overflows.
    pub fn add(&mut self, forecast: Micro, actual: Micro) -> Result<(), AmountError> {
        let difference = forecast.minus(actual)?;
        let absolute = if difference.is_negative() { difference.negated() } else { difference };
        self.periods += 1;
        self.forecast = self.forecast.plus(forecast)?;
        self.actual = self.actual.plus(actual)?;
        self.absolute_error = self.absolute_error.plus(absolute)?;
        Ok(())
    }

    /// Adds what another one found.
    pub fn join(&mut self, other: &Self) {
        self.periods += other.periods;
        for (own, other) in
            [(&mut self.forecast, other.forecast), (&mut self.actual, other.actual), (&mut self.absolute_error, other.absolute_error)]
        {
            own.0 = own.0.saturating_add(other.0);
        }
    }

    /// Absolute error by actual; none if nothing came.
    pub fn wape(&self) -> Option<Micro> {
        self.by_actual(self.absolute_error)
    }

    /// Forecast less actual by actual; none if nothing came.
    pub fn bias(&self) -> Option<Micro> {
        self.by_actual(self.forecast.minus(self.actual).ok()?)
    }

    fn by_actual(&self, amount: Micro) -> Option<Micro> {
        let ratio = Ratio::new(Micro::ONE.0, self.actual.0)?;
        amount.times(ratio, Rounding::HalfEven).ok().map(|result| result.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_do_not_cancel_out_in_wape_and_do_in_bias() {
        let mut score = Score::default();
        for (forecast, actual) in [(12, 10), (8, 10), (10, 13)] {
            score.add(Micro(forecast * 1_000_000), Micro(actual * 1_000_000)).unwrap();
        }
        assert_eq!(score.wape().unwrap().to_string(), "0.212121");
        assert_eq!(score.bias().unwrap().to_string(), "-0.090909");
    }

    #[test]
    fn nothing_came() {
        let mut score = Score::default();
        score.add(Micro::ONE, Micro::ZERO).unwrap();
        assert_eq!((score.wape(), score.bias(), score.absolute_error), (None, None, Micro::ONE));
    }
}

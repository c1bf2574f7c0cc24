//! What can only be said of all stock and of a whole forecast run: looked at by pages, now and then, beside everything else.

use crate::{
    app::accuracy::Scoring,
    model::{
        accuracy::Score,
        inventory_position::{InventoryPosition, status_name},
        number,
        stock_level::{StockLevel, level},
        stocking_target::StockingTarget,
    },
};
use crossdock_core::{Micro, Result, key};
use crossdock_proto::demand::StockStatus;
use crossdock_records::{day, model};
use crossdock_store::{Read, Scan};
use crossdock_telemetry::metrics::{EXCESS, FORECAST_BIAS, FORECAST_WAPE, Measured, Number, STOCKOUTS};
use std::collections::BTreeMap;

/// Targets of a page: each asks for its stock.
const TARGETS: usize = 100;
/// Owners and lots of an item at a location that are looked at.
const LOTS: usize = 100;

/// Stock against the targets of a day.
#[derive(Debug, Default)]
pub struct Stock {
    today: i64,
    after: String,
    /// The target that counts of the place whose targets are being read: they come by place and first day.
    counting: Option<StockingTarget>,
    stockouts: i64,
    excess: i64,
}

impl Stock {
    /// Before the first page.
    pub fn of(today: i64) -> Self {
        Self { today, ..Self::default() }
    }

    /// Looks at the next targets; whether there may be more.
    ///
    /// # Errors
    /// If the store fails.
    pub fn page(&mut self, read: &mut Read<'_>) -> Result<bool> {
        let page = read.scan(Scan::Prefix { kind: number::STOCKING_TARGET, prefix: "", after: &self.after }, TARGETS)?;
        let full = page.len() == TARGETS;
        for record in page {
            self.after.clone_from(&record.key);
            let Some(target) = model::<StockingTarget>(&record).filter(|_| !record.deleted && record.counts) else { continue };
            if self.counting.as_ref().is_some_and(|counting| counting.place != target.place) {
                self.look(read)?;
            }
            if day(target.from) <= self.today && target.to.is_none_or(|to| self.today <= day(to)) {
                self.counting = Some(target);
            }
        }
        if !full {
            self.look(read)?;
        }
        Ok(full)
    }

    fn look(&mut self, read: &mut Read<'_>) -> Result<()> {
        let Some(target) = self.counting.take() else { return Ok(()) };
        let of = [&target.place.location, &target.place.item, status_name(StockStatus::Unrestricted)];
        let prefix = format!("{}/", key::join(of.map(AsRef::as_ref)));
        let mut on_hand = Micro::ZERO;
        for record in read.scan(Scan::Prefix { kind: number::INVENTORY_POSITION, prefix: &prefix, after: "" }, LOTS)? {
            let held = model::<InventoryPosition>(&record).filter(|_| !record.deleted);
            on_hand = Micro(on_hand.0.saturating_add(held.map_or(Ok(Micro::ZERO), |held| held.state.on_hand())?.0));
        }
        match level(on_hand, &target) {
            StockLevel::Stockout => self.stockouts += 1,
            StockLevel::Excess => self.excess += 1,
            StockLevel::Fine => {}
        }
        Ok(())
    }

    /// As gauges.
    pub fn gauges(&self) -> [Measured; 2] {
        [Measured::new(&STOCKOUTS, &[], self.stockouts), Measured::new(&EXCESS, &[], self.excess)]
    }
}

/// How good the forecast of the last closed periods was, as gauges.
pub fn accuracy(scored: &Scoring) -> Vec<Measured> {
    let mut by: BTreeMap<(&str, &str), Score> = BTreeMap::new();
    for ((class, lag), score) in &scored.newest.1 {
        let class = if class.is_empty() { "none" } else { class };
        by.entry((class, ahead(*lag))).or_default().join(score);
    }
    let ratio = |part: Micro, score: &Score| Number::share(part, score.actual);
    let gauges = by.iter().flat_map(|((class, lag), score)| {
        let bias = Micro(score.forecast.0.saturating_sub(score.actual.0));
        let wape = ratio(score.absolute_error, score).map(|wape| Measured::new(&FORECAST_WAPE, &[class, lag], wape));
        wape.into_iter().chain(ratio(bias, score).map(|bias| Measured::new(&FORECAST_BIAS, &[class, lag], bias)))
    });
    gauges.collect()
}

/// How far ahead it was forecast: within so many days.
fn ahead(lag: i64) -> &'static str {
    match lag {
        ..=1 => "1",
        2..=7 => "7",
        8..=28 => "28",
        29.. => "more",
    }
}

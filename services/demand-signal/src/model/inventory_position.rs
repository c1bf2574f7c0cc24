//! What is there now: the newest count and the movements after it.
//!
//! A position is a function of three things that arrive in any order: the line of the newest snapshot, the mark that a complete snapshot leaves
//! at its location (what it did not list is zero), and the ledger, which holds the movements by their sequence for ever. So a count that comes
//! late, a movement that comes late and a movement that comes twice all end in the same state.

use super::{number, place::Place, total};
use crossdock_core::{AmountError, Error, ErrorKind, Key, Micro, Result, key};
use crossdock_proto::{
    demand::{self as contract, StockStatus},
    types::{Finding, Severity},
};
use crossdock_records::{Derived, Rules, Scope};
use crossdock_telemetry::metrics::DRIFT;

/// On hand is less than nothing.
pub const NEGATIVE_ON_HAND: &str = "NEGATIVE_ON_HAND";
/// A count was far from what was computed.
pub const INVENTORY_DRIFT: &str = "INVENTORY_DRIFT";
/// Drift of more than a fiftieth of the count, 2 %, and of one unit or more is a finding.
const DRIFT_LIMIT: i128 = 50;

/// Where, of what, of which status, owner and lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Location and item.
    pub place: Place,
    /// What the stock may be used for; never `Unspecified`.
    pub status: StockStatus,
    /// Who owns it; the company itself if absent.
    pub owner: Option<String>,
    /// Its lot.
    pub lot: Option<String>,
}

impl Position {
    /// Its key: location first.
    pub fn key(&self) -> String {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        key::join([&self.place.location, &self.place.item, status_name(self.status), &text(&self.owner), &text(&self.lot)])
    }

    /// The key of its sums.
    pub fn ledger(&self) -> String {
        self.key()
    }

    /// What has to be known to change it.
    pub fn looks_at(&self) -> Vec<Key> {
        let [location, all] = marks(&self.place.location);
        vec![
            Key::new(number::INVENTORY_POSITION, self.key()),
            Key::new(number::SNAPSHOT_MARK, location),
            Key::new(number::SNAPSHOT_MARK, all),
        ]
    }
}

/// As it stands in keys.
pub fn status_name(status: StockStatus) -> &'static str {
    match status {
        StockStatus::Unspecified | StockStatus::Unrestricted => "unrestricted",
        StockStatus::Quality => "quality",
        StockStatus::Blocked => "blocked",
        StockStatus::Returns => "returns",
        StockStatus::InProcess => "in_process",
    }
}

/// Keys of the marks that speak for a location: its own, and the one for all.
pub fn marks(location: &str) -> [String; 2] {
    [key::join([location]), String::new()]
}

/// A count that counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How much.
    pub quantity: Micro,
    /// The last movement that it includes; without one no movement counts.
    pub through: Option<i64>,
}

/// What a position is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The newest count.
    pub count: Option<Count>,
    /// Movements after it.
    pub moved: Micro,
    /// The count before.
    pub previous: Option<Count>,
    /// Movements between the two.
    pub between: Micro,
}

/// Changes a position, and counts the findings that come and go with it.
///
/// # Errors
/// If the store fails, or a total overflows.
pub fn change(
    position: &Position,
    to: &mut Derived<'_, '_>,
    change: impl FnOnce(&mut State, &mut Derived<'_, '_>) -> Result<()>,
) -> Result<()> {
    let key = position.key();
    let old = to.held::<InventoryPosition>(&key)?.map(|held| held.state);
    let mut state = old.unwrap_or_default();
    change(&mut state, to)?;
    if old == Some(state) {
        return Ok(());
    }
    let new = state.message(position)?;
    let held = old.map_or(Ok(Micro::ZERO), |old| old.on_hand())?;
    total::change(total::ON_HAND, 0, (held, state.on_hand()?), to)?;
    let drift = state.drift().filter(|drift| *drift != Micro::ZERO && old.is_none_or(|old| old.count != state.count));
    if let Some(drift) = drift {
        to.measure(&DRIFT, &[], Micro(drift.0.saturating_abs()));
    }
    let before = old.map_or(Ok(Vec::new()), |old| Ok::<_, Error>(old.findings(old.on_hand()?)))?;
    let has = |findings: &[Finding], reason: &str| findings.iter().any(|finding| finding.reason == reason);
    for reason in [NEGATIVE_ON_HAND, INVENTORY_DRIFT] {
        match (has(&before, reason), has(&new.findings, reason)) {
            (true, false) => to.count_finding(reason, &position.place.location, -1)?,
            (false, true) => to.count_finding(reason, &position.place.location, 1)?,
            (true, true) | (false, false) => {}
        }
    }
    // Never counted, and what moved cancels out: the same as if nothing had ever come.
    let is_nothing = state == State::default();
    to.edit::<InventoryPosition>(&key, |_| (!is_nothing).then_some(new))
}

impl State {
    /// A movement came, or went.
    ///
    /// # Errors
    /// If a total overflows.
    pub fn moved(&mut self, at: i64, amount: Micro) -> Result<()> {
        let after = |count: Option<Count>| count.is_none_or(|count| count.through.is_some_and(|through| at > through));
        if after(self.count) {
            self.moved = self.moved.plus(amount).map_err(overflow)?;
        } else if self.previous.is_some() && after(self.previous) {
            self.between = self.between.plus(amount).map_err(overflow)?;
        }
        Ok(())
    }

    /// A newer count.
    ///
    /// # Errors
    /// If the store fails.
    pub fn recount(&mut self, count: Count, position: &Position, to: &mut Derived<'_, '_>) -> Result<()> {
        let held = self.count.replace(count);
        if held.is_some_and(|held| held.through == count.through) {
            return Ok(());
        }
        let ledger = position.ledger();
        let before = held.filter(|held| held.through.is_some() && held.through < count.through);
        self.previous = before;
        self.between = between(before, count.through, &ledger, to)?;
        self.moved = match count.through {
            Some(through) => to.total(number::LEDGER, &ledger, through.saturating_add(1), i64::MAX)?,
            None => Micro::ZERO,
        };
        Ok(())
    }

    /// A count that is older than the newest: it may be the one before.
    ///
    /// # Errors
    /// If the store fails.
    pub fn late(&mut self, count: Count, position: &Position, to: &mut Derived<'_, '_>) -> Result<()> {
        let newest = self.count.and_then(|newest| newest.through);
        let known = self.previous.and_then(|previous| previous.through);
        if count.through.is_some() && count.through < newest && known <= count.through {
            self.previous = Some(count);
            self.between = between(self.previous, newest, &position.ledger(), to)?;
        }
        Ok(())
    }

    /// A complete snapshot that came after the newest count says: zero.
    ///
    /// # Errors
    /// If the store fails.
    pub fn mark(&mut self, position: &Position, to: &mut Derived<'_, '_>) -> Result<()> {
        let through = marked(position, to)?;
        let newest = self.count.map(|count| count.through);
        match newest {
            // A count that stands alone is of a source whose snapshots leave no marks.
            Some(None) => Ok(()),
            held if through.is_some() && held.flatten() < through => self.recount(Count { quantity: Micro::ZERO, through }, position, to),
            _ => Ok(()),
        }
    }

    /// On hand now.
    ///
    /// # Errors
    /// If it overflows.
    pub fn on_hand(&self) -> Result<Micro> {
        self.counted().plus(self.moved).map_err(overflow)
    }

    /// The newest count less what was computed for it.
    pub fn drift(&self) -> Option<Micro> {
        let computed = self.previous?.quantity.plus(self.between).ok()?;
        self.count?.quantity.minus(computed).ok()
    }

    fn counted(&self) -> Micro {
        self.count.map_or(Micro::ZERO, |count| count.quantity)
    }

    fn findings(&self, on_hand: Micro) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut warn = |field: &str, reason: &str, message: String| {
            findings.push(Finding { field: field.into(), reason: reason.into(), severity: Severity::Warning.into(), message });
        };
        if on_hand.is_negative() {
            let message = format!("{on_hand} on hand: a receipt is missing, or something was moved that is not there; count it");
            warn("on_hand", NEGATIVE_ON_HAND, message);
        }
        let drift = self.drift().unwrap_or_default();
        let size = i128::from(drift.0).abs();
        if size >= i128::from(Micro::ONE.0) && size * DRIFT_LIMIT > i128::from(self.counted().0).abs() {
            let counted = self.counted();
            let message = format!("{counted} counted, {drift} against what was computed: movements are missing or too many at the source");
            warn("drift", INVENTORY_DRIFT, message);
        }
        findings
    }

    /// As it is stored.
    ///
    /// # Errors
    /// If on hand overflows.
    pub fn message(&self, position: &Position) -> Result<contract::InventoryPosition> {
        let on_hand = self.on_hand()?;
        let count = |count: Count| contract::InventoryCount { quantity: count.quantity.to_string(), through: count.through };
        Ok(contract::InventoryPosition {
            item_id: position.place.item.clone(),
            location_id: position.place.location.clone(),
            status: position.status.into(),
            owner_id: position.owner.clone().unwrap_or_default(),
            lot: position.lot.clone().unwrap_or_default(),
            on_hand: on_hand.to_string(),
            count: self.count.map(count),
            moved: self.moved.to_string(),
            previous_count: self.previous.map(count),
            moved_between: self.between.to_string(),
            drift: self.drift().map(|drift| drift.to_string()).unwrap_or_default(),
            findings: self.findings(on_hand),
        })
    }
}

/// The last movement of the newest complete snapshot that speaks for a position.
///
/// # Errors
/// If the store fails.
pub fn marked(position: &Position, to: &mut Derived<'_, '_>) -> Result<Option<i64>> {
    let mut newest = None;
    for key in marks(&position.place.location) {
        newest = newest.max(to.held::<SnapshotMark>(&key)?.map(|mark| mark.through));
    }
    Ok(newest)
}

fn between(from: Option<Count>, to_through: Option<i64>, ledger: &str, to: &mut Derived<'_, '_>) -> Result<Micro> {
    match (from.and_then(|count| count.through), to_through) {
        (Some(after), Some(last)) => to.total(number::LEDGER, ledger, after.saturating_add(1), last),
        _ => Ok(Micro::ZERO),
    }
}

fn overflow(error: AmountError) -> Error {
    Error::new(ErrorKind::OutOfRange, "SUM_OVERFLOW", format!("stock of a position {error}"))
}

/// A position as it is stored. Derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryPosition {
    /// Where, of what.
    pub position: Position,
    /// What it is computed from.
    pub state: State,
}

impl Rules for InventoryPosition {
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("item_id", self.position.place.item.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.position.place.location), ..Scope::default() }
    }
}

/// The newest complete snapshot of a location. Derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotMark {
    /// The last movement that it includes.
    pub through: i64,
}

impl Rules for SnapshotMark {}

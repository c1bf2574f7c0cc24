//! Supply of an item for a destination, as the basis check counts it: lines of ERP orders, and what was recommended and is on its way into the ERP.

use super::number;
use crossdock_core::{Cursor, DAY, Micro, Micros, Ratio, Rounding};
use crossdock_proto::writeback::{self as contract, LinkedRecommendation, SupplyEntry, SupplyStep};
use crossdock_records::{Rules, derived_kind, micros};
use jiff::civil::Date;
use std::collections::BTreeMap;

derived_kind!(
    /// Supply of an item for a destination.
    Supply,
    contract::Supply,
    number::SUPPLY
);

impl Rules for Supply {}

/// Steps that are kept of a source of supply.
const STEPS: usize = 8;
/// How long what is over still counts, in microseconds.
pub const KEPT: Micros = 14 * DAY;

/// What a planner had seen when it decided.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// Its position in the feed of execution-feedback, if it said one.
    pub cursor: Option<Cursor>,
    /// When it began: what counts where it said no position, or one of another life of that feed.
    pub time: Micros,
}

impl Basis {
    fn had_seen(&self, step: &SupplyStep) -> bool {
        match self.cursor.filter(|cursor| cursor.epoch == step.epoch) {
            Some(cursor) => step.position <= cursor.position,
            None => step.time.as_ref().is_some_and(|time| micros(time) <= self.time),
        }
    }
}

/// The recommendation for which somebody asks.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its run, by key: a planner knows what it plans at once.
    pub run: &'a str,
    /// Last day on which supply can be for the same need.
    pub until: Date,
}

impl Asking<'_> {
    fn is_of_run(&self, recommendation: &str) -> bool {
        recommendation.strip_prefix(self.run).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Supply that the planner had not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The order line or recommendation.
    pub key: String,
    /// It is a recommendation.
    pub recommended: bool,
    /// How much, base units.
    pub quantity: Micro,
}

/// Which recommendations are on which order lines, by the lines' keys.
pub type Links = BTreeMap<String, Vec<LinkedRecommendation>>;

/// Supply that a planner had not seen, less what others were reduced by already. An order that a posting made stands for its recommendations, whether the
/// report or the order came first.
pub fn unseen(supply: &contract::Supply, links: &Links, asking: Asking<'_>, basis: &Basis) -> (Vec<Unseen>, Micro) {
    let mut pools = Pools::of(supply, links, asking);
    let mut found = Vec::new();
    for entry in supply.entries.iter().filter(|entry| !entry.recommended) {
        let grown = less(now(entry), seen(entry, basis));
        let quantity = less(grown, pools.own_part(entry, links, asking, grown));
        found.push((entry, quantity));
    }
    for entry in supply.entries.iter().filter(|entry| entry.recommended) {
        let rest = less(now(entry), pools.in_erp(entry));
        let own = entry.key == asking.key || asking.is_of_run(&entry.key);
        found.push((entry, if own { Micro::ZERO } else { rest }));
    }
    let counts = |(entry, quantity): &(&SupplyEntry, Micro)| *quantity > Micro::ZERO && due(entry).is_none_or(|due| due <= asking.until);
    let list: Vec<Unseen> = found
        .into_iter()
        .filter(counts)
        .map(|(entry, quantity)| Unseen { key: entry.key.clone(), recommended: entry.recommended, quantity })
        .collect();
    let claims = supply.claims.iter().filter(|claim| claim.recommendation != asking.key);
    let claimed = claims.filter(|claim| !claim.within_run || asking.is_of_run(&claim.recommendation)).map(|claim| amount(&claim.quantity));
    let left = less(total(list.iter().map(|unseen| unseen.quantity)), total(claimed));
    (list, left)
}

/// Quantities that are in two entries, and count once.
struct Pools {
    /// Posting key: of this run, not yet found in an order.
    own: BTreeMap<String, Micro>,
    /// Posting key: in orders whose posting was not reported yet.
    ordered: BTreeMap<String, Micro>,
    /// Recommendation: in orders, as reported.
    linked: BTreeMap<String, Micro>,
}

impl Pools {
    fn of(supply: &contract::Supply, links: &Links, asking: Asking<'_>) -> Self {
        let mut pools = Self { own: BTreeMap::new(), ordered: BTreeMap::new(), linked: BTreeMap::new() };
        for entry in &supply.entries {
            let pool = if entry.recommended {
                if !asking.is_of_run(&entry.key) {
                    continue;
                }
                &mut pools.own
            } else if let Some(linked) = links.get(&entry.key) {
                for link in linked {
                    add(pools.linked.entry(link.recommendation.clone()).or_default(), amount(&link.quantity));
                }
                continue;
            } else {
                &mut pools.ordered
            };
            if !entry.posting_key.is_empty() {
                add(pool.entry(entry.posting_key.clone()).or_default(), now(entry));
            }
        }
        pools
    }

    /// How much of an order line is of the planner's own run.
    fn own_part(&mut self, entry: &SupplyEntry, links: &Links, asking: Asking<'_>, most: Micro) -> Micro {
        match links.get(&entry.key) {
            Some(linked) => total(linked.iter().filter(|link| asking.is_of_run(&link.recommendation)).map(|link| amount(&link.quantity))),
            None => self.own.get_mut(&entry.posting_key).map_or(Micro::ZERO, |pool| draw(pool, most)),
        }
    }

    /// How much of a recommendation is in the ERP, where it counts as an order.
    fn in_erp(&mut self, entry: &SupplyEntry) -> Micro {
        let linked = self.linked.get(&entry.key).copied().unwrap_or_default();
        let rest = less(now(entry), linked);
        let ordered = self.ordered.get_mut(&entry.posting_key).map_or(Micro::ZERO, |pool| draw(pool, rest));
        total([linked, ordered])
    }
}

/// Adds how much of an order line there is now, if it is not as much as before.
pub fn step(entry: &mut SupplyEntry, step: SupplyStep) {
    if entry.steps.last().is_some_and(|last| last.quantity == step.quantity) {
        return;
    }
    entry.steps.push(step);
    if entry.steps.len() > STEPS {
        // What a planner had seen before the oldest that is kept is not known any more: all of it counts as unseen.
        entry.steps.remove(0);
    }
}

/// How much there is now.
pub fn now(entry: &SupplyEntry) -> Micro {
    entry.steps.last().map_or(Micro::ZERO, |step| amount(&step.quantity))
}

/// An amount in another unit, rounded up; what is too much to count is the most there is.
pub fn scaled(amount: Micro, factor: Ratio) -> Micro {
    amount.times(factor, Rounding::Up).map_or(Micro::MOST, |converted| converted.amount)
}

/// A decimal text of our own.
pub fn amount(text: &str) -> Micro {
    text.parse().unwrap_or_default()
}

fn seen(entry: &SupplyEntry, basis: &Basis) -> Micro {
    entry.steps.iter().rev().find(|step| basis.had_seen(step)).map_or(Micro::ZERO, |step| amount(&step.quantity))
}

fn due(entry: &SupplyEntry) -> Option<Date> {
    super::civil(entry.due.as_ref())
}

fn less(of: Micro, by: Micro) -> Micro {
    Micro(of.0.saturating_sub(by.0)).max(Micro::ZERO)
}

fn add(to: &mut Micro, amount: Micro) {
    to.0 = to.0.saturating_add(amount.0);
}

fn draw(pool: &mut Micro, most: Micro) -> Micro {
    let drawn = most.min(*pool);
    pool.0 -= drawn.0;
    drawn
}

fn total(amounts: impl IntoIterator<Item = Micro>) -> Micro {
    amounts.into_iter().fold(Micro::ZERO, |total, amount| Micro(total.0.saturating_add(amount.0)))
}

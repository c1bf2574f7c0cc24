//! A recommendation against the masters: by which sourcing rule it is got, in which unit, by when it has to be ordered, at what price.

use super::problem::Problem;
use crossdock_core::{Micro, Ratio, Rounding, key};
use crossdock_master_data::{Item, ItemUnits, Lifecycle, Location, Price, Source, SourcingRule, Supplier, WorkingDays};
use jiff::{ToSpan, civil::Date};
use std::{cmp::Reverse, collections::BTreeMap};

/// What the masters say around one recommendation.
#[derive(Debug, Default)]
pub struct Masters {
    /// The item.
    pub item: Option<Item>,
    /// Its conversions.
    pub units: Option<ItemUnits>,
    /// Where it is wanted.
    pub destination: Option<Location>,
    /// Where it comes from, if from a location.
    pub origin: Option<Location>,
    /// Who sells it, if it is bought.
    pub supplier: Option<Supplier>,
    /// Every sourcing rule of the item, by key.
    pub rules: Vec<(String, SourcingRule)>,
    /// Calendars that the rules name.
    pub calendars: BTreeMap<String, WorkingDays>,
}

/// What is to be ordered.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// From where.
    pub source: &'a Source,
    /// To where.
    pub destination: &'a str,
    /// When it is to be usable.
    pub need_by: Date,
    /// When the planner wants it ordered.
    pub order_by: Option<Date>,
    /// Today, where it goes.
    pub today: Date,
}

/// On what terms it is got.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Key of the rule.
    pub key: String,
    /// The rule.
    pub rule: SourcingRule,
    /// Last day to order it by the rule's lead time.
    pub latest: Option<Date>,
}

impl Masters {
    /// What forbids ordering it at all, whatever the quantity.
    pub fn forbids(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(item) = self.item.as_ref().filter(|item| item.lifecycle == Lifecycle::Discontinued) {
            let successor =
                item.successor.as_ref().map_or_else(|| "plan another item".to_owned(), |next| format!("plan its successor {}", next.item));
            problems.push(Problem::invalid(
                "item_id",
                "DISCONTINUED",
                &item.id,
                format!("is discontinued and not bought any more: {successor}"),
            ));
        }
        let places = [("destination_location_id", &self.destination), ("origin_location_id", &self.origin)];
        for (field, place) in places {
            if let Some(group) = place.as_ref().filter(|place| place.is_group) {
                let message = "is a group of locations: it can be read, not ordered to or from; name one of its locations";
                problems.push(Problem::invalid(field, "GROUP_LOCATION", &group.id, message));
            }
        }
        if let Some(supplier) = self.supplier.as_ref().filter(|supplier| supplier.is_blocked) {
            let message = "is blocked: nothing is ordered from it until master data says otherwise";
            problems.push(Problem::invalid("supplier_id", "SUPPLIER_BLOCKED", &supplier.id, message));
        }
        problems
    }

    /// The rule that holds on the day it has to be ordered: for this destination before anywhere, preferred before others, newer before older.
    ///
    /// # Errors
    /// The problem, if none holds.
    pub fn terms(&self, wanted: &Wanted<'_>) -> Result<Terms, Problem> {
        let fits = |rule: &SourcingRule| {
            rule.source == *wanted.source && rule.destination.as_deref().is_none_or(|destination| destination == wanted.destination)
        };
        let mut candidates: Vec<&(String, SourcingRule)> = self.rules.iter().filter(|(_, rule)| fits(rule)).collect();
        candidates.sort_by_key(|(key, rule)| (Reverse(rule.destination.is_some()), Reverse(rule.is_preferred), Reverse(rule.from), key));
        for (key, rule) in candidates {
            let latest = self.latest(rule, wanted.need_by);
            let order_day = wanted.order_by.or(latest).unwrap_or(wanted.today).max(wanted.today);
            if rule.holds(order_day) {
                return Ok(Terms { key: key.clone(), rule: rule.clone(), latest });
            }
        }
        Err(self.unsourced(wanted))
    }

    /// The last day from which the lead time is over by the day it is needed.
    fn latest(&self, rule: &SourcingRule, need_by: Date) -> Option<Date> {
        let whole_week = WorkingDays { week: [true; 7], ..WorkingDays::default() };
        rule.lead.iter().rev().try_fold(need_by, |day, lead| match &lead.calendar {
            None => whole_week.before(day, lead.days),
            Some(id) => self.calendars.get(id).cloned().unwrap_or_default().before(day, lead.days),
        })
    }

    fn unsourced(&self, wanted: &Wanted<'_>) -> Problem {
        let (field, id) = match wanted.source {
            Source::Supplier(id) => ("supplier_id", id),
            Source::Location(id) => ("origin_location_id", id),
        };
        let name = |(_, rule): &(String, SourcingRule)| match &rule.source {
            Source::Supplier(id) | Source::Location(id) => id.clone(),
        };
        let mut others: Vec<String> = self.rules.iter().filter(|(_, rule)| rule.holds(wanted.today)).map(name).collect();
        others.sort_unstable();
        others.dedup();
        others.truncate(5);
        let others = if others.is_empty() {
            "no sourcing rule of the item holds today".to_owned()
        } else {
            format!("today it comes from {}", others.join(", "))
        };
        let message =
            format!("does not supply the item to {} by any sourcing rule that holds on the day of the order; {others}", wanted.destination);
        Problem::invalid(field, "NO_SOURCING_RULE", id, message)
    }

    /// Unit in which a rule orders, and base units in one of it.
    ///
    /// # Errors
    /// The problem, if nothing says how many that is.
    pub fn order_unit(&self, rule: &SourcingRule, on: Date) -> Result<(String, Ratio), Problem> {
        let base = self.item.as_ref().map_or("", |item| item.base_unit.as_str());
        let Some(unit) = rule.order_unit.as_deref().filter(|unit| *unit != base) else { return Ok((base.to_owned(), Ratio::ONE)) };
        match self.units.as_ref().and_then(|units| units.factor(unit, on)) {
            Some(factor) => Ok((unit.to_owned(), factor)),
            None => {
                let message =
                    format!("is the unit in which {} is ordered, and no conversion says how many {base} that is on {on}", rule.item);
                Err(Problem::invalid("quantity.unit", "NO_CONVERSION", unit, message))
            }
        }
    }
}

/// A quantity of one unit in another; none if it is not exact in millionths.
pub fn exactly(quantity: Micro, from: Ratio, to: Ratio) -> Option<Micro> {
    let converted = quantity.times(from.times(to.inverse())?, Rounding::HalfEven).ok()?;
    (converted.is_exact() && converted.amount.is_countable()).then_some(converted.amount)
}

impl Terms {
    /// Whether so much can be ordered.
    pub fn quantity(&self, quantity: Micro, unit: &str) -> Vec<Problem> {
        let rule = &self.rule;
        let mut problems = Vec::new();
        if quantity < rule.minimum {
            let message = format!("is less than is sold: at least {} {unit}", self.round_up(quantity));
            problems.push(Problem::invalid("quantity.value", "BELOW_MINIMUM", quantity.to_string(), message));
        }
        if rule.multiple != Micro::ZERO && quantity.0 % rule.multiple.0 != 0 {
            let message = format!("is no multiple of {} {unit}; the next one is {}", rule.multiple, self.round_up(quantity));
            problems.push(Problem::invalid("quantity.value", "NOT_A_MULTIPLE", quantity.to_string(), message));
        }
        problems
    }

    /// The smallest order that is no smaller.
    pub fn round_up(&self, quantity: Micro) -> Micro {
        let least = quantity.max(self.rule.minimum);
        let multiple = self.rule.multiple;
        if multiple == Micro::ZERO {
            return least;
        }
        Micro((least.0 + multiple.0 - 1).div_euclid(multiple.0).saturating_mul(multiple.0))
    }

    /// Whether there is time for it.
    pub fn lead_time(&self, wanted: &Wanted<'_>) -> Option<Problem> {
        let late = self.latest.is_none_or(|latest| latest < wanted.today);
        let latest = self.latest.map_or_else(|| "no day".to_owned(), |latest| latest.to_string());
        let message =
            format!("is sooner than the lead time allows: it had to be ordered by {latest}; need it later, expedite, or release it");
        late.then(|| Problem::holds("need_by", "LEAD_TIME", wanted.need_by.to_string(), message))
    }

    /// Price of one unit in an order of so many.
    pub fn price(&self, quantity: Micro) -> Option<&Price> {
        self.rule.price(quantity)
    }
}

/// So many days before or after.
pub fn shift(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// Key prefix of the rules of an item.
pub fn rules_of(item: &str) -> String {
    key::join([item, ""])
}

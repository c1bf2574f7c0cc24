//! How recommendations become orders, as it is written.

use super::{
    rules::{lasts, rules, seconds, shorter},
    set::Distinct,
    values::{Currency, FirstDay, Id, KindName, Label, Name, Span, Whole},
};
use crossdock_conditions::Type;
use schemars::JsonSchema;
use serde::Deserialize;

/// How recommendations become orders.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with at least the key `levels`")]
#[schemars(extend("x-kubernetes-validations" = rules([
    (
        "!has(self.approval_rules) || self.approval_rules.all(rule, rule.levels.all(name, self.levels.exists(level, level.name == name)))",
        "an approval rule names a level that is none of levels",
    ),
    (
        "!has(self.connectors) || self.connectors.all(one, self.connectors.exists_one(other, \
         (has(one.company) ? one.company : '') == (has(other.company) ? other.company : '')))",
        "two connectors for one company, or two for all others; exactly one posts",
    ),
])))]
pub struct Writeback {
    /// Currency in which values are compared. Absent: values are unknown, and a person approves everything.
    pub currency: Option<Currency>,
    /// Type of the exchange rates used, as in master data. Absent: rates without a type.
    pub rate_type: Option<Id>,
    /// Who has to approve what. Of the rules of a stage the first whose condition holds decides; where none holds, the first level approves.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["name"]))]
    pub approval_rules: Vec<ApprovalRule>,
    /// Who may approve, the lowest level first. At least one.
    #[schemars(length(min = 1, max = 20), extend("x-kubernetes-list-map-keys" = ["name"]))]
    pub levels: Vec<Level>,
    /// Who stands in for whom.
    #[serde(default)]
    pub delegations: Vec<Delegation>,
    /// Recommendations that would change the next days are held for a buyer.
    #[serde(default)]
    pub fences: Vec<Fence>,
    /// Which connection posts the orders of a company.
    #[serde(default)]
    pub connectors: Vec<Connector>,
    /// What to do with a line whose need is covered by supply that its planner had not seen. Absent: hold.
    #[serde(default)]
    pub stale_basis: StaleBasis,
    /// An open draft order is sealed this long after its first line. Absent: 1h.
    pub seal_after: Option<Span>,
    /// How long connectors may try.
    #[serde(default)]
    pub posting: Posting,
    /// What happens when a planner is silent.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["connection"]))]
    pub fallbacks: Vec<Fallback>,
    /// Kinds whose freshness objective has to be met for approval without a person.
    pub fresh_kinds: Option<Distinct<KindName>>,
}

impl Writeback {
    /// Forgets the order that says nothing.
    pub fn sort(&mut self) {
        self.delegations.sort_by(|a, b| (&a.from, &a.to, a.first_day, a.last_day).cmp(&(&b.from, &b.to, b.first_day, b.last_day)));
        self.fences.sort();
        self.connectors.sort_by(|a, b| a.company.cmp(&b.company));
        self.fallbacks.sort_by(|a, b| a.connection.cmp(&b.connection));
    }
}

/// Where an approval rule looks.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Stage {
    /// At a recommendation.
    Line,
    /// At a sealed draft order.
    Order,
}

impl Stage {
    /// What its conditions may speak of.
    pub fn names(self) -> &'static [(&'static str, Type)] {
        match self {
            Self::Line => crossdock_conditions::LINE,
            Self::Order => crossdock_conditions::ORDER,
        }
    }
}

/// Who has to approve what.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {name: small, stage: line, when: value <= 5000, levels: []}")]
#[schemars(extend("x-kubernetes-validations" = rules([
    (
        "size(self.levels) > 0 || (!has(self.expire_after) && !has(self.escalate_after))",
        "nobody has to approve, so nothing waits; name levels, or leave expire_after and escalate_after out",
    ),
    (&lasts("self.expire_after"), "expire_after must be more than nothing: nobody could decide"),
    (&lasts("self.escalate_after"), "escalate_after must be more than nothing: nobody could decide"),
    (
        &shorter("self.escalate_after", "self.expire_after"),
        "escalate_after never comes: it expires before; make it shorter than expire_after",
    ),
])))]
pub struct ApprovalRule {
    /// Its name, kept with every decision.
    pub name: Label,
    /// Where it looks.
    pub stage: Stage,
    /// CEL condition over the values of its stage.
    #[schemars(length(max = 2000))]
    pub when: String,
    /// Levels that have to approve, in this order. Empty: nobody has to.
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "set"))]
    pub levels: Vec<Label>,
    /// Without a decision it expires after this long. Absent: never.
    pub expire_after: Option<Span>,
    /// Without a decision the next level may decide after this long. Absent: never.
    pub escalate_after: Option<Span>,
}

/// Persons who may approve.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {name: buyer, principals: [ann]}")]
pub struct Level {
    /// Its name.
    pub name: Label,
    /// Who, as connections name them in the metadata `crossdock-principal`. They may also approve at the levels before.
    pub principals: Distinct<Id>,
}

/// Somebody stands in for somebody else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {from: ann, to: ben, first_day: 2026-07-01, last_day: 2026-07-14}")]
#[schemars(extend("x-kubernetes-validations" = rules([
    ("self.from != self.to", "nobody can stand in for themselves"),
    ("self.first_day <= self.last_day", "last_day is before first_day"),
])))]
pub struct Delegation {
    /// For whom.
    pub from: Id,
    /// Who.
    pub to: Id,
    /// First day.
    pub first_day: FirstDay,
    /// Last day.
    pub last_day: FirstDay,
}

/// Recommendations that would change the next days are held for a buyer.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {days: 2}")]
pub struct Fence {
    /// Only these destinations. Absent: all.
    pub locations: Option<Distinct<Id>>,
    /// Only these suppliers. Absent: all.
    pub suppliers: Option<Distinct<Id>>,
    /// Held if needed within this many days from today.
    pub days: Whole<1, 366>,
}

/// Which connection posts the orders of a company.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {connection: erp}")]
pub struct Connector {
    /// The company, as locations name it. Absent: all that have no connector of their own.
    pub company: Option<Id>,
    /// The connection; an erp.
    pub connection: Name,
}

/// What to do with a line whose need is covered by supply that its planner had not seen.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum StaleBasis {
    /// Hold it for a buyer.
    #[default]
    Hold,
    /// Take the unseen supply off, and round what is left as the sourcing rule says.
    Net,
}

fn a_day_at_most(span: &str) -> String {
    format!("!has({span}) || ({0} >= 1 && {0} <= 86400)", seconds(span))
}

/// How long connectors may try.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {max_attempts: 8}")]
#[schemars(extend("x-kubernetes-validations" = rules([
    (&a_day_at_most("self.lease"), "lease must be from 1s to 1d"),
    (&a_day_at_most("self.first_pause"), "first_pause must be from 1s to 1d"),
    (&a_day_at_most("self.longest_pause"), "longest_pause must be from 1s to 1d"),
    (
        &format!(
            "(has(self.first_pause) ? {} : 10) <= (has(self.longest_pause) ? {} : 3600)",
            seconds("self.first_pause"),
            seconds("self.longest_pause")
        ),
        "first_pause is longer than longest_pause (1h where it is absent)",
    ),
])))]
pub struct Posting {
    /// A lease is good for this long. Absent: 1m.
    pub lease: Option<Span>,
    /// After this many attempts a draft order is DEAD. Absent: 8.
    pub max_attempts: Option<Whole<1, 100>>,
    /// Pause after the first failed attempt; doubles with every further one. Absent: 10s.
    pub first_pause: Option<Span>,
    /// Longest pause. Absent: 1h.
    pub longest_pause: Option<Span>,
}

/// What counts when a planner is silent.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FallbackMode {
    /// Nothing of it goes on by itself.
    Hold,
    /// Its last run is good until it expires.
    LastGoodRun,
}

/// What happens when a planner is silent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {connection: planner, after: 26h, mode: hold}")]
#[schemars(extend("x-kubernetes-validations" = rules([
    (&lasts("self.after"), "after must be more than nothing: the planner would always be silent"),
    ("self.mode != 'hold' || !has(self.expire_after)", "expire_after says nothing with mode hold; leave it out"),
    ("self.mode == 'hold' || has(self.expire_after)", "needs expire_after: how long the last run is good"),
    (
        &shorter("self.after", "self.expire_after"),
        "expire_after must be more than after: the run would expire before its planner is silent",
    ),
])))]
pub struct Fallback {
    /// The planner's connection.
    pub connection: Name,
    /// It is silent when its last run was committed longer ago than this.
    pub after: Span,
    /// What counts then.
    pub mode: FallbackMode,
    /// With last_good_run: the run expires this long after its commit.
    pub expire_after: Option<Span>,
}

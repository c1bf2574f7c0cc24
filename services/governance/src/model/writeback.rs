//! How recommendations become orders, as it is written.

use super::{
    set::Distinct,
    values::{Currency, FirstDay, Id, KindName, Label, Name, Span, Whole},
};
use crossdock_conditions::Type;
use schemars::JsonSchema;
use serde::Deserialize;

/// How recommendations become orders.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with at least the key `levels`")]
pub struct Writeback {
    /// Currency in which values are compared. Absent: values are unknown, and a person approves everything.
    pub currency: Option<Currency>,
    /// Type of the exchange rates used, as in master data. Absent: rates without a type.
    pub rate_type: Option<Id>,
    /// Who has to approve what. Of the rules of a stage the first whose condition holds decides; where none holds, the first level approves.
    #[serde(default)]
    pub approval_rules: Vec<ApprovalRule>,
    /// Who may approve, the lowest level first. At least one.
    #[schemars(length(min = 1))]
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
pub struct ApprovalRule {
    /// Its name, kept with every decision.
    pub name: Label,
    /// Where it looks.
    pub stage: Stage,
    /// CEL condition over the values of its stage.
    pub when: String,
    /// Levels that have to approve, in this order. Empty: nobody has to.
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

/// How long connectors may try.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {max_attempts: 8}")]
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

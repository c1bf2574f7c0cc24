//! How feedback is read and who cares for exceptions, as it is written.

use super::{
    rules::{lasts, rules},
    set::Distinct,
    values::{Id, Label, Name, ReasonName, Span, Webhook},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Of several confirmations for one order line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ConfirmationMode {
    /// The newest document counts.
    Replace,
    /// All documents count together.
    Add,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ReceiptMode {
    /// What came this time.
    Delta,
    /// What came in all for the order line.
    Cumulative,
}

/// How a connection sends feedback.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {connection: erp, receipts: cumulative}")]
#[schemars(extend("x-kubernetes-validations" = rules([
    ("has(self.confirmations) || has(self.receipts)", "says nothing: give confirmations, receipts or both"),
])))]
pub struct Feedback {
    /// The connection.
    pub connection: Name,
    /// Its confirmations. Absent: replace.
    pub confirmations: Option<ConfirmationMode>,
    /// Its receipts. Absent: delta.
    pub receipts: Option<ReceiptMode>,
}

/// A service that has exceptions.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum ServiceName {
    /// Items, locations, suppliers.
    MasterData,
    /// Demand, stock, forecasts.
    DemandSignal,
    /// Recommendations and draft orders.
    RecommendationWriteback,
    /// Supply orders and what becomes of them.
    ExecutionFeedback,
}

impl ServiceName {
    /// As exceptions name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MasterData => "master-data",
            Self::DemandSignal => "demand-signal",
            Self::RecommendationWriteback => "recommendation-writeback",
            Self::ExecutionFeedback => "execution-feedback",
        }
    }
}

/// Who cares for which exceptions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {name: all, team: data}")]
#[schemars(extend("x-kubernetes-validations" = rules([
    ("!has(self.escalate_after) || has(self.escalate_to)", "needs escalate_to: which team it goes to after escalate_after"),
    ("!has(self.escalate_to) || has(self.escalate_after)", "needs escalate_after: when it goes to escalate_to"),
    ("!has(self.escalate_to) || self.escalate_to != self.team", "escalate_to is the same team; name another"),
    (&lasts("self.escalate_after"), "escalate_after must be more than nothing: nobody could acknowledge it before"),
])))]
pub struct Route {
    /// Its name.
    pub name: Label,
    /// Only these reasons. Absent: all.
    pub reasons: Option<Distinct<ReasonName>>,
    /// Only of these services. Absent: all.
    pub services: Option<Distinct<ServiceName>>,
    /// The team that owns them.
    pub team: Id,
    /// Unacknowledged for this long, an exception goes to `escalate_to`. Absent: never.
    pub escalate_after: Option<Span>,
    /// The team it goes to then.
    pub escalate_to: Option<Id>,
    /// Told of every new, escalated and resolved exception by an HTTP POST. Absent: nobody.
    pub webhook: Option<Webhook>,
}

//! Where the way to a decision and the way from it meet.

use super::{approval, draft as drafts, line};
use crate::model::{
    clearance::Values,
    facts::{Fact, Facts},
};
use bytes::Bytes;
use crossdock_conditions::Value;
use crossdock_core::{Micros, Result};
use crossdock_proto::writeback::{Clearance, RecommendationStatus};
use crossdock_records::{Derived, Origin, Policy, derive};
use crossdock_store::Tx;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// What a line needs to be approved, by the rules of the policy.
pub fn clear(policy: &Policy, facts: &Facts, now: Micros) -> Clearance {
    let value = |fact: &Fact| match fact {
        Fact::Bool(truth) => Value::Bool(*truth),
        Fact::Int(number) => Value::Int(*number),
        Fact::Text(text) => Value::Text(text.clone()),
        Fact::Texts(texts) => Value::Texts(texts.clone()),
    };
    let values: Values = facts.iter().map(|(name, fact)| (*name, value(fact))).collect();
    approval::clear_line(policy, &values, now)
}

/// Drafts an approved line; its status afterwards.
pub fn draft(tx: &mut Tx<'_>, policy: &Policy, key: &str, status: &RecommendationStatus) -> Result<RecommendationStatus> {
    derive(tx, &Bytes::new(), |to| drafts::add(to, policy, key, status))
}

/// Takes a drafted line off its draft order again; whether that could be done.
pub fn take_back(tx: &mut Tx<'_>, policy: &Policy, key: &str) -> Result<bool> {
    derive(tx, &Bytes::new(), |to| drafts::remove(to, policy, key))
}

/// Looks again at a recommendation that was edited.
///
/// # Errors
/// If the store fails.
pub fn again(to: &mut Derived<'_, '_>, policy: &Policy, key: &str, by: &Origin) -> Result<RecommendationStatus> {
    line::proceed(to.tx(), policy, key, Some(by))
}

/// A recommendation was approved by everybody who had to: it is looked at a last time.
///
/// # Errors
/// If the store fails.
pub fn approved(to: &mut Derived<'_, '_>, policy: &Policy, key: &str) -> Result<RecommendationStatus> {
    line::proceed(to.tx(), policy, key, None)
}

/// The civil date at an instant.
pub fn today_at(now: Micros, zone: &TimeZone) -> Date {
    Timestamp::from_microsecond(now).unwrap_or_default().to_zoned(zone.clone()).date()
}

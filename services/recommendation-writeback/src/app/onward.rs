//! Where the way to a decision and the way from it meet.

use super::{
    approval,
    change::{self, Why},
    draft,
};
use crate::model::{clearance::Values, clearance::is_cleared};
use crossdock_core::{Micros, Result};
use crossdock_proto::writeback::{RecommendationState as State, RecommendationStatus};
use crossdock_records::{Derived, Origin, Policy};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Looks again at a recommendation that was edited or released.
///
/// # Errors
/// If the store fails.
pub fn again(to: &mut Derived<'_, '_>, policy: &Policy, key: &str, by: &Origin) -> Result<RecommendationStatus> {
    let clearance = approval::clear_line(policy, &Values::new(), to.now());
    let why = Why { by: Some(by), reason: "LOOKED_AT", rule: clearance.rule.clone(), ..Why::default() };
    let cleared = is_cleared(&clearance);
    let status = change::recommendation(to, key, &why, |status| {
        status.set_state(if cleared { State::Approved } else { State::PendingApproval });
        status.problems.clear();
        status.clearance = Some(clearance);
    })?;
    if cleared { draft::add(to, policy, key, &status) } else { Ok(status) }
}

/// A recommendation was approved by everybody who had to.
///
/// # Errors
/// If the store fails.
pub fn approved(to: &mut Derived<'_, '_>, policy: &Policy, key: &str, status: &RecommendationStatus) -> Result<RecommendationStatus> {
    draft::add(to, policy, key, status)
}

/// The civil date at an instant.
pub fn today_at(now: Micros, zone: &TimeZone) -> Date {
    Timestamp::from_microsecond(now).unwrap_or_default().to_zoned(zone.clone()).date()
}

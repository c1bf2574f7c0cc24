//! Runs, and how planners are treated.

use super::number;
use crossdock_core::Micros;
use crossdock_proto::governance::{Fallback, FallbackMode};
use crossdock_proto::writeback::{self as contract, PlanningModeKind};
use crossdock_records::{Rules, derived_kind};
use crossdock_store::Fields;

derived_kind!(
    /// What became of a run.
    Run,
    contract::Run,
    number::RUN
);

derived_kind!(
    /// How a planner is treated.
    PlanningMode,
    contract::PlanningMode,
    number::PLANNING_MODE
);

impl Rules for Run {
    fn fields(&self) -> Fields {
        if self.0.processing { vec![("processing", self.0.connection.clone())] } else { Vec::new() }
    }
}

impl Rules for PlanningMode {}

/// How a planner is to be treated whose last run was committed then, and until when that is so.
pub fn mode(fallback: Option<&Fallback>, last_run: Micros, now: Micros) -> (PlanningModeKind, Option<Micros>) {
    let after = |seconds: i64| last_run.saturating_add(seconds.saturating_mul(1_000_000));
    let Some((fallback, silent)) = fallback.and_then(|fallback| Some((fallback, after(fallback.after.as_ref()?.seconds)))) else {
        return (PlanningModeKind::Normal, None);
    };
    if now <= silent {
        return (PlanningModeKind::Normal, Some(silent + 1));
    }
    match (fallback.mode(), fallback.expire_after.as_ref().map(|span| after(span.seconds))) {
        (FallbackMode::LastGoodRun, Some(expired)) if now > expired => (PlanningModeKind::Expired, None),
        (FallbackMode::LastGoodRun, expired) => (PlanningModeKind::LastGoodRun, expired.map(|at| at + 1)),
        (FallbackMode::Hold | FallbackMode::Unspecified, _) => (PlanningModeKind::Hold, None),
    }
}

/// Whether nothing of such a planner goes on by itself.
pub fn holds(kind: PlanningModeKind) -> bool {
    matches!(kind, PlanningModeKind::Hold | PlanningModeKind::Expired)
}

/// `last_good_run`.
pub fn mode_name(kind: PlanningModeKind) -> String {
    match kind {
        PlanningModeKind::Unspecified => "normal".to_owned(),
        kind => kind.as_str_name().trim_start_matches("PLANNING_MODE_KIND_").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_planner_falls_back_and_expires() {
        let mut last = Fallback { mode: FallbackMode::LastGoodRun.into(), ..Fallback::default() };
        last.after.get_or_insert_default().seconds = 10;
        last.expire_after.get_or_insert_default().seconds = 20;
        let hold = Fallback { mode: FallbackMode::Hold.into(), ..last.clone() };
        let at = |fallback, now: i64| mode(fallback, 0, now * 1_000_000);
        assert_eq!(at(None, 1_000).0, PlanningModeKind::Normal);
        assert_eq!(at(Some(&last), 10), (PlanningModeKind::Normal, Some(10_000_001)));
        assert_eq!(at(Some(&last), 11), (PlanningModeKind::LastGoodRun, Some(20_000_001)));
        assert_eq!(at(Some(&last), 21), (PlanningModeKind::Expired, None));
        assert_eq!(at(Some(&hold), 21), (PlanningModeKind::Hold, None));
        assert_eq!(mode_name(PlanningModeKind::LastGoodRun), "last_good_run");
    }
}

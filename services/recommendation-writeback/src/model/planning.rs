//! Runs, and how planners are treated.

use super::number;
use crossdock_proto::writeback as contract;
use crossdock_records::{Rules, derived_kind};

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

impl Rules for Run {}

impl Rules for PlanningMode {}

//! The rules of each kind, on types that cannot be invalid.

pub mod clearance;
pub mod day;
pub mod draft_order;
pub mod levels;
pub mod limits;
pub mod merge;
pub mod outcome;
pub mod planning;
pub mod posting;
pub mod posting_key;
pub mod problem;
pub mod progress;
pub mod reason;
pub mod recommendation;
pub mod report;
pub mod status;
pub mod supply;
pub mod validate;

pub use crossdock_master_data::{amount, place, wired::civil};

/// Task: the lines of a run are looked at. Its key is that of the set.
pub const RUN: &str = "run";
/// Task: a line is looked at that came after its run's commit. Its key is that of the recommendation.
pub const LINE: &str = "line";
/// Task: what is held is looked at again. Its key is empty, or the recommendation to go on after.
pub const RECHECK: &str = "recheck";
/// Task: what is held for an item and destination is looked at again. Its key is that of their supply.
pub const RECHECK_FOR: &str = "recheck_for";
/// Task: whether a planner is silent. Its key is the connection.
pub const MODE: &str = "mode";

/// Numbers of the kinds.
pub mod number {
    /// Recommendations as planners sent them.
    pub const RECOMMENDATION: u16 = 400;
    /// Where they stand.
    pub const STATUS: u16 = 401;
    /// Changes of state, kept for good.
    pub const STEP: u16 = 402;
    /// What became of runs.
    pub const RUN: u16 = 403;
    /// How planners are treated.
    pub const PLANNING_MODE: u16 = 404;
    /// Orders to be posted.
    pub const DRAFT_ORDER: u16 = 410;
    /// Reports of connectors.
    pub const POSTING: u16 = 411;
    /// Which recommendations are on a line of an ERP order.
    pub const POSTING_LINK: u16 = 412;
    /// Sum: draft orders begun so far.
    pub const DRAFTS: u16 = 413;
    /// Sum: number of the last draft order of a group, by the group.
    pub const GROUP: u16 = 414;
    /// Sum: what stands, as gauges tell it: `waiting/<stage>` and `draft/<state>` are counts, `value/<stage>/<currency>` is in whole units.
    pub const STANDING: u16 = 415;
    /// Supply as the basis check counts it.
    pub const SUPPLY: u16 = 420;
    /// How far ERP orders are, of execution-feedback.
    pub const ORDER_PROGRESS: u16 = 510;
}

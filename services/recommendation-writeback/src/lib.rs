//! Recommendations become orders, each need once.
//!
//! A planner's run comes in whole, is checked against the masters and against supply that the planner had not seen, takes the place of earlier runs in
//! its scope and horizon, waits for whoever has to approve, is drafted into orders, and is posted into the ERP by a connector that leases it.
//!
//! Rooms: `model` (states and rules), `wire` (contract to model, and the verbs), `app` (use cases).

mod app;
mod model;
mod wire;

#[cfg(test)]
mod tests;

pub use model::number;

use crossdock_core::Result;
use crossdock_records::Kinds;
use crossdock_runtime::{GOVERNANCE, Service};
use model::{
    draft_order::DraftOrder,
    planning::{PlanningMode, Run},
    posting::{Posting, PostingLink},
    status::{Status, Step},
    supply::Supply,
};

/// The service, for the runtime.
///
/// # Errors
/// If the contracts do not have its kinds: a broken build.
pub fn service() -> Result<Service> {
    Ok(Service {
        name: "recommendation-writeback",
        package: "crossdock.writeback.v1",
        kinds: kinds()?,
        peers: &[GOVERNANCE],
        tasks: app::due::TASKS,
        verbs: wire::verbs::routes,
        background: Vec::new(),
    })
}

/// The kinds that this service owns, and those that it follows.
///
/// # Errors
/// If the contracts do not have them: a broken build.
pub fn kinds() -> Result<Kinds> {
    Kinds::new()
        .own::<Status>()?
        .own::<Step>()?
        .own::<Run>()?
        .own::<PlanningMode>()?
        .own::<DraftOrder>()?
        .own::<Posting>()?
        .own::<PostingLink>()?
        .own::<Supply>()
}

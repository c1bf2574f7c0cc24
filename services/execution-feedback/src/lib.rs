//! What became of orders: supply orders of any origin, what suppliers answer, what arrives, and what that means for planners.
//!
//! Rooms: `model` (the rules), `wire` (contract to model, and the verbs), `app` (what readers ask for).

mod model;

pub use model::number;

use crossdock_core::Result;
use crossdock_records::Kinds;
use crossdock_runtime::{GOVERNANCE, Service};
use model::progress::{Feedback, OrderProgress};
use tonic::service::Routes;

/// The service, for the runtime.
///
/// # Errors
/// If the contracts do not have its kinds: a broken build.
pub fn service() -> Result<Service> {
    Ok(Service {
        name: "execution-feedback",
        package: "crossdock.execution.v1",
        kinds: kinds()?,
        peers: &[GOVERNANCE],
        tasks: &[],
        verbs: |_| Routes::default(),
        background: Vec::new(),
    })
}

/// The kinds that this service owns, and those that it follows.
///
/// # Errors
/// If the contracts do not have them: a broken build.
pub fn kinds() -> Result<Kinds> {
    Kinds::new().own::<OrderProgress>()?.own::<Feedback>()
}

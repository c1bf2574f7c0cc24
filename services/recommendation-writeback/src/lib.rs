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
use crossdock_master_data::{Customer, ExchangeRate, Item, ItemUnits, Location, SourcingRule, Supplier, WorkingDays, number as masters};
use crossdock_proto::operations::ReferenceTable;
use crossdock_records::{Kind, Kinds, Peer};
use crossdock_runtime::{GOVERNANCE, Service};
use model::{
    draft_order::DraftOrder,
    planning::{PlanningMode, Run},
    posting::{Posting, PostingLink},
    progress::Progress,
    recommendation::Recommendation,
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
        peers: PEERS,
        tasks: app::due::TASKS,
        verbs: Box::new(wire::verbs::routes),
        gauges: app::measure::gauges,
        background: Vec::new(),
    })
}

/// The kinds that this service owns, and those that it follows.
///
/// # Errors
/// If the contracts do not have them: a broken build.
pub fn kinds() -> Result<Kinds> {
    Kinds::new()
        .own::<Recommendation>()?
        .own::<Status>()?
        .own::<Step>()?
        .own::<Run>()?
        .own::<PlanningMode>()?
        .own::<DraftOrder>()?
        .own::<Posting>()?
        .own::<PostingLink>()?
        .own::<Supply>()?
        .follow::<Item>()?
        .follow::<Location>()?
        .follow::<ItemUnits>()?
        .follow::<Supplier>()?
        .follow::<SourcingRule>()?
        .follow::<Customer>()?
        .follow::<WorkingDays>()?
        .follow::<ExchangeRate>()?
        .follow::<ReferenceTable>()?
        .follow::<Progress>()
}

/// The peers whose feeds this service follows.
pub const PEERS: &[Peer] = &[
    GOVERNANCE,
    Peer {
        name: "master-data",
        package: "crossdock.masterdata.v1",
        kinds: &[
            crossdock_records::REFERENCE,
            masters::ITEM,
            masters::LOCATION,
            masters::ITEM_UNITS,
            masters::SUPPLIER,
            masters::SOURCING_RULE,
            masters::CUSTOMER,
            masters::CALENDAR,
            masters::EXCHANGE_RATE,
        ],
        apply: None,
    },
    Peer {
        name: "demand-signal",
        package: "crossdock.demand.v1",
        kinds: &[<crossdock_proto::operations::WatermarkState as Kind>::NUMBER],
        apply: Some(wire::watermark::take),
    },
    Peer {
        name: "execution-feedback",
        package: "crossdock.execution.v1",
        kinds: &[number::ORDER_PROGRESS],
        apply: Some(wire::progress::take),
    },
];

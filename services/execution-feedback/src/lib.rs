//! What became of orders: supply orders of any origin, what suppliers answer, what arrives, and what that means for planners.
//!
//! Feedback hangs on the ERP's order line. Per line one record is kept of all that is known of it, by the records that say it (`order_facts`); its
//! progress, the feedback for planners and the sums of its lane are pure functions of these facts, computed again with every change. So the order in
//! which records come does not matter: what a record changes is its own entry, and nothing else.
//!
//! Three things reach further than one line:
//! - **shipments** may be for several lines; their milestones are kept per shipment, and what they say is an entry of each line.
//! - **splits**: a line that was split from another inherits the recommendations that the other has no quantity for any more.
//! - **disruptions** make what is expected doubtful; the lines they speak of are looked at again by due work.
//!
//! Which recommendations are on a line comes from the postings of recommendation-writeback, before or after the line.
//!
//! Rooms: `model` (the rules), `wire` (contract to model, and the verbs), `app` (what readers ask for, and due work).

mod app;
mod model;
mod wire;

#[cfg(test)]
mod histories;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod measures;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod testing;

pub use app::refold::Refold;
pub use model::number;
pub use wire::service::Verbs;

use crossdock_core::Result;
use crossdock_master_data::{Item, ItemUnits, Location, SourcingRule, Supplier, WorkingDays};
use crossdock_proto::{execution::execution_service_server::ExecutionServiceServer, operations::ReferenceTable};
use crossdock_records::{Kinds, Peer};
use crossdock_rpc::MAX_MESSAGE;
use crossdock_runtime::{GOVERNANCE, Service};
use model::{
    confirmation::Confirmation,
    disruption::Disruption,
    facts::{DisruptionTable, OrderFacts, ShipmentTrack},
    milestone::Milestone,
    progress::{Feedback, OrderProgress},
    receipt::Receipt,
    shipment::Shipment,
    supply_order::SupplyOrder,
};
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
        peers: PEERS,
        tasks: &[(model::disruption::REFRESH, app::disruptions::refresh)],
        gauges: app::gauges::gauges,
        verbs: Box::new(|handle| {
            let verbs = ExecutionServiceServer::new(Verbs::new(handle.clone()));
            Routes::new(verbs.max_encoding_message_size(MAX_MESSAGE))
        }),
        background: Vec::new(),
    })
}

/// The kinds that this service owns, and those that it follows.
///
/// # Errors
/// If the contracts do not have them: a broken build.
pub fn kinds() -> Result<Kinds> {
    Kinds::new()
        .own::<SupplyOrder>()?
        .own::<Confirmation>()?
        .own::<Shipment>()?
        .own::<Milestone>()?
        .own::<Receipt>()?
        .own::<Disruption>()?
        .own::<OrderProgress>()?
        .own::<Feedback>()?
        .own::<OrderFacts>()?
        .own::<ShipmentTrack>()?
        .own::<DisruptionTable>()?
        .follow::<Item>()?
        .follow::<Location>()?
        .follow::<ItemUnits>()?
        .follow::<Supplier>()?
        .follow::<SourcingRule>()?
        .follow::<WorkingDays>()?
        .follow::<ReferenceTable>()
}

/// The peers whose feeds this service follows.
pub const PEERS: &[Peer] = &[
    GOVERNANCE,
    Peer {
        name: "master-data",
        package: "crossdock.masterdata.v1",
        kinds: &[
            crossdock_records::REFERENCE,
            crossdock_master_data::number::ITEM,
            crossdock_master_data::number::LOCATION,
            crossdock_master_data::number::ITEM_UNITS,
            crossdock_master_data::number::SUPPLIER,
            crossdock_master_data::number::SOURCING_RULE,
            crossdock_master_data::number::CALENDAR,
        ],
        apply: None,
    },
    Peer {
        name: "recommendation-writeback",
        package: "crossdock.writeback.v1",
        kinds: &[crossdock_recommendation_writeback::number::POSTING_LINK],
        apply: Some(wire::links::apply),
    },
];

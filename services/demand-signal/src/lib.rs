//! Demand and stock: what customers want and got, what is there, and what planners expect and aim for.
//!
//! The ERP and the warehouse send order lines, shipments, returns, lost sales, promotions, movements and snapshots; planning sends forecasts
//! and stocking targets; the ERP answers what became of those. A record waits for its item, location, customer and unit conversion (followed
//! from master data), and counts from the moment they are there, in the item's base unit by the conversion of its own business date.
//!
//! Three things are kept from the records, in the transaction that takes them in:
//! - **history**: sums per location, item, measure, class, supply mode and day; the old is subtracted, the new added. What is wanted is
//!   never reduced by what was shipped: measures are gross, the reader nets.
//! - **progress**: what was shipped for a demand line, by day; it does not matter whether the line or the shipment comes first.
//! - **positions**: the newest count and the movements after it, with the drift between count and computation.
//!
//! Rooms: `model` (the rules, on types that cannot be invalid), `wire` (contract to model, and the verbs), `app` (what readers ask for).

mod app;
mod model;
mod wire;

#[cfg(test)]
mod histories;
#[cfg(test)]
mod measures;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod testing;

pub use app::refold::{Folded, Refold};
pub use model::number;
pub use wire::service::Verbs;

use crossdock_core::Result;
use crossdock_master_data::{Customer, Item, ItemUnits, Location};
use crossdock_proto::demand::demand_service_server::DemandServiceServer;
use crossdock_proto::operations::ReferenceTable;
use crossdock_records::{Kinds, Peer};
use crossdock_rpc::MAX_MESSAGE;
use crossdock_runtime::{GOVERNANCE, Service};
use model::{
    customer_return::CustomerReturn,
    demand_line::DemandLine,
    forecast::Forecast,
    fulfilment::Fulfilment,
    history::SeriesChange,
    inventory_position::{InventoryPosition, SnapshotMark},
    inventory_snapshot::InventorySnapshot,
    lost_sale::LostSale,
    movement::Movement,
    promotion::Promotion,
    stocking_target::StockingTarget,
    target_acknowledgement::TargetAcknowledgement,
};
use tonic::service::Routes;

/// The service, for the runtime.
///
/// # Errors
/// If the contracts do not have its kinds: a broken build.
pub fn service() -> Result<Service> {
    Ok(Service {
        name: "demand-signal",
        package: "crossdock.demand.v1",
        kinds: kinds()?,
        peers: PEERS,
        tasks: &[(model::inventory_snapshot::REFRESH, app::inventory::refresh), (model::served::SERVED, app::served::look)],
        gauges: app::gauges::gauges,
        verbs: Box::new(|handle| {
            let verbs = DemandServiceServer::new(Verbs::new(handle.clone()));
            Routes::new(verbs.max_encoding_message_size(MAX_MESSAGE))
        }),
        background: vec![Box::new(|handle| Box::pin(wire::survey::run(handle)))],
    })
}

/// The kinds that this service owns, and those that it follows.
///
/// # Errors
/// If the contracts do not have them: a broken build.
pub fn kinds() -> Result<Kinds> {
    Kinds::new()
        .own::<DemandLine>()?
        .own::<Fulfilment>()?
        .own::<CustomerReturn>()?
        .own::<LostSale>()?
        .own::<Promotion>()?
        .own::<Movement>()?
        .own::<InventorySnapshot>()?
        .own::<InventoryPosition>()?
        .own::<SnapshotMark>()?
        .own::<Forecast>()?
        .own::<StockingTarget>()?
        .own::<TargetAcknowledgement>()?
        .own::<SeriesChange>()?
        .follow::<Item>()?
        .follow::<Location>()?
        .follow::<ItemUnits>()?
        .follow::<Customer>()?
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
            crossdock_master_data::number::CUSTOMER,
        ],
        apply: None,
    },
];

//! Master data: what the records of every other service refer to.
//!
//! Items with their units, locations, suppliers, sourcing rules, customers, calendars, exchange rates; and cross-references, which say what a
//! connection's own ids mean. The ERP is the authority: what it says is taken, unless it cannot be identified, stored or counted. A record
//! that names another which is not here yet waits for it; what is odd is taken with a finding, and enforced where it matters.
//!
//! Masters are named by their canonical id. Two kinds are derived, so that who needs them gets them in one piece: `item_units` (all
//! conversions of an item) and `reference` (all meanings of an id).
//!
//! - `model`: the rules, on types that cannot be invalid: no cycle in hierarchies and successions, conversions that agree along every path.
//! - `wire`: from the contract's messages to the model.
//! - [`samples`]: a valid record of every kind.

mod model;
pub mod samples;
mod wire;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use model::{
    amount,
    calendar::WorkingDays,
    conversion::Conversion,
    cross_reference::CrossReference,
    customer::Customer,
    exchange_rate::ExchangeRate,
    item::{Item, Lifecycle, Successor},
    item_units::ItemUnits,
    location::Location,
    number, place,
    sourcing_rule::{LeadTime, Price, Source, SourcingRule},
    supplier::Supplier,
};
pub use wire::shared as wired;

use crossdock_core::Result;
use crossdock_proto::operations::ReferenceTable;
use crossdock_records::Kinds;
use crossdock_runtime::{GOVERNANCE, Service};
use tonic::service::Routes;

/// The service, for the runtime.
///
/// # Errors
/// If the contracts do not have its kinds: a broken build.
pub fn service() -> Result<Service> {
    Ok(Service {
        name: "master-data",
        package: "crossdock.masterdata.v1",
        kinds: kinds()?,
        peers: &[GOVERNANCE],
        tasks: &[],
        verbs: Box::new(|_| Routes::default()),
        gauges: |_, _, _| Ok(Vec::new()),
        background: Vec::new(),
    })
}

/// The kinds that this service owns.
///
/// # Errors
/// If the contracts do not have them: a broken build.
pub fn kinds() -> Result<Kinds> {
    Kinds::new()
        .own::<ReferenceTable>()?
        .own::<Item>()?
        .own::<Location>()?
        .own::<Conversion>()?
        .own::<ItemUnits>()?
        .own::<Supplier>()?
        .own::<SourcingRule>()?
        .own::<Customer>()?
        .own::<WorkingDays>()?
        .own::<ExchangeRate>()?
        .own::<CrossReference>()
}

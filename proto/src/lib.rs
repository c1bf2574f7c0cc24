//! The contracts of Crossdock as Rust types, generated from the `.proto` files beside this crate, and their descriptors.

#[cfg(test)]
mod access;
mod kinds;
mod parts;
mod secrets;
mod tagged;
#[cfg(test)]
mod tests;

pub use kinds::{KindInfo, MethodInfo, Role, Rows, Schema, schema};
pub use parts::parts;
pub use tagged::{Filter, Record, UNREADABLE};

/// Version of these contracts, as clients send it in the metadata `crossdock-contract`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[allow(missing_docs, clippy::all, clippy::pedantic, unused_qualifications)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}
pub(crate) use generated::crossdock;

/// `crossdock.demand.v1`.
pub use crossdock::demand::v1 as demand;
/// `crossdock.execution.v1`.
pub use crossdock::execution::v1 as execution;
/// `crossdock.governance.v1`.
pub use crossdock::governance::v1 as governance;
/// `crossdock.masterdata.v1`.
pub use crossdock::masterdata::v1 as masterdata;
/// `crossdock.operations.v1`: what every service keeps about its own work.
pub use crossdock::operations::v1 as operations;
/// `crossdock.type.v1`: values, the envelope, outcomes.
pub use crossdock::r#type::v1 as types;
/// `crossdock.writeback.v1`.
pub use crossdock::writeback::v1 as writeback;

/// The messages of the five record methods, the same in every service.
pub mod records {
    pub use crate::crossdock::masterdata::v1::{
        BatchGetRequest, BatchGetResponse, IngestBatchRequest, IngestBatchResponse, IngestRequest, IngestResponse, ListRequest,
        ListResponse, WatchRequest, WatchResponse,
    };
}

/// Every contract file with its options and comments, as an encoded `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

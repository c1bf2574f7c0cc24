//! Names of spans and their attributes, once. What is not Crossdock's own is of the OpenTelemetry semantic conventions 1.40.
//!
//! A name is also written in the macros of `tracing`, which take no constants for fields: a test compares what is exported with this list.

/// The RPC system: `grpc`.
pub const RPC_SYSTEM: &str = "rpc.system.name";
/// `package.Service/Method`.
pub const RPC_METHOD: &str = "rpc.method";
/// Name of the status code, such as `OK`.
pub const RPC_STATUS: &str = "rpc.response.status_code";
/// What failed: the status code, or the reason of an error.
pub const ERROR_TYPE: &str = "error.type";
/// `sqlite` or `postgresql`.
pub const DB_SYSTEM: &str = "db.system.name";
/// Name of the statement.
pub const DB_OPERATION: &str = "db.operation.name";
/// Rows of a statement over a batch.
pub const DB_BATCH: &str = "db.operation.batch.size";

/// The connection that called.
pub const CONNECTION: &str = "crossdock.connection";
/// The sender's number of a batch.
pub const BATCH: &str = "crossdock.batch";
/// Records of a batch, a page or a task.
pub const RECORDS: &str = "crossdock.records";
/// Records of a batch by outcome.
pub const OUTCOMES: [&str; 5] =
    ["crossdock.accepted", "crossdock.duplicate", "crossdock.superseded", "crossdock.parked", "crossdock.rejected"];
/// The service whose work it is.
pub const SERVICE: &str = "crossdock.service";
/// The peer that is followed.
pub const PEER: &str = "crossdock.peer";
/// Kind of a record.
pub const KIND: &str = "crossdock.kind";
/// Key of a record.
pub const KEY: &str = "crossdock.key";
/// Why a record was parked or rejected.
pub const REASON: &str = "crossdock.reason";
/// The task of due work.
pub const TASK: &str = "crossdock.task";
/// Jobs that one transaction commits.
pub const JOBS: &str = "crossdock.jobs";
/// The item.
pub const ITEM: &str = "crossdock.item";
/// The location.
pub const LOCATION: &str = "crossdock.location";
/// The recommendation.
pub const RECOMMENDATION: &str = "crossdock.recommendation";
/// The draft order, by posting key.
pub const ORDER: &str = "crossdock.order";

/// All of them.
pub const ALL: &[&str] = &[
    RPC_SYSTEM,
    RPC_METHOD,
    RPC_STATUS,
    ERROR_TYPE,
    DB_SYSTEM,
    DB_OPERATION,
    DB_BATCH,
    CONNECTION,
    BATCH,
    RECORDS,
    SERVICE,
    PEER,
    KIND,
    KEY,
    REASON,
    TASK,
    JOBS,
    ITEM,
    LOCATION,
    RECOMMENDATION,
    ORDER,
    OUTCOMES[0],
    OUTCOMES[1],
    OUTCOMES[2],
    OUTCOMES[3],
    OUTCOMES[4],
];

#[cfg(test)]
mod tests {
    #[test]
    fn all_are_documented() {
        let page = include_str!("../../../docs/observability.md");
        for name in super::ALL {
            assert!(page.contains(&format!("`{name}`")), "docs/observability.md lacks `{name}`");
        }
    }
}

use crossdock_core::{Micros, Result};
use crossdock_records::{Kinds, Peer, Policy, Task};
use crossdock_rpc::Handle;
use crossdock_store::Read;
use crossdock_telemetry::metrics::Measured;
use futures::future::BoxFuture;
use tonic::service::Routes;

/// Something that runs beside the methods of a service.
pub type Background = Box<dyn FnOnce(Handle) -> BoxFuture<'static, ()> + Send>;

/// Makes the methods of a service beside the five on records.
pub type Verbs = Box<dyn FnOnce(&Handle) -> Routes + Send>;

/// What a service says of its gauges when it is asked: all of them, from one state of its store. Small derived records and sums, never a whole table.
pub type Gauges = fn(read: &mut Read<'_>, policy: &Policy, now: Micros) -> Result<Vec<Measured>>;

/// Governance, as every other service follows it: for the policy.
pub const GOVERNANCE: Peer = Peer { name: "governance", package: "crossdock.governance.v1", kinds: &[100, 102, 103], apply: None };

/// A service, as the runtime needs it.
pub struct Service {
    /// Its name, such as `demand-signal`; also of its store.
    pub name: &'static str,
    /// Its protobuf package, such as `crossdock.demand.v1`.
    pub package: &'static str,
    /// What it keeps and follows.
    pub kinds: Kinds,
    /// Whose feeds it follows.
    pub peers: &'static [Peer],
    /// Its due work, by name, beside what every service has.
    pub tasks: &'static [(&'static str, Task)],
    /// Its methods beside the five on records.
    pub verbs: Verbs,
    /// Its gauges, beside those of every service.
    pub gauges: Gauges,
    /// What runs beside its methods.
    pub background: Vec<Background>,
}

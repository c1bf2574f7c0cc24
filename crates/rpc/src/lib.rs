//! The gRPC edge: errors, channels, who is calling, and the five record methods of every service.

mod access;
mod again;
mod bounds;
mod calls;
mod calls_at_once;
mod channel;
mod client;
mod contracts;
mod feeds;
mod follower;
mod handle;
mod identify;
mod limits;
mod line;
mod list;
mod operations;
mod receive;
mod room;
mod send;
mod server;
mod standing;
mod status;
mod tokens;
mod view;
mod watch;
mod weight;

pub use access::{CLUSTER, CONNECTION, Caller, PEER, PRINCIPAL, guard};
pub use bounds::{Bounds, bound};
pub use channel::{Channel, bearing, local, remote};
pub use client::RecordClient;
pub use contracts::{CONTRACT, Contracts};
pub use crossdock_identity::{Connector, Proof};
pub use feeds::Feeds;
pub use follower::Follower;
pub use handle::{Handle, SealCell};
pub use limits::Limits;
pub use line::Line;
pub use operations::{Operations, once};
pub use server::records;
pub use status::{from_status, status};
pub use view::{Asked, Page, Part, View};

/// Largest message that is taken: 1,000 records of 16 KiB.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

//! The gRPC edge: errors, channels, who is calling, and the five record methods of every service.

mod access;
mod calls;
mod channel;
mod client;
mod contracts;
mod feeds;
mod follower;
mod handle;
mod list;
mod operations;
mod server;
mod status;
mod watch;

pub use access::{CONNECTION, Caller, PEER, PRINCIPAL, guard};
pub use channel::{Channel, local, remote};
pub use client::RecordClient;
pub use contracts::{CONTRACT, Contracts};
pub use feeds::Feeds;
pub use follower::Follower;
pub use handle::Handle;
pub use operations::{Operations, once};
pub use server::records;
pub use status::{from_status, status};

/// Largest message that is taken: 1,000 records of 16 KiB.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

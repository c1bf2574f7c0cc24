//! One store per service: six tables on two engines, one writer, a few readers.
//!
//! Everything a service knows is in here. A service gets records by key, puts records with their fields and sums, and makes
//! tasks due; the store gives each put a position in the feed, in commit order. All SQL of Crossdock is in [`statements`] and
//! `engine`.
//!
//! One thread per service and process writes. What waits while a transaction commits is written together in the next (group commit), and an
//! answer is given after the commit is on disk.

mod engine;
mod read;
mod readers;
mod rows;
pub mod statements;
mod store;
mod tx;
mod writer;

pub use engine::Location;
pub use read::{Read, Scan, SumScan};
pub use rows::{Due, Fields, KindCount, Record, Request, Sum};
pub use store::Store;
pub use tx::Tx;

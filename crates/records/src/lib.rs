//! What a record is, and the one way in: [`take`].
//!
//! Every ingest, every redrive of parked records and every followed feed goes through [`take`]: get, settle, check, derive, put. Kinds
//! register what is special to them ([`Kind`], [`Rules`]); nothing here knows a business word.

mod completeness;
mod due;
mod follow;
mod freshness;
mod gauges;
mod governance;
mod incoming;
mod ingest;
mod kind;
mod known;
mod lane;
mod paging;
mod parking;
mod parse;
mod policy;
mod references;
mod registry;
mod sets;
mod settle;
mod stored;
mod take;
pub mod testing;

pub use completeness::completeness;
pub use due::{Runner, Task};
pub use follow::{Apply, FEED_CURSOR, Peer, follow, forget};
pub use freshness::{Freshness, freshness};
pub use gauges::gauges;
pub use governance::{EXCEPTION, POLICY};
pub use incoming::{Cause, Findings, Incoming, Origin, Taken, Verdict};
pub use ingest::{Batch, MAX_RECORDS, ingest};
pub use kind::{Kind, Reference, Rules, Scope, Sender};
pub use known::{Derived, Known, Source, derive};
pub use lane::Lane;
pub use paging::{Token, page_size};
pub use parking::{ISSUE, PARKED, discard, redrive, wake_selected};
pub use parse::{Parse, day};
pub use policy::{Policy, PolicyCell};
pub use references::REFERENCE;
pub use registry::{Kinds, message, model};
pub use sets::{SET, abort, commit, in_run, open};
pub use settle::{Held, Settled, settle};
pub use stored::{encoded, envelope, micros, record, timestamp, violation};
pub use take::take;

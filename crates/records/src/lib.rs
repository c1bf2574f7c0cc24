//! What a record is, and the one way in: [`take`].
//!
//! Every ingest, every redrive of parked records and every followed feed goes through [`take`]: get, settle, check, derive, put. Kinds
//! register what is special to them ([`Kind`], [`Rules`]); nothing here knows a business word.

mod audit;
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
mod reader;
mod references;
mod registry;
mod sealed;
mod sets;
mod settle;
mod sight;
mod stored;
mod take;
pub mod testing;

pub use audit::{AUDIT_ENTRY, AUDIT_HEAD, Change, Fault, Mark, Verification, audit, differences, entry_key};
pub use completeness::completeness;
pub use due::{Runner, Task};
pub use follow::{Apply, FEED_CURSOR, Peer, follow, forget};
pub use freshness::{Freshness, freshness};
pub use gauges::gauges;
pub use governance::{EXCEPTION, POLICY, SEAL_KEY, TOKEN};
pub use incoming::{Cause, Findings, Incoming, Origin, Taken, Verdict};
pub use ingest::{Batch, MAX_RECORDS, ingest};
pub use kind::{Kind, Reference, Rules, Scope, Sender};
pub use known::{Derived, Known, Source, derive};
pub use lane::Lane;
pub use paging::{Token, page_size};
pub use parking::{ISSUE, PARKED, discard, redrive, wake_selected};
pub use parse::{Parse, day};
pub use policy::{Policy, PolicyCell};
pub use reader::Reader;
pub use references::REFERENCE;
pub use registry::{Kinds, message, model};
pub use sealed::{basis_cursor, close_cursor, open_cursor};
pub use sets::{SET, abort, commit, in_run, open, unknown_set};
pub use settle::{Held, Settled, settle};
pub use sight::{CLUSTER, Get, Part, SERVICE, Sight};
pub use stored::{encoded, envelope, micros, record, span, timestamp, violation};
pub use take::take;

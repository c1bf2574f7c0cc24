//! What tests of more than one crate need: places for stores on either engine, a clock to move, a service without its server, processes to kill,
//! conditions to wait for, seeds to repeat.
//!
//! Everything here panics when it cannot do its work: in a test that is the report, and its message says what to do.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails fails its test")]
#![allow(clippy::print_stderr, reason = "the test runner shows what a failed test prints")]
#![allow(clippy::disallowed_methods, reason = "polling a real process or server needs the real clock and real pauses")]

mod alone;
mod bench;
mod hand;
mod place;
mod postgres;
mod process;
mod seed;
mod wait;

pub use alone::alone;
pub use bench::{Bench, Tasks, deleted, incoming, record, run, told};
pub use hand::Hand;
pub use place::{Engine, Place};
pub use postgres::{Database, Schema, fresh_database, fresh_schema, postgres_authority, postgres_url};
pub use process::{Process, binary, free_port};
pub use seed::Seed;
pub use wait::{eventually, eventually_async};

//! What crosses services and processes, on both engines.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in tests a panic is the report")]
#![allow(clippy::disallowed_methods, reason = "real servers go by the real clock")]

mod attacks;
mod audit;
mod bad_calls;
mod bad_files;
mod bad_input;
mod bad_orders;
mod bad_postings;
mod bad_receipts;
mod brought;
mod example;
mod kills;
mod lines;
mod loads;
mod metrics;
mod orders;
mod play;
mod processes;
mod scenarios;
mod secrets;
mod secured;
mod stops;
mod story;
mod suite;
mod traces;

//! The layer around every service's routes, with a real store below it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in tests a panic is the report")]

mod guarded;
mod identification;
mod limits;
mod pages;
mod standing;

//! The command line as people meet it, and who may do what in all services of the binary.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in tests a panic is the report")]

mod access;
mod command_line;

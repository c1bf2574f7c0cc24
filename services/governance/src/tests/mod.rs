//! What this service promises, from outside.

mod docs;
mod faults;
mod loop_faults;
mod process;
mod service;
mod version;

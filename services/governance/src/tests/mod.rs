//! What this service promises, from outside.

mod desk;
mod docs;
mod faults;
mod loop_faults;
mod process;
mod service;
mod version;

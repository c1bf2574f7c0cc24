//! What this service promises, from outside.

mod audit;
mod desk;
mod docs;
mod faults;
mod identity_faults;
mod loop_faults;
mod process;
mod service;
mod tokens;
mod version;

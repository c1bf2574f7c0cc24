//! The other side of the loop, for the demo and for tests: a company with two ERPs, four distribution centres, a planner and its buyers, and the
//! suppliers, warehouses and carriers around it. They live from a year of real orders and talk to Crossdock through its public contracts only.
//!
//! What is real is in [`trade::Trade`]: stock, orders in the ERPs, goods on their way. Crossdock hears of it from the parties, who forget nothing they
//! were answered (the [`ledger`]), send things twice, in disorder and over lines that break. At the end the ledgers are compared with what
//! Crossdock says through its interface. Everything follows from one seed; time is stepped here ([`SteppedClock`]).

mod amend;
mod buyers;
mod chance;
mod check;
mod client;
mod clock;
mod connector;
mod days;
mod error;
mod history;
mod ledger;
mod masters;
mod outgoing;
mod party;
mod planner;
mod purchasing;
mod quiet;
mod shop;
mod simulation;
mod suppliers;
mod trade;
mod warehouse;
mod wire;
mod world;

pub use buyers::Decisions;
pub use check::{Check, Report};
pub use clock::{CLOCK_FILE, SteppedClock};
pub use error::{Failure, Result};
pub use masters::CUSTOMER;
pub use simulation::{FIRST_DAY, Progress, Setup, Simulation, start};
pub use wire::{Addresses, Nuisance, Traffic};

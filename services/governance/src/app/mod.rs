//! What governance does, one file per use case.

pub mod apply;
pub mod audit;
pub mod desk;
pub mod gauges;
pub mod hear;
pub mod say;
pub mod seal;
pub mod token;
pub mod told;

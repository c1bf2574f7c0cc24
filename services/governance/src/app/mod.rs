//! What governance does, one file per use case.

pub mod apply;
pub mod desk;
pub mod gauges;
pub mod hear;
pub mod say;
pub mod told;

//! What governance does, one file per use case.

pub mod acknowledge;
pub mod apply;
pub mod hear;

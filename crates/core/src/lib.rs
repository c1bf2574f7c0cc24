//! placeholder

pub mod codes;
pub mod gs1;

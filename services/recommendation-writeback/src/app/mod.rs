//! One file per use case: get, decide, put.

pub mod again;
pub mod approval;
pub mod approve;
pub mod change;
pub mod draft;
pub mod due;
pub mod edit;
pub mod lease;
pub mod posted;
pub mod report;
pub mod resolve;
pub mod seal;
pub mod set_mode;
pub mod settle;

//! Types that cannot be invalid and pure rules.

pub mod address;
pub mod authentication;
pub mod closing;
pub mod cross;
pub mod exception;
pub mod file;
pub mod objective;
pub mod route;
pub mod rules;
pub mod set;
pub mod text;
pub mod token;
pub mod values;
pub mod whole;
pub mod writeback;

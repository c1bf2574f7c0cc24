//! From and to the contract, and to the file system.

pub mod apply;
pub mod authentication;
pub mod issue;
pub mod policy;
pub mod reload;
pub mod stranded;
pub mod tokens;
pub mod verbs;
pub mod webhook;
pub mod writeback;

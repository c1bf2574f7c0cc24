//! From a decision to the ERP, through the use cases and a store: decisions, draft orders, leases and reports.

mod decisions;
mod drafts;
mod edges;
mod groups;
mod histories;
mod postings;
mod verbs;
mod world;

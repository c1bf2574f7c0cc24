//! The service through its use cases and a store: runs, decisions, draft orders, leases and reports.

mod acts;
mod audit;
mod changes;
mod decisions;
mod drafts;
mod edges;
mod histories;
mod measures;
mod postings;
mod reports;
mod rules;
mod runs;
mod samples;
mod verbs;
mod world;

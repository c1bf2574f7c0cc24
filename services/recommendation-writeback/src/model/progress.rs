//! How far ERP orders are, as execution-feedback says.

use super::number;
use crossdock_proto::execution;
use crossdock_records::{Rules, derived_kind};

derived_kind!(
    /// How far an order line is.
    Progress,
    execution::OrderProgress,
    number::ORDER_PROGRESS
);

impl Rules for Progress {}

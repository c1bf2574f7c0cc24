//! How far an order line is, and what became of the recommendations on it.

use super::number;
use crossdock_proto::execution as contract;
use crossdock_records::{Rules, derived_kind};

derived_kind!(
    /// How far an order line is.
    OrderProgress,
    contract::OrderProgress,
    number::ORDER_PROGRESS
);

derived_kind!(
    /// What became of a recommendation.
    Feedback,
    contract::Feedback,
    number::FEEDBACK
);

impl Rules for OrderProgress {}

impl Rules for Feedback {}

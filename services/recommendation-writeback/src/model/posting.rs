//! What connectors reported, and which recommendations are on a line of an ERP order.

use super::number;
use crossdock_proto::writeback as contract;
use crossdock_records::{Rules, derived_kind};

derived_kind!(
    /// One report of a connector.
    Posting,
    contract::Posting,
    number::POSTING
);

derived_kind!(
    /// Which recommendations are on a line of an ERP order.
    PostingLink,
    contract::PostingLink,
    number::POSTING_LINK
);

impl Rules for Posting {}

impl Rules for PostingLink {}

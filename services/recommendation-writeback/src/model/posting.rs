//! What connectors reported, and which recommendations are on a line of an ERP order.

use super::number;
use crossdock_core::Key;
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

impl Rules for Posting {
    fn belongs_to(&self) -> Vec<Key> {
        vec![Key::new(number::DRAFT_ORDER, self.0.posting_key.as_str())]
    }
}

impl Rules for PostingLink {
    fn belongs_to(&self) -> Vec<Key> {
        self.0.recommendations.iter().map(|link| Key::new(number::STATUS, link.recommendation.as_str())).collect()
    }
}

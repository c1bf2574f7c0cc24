//! Supply of an item for a destination, as the basis check counts it.

use super::number;
use crossdock_proto::writeback as contract;
use crossdock_records::{Rules, derived_kind};

derived_kind!(
    /// Supply of an item for a destination.
    Supply,
    contract::Supply,
    number::SUPPLY
);

impl Rules for Supply {}

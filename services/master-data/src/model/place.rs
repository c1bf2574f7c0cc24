//! An item at a location: what most records of the other services are about.

use super::number;
use crossdock_core::{Key, key};

/// An item at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Location.
    pub location: String,
    /// Item.
    pub item: String,
}

impl Place {
    /// Both must be known.
    pub fn needs(&self) -> Vec<Key> {
        vec![item(&self.item), location(&self.location)]
    }

    /// As a key: the location first, so that a location is a prefix.
    pub fn key(&self) -> String {
        key::join([&self.location, &self.item])
    }
}

/// The record of an item.
pub fn item(id: &str) -> Key {
    Key::new(number::ITEM, key::join([id]))
}

/// The record of a location.
pub fn location(id: &str) -> Key {
    Key::new(number::LOCATION, key::join([id]))
}

/// The record of a customer.
pub fn customer(id: &str) -> Key {
    Key::new(number::CUSTOMER, key::join([id]))
}

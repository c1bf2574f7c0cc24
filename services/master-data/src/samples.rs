//! A valid record of every kind that is sent in, for tests and documentation. Sent in the order of [`all`], each is accepted.

use crossdock_proto::{
    Record,
    masterdata::{self as contract, Conversion, Customer, Item, Location, ShipTo, UnitDimensions},
    types::{Date, Envelope},
};
use crossdock_records::Kind;
use prost::Message;

/// One of every kind, in an order in which none has to wait.
pub fn all() -> Vec<Record> {
    vec![
        record::<crate::Item>(&item()),
        record::<crate::Location>(&location()),
        record::<crate::Conversion>(&conversion()),
        record::<crate::Customer>(&customer()),
    ]
}

/// A message as a record of version 0.
pub fn record<K: Kind>(message: &K::Message) -> Record {
    Record { envelope: Some(Envelope::default()), kind: K::NUMBER.into(), body: message.encode_to_vec().into() }
}

/// A day.
pub fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

/// An item counted in pieces.
pub fn item() -> Item {
    Item {
        item_id: "85123A".into(),
        description: "White hanging heart t-light holder".into(),
        base_unit: "EA".into(),
        category_path: vec!["Home".into(), "Lamps".into()],
        lifecycle: contract::Lifecycle::Active.into(),
        abc_class: "A".into(),
        units: vec![UnitDimensions {
            unit: "EA".into(),
            gtin: "4006381333931".into(),
            weight_kg: "0.2".into(),
            ..UnitDimensions::default()
        }],
        ..Item::default()
    }
}

/// A warehouse.
pub fn location() -> Location {
    Location {
        location_id: "DC-01".into(),
        name: "Distribution centre".into(),
        kind: contract::LocationKind::Warehouse.into(),
        company: "GB01".into(),
        gln: "4000001000005".into(),
        country: "GB".into(),
        time_zone: "Europe/London".into(),
        currency: "GBP".into(),
        ..Location::default()
    }
}

/// A case of 12.
pub fn conversion() -> Conversion {
    Conversion { item_id: item().item_id, unit: "XCS".into(), numerator: 12, ..Conversion::default() }
}

/// A customer with an address.
pub fn customer() -> Customer {
    Customer {
        customer_id: "C17850".into(),
        name: "Hanging Hearts Ltd".into(),
        tier: contract::CustomerTier::Strategic.into(),
        country: "GB".into(),
        currency: "GBP".into(),
        ship_to: vec![ShipTo { ship_to_id: "1".into(), city: "Leeds".into(), country: "GB".into(), ..ShipTo::default() }],
        ..Customer::default()
    }
}

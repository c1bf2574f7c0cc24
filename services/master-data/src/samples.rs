//! A valid record of every kind that is sent in, for tests and documentation. Sent in the order of [`all`], each is accepted.

use crossdock_proto::{
    Record,
    masterdata::{
        self as contract, Calendar, CalendarException, Conversion, CrossReference, Customer, ExchangeRate, Item, LeadTime, Location,
        PriceBreak, ShipTo, SourcingRule, Supplier, UnitDimensions,
    },
    types::{Date, Envelope, Money},
};
use crossdock_records::Kind;
use prost::Message;

/// One of every kind, in an order in which none has to wait.
pub fn all() -> Vec<Record> {
    vec![
        record::<crate::Item>(&item()),
        record::<crate::WorkingDays>(&calendar()),
        record::<crate::Location>(&location()),
        record::<crate::Conversion>(&conversion()),
        record::<crate::Supplier>(&supplier()),
        record::<crate::SourcingRule>(&sourcing_rule()),
        record::<crate::Customer>(&customer()),
        record::<crate::ExchangeRate>(&exchange_rate()),
        record::<crate::CrossReference>(&cross_reference()),
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
        calendar_id: calendar().calendar_id,
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

/// Monday to Friday without Christmas.
pub fn calendar() -> Calendar {
    let christmas = CalendarException { date: Some(day(2026, 12, 25)), working: false, name: "Christmas Day".into() };
    Calendar { calendar_id: "GB-WORK".into(), name: "Great Britain".into(), exceptions: vec![christmas], ..Calendar::default() }
}

/// A supplier.
pub fn supplier() -> Supplier {
    Supplier {
        supplier_id: "SUP003".into(),
        name: "Lantern Works".into(),
        gln: "4000001000005".into(),
        country: "DE".into(),
        time_zone: "Europe/Berlin".into(),
        calendar_id: calendar().calendar_id,
        currency: "EUR".into(),
        minimum_order_value: euro("250"),
        blocked: false,
    }
}

/// Bought by the case, cheaper from ten cases on.
pub fn sourcing_rule() -> SourcingRule {
    SourcingRule {
        item_id: item().item_id,
        supplier_id: supplier().supplier_id,
        destination_location_id: location().location_id,
        processing: Some(LeadTime { days: 2, calendar_id: calendar().calendar_id }),
        transit: Some(LeadTime { days: 5, calendar_id: String::new() }),
        order_unit: "XCS".into(),
        minimum_quantity: "2".into(),
        multiple: "1".into(),
        prices: vec![
            PriceBreak { from_quantity: String::new(), unit_price: euro("18.60") },
            PriceBreak { from_quantity: "10".into(), unit_price: euro("17.40") },
        ],
        preferred: true,
        ..SourcingRule::default()
    }
}

fn euro(amount: &str) -> Option<Money> {
    Some(Money { amount: amount.into(), currency: "EUR".into() })
}

/// A pound in euros.
pub fn exchange_rate() -> ExchangeRate {
    ExchangeRate {
        from_currency: "GBP".into(),
        to_currency: "EUR".into(),
        valid_from: Some(day(2026, 1, 1)),
        rate: "1.15".into(),
        ..ExchangeRate::default()
    }
}

/// A shop's word for a case.
pub fn cross_reference() -> CrossReference {
    CrossReference {
        connection: "shop".into(),
        space: "unit".into(),
        local_id: "CS".into(),
        canonical_id: "XCS".into(),
        ..CrossReference::default()
    }
}

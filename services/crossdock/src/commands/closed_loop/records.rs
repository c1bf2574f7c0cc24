//! What goes through the loop.

use crossdock_core::{Micros, key};
use crossdock_proto::{
    Record,
    demand::DemandLine,
    execution::{OrderLineReference, Receipt, SupplyOrder},
    masterdata::{Item, LeadTime, Location, LocationKind, PriceBreak, SourcingRule, Supplier},
    schema,
    types::{Date, Envelope, Money, Quantity, Version},
    writeback::{Peg, Recommendation, RecommendationKind},
};
use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};
use prost::Message;

/// Company, location and supplier of every loop; the item is a new one each time, so that no loop sees the supply of another.
pub const COMPANY: &str = "CROSSDOCK-LOOP";
pub const LOCATION: &str = "CROSSDOCK-LOOP";
pub const SUPPLIER: &str = "CROSSDOCK-LOOP";

/// Names of one loop.
pub struct Names {
    connection: String,
    now: Micros,
    today: civil::Date,
    pub item: String,
    pub run: String,
}

impl Names {
    pub fn new(connection: &str, now: Micros) -> Self {
        let today = Timestamp::from_microsecond(now).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        Self { connection: connection.to_owned(), now, today, item: format!("LOOP-{now}"), run: format!("loop-{now}") }
    }

    pub fn order_key(&self) -> String {
        key::join([self.connection.as_str(), &self.item, "1"])
    }

    pub fn recommendation_key(&self) -> String {
        key::join([self.connection.as_str(), &self.run, "1", "1"])
    }

    pub fn masters(&self) -> Vec<Record> {
        let location = Location {
            location_id: LOCATION.to_owned(),
            name: "For trying the loop".to_owned(),
            kind: LocationKind::Warehouse.into(),
            company: COMPANY.to_owned(),
            time_zone: "Etc/UTC".to_owned(),
            ..Location::default()
        };
        let supplier = Supplier { supplier_id: SUPPLIER.to_owned(), name: "For trying the loop".to_owned(), ..Supplier::default() };
        let item = Item {
            item_id: self.item.clone(),
            description: "For trying the loop".to_owned(),
            base_unit: "EA".to_owned(),
            ..Item::default()
        };
        let price = PriceBreak { unit_price: money(), ..PriceBreak::default() };
        let rule = SourcingRule {
            item_id: self.item.clone(),
            supplier_id: SUPPLIER.to_owned(),
            processing: Some(LeadTime { days: 1, ..LeadTime::default() }),
            prices: vec![price],
            ..SourcingRule::default()
        };
        vec![
            self.record("location", Envelope::default(), &location),
            self.record("supplier", Envelope::default(), &supplier),
            self.record("item", Envelope::default(), &item),
            self.record("sourcing_rule", Envelope::default(), &rule),
        ]
    }

    pub fn demand_line(&self) -> Record {
        let line = DemandLine {
            item_id: self.item.clone(),
            location_id: LOCATION.to_owned(),
            quantity: one(),
            ordered_date: self.day(0),
            requested_date: self.day(30),
            ..DemandLine::default()
        };
        self.record("demand_line", document(&self.item, "1"), &line)
    }

    pub fn recommendation(&self) -> Record {
        let recommendation = Recommendation {
            kind: RecommendationKind::Purchase.into(),
            item_id: self.item.clone(),
            destination_location_id: LOCATION.to_owned(),
            supplier_id: SUPPLIER.to_owned(),
            quantity: one(),
            need_by: self.day(30),
            pegs: vec![Peg { demand_line: self.order_key(), quantity: "1".to_owned(), ..Peg::default() }],
            ..Recommendation::default()
        };
        self.record("recommendation", Envelope { set_key: self.run.clone(), ..document("1", "1") }, &recommendation)
    }

    /// The order as the ERP has it, and its goods; the order's number is the posting key.
    pub fn arrival(&self, posting_key: &str) -> Vec<Record> {
        let order = SupplyOrder {
            item_id: self.item.clone(),
            supplier_id: SUPPLIER.to_owned(),
            destination_location_id: LOCATION.to_owned(),
            quantity: one(),
            ordered_date: self.day(0),
            due_date: self.day(30),
            posting_key: posting_key.to_owned(),
            ..SupplyOrder::default()
        };
        let receipt = Receipt {
            order: Some(OrderLineReference { document: posting_key.to_owned(), line: "1".to_owned(), ..OrderLineReference::default() }),
            quantity: one(),
            received_date: self.day(0),
            ..Receipt::default()
        };
        vec![
            self.record("supply_order", document(posting_key, "1"), &order),
            self.record("receipt", document(&format!("{posting_key}-GR"), "1"), &receipt),
        ]
    }

    fn record(&self, kind: &str, envelope: Envelope, message: &impl Message) -> Record {
        let number = schema().kind_named(kind).map_or(0, |info| info.number);
        let envelope = Envelope { version: Some(Version { primary: self.now, observed: self.now }), ..envelope };
        Record { envelope: Some(envelope), kind: number.into(), body: message.encode_to_vec().into() }
    }

    fn day(&self, after: i32) -> Option<Date> {
        let day = self.today.checked_add(after.days()).unwrap_or(self.today);
        Some(Date { year: day.year().into(), month: day.month().into(), day: day.day().into() })
    }
}

fn document(document: &str, line: &str) -> Envelope {
    Envelope { document: document.to_owned(), line: line.to_owned(), ..Envelope::default() }
}

fn one() -> Option<Quantity> {
    Some(Quantity { value: "1".to_owned(), unit: "EA".to_owned() })
}

/// In the sender's own currency.
fn money() -> Option<Money> {
    Some(Money { amount: "1.00".to_owned(), ..Money::default() })
}

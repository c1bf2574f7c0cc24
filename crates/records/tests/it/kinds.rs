//! Three kinds with the smallest rules that use everything: an item, a location, and a line that needs both.

use crossdock_core::{Key, Micro, Result, Violation};
use crossdock_proto::{
    demand, masterdata,
    operations::Parked,
    types::{Date, Envelope},
};
use crossdock_records::{Derived, Findings, Kind, Kinds, Known, Parse, Reference, Rules, Scope, Verdict, day};
use crossdock_store::Fields;

pub const ITEM: u16 = 200;
pub const LOCATION: u16 = 201;
pub const LINE: u16 = 300;
/// The kind of the sums of quantity per item.
pub const TOTAL: u16 = 400;

pub struct Item {
    id: String,
    whole: bool,
}

impl Kind for Item {
    const NUMBER: u16 = ITEM;
    const DOCUMENT: bool = false;
    type Message = masterdata::Item;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        message.item_id.clone()
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Item> {
        let id = parse.id("item_id", &message.item_id);
        let description = parse.text("description", &message.description, 200);
        description.and(Some(Item { id: id?, whole: message.base_unit == "XCT" }))
    }
}

impl Rules for Item {
    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("item/{key}")]
    }

    fn fields(&self) -> Fields {
        vec![("id", self.id.clone())]
    }
}

pub struct Location;

impl Kind for Location {
    const NUMBER: u16 = LOCATION;
    const DOCUMENT: bool = false;
    type Message = masterdata::Location;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        message.location_id.clone()
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "location", value: &mut message.location_id });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Location> {
        parse.id("location_id", &message.location_id).map(|_| Location)
    }
}

impl Rules for Location {
    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("location/{key}")]
    }
}

pub struct Line {
    pub item: String,
    pub location: String,
    pub quantity: Micro,
    day: Option<i64>,
}

impl Kind for Line {
    const NUMBER: u16 = LINE;
    type Message = demand::DemandLine;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        visit(Reference { space: "customer", value: &mut message.customer_id });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Line> {
        let item = parse.id("item_id", &message.item_id);
        let location = parse.id("location_id", &message.location_id);
        let value = message.quantity.as_ref().map_or("", |quantity| quantity.value.as_str());
        let quantity = parse.within("quantity", |parse| parse.not_negative("value", value));
        let date = parse.optional_date("ordered_date", message.ordered_date.as_ref());
        if quantity == Some(Micro::ZERO) {
            parse.findings().warn("quantity.value", "NOTHING_ORDERED", "is zero");
        }
        Some(Line { item: item?, location: location?, quantity: quantity?, day: date?.map(day) })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        message.base_quantity = self.quantity.to_string();
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.ordered_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        message.quantity.as_ref().map(|quantity| quantity.value.as_str())
    }
}

impl Rules for Line {
    fn needs(&self) -> Vec<Key> {
        vec![Key::new(ITEM, self.item.as_str()), Key::new(LOCATION, self.location.as_str())]
    }

    fn fields(&self) -> Fields {
        vec![("item", self.item.clone()), ("location", self.location.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.location), day: self.day, ..Scope::default() }
    }

    fn check(&mut self, known: &Known, _: &mut Findings) -> Verdict {
        let whole = known.get::<Item>(&self.item).is_some_and(|item| item.whole);
        if whole && self.quantity.0 % 1_000_000 != 0 {
            let message = "this item is ordered in whole cartons";
            return Verdict::Refuse(Violation::new("quantity.value", "BROKEN_CARTON", self.quantity.to_string(), message));
        }
        Verdict::Use
    }

    fn derive(old: Option<&Self>, new: Option<&Self>, to: &mut Derived<'_, '_>) -> Result<()> {
        if let Some(old) = old {
            to.add(TOTAL, &old.item, 0, old.quantity.negated())?;
        }
        new.map_or(Ok(()), |new| to.add(TOTAL, &new.item, 0, new.quantity))
    }
}

/// All three in one service.
pub fn owned() -> Kinds {
    Kinds::new().own::<Item>().unwrap().own::<Location>().unwrap().own::<Line>().unwrap().own::<Parked>().unwrap()
}

/// Lines here, masters at a peer.
pub fn following() -> Kinds {
    Kinds::new().follow::<Item>().unwrap().follow::<Location>().unwrap().own::<Line>().unwrap()
}

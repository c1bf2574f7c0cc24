//! Three kinds with the smallest rules that use everything: an item, a location, and a line that needs both.

use bytes::{Buf, BufMut};
use crossdock_core::{Key, Micro, Result, Violation};
use crossdock_proto::{
    demand, masterdata,
    operations::Parked,
    types::{Date, Envelope},
};
use crossdock_records::{Derived, Findings, Kind, Kinds, Known, Parse, Reference, Rules, Scope, Verdict, day};
use crossdock_store::Fields;
use prost::{
    DecodeError, Message, Name,
    encoding::{DecodeContext, WireType},
};

pub const ITEM: u16 = 200;
pub const LOCATION: u16 = 201;
pub const LINE: u16 = 300;
/// The kind of the sums of quantity per item.
pub const TOTAL: u16 = 400;

/// The contract's message as a type of the tests, so that they may say what its rules are.
macro_rules! message {
    ($name:ident, $of:ty) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(pub $of);

        impl Message for $name {
            fn encode_raw(&self, buf: &mut impl BufMut) {
                self.0.encode_raw(buf);
            }

            fn merge_field(
                &mut self,
                tag: u32,
                wire: WireType,
                buf: &mut impl Buf,
                ctx: DecodeContext,
            ) -> std::result::Result<(), DecodeError> {
                self.0.merge_field(tag, wire, buf, ctx)
            }

            fn encoded_len(&self) -> usize {
                self.0.encoded_len()
            }

            fn clear(&mut self) {
                self.0.clear();
            }
        }

        impl Name for $name {
            const NAME: &'static str = <$of as Name>::NAME;
            const PACKAGE: &'static str = <$of as Name>::PACKAGE;
        }
    };
}

message!(Item, masterdata::Item);
message!(Location, masterdata::Location);
message!(Line, demand::DemandLine);

pub struct ItemModel {
    id: String,
    whole: bool,
}

impl Kind for Item {
    const NUMBER: u16 = ITEM;
    const DOCUMENT: bool = false;
    type Model = ItemModel;

    fn key(&self, _: &str, _: &Envelope) -> String {
        self.0.item_id.clone()
    }

    fn references(&mut self, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut self.0.item_id });
    }

    fn parse(&self, parse: &mut Parse<'_>) -> Option<ItemModel> {
        let id = parse.id("item_id", &self.0.item_id);
        let description = parse.text("description", &self.0.description, 200);
        description.and(Some(ItemModel { id: id?, whole: self.0.base_unit == "XCT" }))
    }
}

impl Rules for ItemModel {
    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("item/{key}")]
    }

    fn fields(&self) -> Fields {
        vec![("id", self.id.clone())]
    }
}

pub struct LocationModel;

impl Kind for Location {
    const NUMBER: u16 = LOCATION;
    const DOCUMENT: bool = false;
    type Model = LocationModel;

    fn key(&self, _: &str, _: &Envelope) -> String {
        self.0.location_id.clone()
    }

    fn references(&mut self, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "location", value: &mut self.0.location_id });
    }

    fn parse(&self, parse: &mut Parse<'_>) -> Option<LocationModel> {
        parse.id("location_id", &self.0.location_id).map(|_| LocationModel)
    }
}

impl Rules for LocationModel {
    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("location/{key}")]
    }
}

pub struct LineModel {
    pub item: String,
    pub location: String,
    pub quantity: Micro,
    day: Option<i64>,
}

impl Kind for Line {
    const NUMBER: u16 = LINE;
    type Model = LineModel;

    fn references(&mut self, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut self.0.item_id });
        visit(Reference { space: "location", value: &mut self.0.location_id });
    }

    fn parse(&self, parse: &mut Parse<'_>) -> Option<LineModel> {
        let item = parse.id("item_id", &self.0.item_id);
        let location = parse.id("location_id", &self.0.location_id);
        let value = self.0.quantity.as_ref().map_or("", |quantity| quantity.value.as_str());
        let quantity = parse.within("quantity", |parse| parse.not_negative("value", value));
        let date = parse.optional_date("ordered_date", self.0.ordered_date.as_ref());
        if quantity == Some(Micro::ZERO) {
            parse.findings().warn("quantity.value", "NOTHING_ORDERED", "is zero");
        }
        Some(LineModel { item: item?, location: location?, quantity: quantity?, day: date?.map(day) })
    }

    fn strip(&mut self) {
        self.0.base_quantity.clear();
    }

    fn complete(&mut self, model: &LineModel) {
        self.0.base_quantity = model.quantity.to_string();
    }

    fn business_date(&self) -> Option<Date> {
        self.0.ordered_date
    }

    fn quantity(&self) -> Option<&str> {
        self.0.quantity.as_ref().map(|quantity| quantity.value.as_str())
    }
}

impl Rules for LineModel {
    fn needs(&self) -> Vec<Key> {
        vec![Key::new(ITEM, self.item.as_str()), Key::new(LOCATION, self.location.as_str())]
    }

    fn fields(&self) -> Fields {
        vec![("item", self.item.clone()), ("location", self.location.clone())]
    }

    fn scope(&self) -> Scope<'_> {
        Scope { location: Some(&self.location), day: self.day, quantity: Some(self.quantity), ..Scope::default() }
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

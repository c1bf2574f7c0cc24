use crate::model::{conversion::Conversion, number};
use crossdock_core::{Ratio, key};
use crossdock_proto::{
    masterdata as contract,
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference};

impl Kind for Conversion {
    const NUMBER: u16 = number::CONVERSION;
    const DOCUMENT: bool = false;
    type Message = contract::Conversion;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        if message.item_id.is_empty() || message.unit.is_empty() {
            return String::new();
        }
        key::join([&message.item_id, &message.unit, &message.to_unit, &super::day(message.valid_from.as_ref())])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "unit", value: &mut message.unit });
        visit(Reference { space: "unit", value: &mut message.to_unit });
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.valid_from
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let item = parse.id("item_id", &message.item_id);
        let unit = parse.id("unit", &message.unit);
        let mut to = parse.optional_id("to_unit", &message.to_unit);
        if !message.unit.is_empty() && message.unit == message.to_unit {
            to = parse.bad("to_unit", "SAME_UNIT", &message.to_unit, "is the unit itself: name another, or none for the base unit");
        }
        let from = parse.optional_date("valid_from", message.valid_from.as_ref());
        let factor = factor(message.numerator, message.denominator, parse);
        Some(Self { item: item?, unit: unit?, to: to?, from: from?, factor: factor? })
    }
}

fn factor(numerator: i64, denominator: i64, parse: &mut Parse<'_>) -> Option<Ratio> {
    let denominator = if denominator == 0 { 1 } else { denominator };
    for (field, value) in [("numerator", numerator), ("denominator", denominator)] {
        if value <= 0 {
            parse.bad::<()>(field, "NOT_POSITIVE", value.to_string(), "must be a whole number above zero");
        }
    }
    Ratio::new(numerator, denominator)
}

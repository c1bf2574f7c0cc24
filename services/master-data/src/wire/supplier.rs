use super::{TEXT, check_digit, currency, fill_currency, price};
use crate::model::{number, supplier::Supplier};
use crossdock_core::{gs1, key};
use crossdock_proto::{masterdata as contract, types::Envelope};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Supplier {
    const NUMBER: u16 = number::SUPPLIER;
    const DOCUMENT: bool = false;
    type Message = contract::Supplier;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        key::join([&message.supplier_id])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "supplier", value: &mut message.supplier_id });
        visit(Reference { space: "calendar", value: &mut message.calendar_id });
        visit(Reference { space: "currency", value: &mut message.currency });
        if let Some(minimum) = &mut message.minimum_order_value {
            visit(Reference { space: "currency", value: &mut minimum.currency });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill_currency(message.minimum_order_value.as_mut(), sender.default_currency);
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let id = parse.id("supplier_id", &message.supplier_id);
        let name = parse.text("name", &message.name, TEXT);
        check_digit(parse, "gln", &message.gln, gs1::check_gln);
        let country = parse.country("country", &message.country);
        let zone = message.time_zone.is_empty() || parse.time_zone("time_zone", &message.time_zone).is_some();
        let calendar = parse.optional_id("calendar_id", &message.calendar_id);
        let currency = currency(parse, "currency", &message.currency);
        let minimum_order = price(parse, "minimum_order_value", message.minimum_order_value.as_ref());
        let _ = (name?, country?, zone.then_some(())?);
        Some(Self { id: id?, calendar: calendar?, currency: currency?, minimum_order: minimum_order?, is_blocked: message.blocked })
    }
}

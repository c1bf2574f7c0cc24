use super::{CODE, fill_order, order_line};
use crate::model::{number, shipment::Shipment};
use crossdock_master_data::wired::{amount, complete, fill, quantity};
use crossdock_proto::{execution as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Shipment {
    const NUMBER: u16 = number::SHIPMENT;
    type Message = contract::Shipment;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill_order(message.order.as_mut(), sender);
        fill(message.quantity.as_mut(), sender.default_unit);
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let line = order_line(parse, "order", message.order.as_ref());
        let item = parse.optional_id("item_id", &message.item_id);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let shipped = parse.optional_date("shipped_date", message.shipped_date.as_ref());
        let expected = parse.optional_date("expected_date", message.expected_date.as_ref());
        let tracking = parse.text("tracking_number", &message.tracking_number, CODE);
        tracking?;
        Some(Self { key: parse.key().to_owned(), line: line?, item: item?, quantity: quantity?, shipped: shipped?, expected: expected? })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.shipped_date.or(message.expected_date)
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

use super::{fill_order, optional_key, order_line};
use crate::model::{number, receipt::Receipt};
use crossdock_master_data::wired::{amount, complete, fill, quantity};
use crossdock_proto::{execution as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Receipt {
    const NUMBER: u16 = number::RECEIPT;
    type Message = contract::Receipt;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
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
        let location = parse.optional_id("location_id", &message.location_id);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let damaged = parse.amount_or_zero("damaged_quantity", &message.damaged_quantity);
        let on = parse.date("received_date", message.received_date.as_ref());
        let reverses = optional_key(parse, "reverses", &message.reverses);
        let shipment = optional_key(parse, "shipment", &message.shipment);
        Some(Self {
            key: parse.key().to_owned(),
            line: line?,
            item: item?,
            location: location?,
            quantity: quantity?,
            damaged: damaged?,
            on: on?,
            reverses: reverses?,
            shipment: shipment?,
            is_total: message.cumulative,
        })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
        message.cumulative = false;
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
        message.cumulative = self.is_total;
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.received_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

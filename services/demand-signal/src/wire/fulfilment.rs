use super::{amount, class, complete, fill, place, quantity};
use crate::model::{fulfilment::Fulfilment, number};
use crossdock_core::key;
use crossdock_proto::{demand as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Fulfilment {
    const NUMBER: u16 = number::FULFILMENT;
    type Message = contract::Fulfilment;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
        if !message.order_document.is_empty() && message.order_connection.is_empty() {
            sender.connection.clone_into(&mut message.order_connection);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let place = place(parse, &message.item_id, &message.location_id);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let shipped = parse.date("ship_date", message.ship_date.as_ref());
        let document = parse.optional_id("order_document", &message.order_document);
        let line = parse.optional_id("order_line", &message.order_line);
        let connection = parse.optional_id("order_connection", &message.order_connection);
        if message.order_document.is_empty() && !message.order_line.is_empty() {
            parse.bad::<()>("order_document", "MISSING", "", "is required where order_line names a line of it");
        }
        let stands_for = match message.stands_for.as_str() {
            "" => Some(None),
            text => parse.not_negative("stands_for", text).map(Some),
        };
        let class = class(parse, message.demand_class, message.supply_mode);
        let (connection, line) = (connection?.unwrap_or_default(), line?);
        let order = document?.map(|document| match line {
            None => key::join([&connection, &document]),
            Some(line) => key::join([&connection, &document, &line]),
        });
        Some(Self { place: place?, quantity: quantity?, shipped: shipped?, order, stands_for: stands_for?, class: class? })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.ship_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

use super::{WHY, amount, class, complete, fill, place, quantity};
use crate::model::{lost_sale::LostSale, number};
use crossdock_proto::{demand as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for LostSale {
    const NUMBER: u16 = number::LOST_SALE;
    type Message = contract::LostSale;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        visit(Reference { space: "customer", value: &mut message.customer_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let place = place(parse, &message.item_id, &message.location_id);
        let customer = parse.optional_id("customer_id", &message.customer_id);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let on = parse.date("lost_date", message.lost_date.as_ref());
        let reason = parse.text("reason", &message.reason, WHY);
        let class = class(parse, message.demand_class, message.supply_mode);
        reason?;
        Some(Self { place: place?, customer: customer?, quantity: quantity?, on: on?, class: class? })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.lost_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

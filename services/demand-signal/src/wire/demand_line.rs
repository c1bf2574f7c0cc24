use super::{amount, class, complete, fill, place, quantity};
use crate::model::{demand_line::DemandLine, number};
use crossdock_proto::{demand as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for DemandLine {
    const NUMBER: u16 = number::DEMAND_LINE;
    type Message = contract::DemandLine;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        visit(Reference { space: "customer", value: &mut message.customer_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
        if let Some(price) = &mut message.unit_price {
            visit(Reference { space: "currency", value: &mut price.currency });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
        if let Some(price) = message.unit_price.as_mut().filter(|price| price.currency.is_empty()) {
            sender.default_currency.clone_into(&mut price.currency);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let place = place(parse, &message.item_id, &message.location_id);
        let customer = parse.optional_id("customer_id", &message.customer_id);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let ordered = parse.date("ordered_date", message.ordered_date.as_ref());
        let requested = parse.optional_date("requested_date", message.requested_date.as_ref());
        let allocated = parse.amount_or_zero("allocated_quantity", &message.allocated_quantity);
        let cancelled_by_customer = parse.amount_or_zero("cancelled_by_customer", &message.cancelled_by_customer);
        let cancelled_by_supply = parse.amount_or_zero("cancelled_by_supply", &message.cancelled_by_supply);
        let price = parse.money("unit_price", message.unit_price.as_ref());
        let class = class(parse, message.demand_class, message.supply_mode);
        price?;
        Some(Self {
            place: place?,
            customer: customer?,
            quantity: quantity?,
            ordered: ordered?,
            requested: requested?.or(ordered)?,
            allocated: allocated?,
            cancelled_by_customer: cancelled_by_customer?,
            cancelled_by_supply: cancelled_by_supply?,
            class: class?,
        })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.ordered_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

use super::{CODE, fill_order, order_line};
use crate::model::{number, supply_order::SupplyOrder};
use crossdock_master_data::{
    Source,
    wired::{amount, complete, fill, quantity},
};
use crossdock_proto::{execution as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for SupplyOrder {
    const NUMBER: u16 = number::SUPPLY_ORDER;
    type Message = contract::SupplyOrder;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "supplier", value: &mut message.supplier_id });
        visit(Reference { space: "location", value: &mut message.origin_location_id });
        visit(Reference { space: "location", value: &mut message.destination_location_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
        if let Some(price) = &mut message.unit_price {
            visit(Reference { space: "currency", value: &mut price.currency });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
        fill_order(message.split_from.as_mut(), sender);
        if let Some(price) = message.unit_price.as_mut().filter(|price| price.currency.is_empty()) {
            sender.default_currency.clone_into(&mut price.currency);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let source = source(message, parse);
        let item = parse.id("item_id", &message.item_id);
        let destination = parse.id("destination_location_id", &message.destination_location_id);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let cancelled = parse.amount_or_zero("cancelled_quantity", &message.cancelled_quantity);
        let ordered = parse.date("ordered_date", message.ordered_date.as_ref());
        let due = parse.optional_date("due_date", message.due_date.as_ref());
        let price = parse.money("unit_price", message.unit_price.as_ref());
        let reason = parse.text("close_reason", &message.close_reason, CODE);
        let split_from = match &message.split_from {
            None => Some(None),
            from => order_line(parse, "split_from", from.as_ref()).map(Some),
        };
        let posting_key = parse.optional_id("posting_key", &message.posting_key);
        let _ = (price?, reason?);
        Some(Self {
            key: parse.key().to_owned(),
            item: item?,
            source: source?,
            destination: destination?,
            quantity: quantity?,
            cancelled: cancelled?,
            ordered: ordered?,
            due: due?,
            is_closed: message.closed,
            split_from: split_from?,
            posting_key: posting_key?,
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

/// The kind is for people; what counts is where the goods come from.
fn source(order: &contract::SupplyOrder, parse: &mut Parse<'_>) -> Option<Source> {
    use contract::SupplyOrderKind::{Purchase, Transfer, Unspecified};
    let kind = parse.choice("kind", order.kind)?;
    match (kind, order.supplier_id.as_str(), order.origin_location_id.as_str()) {
        (Unspecified | Purchase, "", "") => {
            parse.bad("supplier_id", "MISSING", "", "is required; for a transfer its kind and origin_location_id")
        }
        (Transfer, _, "") => parse.bad("origin_location_id", "MISSING", "", "is required for a transfer"),
        (Transfer, "", id) => parse.id("origin_location_id", id).map(Source::Location),
        (Unspecified | Purchase, id, "") => parse.id("supplier_id", id).map(Source::Supplier),
        (Unspecified, "", id) => parse.id("origin_location_id", id).map(Source::Location),
        (Purchase, "", id) => parse.bad("origin_location_id", "EXCLUSIVE", id, "is for transfers; a purchase has a supplier_id"),
        (_, _, id) => parse.bad("origin_location_id", "EXCLUSIVE", id, "an order has a supplier or an origin location, not both"),
    }
}

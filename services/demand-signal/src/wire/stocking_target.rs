use super::{WHY, place};
use crate::model::{
    amount::{Amount, Base},
    number,
    place::Place,
    stocking_target::StockingTarget,
    target_acknowledgement::target_key,
};
use crossdock_core::Micro;
use crossdock_proto::{
    demand as contract,
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for StockingTarget {
    const NUMBER: u16 = number::STOCKING_TARGET;
    const DOCUMENT: bool = false;
    type Message = contract::StockingTarget;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        key(&message.location_id, &message.item_id, message.valid_from.as_ref())
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        visit(Reference { space: "unit", value: &mut message.unit });
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        if message.unit.is_empty() {
            sender.default_unit.clone_into(&mut message.unit);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let place = place(parse, &message.item_id, &message.location_id);
        let unit = parse.optional_id("unit", &message.unit);
        let [safety_stock, reorder_point, minimum, maximum, order_up_to] = [
            ("safety_stock", &message.safety_stock),
            ("reorder_point", &message.reorder_point),
            ("minimum", &message.minimum),
            ("maximum", &message.maximum),
            ("order_up_to", &message.order_up_to),
        ]
        .map(|(field, text)| if text.is_empty() { Some(None) } else { parse.not_negative(field, text).map(Some) });
        let method = parse.text("method", &message.method, WHY);
        let from = parse.date("valid_from", message.valid_from.as_ref());
        let to = parse.optional_date("valid_to", message.valid_to.as_ref());
        let (from, to) = (from?, to?);
        if let Some(to) = to.filter(|to| *to < from) {
            return parse.bad("valid_to", "DATE_ORDER", to.to_string(), format!("must not be before the first day, {from}"));
        }
        method?;
        let kept = || Some(Base { quantity: Micro::ONE, factor: message.base_factor.parse().ok()? });
        let base = if parse.is_stored() { kept() } else { None };
        Some(Self {
            place: place?,
            unit: Amount { value: Micro::ONE, unit: unit?, base },
            safety_stock: safety_stock?,
            reorder_point: reorder_point?,
            minimum: minimum?,
            maximum: maximum?,
            order_up_to: order_up_to?,
            from,
            to,
        })
    }

    fn strip(message: &mut Self::Message) {
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        if let Some(base) = self.unit.base {
            message.base_factor = base.factor.to_string();
        }
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.valid_from
    }
}

/// Key of a target and of its acknowledgement; empty if it cannot be named.
pub(super) fn key(location: &str, item: &str, from: Option<&Date>) -> String {
    let from = Parse::stored().date("valid_from", from);
    match from {
        Some(from) if !location.is_empty() && !item.is_empty() => {
            target_key(&Place { location: location.to_owned(), item: item.to_owned() }, from)
        }
        _ => String::new(),
    }
}

use super::{fill_order, order_line};
use crate::model::{
    confirmation::{Confirmation, Part},
    facts::MOST_PARTS,
    number,
};
use crossdock_proto::{
    execution::{self as contract, ConfirmationState as State},
    types::Date,
};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Confirmation {
    const NUMBER: u16 = number::CONFIRMATION;
    type Message = contract::Confirmation;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "unit", value: &mut message.unit });
        for part in &mut message.parts {
            if let Some(price) = &mut part.unit_price {
                visit(Reference { space: "currency", value: &mut price.currency });
            }
            visit(Reference { space: "item", value: &mut part.substitute_item_id });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill_order(message.order.as_mut(), sender);
        if message.unit.is_empty() {
            sender.default_unit.clone_into(&mut message.unit);
        }
        for price in message.parts.iter_mut().filter_map(|part| part.unit_price.as_mut()).filter(|price| price.currency.is_empty()) {
            sender.default_currency.clone_into(&mut price.currency);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let line = order_line(parse, "order", message.order.as_ref());
        let unit = parse.optional_id("unit", &message.unit);
        if message.parts.len() > MOST_PARTS {
            let count = message.parts.len();
            parse.bad::<()>("parts", "TOO_MANY", count.to_string(), format!("must be at most {MOST_PARTS}; use several documents"));
        }
        let parts: Vec<_> = message.parts.iter().map(|wired| parse.within("parts", |parse| part(parse, wired))).collect();
        let on = parse.optional_date("confirmed_date", message.confirmed_date.as_ref());
        Some(Self {
            key: parse.key().to_owned(),
            line: line?,
            unit: unit?,
            factor: message.base_factor.parse().ok(),
            parts: parts.into_iter().collect::<Option<_>>()?,
            on: on?,
            adds: message.adds,
        })
    }

    fn strip(message: &mut Self::Message) {
        message.base_factor.clear();
        message.adds = false;
    }

    fn complete(&self, message: &mut Self::Message) {
        message.base_factor = self.factor.map(|factor| factor.to_string()).unwrap_or_default();
        message.adds = self.adds;
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.confirmed_date
    }
}

fn part(parse: &mut Parse<'_>, part: &contract::ConfirmedPart) -> Option<Part> {
    let quantity = parse.not_negative("quantity", &part.quantity);
    let quantity = quantity.and_then(|quantity| parse.countable("quantity", quantity));
    let date = parse.optional_date("date", part.date.as_ref());
    let price = parse.money("unit_price", part.unit_price.as_ref());
    let state = parse.choice("state", part.state);
    let substitute = parse.optional_id("substitute_item_id", &part.substitute_item_id);
    price?;
    match (state?, substitute?) {
        (State::Substituted, None) => parse.bad("substitute_item_id", "MISSING", "", "is required where another item comes instead"),
        (State::Substituted, substitute) => Some(Part { quantity: quantity?, date: date?, state: State::Substituted, substitute }),
        (_, Some(id)) => parse.bad("substitute_item_id", "EXCLUSIVE", id, "is for the state SUBSTITUTED alone"),
        (state, None) => Some(Part { quantity: quantity?, date: date?, state, substitute: None }),
    }
}

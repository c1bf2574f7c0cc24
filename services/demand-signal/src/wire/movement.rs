use super::{WHY, amount, complete, fill, position, quantity};
use crate::model::{movement::Movement, number};
use crossdock_proto::{demand as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for Movement {
    const NUMBER: u16 = number::MOVEMENT;
    type Message = contract::Movement;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let position = position(parse, (&message.item_id, &message.location_id), message.status, &message.owner_id, &message.lot);
        let quantity = amount(parse, message.quantity.as_ref(), true, (&message.base_quantity, &message.base_factor));
        let on = parse.date("movement_date", message.movement_date.as_ref());
        let at = order(message, parse);
        let reason = parse.text("reason", &message.reason, WHY);
        reason?;
        Some(Self { position: position?, quantity: quantity?, at: at?, on: on? })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.movement_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

/// The movement's place in the order of recording.
fn order(movement: &contract::Movement, parse: &mut Parse<'_>) -> Option<i64> {
    match (movement.sequence, movement.recorded_time) {
        (Some(sequence), _) if sequence < 0 => parse.bad("sequence", "NEGATIVE", sequence.to_string(), "must be zero or more"),
        (Some(sequence), _) => Some(sequence),
        (None, Some(recorded)) => Some(recorded.seconds.saturating_mul(1_000_000).saturating_add(i64::from(recorded.nanos / 1_000))),
        (None, None) => parse.bad("sequence", "MISSING", "", "is required, or recorded_time where the source numbers no movements"),
    }
}

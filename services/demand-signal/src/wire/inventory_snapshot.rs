use super::{amount, complete, fill, position, quantity};
use crate::model::{
    inventory_position::{Position, status_name},
    inventory_snapshot::InventorySnapshot,
    number,
};
use crossdock_core::key;
use crossdock_proto::{
    demand as contract,
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for InventorySnapshot {
    const NUMBER: u16 = number::INVENTORY_SNAPSHOT;
    const DOCUMENT: bool = false;
    type Message = contract::InventorySnapshot;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        if message.location_id.is_empty() || message.item_id.is_empty() {
            return String::new();
        }
        key::join([&message.location_id, &message.item_id, status_name(message.status()), &message.owner_id, &message.lot])
    }

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
        let position: Option<Position> =
            position(parse, (&message.item_id, &message.location_id), message.status, &message.owner_id, &message.lot);
        let quantity = amount(parse, message.quantity.as_ref(), true, (&message.base_quantity, &message.base_factor));
        let on = parse.date("snapshot_date", message.snapshot_date.as_ref());
        if let Some(through) = message.through.filter(|through| *through < 0) {
            return parse.bad("through", "NEGATIVE", through.to_string(), "must be zero or more");
        }
        Some(Self { position: position?, quantity: quantity?, through: message.through, on: on? })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.snapshot_date
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

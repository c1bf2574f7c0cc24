//! Kinds that Crossdock derives.

use super::position;
use crate::model::{
    history::SeriesChange,
    inventory_position::{Count, InventoryPosition, SnapshotMark, State},
    number,
};
use crossdock_core::Micro;
use crossdock_proto::demand as contract;
use crossdock_records::{Kind, Parse};

impl Kind for InventoryPosition {
    const NUMBER: u16 = number::INVENTORY_POSITION;
    const DOCUMENT: bool = false;
    type Message = contract::InventoryPosition;

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let position = position(parse, (&message.item_id, &message.location_id), message.status, &message.owner_id, &message.lot)?;
        let amount = |text: &str| text.parse::<Micro>().unwrap_or_default();
        let count = |count: &contract::InventoryCount| Count { quantity: amount(&count.quantity), through: count.through };
        let state = State {
            count: message.count.as_ref().map(count),
            moved: amount(&message.moved),
            previous: message.previous_count.as_ref().map(count),
            between: amount(&message.moved_between),
        };
        Some(Self { position, state })
    }
}

impl Kind for SnapshotMark {
    const NUMBER: u16 = number::SNAPSHOT_MARK;
    const DOCUMENT: bool = false;
    type Message = contract::SnapshotMark;

    fn parse(message: &Self::Message, _: &mut Parse<'_>) -> Option<Self> {
        Some(Self { through: message.through })
    }
}

impl Kind for SeriesChange {
    const NUMBER: u16 = number::SERIES_CHANGE;
    const DOCUMENT: bool = false;
    type Message = contract::SeriesChange;

    fn parse(_: &Self::Message, _: &mut Parse<'_>) -> Option<Self> {
        Some(Self)
    }
}

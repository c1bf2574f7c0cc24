use super::CODE;
use crate::model::{milestone::Milestone, number};
use crossdock_core::key;
use crossdock_proto::{
    execution::{self as contract, MilestoneKind},
    types::Date,
};
use crossdock_records::{Kind, Parse, Sender};

impl Kind for Milestone {
    const NUMBER: u16 = number::MILESTONE;
    type Message = contract::Milestone;

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        if message.shipment_connection.is_empty() {
            sender.connection.clone_into(&mut message.shipment_connection);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let kind = parse.choice("kind", message.kind);
        let connection = parse.id("shipment_connection", &message.shipment_connection);
        let document = parse.id("shipment_document", &message.shipment_document);
        let on = parse.date("date", message.date.as_ref());
        let expected = parse.optional_date("expected_date", message.expected_date.as_ref());
        let place = parse.text("place", &message.place, CODE);
        place?;
        match kind? {
            MilestoneKind::Unspecified => parse.bad("kind", "MISSING", "", "is required: DEPARTED, DELAYED or ARRIVED"),
            MilestoneKind::Delayed if message.expected_date.is_none() => {
                parse.bad("expected_date", "MISSING", "", "is required for DELAYED: when is it expected now?")
            }
            kind => {
                let shipment = key::join([&connection?, &document?]);
                Some(Self { key: parse.key().to_owned(), shipment, kind, on: on?, expected: expected? })
            }
        }
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.date
    }
}

use super::{place, stocking_target};
use crate::model::{number, target_acknowledgement::TargetAcknowledgement};
use crossdock_proto::{
    demand::{self as contract, TargetOutcome},
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference};

impl Kind for TargetAcknowledgement {
    const NUMBER: u16 = number::TARGET_ACKNOWLEDGEMENT;
    const DOCUMENT: bool = false;
    type Message = contract::TargetAcknowledgement;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        stocking_target::key(&message.location_id, &message.item_id, message.valid_from.as_ref())
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let place = place(parse, &message.item_id, &message.location_id);
        let from = parse.date("valid_from", message.valid_from.as_ref());
        let reason = parse.text("reason", &message.reason, 200);
        let outcome = match parse.choice("outcome", message.outcome) {
            Some(TargetOutcome::Unspecified) => parse.bad("outcome", "MISSING", "", "is required: APPLIED, REJECTED or IGNORED"),
            outcome => outcome,
        };
        reason?;
        Some(Self { place: place?, from: from?, outcome: outcome? })
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.valid_from
    }
}

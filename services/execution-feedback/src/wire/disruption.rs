use super::DESCRIPTION;
use crate::model::{disruption::Disruption, number};
use crossdock_proto::{execution as contract, types::Date};
use crossdock_records::{Kind, Parse, Reference};

impl Kind for Disruption {
    const NUMBER: u16 = number::DISRUPTION;
    type Message = contract::Disruption;

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "supplier", value: &mut message.supplier_id });
        visit(Reference { space: "location", value: &mut message.origin_location_id });
        visit(Reference { space: "location", value: &mut message.destination_location_id });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let supplier = parse.optional_id("supplier_id", &message.supplier_id);
        let origin = parse.optional_id("origin_location_id", &message.origin_location_id);
        let destination = parse.optional_id("destination_location_id", &message.destination_location_id);
        let start = parse.date("start", message.start.as_ref());
        let end = parse.optional_date("end", message.end.as_ref());
        let description = parse.text("description", &message.description, DESCRIPTION);
        description?;
        let (start, end) = (start?, end?);
        if let Some(end) = end.filter(|end| *end < start) {
            parse.findings().warn("end", "DATE_ORDER", format!("{end} is before start, {start}: it holds on no day"));
        }
        Some(Self {
            key: parse.key().to_owned(),
            supplier: supplier?,
            origin: origin?,
            destination: destination?,
            start,
            said: message.clone(),
        })
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.start
    }
}

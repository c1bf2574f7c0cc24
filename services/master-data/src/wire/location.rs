use super::{TEXT, check_digit, currency};
use crate::model::{location::Location, number};
use crossdock_core::{gs1, key};
use crossdock_proto::{
    masterdata::{self as contract, LocationKind},
    types::Envelope,
};
use crossdock_records::{Kind, Parse, Reference};

impl Kind for Location {
    const NUMBER: u16 = number::LOCATION;
    const DOCUMENT: bool = false;
    type Message = contract::Location;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        key::join([&message.location_id])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "location", value: &mut message.location_id });
        visit(Reference { space: "location", value: &mut message.parent_id });
        visit(Reference { space: "calendar", value: &mut message.calendar_id });
        visit(Reference { space: "currency", value: &mut message.currency });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let id = parse.id("location_id", &message.location_id);
        let name = parse.text("name", &message.name, TEXT);
        let is_group = is_group(message.kind, parse);
        let mut parent = parse.optional_id("parent_id", &message.parent_id);
        if !message.parent_id.is_empty() && message.parent_id == message.location_id {
            parent = parse.bad("parent_id", "CYCLE", &message.parent_id, "is the location itself: leave it empty for none");
        }
        let company = parse.optional_id("company", &message.company);
        check_digit(parse, "gln", &message.gln, gs1::check_gln);
        let country = parse.country("country", &message.country);
        let region = parse.optional_id("region", &message.region);
        let zone = parse.time_zone("time_zone", &message.time_zone);
        let calendar = parse.optional_id("calendar_id", &message.calendar_id);
        let currency = currency(parse, "currency", &message.currency);
        let _ = (name?, country?, region?);
        Some(Self {
            id: id?,
            is_group: is_group?,
            parent: parent?,
            company: company?,
            zone: zone?,
            calendar: calendar?,
            currency: currency?,
        })
    }
}

fn is_group(kind: i32, parse: &mut Parse<'_>) -> Option<bool> {
    match parse.choice("kind", kind)? {
        LocationKind::Unspecified => parse.bad("kind", "MISSING", "", "is required: WAREHOUSE, STORE or GROUP"),
        LocationKind::Warehouse | LocationKind::Store => Some(false),
        LocationKind::Group => Some(true),
    }
}

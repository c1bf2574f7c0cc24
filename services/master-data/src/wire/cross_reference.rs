use crate::model::{cross_reference::CrossReference, number};
use crossdock_core::{codes, key};
use crossdock_proto::{masterdata as contract, operations::ReferenceEntry, types::Envelope};
use crossdock_records::{Kind, Parse, Sender};

/// The sorts of ids that are looked up somewhere.
const SPACES: [&str; 9] = ["calendar", "currency", "customer", "item", "location", "reason", "status", "supplier", "unit"];

impl Kind for CrossReference {
    const NUMBER: u16 = number::CROSS_REFERENCE;
    const DOCUMENT: bool = false;
    type Message = contract::CrossReference;

    fn key(message: &Self::Message, connection: &str, _: &Envelope) -> String {
        if message.space.is_empty() || message.local_id.is_empty() {
            return String::new();
        }
        let connection = if message.connection.is_empty() { connection } else { &message.connection };
        key::join([connection, &message.space, &message.local_id, &message.namespace, &super::day(message.valid_from.as_ref())])
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        if message.connection.is_empty() {
            sender.connection.clone_into(&mut message.connection);
        }
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let connection = parse.id("connection", &message.connection);
        let namespace = parse.optional_id("namespace", &message.namespace);
        let space = parse.id("space", &message.space);
        if !SPACES.contains(&message.space.as_str()) {
            let message = format!("{:?} is none of {}: nothing is looked up there", message.space, SPACES.join(", "));
            parse.findings().warn("space", "UNKNOWN_SPACE", message);
        }
        let local_id = parse.id("local_id", &message.local_id);
        let valid_from = parse.optional_date("valid_from", message.valid_from.as_ref());
        let canonical_id = canonical(&message.space, &message.canonical_id, parse);
        valid_from?;
        let entry = ReferenceEntry {
            namespace: namespace?.unwrap_or_default(),
            valid_from: message.valid_from,
            canonical_id: canonical_id?,
            primary: message.primary,
        };
        Some(Self { connection: connection?, space: space?, local_id: local_id?, entry })
    }
}

/// Codes must be in their list: nothing could be made of what was translated to anything else.
fn canonical(space: &str, id: &str, parse: &mut Parse<'_>) -> Option<String> {
    match space {
        "unit" if !id.is_empty() && !codes::is_unit(id) => parse.bad(
            "canonical_id",
            "UNKNOWN_UNIT",
            id,
            "must be a UNECE Rec 20 code such as EA, or a Rec 21 code with an X before it such as XCT",
        ),
        "currency" => parse.currency("canonical_id", id),
        _ => parse.id("canonical_id", id),
    }
}

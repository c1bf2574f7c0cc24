//! What build.rs and tagged.rs take for granted, held against the descriptors.

use crate::{Record, masterdata::Item, schema, types::Envelope};
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use std::collections::HashSet;

const PACKAGES: [&str; 5] =
    ["crossdock.masterdata.v1", "crossdock.demand.v1", "crossdock.governance.v1", "crossdock.writeback.v1", "crossdock.execution.v1"];
const SHARED: [&str; 10] = [
    "IngestRequest",
    "IngestResponse",
    "IngestBatchRequest",
    "IngestBatchResponse",
    "WatchRequest",
    "WatchResponse",
    "BatchGetRequest",
    "BatchGetResponse",
    "ListRequest",
    "ListResponse",
];

fn message(package: &str, name: &str) -> MessageDescriptor {
    schema().pool.get_message_by_name(&format!("{package}.{name}")).unwrap_or_else(|| panic!("{package} has no {name}"))
}

/// Number, name, type and cardinality of each field; a message of the package itself counts by its short name.
fn shape(message: &MessageDescriptor) -> Vec<String> {
    let describe = |field: prost_reflect::FieldDescriptor| {
        let kind = match field.kind().as_message() {
            Some(inner) if inner.package_name() == message.package_name() => inner.name().to_owned(),
            Some(inner) => inner.full_name().to_owned(),
            None => format!("{:?}", field.kind()),
        };
        format!("{} {} {kind} {:?}", field.number(), field.name(), field.cardinality())
    };
    message.fields().map(describe).collect()
}

#[test]
fn the_messages_around_records_are_the_same_in_every_service() {
    for name in SHARED {
        let first = shape(&message(PACKAGES[0], name));
        for package in &PACKAGES[1..] {
            assert_eq!(shape(&message(package, name)), first, "{package}.{name}");
        }
    }
}

#[test]
fn every_package_with_records_is_known_here() {
    let found: HashSet<String> = schema()
        .pool
        .all_messages()
        .filter(|message| message.name() == "Record")
        .map(|message| message.package_name().to_owned())
        .collect();
    assert_eq!(found, PACKAGES.map(str::to_owned).into(), "a new service: name it in build.rs and here");
}

#[test]
fn a_number_means_the_same_kind_everywhere() {
    for package in PACKAGES {
        let record = message(package, "Record");
        for field in record.oneofs().flat_map(|oneof| oneof.fields().collect::<Vec<_>>()) {
            let kind = schema().kind(field.number()).unwrap();
            assert_eq!(
                (field.name(), field.kind().as_message()),
                (kind.name.as_str(), Some(&kind.message)),
                "{package} {}",
                field.number()
            );
        }
    }
}

#[test]
fn a_tagged_record_is_the_contracts_record_on_the_wire() {
    let item = Item { item_id: "A".into(), ..Item::default() };
    let envelope = Envelope { document: "D".into(), ..Envelope::default() };
    let record = Record { envelope: Some(envelope), kind: 200, body: item.encode_to_vec().into() };
    let dynamic = DynamicMessage::decode(message(PACKAGES[0], "Record"), record.encode_to_vec().as_slice()).unwrap();
    assert_eq!(dynamic.get_field_by_name("item").unwrap().as_message().unwrap().get_field_by_name("item_id").unwrap().as_str(), Some("A"));
    assert_eq!(Record::decode(dynamic.encode_to_vec().as_slice()).unwrap(), record);
    assert_eq!(record.encoded_len(), record.encode_to_vec().len());
}

#[test]
fn every_kind_that_is_written_says_by_whom() {
    let own = |kind: &&crate::KindInfo| kind.number >= 200;
    assert!(schema().kinds().filter(own).any(|kind| !kind.writers.is_empty()));
    for kind in schema().kinds().filter(|kind| kind.number < 200) {
        assert!(kind.writers.is_empty(), "{} is kept by Crossdock itself", kind.name);
    }
}

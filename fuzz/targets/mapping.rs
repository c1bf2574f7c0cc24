//! A mapping file, and after a zero byte the file that it reads. Every row meets one fate, and what is made of it are messages of their kinds.
#![no_main]

use crossdock_import::{Fate, Made, Mapping};
use crossdock_proto::schema;
use libfuzzer_sys::fuzz_target;
use prost::Message;
use prost_reflect::DynamicMessage;

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (mapping, input) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let Ok(text) = std::str::from_utf8(mapping) else { return };
    match Mapping::load("mapping.yaml", text) {
        Ok(mapping) => assert_eq!(read(&mapping, input), read(&mapping, input)),
        Err(fault) => crossdock_fuzz::assert_placed(text, fault.line, fault.column, &fault.message),
    }
});

fn read(mapping: &Mapping, input: &[u8]) -> Vec<Fate> {
    let Ok(mut rows) = mapping.read(input) else { return Vec::new() };
    let mut fates = Vec::new();
    while let Some(Ok(row)) = rows.next() {
        match &row.fate {
            Fate::Records(made) => made.iter().for_each(are_messages),
            Fate::Bad(error) => assert!(!error.message.is_empty() && error.line == row.line, "{error:?}"),
            Fate::Skipped { .. } | Fate::Repeated | Fate::Unmatched => {}
        }
        fates.push(row.fate);
    }
    assert_eq!(rows.counts().accounted(), rows.counts().rows);
    assert_eq!(rows.counts().rows, fates.len() as u64);
    fates
}

/// The bytes are those that the generated types would give.
fn are_messages(made: &Made) {
    let info = schema().kind(made.record.kind).expect("a mapping gives kinds of the contract");
    let message = DynamicMessage::decode(info.message.clone(), made.record.body.clone()).expect("a mapping gives messages");
    assert_eq!(message.encode_to_vec(), made.record.body, "{message:?}");
}

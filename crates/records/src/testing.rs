//! What the tests of every service ask of its kinds.

use crate::{
    Incoming, Kind, Kinds, Origin, Policy,
    registry::{Draft, Opened},
};
use crossdock_core::Violation;
use crossdock_proto::{KindInfo, schema};
use prost_reflect::{DynamicMessage, ExtensionDescriptor, MessageDescriptor, ReflectMessage, Value};
use std::sync::Arc;

/// Where the fields that a kind looks up are not those that its contract marks as references; empty if they are the same.
pub fn wrong_references<K: Kind>() -> Vec<String> {
    let Some((info, reference)) = schema().kind(K::NUMBER.into()).zip(schema().pool.get_extension_by_name("crossdock.type.v1.reference"))
    else {
        return vec![format!("kind {} is not in the contract", K::NUMBER)];
    };
    let mut marked = Vec::new();
    let whole = mark(DynamicMessage::new(info.message.clone()), &info.name, &reference, &mut marked);
    let Ok(mut message) = whole.transcode_to::<K::Message>() else { return vec![format!("{} cannot be made", info.name)] };
    let mut visited = Vec::new();
    K::references(&mut message, &mut |field| visited.push((field.space.to_owned(), field.value.clone())));
    let missed = marked.iter().filter(|field| !visited.contains(field)).map(|field| format!("marked, not looked up: {field:?}"));
    let more = visited.iter().filter(|field| !marked.contains(field)).map(|field| format!("looked up, not marked: {field:?}"));
    missed.chain(more).collect()
}

/// Fills every marked text with its own path, one entry in every list.
fn mark(mut message: DynamicMessage, path: &str, reference: &ExtensionDescriptor, marked: &mut Vec<(String, String)>) -> DynamicMessage {
    for field in message.descriptor().fields() {
        let path = format!("{path}.{}", field.name());
        let space = field.options().get_extension(reference).as_str().unwrap_or_default().to_owned();
        let value = match field.kind().as_message() {
            Some(part) if part.package_name().starts_with("crossdock.") && !field.is_map() => {
                Value::Message(mark(DynamicMessage::new(part.clone()), &path, reference, marked))
            }
            None if !space.is_empty() => {
                marked.push((space, path.clone()));
                Value::String(path)
            }
            _ => continue,
        };
        message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
    }
    message
}

/// The fields that a stored record is listed by and its contract's filter does not have.
pub fn unlisted_fields(kinds: &Kinds, record: &crossdock_store::Record) -> Vec<&'static str> {
    let filter = kinds.info(record.kind).map(|info| &info.filter);
    let has = |name: &str| filter.is_some_and(|filter| filter.get_field_by_name(name).is_some());
    kinds.fields(record).into_iter().map(|(name, _)| name).filter(|name| !has(name)).collect()
}

/// What does not hold of a record from outside, whatever its bytes are; empty if all is as it should be. What is wrong with it has to be said of a
/// field of its contract; what is right has to be read from a store as it was sent.
pub fn misread(kinds: &Kinds, record: &crossdock_proto::Record) -> Vec<String> {
    let origin = Arc::new(Origin { connection: "erp".to_owned(), ..Origin::default() });
    let incoming = Incoming { origin, record: record.clone(), redriven: None };
    let mut opened = Opened::new(kinds, &incoming);
    opened.prepare(&incoming, &Policy::default());
    let info = u16::try_from(record.kind).ok().and_then(|number| kinds.info(number));
    let unnamed = opened.violations.iter().filter(|violation| !is_named(violation, info));
    let mut faults: Vec<_> = unnamed.map(|violation| format!("says nothing of a field: {violation:?}")).collect();
    if let Some(draft) = opened.draft.as_mut().filter(|_| opened.violations.is_empty() && !opened.deletes) {
        faults.extend(changed(kinds, record, draft.as_mut()));
    }
    faults
}

/// Says what is wrong, and with which field of the contract.
fn is_named(violation: &Violation, info: Option<&KindInfo>) -> bool {
    let known = match violation.field.split_once('.') {
        _ if matches!(violation.field.as_str(), "" | "kind" | "envelope") => true,
        Some(("envelope", path)) => {
            schema().pool.get_message_by_name("crossdock.type.v1.Envelope").is_some_and(|envelope| is_field(&envelope, path))
        }
        _ => info.is_some_and(|info| info.name == violation.field || is_field(&info.message, &violation.field)),
    };
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    known && !violation.reason.is_empty() && violation.reason.chars().all(upper) && !violation.message.is_empty()
}

/// Whether a path leads to a field of this message.
fn is_field(message: &MessageDescriptor, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some(field) = message.get_field_by_name(name) else { return false };
    rest.is_none_or(|rest| field.kind().as_message().is_some_and(|part| is_field(part, rest)))
}

/// How a record that was parsed is another one once it was stored.
fn changed(kinds: &Kinds, record: &crossdock_proto::Record, draft: &mut dyn Draft) -> Vec<String> {
    let (fields, body) = (draft.fields(), draft.body());
    let stored = crossdock_store::Record { kind: draft.number(), body: body.clone(), ..crossdock_store::Record::default() };
    let mut faults = Vec::new();
    match kinds.open(&crossdock_proto::Record { body: body.clone(), ..record.clone() }) {
        Ok(again) if again.same(&body) => {}
        Ok(_) => faults.push(format!("kind {}: what is stored is not the same", stored.kind)),
        Err(violation) => faults.push(format!("kind {}: what is stored cannot be opened: {violation:?}", stored.kind)),
    }
    let listed = kinds.fields(&stored);
    if listed != fields {
        faults.push(format!("kind {}: is listed by {fields:?}, once stored by {listed:?}", stored.kind));
    }
    faults
}

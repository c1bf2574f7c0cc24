//! What the tests of every service ask of its kinds.

use crate::{Kind, Kinds};
use crossdock_proto::schema;
use prost_reflect::{DynamicMessage, ExtensionDescriptor, ReflectMessage, Value};

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

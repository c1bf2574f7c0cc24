//! What differs between two messages, field by field, as an entry tells it.

use crossdock_proto::schema;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::{Map, Value, value::Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// What a field was and is, lists and messages as JSON; empty: it had no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Before.
    pub was: String,
    /// Now.
    pub is: String,
}

/// The fields that differ, by name.
pub fn differences<M: Message + Name>(was: &M, is: &M) -> BTreeMap<String, Change> {
    let (was, is) = (fields(was), fields(is));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let changes = names.into_iter().map(|name| (name.clone(), Change { was: text(was.get(name)), is: text(is.get(name)) }));
    changes.filter(|(_, change)| change.was != change.is).collect()
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// Its fields that have a value.
fn fields<M: Message + Name>(message: &M) -> Map<String, Value> {
    let options = SerializeOptions::new().use_proto_field_name(true);
    let json = schema().pool.get_message_by_name(&M::full_name()).and_then(|descriptor| {
        let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok()?;
        dynamic.serialize_with_options(Serializer, &options).ok()
    });
    match json {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

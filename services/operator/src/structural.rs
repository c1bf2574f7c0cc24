//! JSON Schema as Kubernetes takes it: a structural schema. One type each, nothing that only editors know, and an end to every list.

use serde_json::{Map, Value, json};

/// Ends of what has none of its own. Kubernetes reckons with them what a rule may cost.
const ELEMENTS: u64 = 200;
const VALUES: u64 = 1_000;
const KEYS: u64 = 50;
const CHARACTERS: u64 = 1_000;

/// Keys that say nothing here. That other properties are none is true of every structural schema; a default would be written into the object.
const LEFT_OUT: [&str; 5] = ["$schema", "title", "default", "format", "uniqueItems"];

/// The same schema as a structural one.
pub fn structural(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    chosen(&mut schema);
    one_type(&mut schema);
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        schema.insert("x-kubernetes-list-type".into(), "set".into());
    }
    if schema.contains_key("x-kubernetes-list-map-keys") {
        schema.insert("x-kubernetes-list-type".into(), "map".into());
    }
    for key in LEFT_OUT {
        schema.remove(key);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(|property| *property = structural(property.take()));
    }
    match schema.remove("additionalProperties") {
        Some(Value::Bool(_)) | None => {}
        Some(values) => _ = schema.insert("additionalProperties".into(), structural(values)),
    }
    if let Some(items) = schema.get_mut("items") {
        *items = structural(items.take());
    }
    end(&mut schema);
    Value::Object(schema)
}

/// What `oneOf` and `anyOf` say, without them.
fn chosen(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(ways)) = schema.remove("anyOf") {
        // Something or nothing; what is said of both counts.
        let some = ways.into_iter().find(|way| way.get("type") != Some(&json!("null")));
        for (key, value) in some.as_ref().and_then(Value::as_object).into_iter().flatten() {
            schema.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    let Some(Value::Array(ways)) = schema.remove("oneOf") else { return };
    let (mappings, texts): (Vec<_>, Vec<_>) = ways.iter().partition(|way| way["type"] == "object");
    if mappings.is_empty() {
        let values = texts.iter().filter_map(|way| way.get("const").or_else(|| way.get("enum")?.get(0)));
        schema.insert("enum".into(), values.cloned().collect());
        schema.insert("type".into(), "string".into());
        let told = texts.iter().filter_map(|way| Some(format!("`{}`: {}", way.get("const")?.as_str()?, way.get("description")?.as_str()?)));
        let said = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        schema.insert("description".into(), [said].into_iter().chain(told).collect::<Vec<_>>().join(" ").into());
        return;
    }
    // One of several keys: which of them there are is for a rule to say.
    let mut properties = Map::new();
    for way in mappings {
        for (name, of) in way["properties"].as_object().into_iter().flatten() {
            let mut of = of.clone();
            if let (Some(of), Some(said)) = (of.as_object_mut(), way.get("description")) {
                of.insert("description".into(), said.clone());
            }
            properties.insert(name.clone(), of);
        }
    }
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties.into());
}

/// A value that may be null is one that may be absent.
fn one_type(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get("type") {
        let some = types.iter().find(|one| **one != "null").cloned();
        schema.extend(some.map(|some| ("type".to_owned(), some)));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

fn end(schema: &mut Map<String, Value>) {
    let of_mappings = schema.get("items").is_some_and(|items| items["type"] == "object");
    let (key, most) = match schema.get("type").and_then(Value::as_str) {
        Some("array") => ("maxItems", if of_mappings { ELEMENTS } else { VALUES }),
        Some("object") if schema.contains_key("additionalProperties") => ("maxProperties", KEYS),
        Some("string") if !schema.contains_key("enum") => ("maxLength", CHARACTERS),
        _ => return,
    };
    schema.entry(key).or_insert_with(|| most.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clusters_do_not_take_is_said_otherwise() {
        let schema = json!({
            "title": "X", "type": "object", "additionalProperties": false, "required": ["role"],
            "properties": {
                "role": {"description": "What.", "oneOf": [
                    {"type": "string", "const": "erp", "description": "Records."},
                    {"type": "string", "const": "buyer", "description": "Buys."},
                ]},
                "by": {"anyOf": [
                    {"x-rule": 1, "oneOf": [
                        {"type": "string", "const": "token"},
                        {"type": "object", "description": "By name.", "properties": {"name": {"type": "string"}}, "required": ["name"]},
                        {"type": "object", "properties": {"token": {"type": "object", "additionalProperties": false}}},
                    ]},
                    {"type": "null"},
                ]},
                "at": {"type": ["string", "null"], "maxLength": 3, "default": null},
                "how": {"enum": ["a", null], "type": ["string", "null"]},
                "days": {"type": "integer", "format": "uint32", "minimum": 0},
                "ids": {"type": "array", "uniqueItems": true, "items": {"type": "string"}},
                "named": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-map-keys": ["name"], "default": []},
                "claims": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 9}},
            },
        });
        let expected = json!({
            "type": "object", "required": ["role"],
            "properties": {
                "role": {"type": "string", "enum": ["erp", "buyer"], "description": "What. `erp`: Records. `buyer`: Buys."},
                "by": {"type": "object", "x-rule": 1, "properties": {
                    "name": {"type": "string", "description": "By name.", "maxLength": 1000},
                    "token": {"type": "object"},
                }},
                "at": {"type": "string", "maxLength": 3},
                "how": {"type": "string", "enum": ["a"]},
                "days": {"type": "integer", "minimum": 0},
                "ids": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 1000, "items": {"type": "string", "maxLength": 1000}},
                "named": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "maxItems": 200,
                    "items": {"type": "object"}},
                "claims": {"type": "object", "maxProperties": 50, "additionalProperties": {"type": "string", "maxLength": 9}},
            },
        });
        assert_eq!(structural(schema), expected);
    }
}

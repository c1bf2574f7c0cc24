//! The custom resources: what they are called, and what Kubernetes knows of them.

use crate::structural::structural;
use kube::api::ApiResource;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GROUP: &str = "crossdock.dev";
const VERSION: &str = "v1alpha1";

/// The kinds of custom resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One connection of the policy.
    Connection,
    /// Everything else of it.
    Policy,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Connection, Self::Policy];

    /// As objects say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "Connection",
            Self::Policy => "Policy",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Connection => "connections",
            Self::Policy => "policies",
        }
    }

    /// What the API server serves it as.
    pub fn resource(self) -> ApiResource {
        ApiResource {
            group: GROUP.to_owned(),
            version: VERSION.to_owned(),
            api_version: format!("{GROUP}/{VERSION}"),
            kind: self.name().to_owned(),
            plural: self.plural().to_owned(),
        }
    }
}

/// Both definitions, as YAML for `kubectl apply`.
pub fn definitions() -> String {
    let file = structural(crossdock_governance::schema_for_clusters());
    Kind::ALL.iter().map(|kind| format!("---\n{}", yaml(&definition(*kind, &file)))).collect()
}

fn definition(kind: Kind, file: &Value) -> Value {
    let (short, description, spec, rules, own_columns) = match kind {
        Kind::Connection => (
            "cdc",
            "An external platform that may talk to Crossdock; its name is the connection's.",
            connection(file),
            names(),
            vec![column("Roles", "string", ".spec.roles", "What it may write and call.")],
        ),
        Kind::Policy => (
            "cdp",
            "Rules of Crossdock. All of a namespace count together: their lists are joined in the order of their names.",
            policy(file),
            Value::Null,
            Vec::new(),
        ),
    };
    let schema = object_of(description, &spec, rules);
    let columns: Vec<_> = own_columns.into_iter().chain(columns()).collect();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{}.{GROUP}", kind.plural()),
            // The rules stay when the chart goes: with a definition all its objects would go too.
            "annotations": {"helm.sh/resource-policy": "keep"},
            "labels": {"app.kubernetes.io/name": "crossdock", "app.kubernetes.io/part-of": "crossdock"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name(),
                "listKind": format!("{}List", kind.name()),
                "plural": kind.plural(),
                "singular": kind.name().to_lowercase(),
                "shortNames": [short],
                "categories": ["crossdock"],
            },
            "versions": [{
                "name": VERSION,
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": columns,
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    })
}

/// A whole object, with what is checked of all of it.
fn object_of(description: &str, spec: &Value, rules: Value) -> Value {
    let mut schema = json!({
        "type": "object",
        "description": description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status(),
        },
    });
    if !rules.is_null() {
        schema["x-kubernetes-validations"] = rules;
    }
    schema
}

/// An entry of `connections` without its name.
fn connection(file: &Value) -> Value {
    let mut spec = without(&file["properties"]["connections"]["items"], "name");
    spec["description"] = "As an entry of `connections` of a policy file, without `name`.".into();
    spec
}

/// A policy file without `connections`.
fn policy(file: &Value) -> Value {
    let mut spec = without(file, "connections");
    spec["description"] =
        "As a policy file, without `connections`. Of all Policies of a namespace one may say issue_grace, and one writeback.".into();
    spec
}

fn without(schema: &Value, key: &str) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove(key);
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|one| one != key);
    }
    if schema["required"] == json!([])
        && let Some(schema) = schema.as_object_mut()
    {
        schema.remove("required");
    }
    schema
}

/// What the name of a connection may be.
fn names() -> Value {
    json!([
        {
            "rule": "size(self.metadata.name) <= 40 && self.metadata.name.matches('^[a-z0-9-]*$')",
            "message": "metadata.name is the name of the connection: 1 to 40 of a-z, 0-9 and - such as erp-eu",
        },
        {
            "rule": "!(self.metadata.name in ['crossdock', 'crossdock-operator'])",
            "message": "metadata.name is a name that Crossdock itself goes by; take another",
        },
    ])
}

fn status() -> Value {
    let text = |most: u32, description: &str| json!({"type": "string", "maxLength": most, "description": description});
    let number = |description: &str| json!({"type": "integer", "format": "int64", "minimum": 0, "description": description});
    json!({
        "type": "object",
        "description": "What the operator says of it.",
        "properties": {
            "observedGeneration": number("The generation of the object that this is about."),
            "version": text(64, "Version of the policy in force, which has this object as it is. Absent: it is not in force."),
            "conditions": {
                "type": "array",
                "maxItems": 8,
                "description": "`Accepted`: the object is right. `Applied`: it is in force.",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
                "items": {
                    "type": "object",
                    "required": ["type", "status", "reason", "message", "lastTransitionTime"],
                    "properties": {
                        "type": text(316, "Which condition."),
                        "status": {"type": "string", "enum": ["True", "False", "Unknown"], "description": "Whether it holds."},
                        "observedGeneration": number("The generation of the object that this is about."),
                        "lastTransitionTime": {"type": "string", "format": "date-time", "description": "Since when the status is this."},
                        "reason": text(1024, "Why, for programs."),
                        "message": text(32768, "Why, for people."),
                    },
                },
            },
        },
    })
}

fn columns() -> [Value; 5] {
    let of = |condition: &str, field: &str| format!(".status.conditions[?(@.type==\"{condition}\")].{field}");
    let mut why = column("Message", "string", &of("Applied", "message"), "Why it is in force or not.");
    why["priority"] = 1.into();
    [
        column("Accepted", "string", &of("Accepted", "status"), "Whether the object is right."),
        column("Applied", "string", &of("Applied", "status"), "Whether it is in force."),
        column("Reason", "string", &of("Applied", "reason"), "Why it is in force or not, in a word."),
        why,
        column("Age", "date", ".metadata.creationTimestamp", "Since when the object is there."),
    ]
}

fn column(name: &str, of: &str, path: &str, description: &str) -> Value {
    json!({"name": name, "type": of, "jsonPath": path, "description": description})
}

/// Keys in the order of their names, however the program was built.
fn yaml(value: &Value) -> String {
    #[derive(serde::Serialize)]
    #[serde(untagged)]
    enum Sorted<'a> {
        Mapping(BTreeMap<&'a str, Sorted<'a>>),
        List(Vec<Sorted<'a>>),
        Value(&'a Value),
    }
    fn sorted(value: &Value) -> Sorted<'_> {
        match value {
            Value::Object(keys) => Sorted::Mapping(keys.iter().map(|(key, value)| (key.as_str(), sorted(value))).collect()),
            Value::Array(elements) => Sorted::List(elements.iter().map(sorted).collect()),
            value => Sorted::Value(value),
        }
    }
    serde_norway::to_string(&sorted(value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_has_these_definitions() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/crossdock-crds/templates/crds.yaml");
        let text = definitions();
        assert!(!text.contains("{{"), "Helm would take it for a template");
        if std::fs::read_to_string(file).unwrap_or_default() != text {
            std::fs::write(file, text).unwrap();
            panic!("{file} was not what `crossdock operator crds` prints; it was written anew: look at it and commit it");
        }
    }

    /// Every key of a policy file is one of the two, none is lost.
    #[test]
    fn nothing_of_the_file_is_left_out() {
        let file = structural(crossdock_governance::schema_for_clusters());
        let keys = |schema: &Value| schema["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let mut all = keys(&policy(&file));
        all.push("connections".to_owned());
        all.sort();
        let mut expected = keys(&file);
        expected.sort();
        assert_eq!(all, expected);
        assert_eq!(keys(&connection(&file)).len() + 1, keys(&file["properties"]["connections"]["items"]).len());
        assert_eq!(connection(&file)["required"], json!(["roles"]));
        assert_eq!(policy(&file).get("required"), None);
    }

    /// What a structural schema must not have, and what every value has to have.
    #[test]
    fn the_schemas_are_structural() {
        fn look(at: &str, schema: &Value) {
            let schema = schema.as_object().unwrap_or_else(|| panic!("{at} is no schema"));
            let kind = schema.get("type").and_then(Value::as_str).unwrap_or_else(|| panic!("{at} has no one type"));
            for key in ["$ref", "oneOf", "anyOf", "allOf", "not", "const", "uniqueItems", "default"] {
                assert!(!schema.contains_key(key), "{at} has {key}");
            }
            let described = schema.get("description").and_then(Value::as_str).is_some_and(|said| !said.is_empty());
            assert!(described || at.ends_with("[]") || at.ends_with("{}"), "{at} is not described");
            match kind {
                "array" => {
                    assert!(schema.contains_key("maxItems"), "{at} has no end");
                    look(&format!("{at}[]"), &schema["items"]);
                }
                "string" => {
                    assert!(schema.contains_key("maxLength") || schema.contains_key("enum") || schema.contains_key("format"), "{at}");
                }
                _ => {}
            }
            for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                look(&format!("{at}.{name}"), property);
            }
            if let Some(values) = schema.get("additionalProperties") {
                look(&format!("{at}{{}}"), values);
            }
        }
        let file = structural(crossdock_governance::schema_for_clusters());
        look("connection", &connection(&file));
        look("policy", &policy(&file));
        look("status", &status());
    }
}

//! A custom resource as the operator sees it. What it says stays as it is written, so that nothing is lost on the way to governance.

use crate::resources::Kind;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::DynamicObject;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// What is there, with what was said of it.
#[derive(Clone, Debug)]
pub struct Object {
    pub kind: Kind,
    pub name: String,
    pub generation: i64,
    pub spec: Map<String, Value>,
    pub status: Status,
    /// As it was listed.
    pub raw: DynamicObject,
}

/// What the operator says of an object.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Version of the policy in force that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub conditions: Vec<Condition>,
}

impl Status {
    /// The condition of this type.
    pub fn condition(&self, of: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.type_ == of)
    }
}

impl Object {
    /// What was listed of this kind.
    pub fn new(kind: Kind, mut raw: DynamicObject) -> Self {
        let spec =
            raw.data.get_mut("spec").map(Value::take).and_then(|spec| if let Value::Object(spec) = spec { Some(spec) } else { None });
        // A status that is not ours is said anew.
        let status = raw.data.get_mut("status").map(Value::take).and_then(|status| serde_json::from_value(status).ok());
        Self {
            kind,
            name: raw.metadata.name.clone().unwrap_or_default(),
            generation: raw.metadata.generation.unwrap_or_default(),
            spec: spec.unwrap_or_default(),
            status: status.unwrap_or_default(),
            raw,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}", self.kind.name(), self.name)
    }
}

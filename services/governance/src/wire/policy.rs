//! The policy file as the contract has it.

use crate::model::{
    file::{self, Authority, Connection, Ids, LoadGuard, Objective, PolicyFile},
    objective::ServiceObjective,
    set::Distinct,
    values::{Description, Id, KindName, Span},
};
use crate::wire::{authentication, writeback};
use crossdock_proto::governance::{self as contract, IdSpace};
use crossdock_yaml::Located;
use prost::Message;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// What is wrong with a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    /// Name of the file, as given to [`check`].
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// Column in that line, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for PolicyFault {}

/// The policy that a file says; `name` is the file's, for the faults.
///
/// # Errors
/// What is wrong: the first thing where the text cannot be read or a value is none, otherwise everything that does not fit together.
pub fn check(name: &str, text: &str) -> Result<contract::Policy, Vec<PolicyFault>> {
    let fault = |Located { line, column, message }| PolicyFault { file: name.to_owned(), line, column, message };
    file::read(text).map(|file| document(&file)).map_err(|faults| faults.into_iter().map(fault).collect())
}

/// The first value of a file that is none, if there is one, whatever its parts say of each other.
pub fn misread(name: &str, text: &str) -> Option<PolicyFault> {
    let Located { line, column, message } = file::values(text).err()?;
    Some(PolicyFault { file: name.to_owned(), line, column, message })
}

/// The JSON Schema of a policy file, for editors.
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(PolicyFile).to_value();
    leave_out(&mut schema, FOR_CLUSTERS);
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

/// The same for custom resources: with all that Kubernetes checks besides, and each type where it is used.
pub fn schema_for_clusters() -> Value {
    let settings = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<PolicyFile>().to_value()
}

/// What begins the keys of a schema that only Kubernetes knows.
const FOR_CLUSTERS: &str = "x-kubernetes-";

fn leave_out(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Object(keys) => {
            keys.retain(|key, _| !key.starts_with(prefix));
            keys.values_mut().for_each(|value| leave_out(value, prefix));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| leave_out(element, prefix)),
        _ => {}
    }
}

/// The policy with its version: a digest of all that it says.
fn document(file: &PolicyFile) -> contract::Policy {
    let mut policy = contract::Policy {
        version: String::new(),
        connections: file.connections.iter().map(connection).collect(),
        authorities: file.authorities.iter().map(authority).collect(),
        load_guards: file.load_guards.iter().map(guard).collect(),
        freshness: file.freshness.iter().map(objective).collect(),
        issue_grace: file.issue_grace.map(duration),
        writeback: file.writeback.as_ref().map(writeback::rules),
        feedback: file.feedback.iter().map(writeback::feedback).collect(),
        routes: file.routes.iter().map(writeback::route).collect(),
        objectives: file.objectives.iter().map(agreed).collect(),
        issuers: file.issuers.iter().map(authentication::issuer).collect(),
    };
    let digest = Sha256::digest(policy.encode_to_vec());
    policy.version = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    policy
}

fn connection(connection: &Connection) -> contract::Connection {
    let ids = match connection.ids {
        Ids::Canonical => IdSpace::Canonical,
        Ids::Own => IdSpace::Own,
    };
    contract::Connection {
        name: connection.name.as_str().to_owned(),
        description: Description::as_str(&connection.description).to_owned(),
        roles: connection.roles.iter().map(|role| role.in_contract().into()).collect(),
        id_space: ids.into(),
        default_unit: connection.default_unit.as_ref().map_or_else(String::new, |unit| unit.as_str().to_owned()),
        default_currency: connection.default_currency.as_ref().map_or_else(String::new, |currency| currency.as_str().to_owned()),
        locations: ids_of(connection.locations.as_ref()),
        suppliers: ids_of(connection.suppliers.as_ref()),
        names_principals: connection.names_principals,
        authentication: connection.authentication.as_ref().map(authentication::authentication),
        limits: connection.limits.as_ref().map(authentication::limits),
        companies: ids_of(connection.companies.as_ref()),
    }
}

fn authority(authority: &Authority) -> contract::Authority {
    contract::Authority {
        kind: authority.kind.as_str().to_owned(),
        connection: authority.connection.as_str().to_owned(),
        locations: ids_of(authority.locations.as_ref()),
        suppliers: ids_of(authority.suppliers.as_ref()),
        from: authority.from.map_or_else(String::new, |day| day.to_string()),
        keep_others: authority.keep_others,
    }
}

fn guard(guard: &LoadGuard) -> contract::LoadGuard {
    let kind = guard.kind.as_ref().map_or("", KindName::as_str).to_owned();
    contract::LoadGuard { kind, max_removed_percent: guard.max_removed_percent.get() }
}

fn objective(objective: &Objective) -> contract::FreshnessObjective {
    contract::FreshnessObjective {
        kind: objective.kind.as_str().to_owned(),
        connection: objective.connection.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        max_age: Some(duration(objective.max_age)),
    }
}

fn agreed(objective: &ServiceObjective) -> contract::Objective {
    let time = |milliseconds: u32| prost_types::Duration {
        seconds: i64::from(milliseconds / 1_000),
        nanos: (milliseconds % 1_000 * 1_000_000).try_into().unwrap_or_default(),
    };
    contract::Objective {
        contract: objective.contract.as_str().to_owned(),
        connection: objective.connection.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        latency: objective.latency.map(|latency| time(latency.milliseconds())),
        error_ratio: objective.errors.map_or_else(String::new, |errors| errors.ratio().to_string()),
    }
}

pub(super) fn ids_of(ids: Option<&Distinct<Id>>) -> Vec<String> {
    ids.map_or_else(Vec::new, |ids| ids.iter().map(|id| id.as_str().to_owned()).collect())
}

pub(super) fn duration(span: Span) -> prost_types::Duration {
    prost_types::Duration { seconds: span.seconds(), nanos: 0 }
}

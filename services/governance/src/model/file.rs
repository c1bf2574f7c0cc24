//! The policy file as it is written.
//!
//! Every value is checked while it is read ([`super::values`]); what one part says of another is checked afterwards ([`super::cross`]).

use super::{
    authentication::{Authentication, CallLimits, Issuer},
    closing::{Feedback, Route},
    cross,
    objective::ServiceObjective,
    rules::{lasts, rules},
    set::Distinct,
    values::{Currency, Description, FirstDay, Id, KindName, Name, Percent, Span, Unit},
    writeback::Writeback,
};
use crossdock_proto as contract;
use crossdock_yaml::Located;
use schemars::JsonSchema;
use serde::Deserialize;

/// The rules of Crossdock: who may talk, who counts, how fresh data has to be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with at least the key `connections`")]
#[schemars(title = "Crossdock policy")]
pub struct PolicyFile {
    /// The platforms that may talk to Crossdock. At least one.
    #[schemars(length(min = 1))]
    pub connections: Vec<Connection>,
    /// Who makes the JSON Web Tokens by which connections prove who they are.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["name"]))]
    pub issuers: Vec<Issuer>,
    /// Which connection counts, for kinds that more than one may write. Of entries that begin on the same day the first that fits decides.
    /// A kind without an entry: every connection that may write it counts.
    #[serde(default)]
    pub authorities: Vec<Authority>,
    /// How much a full load may remove before it is held for a person to look at. None: 5 percent.
    #[serde(default)]
    pub load_guards: Vec<LoadGuard>,
    /// How old the newest watermark may be.
    #[serde(default)]
    pub freshness: Vec<Objective>,
    /// How well contracts have to be answered: what alerts compare with.
    #[serde(default)]
    pub objectives: Vec<ServiceObjective>,
    /// How long a cause of trouble may stand before it becomes an issue. Absent: 1m.
    pub issue_grace: Option<Span>,
    /// How recommendations become orders. Absent: nothing is approved, nothing is posted.
    pub writeback: Option<Writeback>,
    /// How connections send feedback. A connection without an entry: replace and delta.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["connection"]))]
    pub feedback: Vec<Feedback>,
    /// Who cares for which exceptions. The first route that fits decides.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["name"]))]
    pub routes: Vec<Route>,
}

/// What a connection is registered as.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Role {
    /// The system that records orders, masters and stock.
    Erp,
    /// The system that decides: forecasts, targets, recommendations.
    Planning,
    /// A warehouse management system.
    Warehouse,
    /// A transport management system or carrier.
    Transport,
    /// A supplier's system.
    Supplier,
    /// A person, or a front end for persons, who buys and approves.
    Buyer,
    /// A person or tool that runs Crossdock itself.
    Operator,
}

impl Role {
    /// As the contracts have it.
    pub fn in_contract(self) -> contract::Role {
        match self {
            Self::Erp => contract::Role::Erp,
            Self::Planning => contract::Role::Planning,
            Self::Warehouse => contract::Role::Warehouse,
            Self::Transport => contract::Role::Transport,
            Self::Supplier => contract::Role::Supplier,
            Self::Buyer => contract::Role::Buyer,
            Self::Operator => contract::Role::Operator,
        }
    }
}

/// How a connection names things.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Ids {
    /// Its ids are the canonical ones.
    #[default]
    Canonical,
    /// Its ids are its own: every one is looked up in the cross-references.
    Own,
}

/// An external platform that may talk to Crossdock.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {name: erp, roles: [erp]}")]
#[schemars(extend("x-kubernetes-validations" = rules([(
    "!has(self.names_principals) || !self.names_principals || !has(self.authentication) || !has(self.authentication.jwt) || \
     !has(self.authentication.jwt.persons) || !self.authentication.jwt.persons",
    "the token says who the person is (persons): take names_principals away",
)])))]
pub struct Connection {
    /// Its name, sent with every call in the metadata `crossdock-connection`.
    pub name: Name,
    /// For people.
    #[serde(default)]
    pub description: Description,
    /// What it may write and call.
    pub roles: Distinct<Role>,
    /// How it names things. Absent: canonical.
    #[serde(default)]
    pub ids: Ids,
    /// Unit of quantities that come without one. Absent: the item's base unit.
    pub default_unit: Option<Unit>,
    /// Currency of amounts that come without one. Absent: such an amount is rejected.
    pub default_currency: Option<Currency>,
    /// It may only read and write rows of these locations. Absent: all.
    pub locations: Option<Distinct<Id>>,
    /// It may only read and write rows of these suppliers. Absent: all.
    pub suppliers: Option<Distinct<Id>>,
    /// It may only read and write rows of the locations of these companies. Absent: all.
    pub companies: Option<Distinct<Id>>,
    /// It acts for persons and names them in the metadata `crossdock-principal`.
    #[serde(default)]
    pub names_principals: bool,
    /// How it proves who it is. Absent: it can only be used with `--insecure`.
    pub authentication: Option<Authentication>,
    /// How much it may ask for. Absent: 100 calls at once, 1000 per second.
    pub limits: Option<CallLimits>,
}

/// Which connection counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {kind: item, connection: erp}")]
pub struct Authority {
    /// Kind it speaks of.
    pub kind: KindName,
    /// The connection that counts.
    pub connection: Name,
    /// Only for these locations. Absent: all.
    pub locations: Option<Distinct<Id>>,
    /// Only for these suppliers. Absent: all.
    pub suppliers: Option<Distinct<Id>>,
    /// From this day by business date. Absent: always.
    pub from: Option<FirstDay>,
    /// Records of other connections are kept for comparison instead of rejected.
    #[serde(default)]
    pub keep_others: bool,
}

/// How much a full load may remove.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {max_removed_percent: 5}")]
pub struct LoadGuard {
    /// Kind it speaks of. Absent: all that have no guard of their own.
    pub kind: Option<KindName>,
    /// Percent of the connection's records in scope that may disappear in one load.
    pub max_removed_percent: Percent,
}

/// How old the newest watermark may be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {kind: item, max_age: 24h}")]
#[schemars(extend("x-kubernetes-validations" = rules([(&lasts("self.max_age"), "max_age must be more than nothing: no data is that fresh")])))]
pub struct Objective {
    /// Kind it speaks of.
    pub kind: KindName,
    /// The connection it speaks of. Absent: all that have no objective of their own.
    pub connection: Option<Name>,
    /// At most this old.
    pub max_age: Span,
}

/// Reads a policy file, whatever its parts say of each other.
///
/// # Errors
/// The first thing that is wrong.
pub fn values(text: &str) -> Result<PolicyFile, Located> {
    crossdock_yaml::read(text).map_err(friendly)
}

/// Reads a policy file and checks it whole.
///
/// # Errors
/// What is wrong. The first thing, where the text cannot be read or a value is none; otherwise everything.
pub fn read(text: &str) -> Result<PolicyFile, Vec<Located>> {
    let mut file = values(text).map_err(|fault| vec![fault])?;
    let faults = cross::faults(&file);
    if !faults.is_empty() {
        return Err(faults.into_iter().map(|fault| fault.located(text)).collect());
    }
    file.sort();
    Ok(file)
}

impl PolicyFile {
    /// Forgets the order that says nothing. That of authorities of one kind and day says who is asked first, and so
    /// does that of rules, levels and routes.
    fn sort(&mut self) {
        self.connections.sort_by(|a, b| a.name.cmp(&b.name));
        self.issuers.sort_by(|a, b| a.name.cmp(&b.name));
        self.authorities.sort_by(|a, b| (&a.kind, a.from).cmp(&(&b.kind, b.from)));
        self.load_guards.sort_by(|a, b| a.kind.cmp(&b.kind));
        self.freshness.sort_by(|a, b| (&a.kind, &a.connection).cmp(&(&b.kind, &b.connection)));
        self.objectives.sort_by(|a, b| (&a.contract, &a.connection).cmp(&(&b.contract, &b.connection)));
        self.feedback.sort_by(|a, b| a.connection.cmp(&b.connection));
        if let Some(rules) = &mut self.writeback {
            rules.sort();
        }
    }
}

/// Says what was probably meant by a name that is not known.
fn friendly(mut fault: Located) -> Located {
    if let Some((said, known)) = fault.message.split_once(", expected ").filter(|(said, _)| said.contains("unknown ")) {
        let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        if let Some(unknown) = quoted(said).first() {
            let hint = crossdock_yaml::did_you_mean(unknown, quoted(known).iter().map(String::as_str));
            fault.message = format!("{}{hint}", fault.message.replacen("unknown variant", "unknown value", 1));
        }
    }
    fault
}

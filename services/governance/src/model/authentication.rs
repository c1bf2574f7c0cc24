//! How connections prove who they are, and who makes JSON Web Tokens.

use super::{
    cross::at,
    file::{Connection, PolicyFile},
    rules::rules,
    set::Distinct,
    text::{Text, readable},
    values::Label,
    whole::Whole,
};
use crossdock_yaml::{Fault, did_you_mean};
use http::Uri;
use schemars::{JsonSchema, Schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, MapAccess, Visitor},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt, net::IpAddr};

readable!(CertificateName, Claim, KeysAt);

/// How a connection proves who it is.
#[derive(Clone, Debug, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = also_as_mapping, extend("x-kubernetes-validations" = rules([(
    "(has(self.certificate) ? 1 : 0) + (has(self.token) ? 1 : 0) + (has(self.jwt) ? 1 : 0) == 1",
    "say exactly one of certificate, token and jwt",
)])))]
pub enum Authentication {
    /// By a client certificate with one of these names: DNS names or URIs.
    Certificate(Distinct<CertificateName>),
    /// By a token that `crossdock token create` made for it.
    Token,
    /// By a JSON Web Token.
    Jwt(Jwt),
}

/// The ways, as their names are written.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Certificate,
    Token,
    Jwt,
}

/// What `token` says as the key of a mapping.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "nothing more: {}")]
struct Nothing {}

/// The schema of a custom resource has no text beside mappings, so `token` may be written as one of them too.
fn also_as_mapping(schema: &mut Schema) {
    if let Some(Value::Array(ways)) = schema.get_mut("oneOf") {
        ways.push(json!({
            "type": "object",
            "description": "By a token that `crossdock token create` made for it: the same as `token`.",
            "properties": {"token": {"type": "object", "additionalProperties": false}},
            "required": ["token"],
            "additionalProperties": false,
        }));
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Authentication;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("token, or a mapping such as {certificate: [erp.example.com]}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Authentication, E> {
        match Way::deserialize(text.into_deserializer())? {
            Way::Token => Ok(Authentication::Token),
            Way::Certificate => Err(E::custom("say by which: {certificate: [erp.example.com]}")),
            Way::Jwt => Err(E::custom("say by which: {jwt: {issuer: sso, subject: erp-eu}}")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Authentication, A::Error> {
        let Some(way) = from.next_key()? else { return Err(A::Error::custom("say one of certificate, token and jwt")) };
        let authentication = match way {
            Way::Certificate => Authentication::Certificate(from.next_value()?),
            Way::Token => from.next_value().map(|Nothing {}| Authentication::Token)?,
            Way::Jwt => Authentication::Jwt(from.next_value()?),
        };
        match from.next_key::<Way>()? {
            None => Ok(authentication),
            Some(_) => Err(A::Error::custom("say one of certificate, token and jwt, not several")),
        }
    }
}

impl<'de> Deserialize<'de> for Authentication {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

/// By which JSON Web Tokens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {issuer: sso, subject: erp-eu}")]
#[schemars(extend("x-kubernetes-validations" = rules([(
    "has(self.subject) || (has(self.claims) && size(self.claims) > 0)",
    "any token of the issuer would do: name a subject, or claims that it has to have",
)])))]
pub struct Jwt {
    /// Name of the issuer, one of `issuers`.
    pub issuer: Label,
    /// The claim `sub` has to be this. Absent: any.
    pub subject: Option<Claim>,
    /// Claims that have to have this value; in a list of values it has to be among them. Absent: none.
    #[serde(default)]
    pub claims: BTreeMap<String, Claim>,
    /// Whoever the token speaks of is a person, and `sub` becomes the principal.
    #[serde(default)]
    pub persons: bool,
}

/// Who makes JSON Web Tokens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping such as {name: sso, issuer: https://id.example, audience: crossdock, keys: https://id.example/keys}"
)]
pub struct Issuer {
    /// Its name in this file.
    pub name: Label,
    /// The claim `iss`, exactly so.
    pub issuer: Claim,
    /// Has to be in the claim `aud`.
    pub audience: Claim,
    /// Where its keys are, as a JSON Web Key Set: an address with https, or the absolute path of a file.
    pub keys: KeysAt,
    /// Algorithms that are believed. Absent: RS256 and ES256.
    pub algorithms: Option<Distinct<Algorithm>>,
}

/// How tokens may be signed. What needs a shared secret is not among them: whoever can check such a signature can also make it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[schemars(inline)]
pub enum Algorithm {
    /// RSA, PKCS #1.
    RS256,
    /// RSA, PKCS #1.
    RS384,
    /// RSA, PKCS #1.
    RS512,
    /// RSA, PSS.
    PS256,
    /// RSA, PSS.
    PS384,
    /// RSA, PSS.
    PS512,
    /// ECDSA on P-256.
    ES256,
    /// ECDSA on P-384.
    ES384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDSA,
}

/// How much a connection may ask for, of each process and service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {in_flight: 50, per_second: 200}")]
pub struct CallLimits {
    /// Calls at once, streams included. Absent: 100.
    pub in_flight: Option<Whole<1, 10_000>>,
    /// Calls begun per second, in the mean. Absent: 1000.
    pub per_second: Option<Whole<1, 1_000_000>>,
}

/// A name in a certificate: a DNS name or a URI.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct CertificateName(#[schemars(length(max = 200), regex(pattern = "^[!-~]{1,200}$"))] String);

/// The value of a claim.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Claim(#[schemars(length(min = 1, max = 200))] String);

/// Where keys are.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct KeysAt(
    #[schemars(length(max = 500), regex(pattern = "^(https?://|/)"))]
    String,
);

macro_rules! text_of {
    ($($name:ident),*) => {
        $(impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        })*
    };
}
text_of!(CertificateName, Claim, KeysAt);

impl Text for CertificateName {
    const EXPECTED: &'static str = "a DNS name or URI of a certificate such as erp.example.com";

    fn read(text: &str) -> Result<Self, String> {
        let good = (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good && !text.contains('*') {
            Ok(Self(text.into()))
        } else {
            Err(format!("{text:?} is no name of a certificate: write a DNS name or URI in full, such as erp.example.com or urn:erp:eu"))
        }
    }
}

impl Text for Claim {
    const EXPECTED: &'static str = "a text";

    fn read(text: &str) -> Result<Self, String> {
        let good = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if good { Ok(Self(text.into())) } else { Err("must have 1 to 200 characters, without control characters".to_owned()) }
    }
}

impl Text for KeysAt {
    const EXPECTED: &'static str = "an address such as https://id.example/keys or the absolute path of a file";

    fn read(text: &str) -> Result<Self, String> {
        let is_file = text.starts_with('/') && !text.contains('\0');
        if text.len() <= 500 && (is_file || text.parse().is_ok_and(|address| is_safe(&address))) {
            return Ok(Self(text.into()));
        }
        Err(format!("{text:?} is no place of keys: write https://… (http:// on loopback only), or the absolute path of a file"))
    }
}

/// Keys that come in plain text could be anybody's; on loopback nobody else is between.
fn is_safe(address: &Uri) -> bool {
    let Some(host) = address.host().filter(|host| !host.is_empty()) else { return false };
    match address.scheme_str() {
        Some("https") => true,
        Some("http") => host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        _ => false,
    }
}

/// What does not fit together.
pub fn faults(file: &PolicyFile) -> Vec<Fault> {
    let mut faults = issuers(&file.issuers);
    for (index, connection) in file.connections.iter().enumerate() {
        match &connection.authentication {
            Some(Authentication::Certificate(names)) => faults.extend(certificate(index, names, &file.connections[..index])),
            Some(Authentication::Jwt(jwt)) => faults.extend(jwt_of(index, connection, jwt, &file.issuers)),
            Some(Authentication::Token) | None => {}
        }
    }
    faults
}

fn issuers(issuers: &[Issuer]) -> Vec<Fault> {
    let repeated = |(index, issuer): (usize, &Issuer)| {
        let before = &issuers[..index];
        if let Some(first) = before.iter().position(|other| other.name == issuer.name) {
            let message = format!("{:?} is the name of issuer {} too; every issuer has its own", issuer.name.as_str(), first + 1);
            return Some(at("issuers", index).key("name").fault(message));
        }
        let same = |other: &Issuer| (other.issuer.as_str(), other.audience.as_str()) == (issuer.issuer.as_str(), issuer.audience.as_str());
        let first = before.iter().position(same)?;
        let message = format!("the same issuer and audience as issuer {}; a token could be of either", first + 1);
        Some(at("issuers", index).fault(message))
    };
    issuers.iter().enumerate().filter_map(repeated).collect()
}

fn certificate(index: usize, names: &Distinct<CertificateName>, before: &[Connection]) -> Vec<Fault> {
    let place = at("connections", index).key("authentication").key("certificate");
    let taken = |name: &CertificateName| {
        let holds = |other: &Connection| matches!(&other.authentication, Some(Authentication::Certificate(names)) if names.iter().any(|held| held == name));
        let first = before.iter().find(|other| holds(other))?;
        let message =
            format!("{:?} is a name of connection {:?} too; a certificate is of one connection", name.as_str(), first.name.as_str());
        Some(place.fault(message))
    };
    names.iter().filter_map(taken).collect()
}

fn jwt_of(index: usize, connection: &Connection, jwt: &Jwt, issuers: &[Issuer]) -> Vec<Fault> {
    let place = at("connections", index).key("authentication").key("jwt");
    let mut faults = Vec::new();
    if !issuers.iter().any(|issuer| issuer.name == jwt.issuer) {
        let hint = did_you_mean(jwt.issuer.as_str(), issuers.iter().map(|issuer| issuer.name.as_str()));
        faults.push(place.key("issuer").fault(format!("{:?} is none of the issuers{hint}", jwt.issuer.as_str())));
    }
    if jwt.subject.is_none() && jwt.claims.is_empty() {
        faults.push(place.fault("any token of the issuer would do: name a `subject`, or `claims` that it has to have"));
    }
    if jwt.persons && connection.names_principals {
        let message = "the token says who the person is (`persons`): take `names_principals` away";
        faults.push(at("connections", index).key("names_principals").fault(message));
    }
    faults
}

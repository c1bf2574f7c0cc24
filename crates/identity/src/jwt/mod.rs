//! JSON Web Tokens of identity providers.

mod fetch;
mod keys;
#[cfg(test)]
mod tests;

pub use keys::KeySets;

use crossdock_core::Micros;
use crossdock_proto::governance::JwtIssuer;
use jsonwebtoken::{Algorithm, Validation, dangerous::insecure_decode_claims, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 8 * 1024;
/// By how much the clocks of a provider and of this process may differ, in seconds.
const LEEWAY: u64 = 60;
/// Algorithms that a policy may name. Those with a shared secret are not among them: whoever can check could sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// Those of an issuer that names none.
const USUAL: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// What a believed token says.
#[derive(Debug)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Of whom it speaks, if it says so.
    pub fn subject(&self) -> Option<&str> {
        self.0.get("sub")?.as_str()
    }

    /// Whether it has expired, as this clock says.
    pub fn has_ended(&self, now: Micros) -> bool {
        // NumericDate of RFC 7519 may have a fraction of a second, which does not matter here.
        let seconds = |end: &Value| end.as_i64().or_else(|| end.to_string().split('.').next()?.parse().ok());
        let end = self.0.get("exp").and_then(seconds).unwrap_or_default();
        now / 1_000_000 > end.saturating_add_unsigned(LEEWAY)
    }

    /// Whether a claim has this value, or has it among its values.
    pub fn has(&self, name: &str, value: &str) -> bool {
        match self.0.get(name) {
            Some(Value::String(held)) => held == value,
            Some(Value::Array(held)) => held.iter().any(|held| held.as_str() == Some(value)),
            Some(Value::Bool(held)) => value == if *held { "true" } else { "false" },
            _ => false,
        }
    }
}

/// What a token says of its origin, before it is believed.
#[derive(Deserialize)]
struct Origin {
    iss: String,
    aud: Audience,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(held) => held == wanted,
            Self::Several(held) => held.iter().any(|held| held == wanted),
        }
    }
}

/// The issuer whose token this claims to be.
pub fn claimed<'a>(token: &str, issuers: &'a [JwtIssuer]) -> Option<&'a JwtIssuer> {
    if token.len() > LONGEST || token.bytes().filter(|byte| *byte == b'.').count() != 2 {
        return None;
    }
    let origin: Origin = insecure_decode_claims(token).ok()?;
    issuers.iter().find(|issuer| issuer.issuer == origin.iss && origin.aud.names(&issuer.audience))
}

/// What a token of this issuer says, if it is one.
///
/// # Errors
/// Why it is not believed, for the log.
pub async fn believe(token: &str, issuer: &JwtIssuer, keys: &KeySets) -> Result<Claims, String> {
    let header = decode_header(token).map_err(|error| format!("its header cannot be read: {error}"))?;
    if header.crit.is_some() {
        return Err("its header has critical extensions".to_owned());
    }
    if !algorithms(issuer).contains(&header.alg) {
        return Err(format!("it is signed by {:?}, which issuer {} does not allow", header.alg, issuer.name));
    }
    let key = keys.key(&issuer.keys, header.kid.as_deref(), header.alg).await?;
    let decoded = decode::<Map<String, Value>>(token, &key, &validation(header.alg, issuer));
    decoded.map(|decoded| Claims(decoded.claims)).map_err(|error| error.to_string())
}

fn algorithms(issuer: &JwtIssuer) -> Vec<Algorithm> {
    if issuer.algorithms.is_empty() {
        return USUAL.to_vec();
    }
    let named = issuer.algorithms.iter().filter_map(|name| name.parse().ok());
    named.filter(|algorithm| ALGORITHMS.contains(algorithm)).collect()
}

fn validation(algorithm: Algorithm, issuer: &JwtIssuer) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&issuer.issuer]);
    validation.set_audience(&[&issuer.audience]);
    validation
}

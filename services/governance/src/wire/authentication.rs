//! Who connections are, as the contract has it.

use crate::model::{
    authentication::{Algorithm, Authentication, CallLimits, Issuer, Jwt},
    whole::Whole,
};
use crossdock_proto::governance::{self as contract, authentication::By};

/// How a connection proves who it is.
pub fn authentication(authentication: &Authentication) -> contract::Authentication {
    let by = match authentication {
        Authentication::Certificate(names) => {
            By::Certificate(contract::CertificateAuthentication { names: names.iter().map(|name| name.as_str().to_owned()).collect() })
        }
        Authentication::Token => By::Token(contract::TokenAuthentication {}),
        Authentication::Jwt(token) => By::Jwt(jwt(token)),
    };
    contract::Authentication { by: Some(by) }
}

fn jwt(jwt: &Jwt) -> contract::JwtAuthentication {
    contract::JwtAuthentication {
        issuer: jwt.issuer.as_str().to_owned(),
        subject: jwt.subject.as_ref().map_or_else(String::new, |subject| subject.as_str().to_owned()),
        claims: jwt.claims.iter().map(|(name, value)| (name.clone(), value.as_str().to_owned())).collect(),
        persons: jwt.persons,
    }
}

/// Who makes JSON Web Tokens.
pub fn issuer(issuer: &Issuer) -> contract::JwtIssuer {
    let algorithms = issuer.algorithms.iter().flat_map(|algorithms| algorithms.iter());
    contract::JwtIssuer {
        name: issuer.name.as_str().to_owned(),
        issuer: issuer.issuer.as_str().to_owned(),
        audience: issuer.audience.as_str().to_owned(),
        keys: issuer.keys.as_str().to_owned(),
        algorithms: algorithms.map(|algorithm| name(*algorithm).to_owned()).collect(),
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::RS384 => "RS384",
        Algorithm::RS512 => "RS512",
        Algorithm::PS256 => "PS256",
        Algorithm::PS384 => "PS384",
        Algorithm::PS512 => "PS512",
        Algorithm::ES256 => "ES256",
        Algorithm::ES384 => "ES384",
        Algorithm::EdDSA => "EdDSA",
    }
}

/// How much a connection may ask for.
pub fn limits(limits: &CallLimits) -> contract::CallLimits {
    contract::CallLimits { in_flight: limits.in_flight.map_or(0, Whole::get), per_second: limits.per_second.map_or(0, Whole::get) }
}

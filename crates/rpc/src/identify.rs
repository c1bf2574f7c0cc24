//! Who is calling: what the way of a call proves, a bearer's token, and the metadata that select among what these allow.

use crate::{
    CLUSTER, CONNECTION, Handle, PEER, PRINCIPAL,
    standing::{Credential, Standing},
};
use axum::extract::Request;
use crossdock_core::{Error, ErrorKind};
use crossdock_identity::{
    Proof, Secret,
    jwt::{Claims, believe, claimed},
};
use crossdock_proto::governance::authentication::By;
use crossdock_records::Policy;
use crossdock_telemetry::metrics::AUTHENTICATION_FAILURES;
use http::{HeaderMap, header::AUTHORIZATION};
use std::sync::Arc;

/// Longest name of a person, in characters.
const LONGEST: usize = 200;

/// What a call shows of its caller.
pub(crate) struct Shown {
    pub proof: Option<Proof>,
    bearer: Result<Option<Secret>, ()>,
    connection: String,
    principal: String,
}

impl Shown {
    pub fn of(request: &Request) -> Self {
        let headers = request.headers();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let proof = request.extensions().get::<Proof>().cloned();
        Self { proof, bearer: bearer(headers), connection: text(CONNECTION), principal: text(PRINCIPAL) }
    }
}

/// The token of `authorization: Bearer …`; another scheme, or two of them, is an error.
fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, ()> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = all.next() else { return Ok(None) };
    let shown = first.to_str().ok().and_then(|value| value.split_once(' '));
    let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    match (token, all.next()) {
        (Some(token), None) if !token.is_empty() => Ok(Some(Secret::new(token))),
        _ => Err(()),
    }
}

/// A caller who has proven to be this.
pub(crate) struct Identity {
    pub connection: String,
    pub principal: String,
    /// What it has shown; `None` for services, and for callers who are believed.
    pub standing: Option<Standing>,
}

/// What a caller may be.
enum Proven {
    /// Of Crossdock itself: what it is, and the one connection that it may be.
    Insider(&'static str, &'static str),
    /// Whatever is said.
    Anybody,
    /// What this credential is good for.
    By(Credential),
}

/// Another service of this suite.
const SERVICE: Proven = Proven::Insider("a service", PEER);
/// The operator of a cluster.
const OPERATOR: Proven = Proven::Insider("an operator of a cluster", CLUSTER);

/// Why a caller is not let in.
enum Refusal {
    /// Nothing was shown.
    Missing,
    /// What was shown is not believed: a label for the metric, and why, for the log.
    Refused(&'static str, String),
    /// This service cannot know yet.
    NoPolicy,
}

fn refused(reason: &'static str, why: impl Into<String>) -> Refusal {
    Refusal::Refused(reason, why.into())
}

/// Says who is calling. A stranger is told nothing else than that.
pub(crate) async fn identify(handle: &Handle, shown: Shown) -> Result<Identity, Error> {
    let policy = Arc::clone(&handle.policy.borrow());
    match prove(handle, &policy, &shown).await.map_err(|refusal| told(handle, refusal))? {
        Proven::Insider(_, name) if shown.connection.is_empty() || shown.connection == name => {
            Ok(Identity { connection: name.to_owned(), principal: String::new(), standing: None })
        }
        Proven::Insider(what, _) => Err(told(handle, refused("connection", format!("{what} may not be {:?}", shown.connection)))),
        Proven::Anybody => believed(&policy, shown),
        Proven::By(credential) => {
            let allowed = credential.good_for(handle, &policy).map_err(|(reason, why)| told(handle, refused(reason, why)))?;
            let connection = chosen(handle, allowed, &shown.connection)?;
            let principal = principal(&policy, &connection, &shown.principal, credential.claims())?;
            let standing = Standing { handle: handle.clone(), connection: connection.clone(), credential };
            Ok(Identity { connection, principal, standing: Some(standing) })
        }
    }
}

async fn prove(handle: &Handle, policy: &Policy, shown: &Shown) -> Result<Proven, Refusal> {
    let names = match &shown.proof {
        Some(Proof::Process) => return Ok(SERVICE),
        Some(Proof::Believed) => return Ok(Proven::Anybody),
        Some(Proof::Names(names)) => names,
        None => return Err(refused("unproven", "the call came by a way that proves nothing")),
    };
    let bearer = shown.bearer.as_ref().map_err(|()| refused("unreadable", "authorization is not `Bearer` and one token"))?;
    let is_service = match bearer {
        Some(bearer) => handle.trust.is_service_token(bearer.expose()),
        None if names.is_empty() => return Err(Refusal::Missing),
        None => handle.trust.is_service(names),
    };
    match bearer {
        _ if is_service => Ok(SERVICE),
        None if handle.trust.is_operator(names) => Ok(OPERATOR),
        _ if policy.document.version.is_empty() => Err(Refusal::NoPolicy),
        None => Ok(Proven::By(Credential::Certificate(Arc::clone(names)))),
        Some(bearer) => match claimed(bearer.expose(), &policy.document.issuers) {
            None => Ok(Proven::By(Credential::Token(bearer.clone()))),
            Some(issuer) => {
                let claims = believe(bearer.expose(), issuer, &handle.trust.keys).await.map_err(|why| refused("jwt", why))?;
                Ok(Proven::By(Credential::Jwt(issuer.name.clone(), claims)))
            }
        },
    }
}

/// The connection that is named, of those that are allowed.
fn chosen(handle: &Handle, mut allowed: Vec<String>, named: &str) -> Result<String, Error> {
    if named.is_empty() {
        return match allowed.len() {
            1 => Ok(allowed.swap_remove(0)),
            _ => Err(unnamed(&format!("your credential is good for {}", allowed.join(", ")))),
        };
    }
    let found = allowed.into_iter().find(|name| name == named);
    found.ok_or_else(|| told(handle, refused("connection", format!("it is not good for connection {named:?}"))))
}

fn unnamed(which: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, "CONNECTION_MISSING", format!("metadata {CONNECTION} is missing: {which}"))
}

/// Nobody has to prove anything.
fn believed(policy: &Policy, shown: Shown) -> Result<Identity, Error> {
    let name = shown.connection;
    if name.is_empty() {
        return Err(unnamed("name one of the policy's connections"));
    }
    if name == PEER || name == CLUSTER {
        return Ok(Identity { connection: name, principal: String::new(), standing: None });
    }
    if policy.document.version.is_empty() {
        return Err(no_policy());
    }
    if policy.connection(&name).is_none() {
        let message = format!("connection {name:?} is not in the policy (version {})", policy.document.version);
        return Err(Error::new(ErrorKind::Denied, "UNKNOWN_CONNECTION", message));
    }
    let principal = principal(policy, &name, &shown.principal, None)?;
    Ok(Identity { connection: name, principal, standing: None })
}

/// The person for whom a connection acts: whom its token speaks of, or whom it may name.
fn principal(policy: &Policy, name: &str, said: &str, claims: Option<&Claims>) -> Result<String, Error> {
    let connection = policy.connection(name);
    let by = connection.and_then(|held| held.authentication.as_ref()).and_then(|how| how.by.as_ref());
    let persons = matches!(by, Some(By::Jwt(jwt)) if jwt.persons);
    let may_name = connection.is_some_and(|held| held.names_principals) || (persons && claims.is_none());
    let subject = claims.filter(|_| persons).and_then(Claims::subject);
    if persons && claims.is_some() && subject.is_none_or(str::is_empty) {
        return Err(denied(name, "has to act for a person, whom the claim `sub` of its token names"));
    }
    let who = subject.unwrap_or(said);
    if who.chars().count() > LONGEST || who.chars().any(char::is_control) {
        return Err(denied(name, &format!("may not name a person in more than {LONGEST} characters, or with control characters")));
    }
    if said.is_empty() || said == who && (may_name || subject.is_some()) {
        return Ok(who.to_owned());
    }
    Err(denied(name, &format!("may not name a person in {PRINCIPAL}")))
}

fn denied(name: &str, why: &str) -> Error {
    Error::new(ErrorKind::Denied, "NOT_ALLOWED", format!("connection {name} {why}"))
}

pub(crate) fn no_policy() -> Error {
    let message = "this service has not heard of any policy yet: start governance, or wait until it is reached";
    Error::new(ErrorKind::Unavailable, "POLICY_MISSING", message)
}

/// What a stranger is told, and what is counted and logged.
fn told(handle: &Handle, refusal: Refusal) -> Error {
    let (label, error) = match refusal {
        Refusal::NoPolicy => return no_policy(),
        Refusal::Missing => {
            let message = "prove who you are: by a client certificate, or by a token in the metadata `authorization: Bearer …`";
            ("missing", Error::new(ErrorKind::Unauthenticated, "CREDENTIAL_MISSING", message))
        }
        Refusal::Refused(reason, why) => {
            let message = "the credential is not believed: it is wrong, has ended, or is not good for the connection that was named";
            (reason, Error::new(ErrorKind::Unauthenticated, "CREDENTIAL_REFUSED", message).because(why))
        }
    };
    AUTHENTICATION_FAILURES.record(&[handle.name, label], 1);
    error
}

//! What a caller has shown, and what that is good for: when a call begins, and as long as it goes on.

use crate::Handle;
use crossdock_identity::{Secret, jwt::Claims};
use crossdock_proto::governance::{Connection, JwtAuthentication, authentication::By};
use crossdock_records::Policy;
use std::sync::Arc;

/// What a caller has shown.
pub(crate) enum Credential {
    /// A certificate with these names.
    Certificate(Arc<[String]>),
    /// A token; nobody has looked yet whether it is one.
    Token(Secret),
    /// A JSON Web Token of this issuer, which is believed.
    Jwt(String, Claims),
}

impl Credential {
    /// The claims of a JSON Web Token.
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Jwt(_, claims) => Some(claims),
            Self::Certificate(_) | Self::Token(_) => None,
        }
    }

    /// The connections that it is good for now: at least one.
    ///
    /// # Errors
    /// A label for the metric, and why, for the log.
    pub fn good_for(&self, handle: &Handle, policy: &Policy) -> Result<Vec<String>, (&'static str, String)> {
        let now = handle.store.clock().now();
        match self {
            Self::Certificate(names) => {
                let has =
                    |_: &Connection, by: &By| matches!(by, By::Certificate(held) if held.names.iter().any(|name| names.contains(name)));
                those(policy, has).ok_or_else(|| ("certificate", format!("no connection has one of {names:?}")))
            }
            Self::Token(shown) => {
                let tokens = Arc::clone(&handle.tokens.borrow());
                let connection = tokens.connection(shown.expose(), now);
                let connection = connection.map_err(|reason| (reason, "it is no token of a connection, or has ended".to_owned()))?;
                let its = |held: &Connection, by: &By| held.name == connection && matches!(by, By::Token(_));
                those(policy, its).ok_or_else(|| ("token", format!("connection {connection} does not authenticate by token")))
            }
            Self::Jwt(issuer, claims) => {
                if claims.has_ended(now) {
                    return Err(("expired", "the token has expired".to_owned()));
                }
                let fits = |_: &Connection, by: &By| matches!(by, By::Jwt(wanted) if wanted.issuer == *issuer && fits(wanted, claims));
                those(policy, fits).ok_or_else(|| ("jwt", "no connection fits its claims".to_owned()))
            }
        }
    }
}

fn fits(wanted: &JwtAuthentication, claims: &Claims) -> bool {
    let subject = wanted.subject.is_empty() || claims.subject() == Some(&wanted.subject);
    subject && wanted.claims.iter().all(|(name, value)| claims.has(name, value))
}

/// The connections that authenticate so, if there are any.
fn those(policy: &Policy, so: impl Fn(&Connection, &By) -> bool) -> Option<Vec<String>> {
    let by = |held: &&Connection| held.authentication.as_ref().and_then(|how| how.by.as_ref()).is_some_and(|by| so(held, by));
    let names: Vec<String> = policy.document.connections.iter().filter(by).map(|held| held.name.clone()).collect();
    Some(names).filter(|names| !names.is_empty())
}

/// A caller whose call goes on.
pub(crate) struct Standing {
    pub handle: Handle,
    pub connection: String,
    pub credential: Credential,
}

impl Standing {
    /// Whether it would still be let in as who it is: its token was not revoked, and its policy entry did not change.
    pub fn holds(&self) -> bool {
        let policy = Arc::clone(&self.handle.policy.borrow());
        self.credential.good_for(&self.handle, &policy).is_ok_and(|names| names.contains(&self.connection))
    }
}

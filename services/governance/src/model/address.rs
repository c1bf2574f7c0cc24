//! Names of the closing loop that are written as text: levels and teams, reasons, webhooks.

use super::text::{Text, readable};
use schemars::JsonSchema;

readable!(Label, ReasonName, Webhook);

/// Name of a rule, a level or a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct Label(#[schemars(length(max = 40), regex(pattern = "^[a-z0-9-]{1,40}$"))] String);

/// Reason of an exception.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline)]
pub struct ReasonName(#[schemars(length(max = 64), regex(pattern = "^[A-Z][A-Z0-9_]{0,63}$"))] String);

/// Where to tell of exceptions.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct Webhook(
    #[schemars(length(max = 500), regex(pattern = "^http://"))]
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
text_of!(Label, ReasonName, Webhook);

impl Text for Label {
    const EXPECTED: &'static str = "a name such as small-orders";

    fn read(text: &str) -> Result<Self, String> {
        let good = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good { Ok(Self(text.into())) } else { Err(format!("{text:?} is no name: 1 to 40 of a-z, 0-9 and - such as small-orders")) }
    }
}

impl Text for ReasonName {
    const EXPECTED: &'static str = "a reason such as UNKNOWN_ITEM";

    fn read(text: &str) -> Result<Self, String> {
        let good = text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if good {
            Ok(Self(text.into()))
        } else {
            Err(format!("{text:?} is no reason: write it as exceptions have it, such as UNKNOWN_ITEM"))
        }
    }
}

impl Text for Webhook {
    const EXPECTED: &'static str = "an address such as http://desk.example/hook";

    fn read(text: &str) -> Result<Self, String> {
        if text.starts_with("https://") {
            return Err(format!(
                "{text:?}: webhooks are told by plain http; name a proxy that speaks TLS, such as http://localhost:8443/hook"
            ));
        }
        let address: Option<http::Uri> = text.parse().ok();
        let host = |address: &http::Uri| address.scheme_str() == Some("http") && address.host().is_some_and(|host| !host.is_empty());
        match address.filter(host) {
            Some(_) if text.len() <= 500 => Ok(Self(text.into())),
            _ => Err(format!("{text:?} is no address: write http://host:port/path, at most 500 characters")),
        }
    }
}

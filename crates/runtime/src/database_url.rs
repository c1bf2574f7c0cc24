//! Where a PostgreSQL database is: an address that may hold a password, and shows none.

use serde::{Deserialize, Serialize, Serializer};
use std::{convert::Infallible, fmt, str::FromStr};

/// The URL of a database, or its parameters as `host=db password=…`. Printed, it has no password.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// With its password: for whoever connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Without its password, in any of its places. What cannot be told apart from it goes too.
    fn masked(&self) -> String {
        let url = match self.0.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
            Some((scheme, (user, rest))) => match user.split_once(':') {
                Some((user, _)) => format!("{scheme}://{user}:***@{rest}"),
                None => self.0.clone(),
            },
            None => self.0.clone(),
        };
        match url.to_ascii_lowercase().find("password") {
            Some(at) => format!("{}password=***", &url[..at]),
            None => url,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_wherever_they_stand() {
        let shown = |url: &str| format!("{:?}", url.parse::<DatabaseUrl>().unwrap());
        assert_eq!(shown("postgres://me:s3cret@db/x"), "postgres://me:***@db/x");
        assert_eq!(shown("postgres://me:s3@c:ret@db/x"), "postgres://me:***@db/x");
        assert_eq!(shown("postgres://me@db/x?password=s3cret&a=b"), "postgres://me@db/x?password=***");
        assert_eq!(shown("postgres://me@db/x?sslPassword=s3cret"), "postgres://me@db/x?sslpassword=***");
        assert_eq!(shown("host=db password = 's3 cret' user=me"), "host=db password=***");
        assert_eq!(shown("postgres://me@db/x"), "postgres://me@db/x");
    }
}

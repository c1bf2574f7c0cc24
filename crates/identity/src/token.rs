//! Tokens of connections: `cdk_<id>_<secret>`. The id is not secret; the secret has 256 bits of chance.

use crate::secret::{Secret, hash, random};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crossdock_core::Result;

/// Begins every token, so that scanners for leaked secrets know one.
const PREFIX: &str = "cdk";

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken {
    /// Its id.
    pub id: String,
    /// What its bearer shows.
    pub secret: Secret,
    /// What is kept of it.
    pub hash: [u8; 32],
}

impl NewToken {
    /// A new one.
    ///
    /// # Errors
    /// If the system gives no chance.
    pub fn make() -> Result<Self> {
        let id = u64::from_be_bytes(random()?) >> 16;
        let id = format!("{id:012x}");
        let secret = format!("{PREFIX}_{id}_{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
        Ok(Self { id, hash: hash(&secret), secret: Secret::new(secret) })
    }
}

/// The id in a token, if it looks like one.
pub fn token_id(shown: &str) -> Option<&str> {
    let (id, secret) = shown.strip_prefix(PREFIX)?.strip_prefix('_')?.split_once('_')?;
    (id.len() == 12 && secret.len() == 43).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::has_hash;
    use std::collections::BTreeSet;

    #[test]
    fn a_token_is_known_by_its_id_and_believed_by_its_hash() {
        let made: Vec<NewToken> = (0..100).map(|_| NewToken::make().unwrap()).collect();
        for token in &made {
            let shown = token.secret.expose();
            assert_eq!(token_id(shown), Some(token.id.as_str()), "{}", token.id);
            assert!(has_hash(shown, &token.hash));
            assert!(!has_hash(&shown[..shown.len() - 1], &token.hash) && !has_hash("", &token.hash) && !has_hash(shown, &[]));
            assert!(!format!("{token:?}").contains(&shown[17..]));
        }
        assert_eq!(made.iter().map(|token| &token.id).collect::<BTreeSet<_>>().len(), 100);
        for none in ["", "cdk", "cdk_", "cdk__", "cdk_abc_def", "a.b.c", "cdk_0123456789ab_", &"x".repeat(60)] {
            assert_eq!(token_id(none), None, "{none:?}");
        }
    }
}

//! The tokens of connections, as this service follows them from governance.

use crossdock_core::{Micros, Result};
use crossdock_identity::{has_hash, token_id};
use crossdock_proto::governance::Token;
use crossdock_records::{TOKEN, message, micros};
use crossdock_store::{Read, Scan};
use std::collections::HashMap;

/// Tokens read at once.
const PAGE: usize = 500;

/// Every token that was not revoked, by its id.
#[derive(Debug, Default)]
pub struct Tokens(HashMap<String, Token>);

impl Tokens {
    /// Those that a store holds.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(read: &mut Read<'_>) -> Result<Self> {
        let (mut held, mut after) = (HashMap::new(), String::new());
        loop {
            let page = read.scan(Scan::Prefix { kind: TOKEN, prefix: "", after: &after }, PAGE)?;
            let tokens = page.iter().filter(|record| !record.deleted).filter_map(message::<Token>);
            held.extend(tokens.filter(|token| token.revoke_time.is_none()).map(|token| (token.id.clone(), token)));
            match page.last() {
                Some(last) if page.len() == PAGE => last.key.clone_into(&mut after),
                _ => return Ok(Self(held)),
            }
        }
    }

    /// The connection that a token speaks for.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn connection(&self, shown: &str, now: Micros) -> Result<&str, &'static str> {
        let token = token_id(shown).and_then(|id| self.0.get(id)).filter(|token| has_hash(shown, &token.hash)).ok_or("token")?;
        if token.expire_time.as_ref().is_some_and(|end| micros(end) <= now) { Err("expired") } else { Ok(&token.connection) }
    }
}

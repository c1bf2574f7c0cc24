//! Tokens are made, replaced, revoked and in the end forgotten.

use super::{
    audit,
    say::{kept, required},
};
use crate::model::token::{expires, forgotten, is_live, replaced, takes_tokens};
use bytes::Bytes;
use crossdock_core::{Error, Micros, Result};
use crossdock_proto::governance::{CreateTokenRequest, RevokeTokenRequest, RotateTokenRequest, Token};
use crossdock_records::{Derived, Kinds, Origin, Policy, TOKEN, derive, message, span, timestamp};
use crossdock_store::{Due, Scan, Tx};

/// Due work: a token ended long ago.
pub const FORGET: &str = "forget_token";
/// Most tokens that may be used.
const LIVE: usize = 1_000;
/// Most tokens that are kept, those included that have ended.
const KEPT: usize = 10_000;

/// What is kept of a new secret.
pub struct Made<'a> {
    /// Id of the token.
    pub id: &'a str,
    /// Hash of what its bearer shows.
    pub hash: &'a [u8],
}

/// Makes a token for a connection.
///
/// # Errors
/// If the connection does not authenticate by token, there are too many tokens, or the time or the note cannot be kept.
pub fn create(tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &CreateTokenRequest, made: &Made<'_>) -> Result<Token> {
    kept("note", &asked.note)?;
    let expire = expires(asked.expire_after.as_ref().map(span), tx.now())?;
    let token = Token { connection: asked.connection.clone(), note: asked.note.clone(), ..begun(origin, expire, tx.now(), made) };
    takes_tokens(&token.connection, policy.connection(&token.connection))?;
    has_room(tx)?;
    derive(tx, &origin.trace, |to| {
        put(to, &token)?;
        audit::token(to, origin, "TOKEN_CREATED", &token, &token.note)
    })?;
    Ok(token)
}

/// Makes a token that takes the place of another.
///
/// # Errors
/// If the other one is not there or has ended, and as [`create`].
pub fn rotate(tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &RotateTokenRequest, made: &Made<'_>) -> Result<Token> {
    let now = tx.now();
    let expire = expires(asked.expire_after.as_ref().map(span), now)?;
    has_room(tx)?;
    derive(tx, &origin.trace, |to| {
        let before = live(to, &asked.id)?;
        takes_tokens(&before.connection, policy.connection(&before.connection))?;
        let token = Token { connection: before.connection.clone(), note: before.note.clone(), ..begun(origin, expire, now, made) };
        let before = replaced(before, made.id, asked.overlap.as_ref().map(span), now)?;
        put(to, &before)?;
        put(to, &token)?;
        audit::token(to, origin, "TOKEN_ROTATED", &before, "")?;
        audit::token(to, origin, "TOKEN_CREATED", &token, &token.note)?;
        Ok(token)
    })
}

/// Ends a token at once.
///
/// # Errors
/// If it is not there or has ended, or the note is missing or cannot be kept.
pub fn revoke(tx: &mut Tx<'_>, origin: &Origin, asked: &RevokeTokenRequest) -> Result<Token> {
    required("note", &asked.note)?;
    derive(tx, &origin.trace, |to| {
        let held = live(to, &asked.id)?;
        let (revoked_by, revoke_note) = (origin.who().to_owned(), asked.note.clone());
        let token = Token { revoke_time: Some(timestamp(to.now())), revoked_by, revoke_note, ..held };
        put(to, &token)?;
        audit::token(to, origin, "TOKEN_REVOKED", &token, &asked.note)?;
        Ok(token)
    })
}

/// Forgets a token that ended long ago.
///
/// # Errors
/// If the store fails.
pub fn forget(tx: &mut Tx<'_>, _: &Kinds, _: &Policy, due: &Due) -> Result<Option<Micros>> {
    derive(tx, &Bytes::new(), |to| {
        let at = to.held::<Token>(&due.key)?.as_ref().and_then(forgotten);
        if at.is_some_and(|at| at <= to.now()) {
            to.edit::<Token>(&due.key, |_| None)?;
            return Ok(None);
        }
        Ok(at)
    })
}

fn begun(origin: &Origin, expire: Option<Micros>, now: Micros, made: &Made<'_>) -> Token {
    Token {
        id: made.id.to_owned(),
        hash: Bytes::copy_from_slice(made.hash),
        created_by: origin.who().to_owned(),
        create_time: Some(timestamp(now)),
        expire_time: expire.map(timestamp),
        ..Token::default()
    }
}

fn put(to: &mut Derived<'_, '_>, token: &Token) -> Result<()> {
    if let Some(at) = forgotten(token) {
        to.due_at(at, FORGET, &token.id);
    }
    to.edit::<Token>(&token.id, |_| Some(token.clone()))
}

fn live(to: &mut Derived<'_, '_>, id: &str) -> Result<Token> {
    let held = to.held::<Token>(id)?;
    let token = held.ok_or_else(|| Error::not_found("UNKNOWN_TOKEN", format!("there is no token {id:?}: list tokens for their ids")))?;
    if is_live(&token, to.now()) {
        return Ok(token);
    }
    let how = if token.revoke_time.is_some() { "was revoked" } else { "has expired" };
    Err(Error::precondition("TOKEN_ENDED", format!("token {id:?} {how}: make another for connection {}", token.connection)))
}

fn has_room(tx: &mut Tx<'_>) -> Result<()> {
    let held = tx.scan(Scan::Prefix { kind: TOKEN, prefix: "", after: "" }, KEPT)?;
    let now = tx.now();
    let live = held.iter().filter_map(message::<Token>).filter(|token| is_live(token, now)).count();
    if live >= LIVE || held.len() >= KEPT {
        let message = format!("there are {live} live tokens and {} in all; at most {LIVE} and {KEPT} are kept: revoke some", held.len());
        return Err(Error::precondition("TOO_MANY_TOKENS", message));
    }
    Ok(())
}

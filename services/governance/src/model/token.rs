//! Tokens of connections: how they begin and end.

use crossdock_core::{Error, Micros, Result};
use crossdock_proto::governance::{Connection, Token, authentication::By};
use crossdock_records::{micros, timestamp};

const DAY: Micros = 86_400 * 1_000_000;
/// Longest time that a token may be good for: ten years.
const LONGEST: Micros = 3_660 * DAY;
/// Longest time that a token and the one that takes its place may both be good.
const LONGEST_OVERLAP: Micros = 30 * DAY;
/// A token that has ended is shown for this long.
const SHOWN: Micros = 90 * DAY;

/// When a token ends or has ended; `None`: not before it is revoked.
pub fn end(token: &Token) -> Option<Micros> {
    [token.revoke_time, token.expire_time].iter().flatten().map(micros).min()
}

/// Whether somebody may use it.
pub fn is_live(token: &Token, now: Micros) -> bool {
    end(token).is_none_or(|end| end > now)
}

/// When nobody needs to see it any more.
pub fn forgotten(token: &Token) -> Option<Micros> {
    end(token).map(|end| end.saturating_add(SHOWN))
}

/// That a connection authenticates by token.
///
/// # Errors
/// `TOKEN_CONNECTION`.
pub fn takes_tokens(name: &str, held: Option<&Connection>) -> Result<()> {
    let wrong = |why: &str| Err(Error::precondition("TOKEN_CONNECTION", format!("connection {name:?} {why}")));
    match held.map(|held| held.authentication.as_ref().and_then(|how| how.by.as_ref())) {
        None => wrong("is not in the policy: put it there first"),
        Some(Some(By::Token(_))) => Ok(()),
        Some(_) => wrong("does not authenticate by token: say `authentication: token` in the policy first"),
    }
}

/// When a token ends that is good for so long from now on.
///
/// # Errors
/// `TOKEN_TIME`.
pub fn expires(after: Option<Micros>, now: Micros) -> Result<Option<Micros>> {
    let Some(after) = after else { return Ok(None) };
    if (1..=LONGEST).contains(&after) {
        return Ok(Some(now + after));
    }
    Err(Error::invalid("TOKEN_TIME", format!("expire_after {}s: must be more than nothing and at most 3660 days", after / 1_000_000)))
}

/// The token before, when another takes its place.
///
/// # Errors
/// `TOKEN_TIME`.
pub fn replaced(token: Token, by: &str, overlap: Option<Micros>, now: Micros) -> Result<Token> {
    let overlap = overlap.unwrap_or(DAY);
    if !(0..=LONGEST_OVERLAP).contains(&overlap) {
        return Err(Error::invalid("TOKEN_TIME", format!("overlap {}s: must be from 0 to 30 days", overlap / 1_000_000)));
    }
    let until = end(&token).map_or(now + overlap, |end| end.min(now + overlap));
    Ok(Token { expire_time: Some(timestamp(until)), replaced_by: by.to_owned(), ..token })
}

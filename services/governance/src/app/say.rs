//! What people say of an exception.

use crate::{
    app::{audit, desk},
    model::exception::{acknowledged, commented, resolved},
};
use crossdock_core::{Error, Result};
use crossdock_proto::governance::{AcknowledgeExceptionRequest, CommentExceptionRequest, Exception, ResolveExceptionRequest};
use crossdock_records::{Origin, Policy, derive};
use crossdock_store::Tx;

/// Longest note, in characters.
const NOTE: usize = 500;

/// Notes who works on an exception. Saying so again replaces who, and what was said.
///
/// # Errors
/// If there is no such exception, it is resolved, or the note cannot be kept.
pub fn acknowledge(tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &AcknowledgeExceptionRequest) -> Result<Exception> {
    kept("note", &asked.note)?;
    said(tx, policy, origin, ("ACKNOWLEDGED", &asked.key, &asked.note), |held| acknowledged(&held, origin.who(), &asked.note))
}

/// Keeps what somebody says of an exception.
///
/// # Errors
/// If there is no such exception, or the text is missing or cannot be kept.
pub fn comment(tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &CommentExceptionRequest) -> Result<Exception> {
    required("text", &asked.text)?;
    let now = tx.now();
    said(tx, policy, origin, ("COMMENTED", &asked.key, &asked.text), |held| Some(commented(held, origin.who(), &asked.text, now)))
}

/// Settles an exception although its cause stands.
///
/// # Errors
/// If there is no such exception, it is resolved, or the note is missing or cannot be kept.
pub fn resolve(tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &ResolveExceptionRequest) -> Result<Exception> {
    required("note", &asked.note)?;
    said(tx, policy, origin, ("RESOLVED", &asked.key, &asked.note), |held| resolved(&held, origin.who(), &asked.note))
}

/// That a text can be kept.
pub(super) fn kept(field: &str, text: &str) -> Result<()> {
    let length = text.chars().count();
    if length > NOTE || text.chars().any(|c| c.is_control() && c != '\n') {
        let message = format!("{field} has {length} characters; at most {NOTE} are kept, without control characters");
        return Err(Error::invalid("NOTE", message));
    }
    Ok(())
}

/// That there is a text, and that it can be kept.
pub(super) fn required(field: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::invalid("NOTE_MISSING", format!("{field} is required: at most {NOTE} characters")));
    }
    kept(field, text)
}

/// Changes an exception; `change` says `None` where it is resolved.
fn said(
    tx: &mut Tx<'_>,
    policy: &Policy,
    origin: &Origin,
    (action, key, text): (&str, &str, &str),
    change: impl FnOnce(Exception) -> Option<Exception>,
) -> Result<Exception> {
    let missing = || Error::not_found("UNKNOWN_EXCEPTION", format!("there is no exception {key:?}; list exceptions for their keys"));
    let over = || Error::precondition("EXCEPTION_RESOLVED", format!("exception {key:?} is resolved already"));
    // Exceptions speak of the whole business: there are none for whoever is limited to a part of it.
    if policy.sight(&origin.connection).is_limited() {
        return Err(missing());
    }
    let changed = derive(tx, &origin.trace, |to| {
        let changed = desk::change(to, key, |held| change(held.ok_or_else(missing)?).ok_or_else(over).map(Some))?;
        audit::said(to, origin, action, key, text)?;
        Ok(changed)
    })?;
    changed.ok_or_else(missing)
}

//! What people say of an exception.

use crate::{
    app::desk,
    model::exception::{acknowledged, commented, resolved},
};
use crossdock_core::{Error, Result};
use crossdock_proto::governance::{AcknowledgeExceptionRequest, CommentExceptionRequest, Exception, ResolveExceptionRequest};
use crossdock_records::{Origin, derive};
use crossdock_store::Tx;

/// Longest note, in characters.
const NOTE: usize = 500;

/// Notes who works on an exception. Saying so again replaces who, and what was said.
///
/// # Errors
/// If there is no such exception, it is resolved, or the note cannot be kept.
pub fn acknowledge(tx: &mut Tx<'_>, origin: &Origin, asked: &AcknowledgeExceptionRequest) -> Result<Exception> {
    kept("note", &asked.note)?;
    said(tx, origin, &asked.key, |held| acknowledged(&held, origin.who(), &asked.note))
}

/// Keeps what somebody says of an exception.
///
/// # Errors
/// If there is no such exception, or the text is missing or cannot be kept.
pub fn comment(tx: &mut Tx<'_>, origin: &Origin, asked: &CommentExceptionRequest) -> Result<Exception> {
    required("text", &asked.text)?;
    let now = tx.now();
    said(tx, origin, &asked.key, |held| Some(commented(held, origin.who(), &asked.text, now)))
}

/// Settles an exception although its cause stands.
///
/// # Errors
/// If there is no such exception, it is resolved, or the note is missing or cannot be kept.
pub fn resolve(tx: &mut Tx<'_>, origin: &Origin, asked: &ResolveExceptionRequest) -> Result<Exception> {
    required("note", &asked.note)?;
    said(tx, origin, &asked.key, |held| resolved(&held, origin.who(), &asked.note))
}

fn kept(field: &str, text: &str) -> Result<()> {
    let length = text.chars().count();
    if length > NOTE || text.chars().any(|c| c.is_control() && c != '\n') {
        let message = format!("{field} has {length} characters; at most {NOTE} are kept, without control characters");
        return Err(Error::invalid("NOTE", message));
    }
    Ok(())
}

fn required(field: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::invalid("NOTE_MISSING", format!("{field} is required: at most {NOTE} characters")));
    }
    kept(field, text)
}

/// Changes an exception; `change` says `None` where it is resolved.
fn said(tx: &mut Tx<'_>, origin: &Origin, key: &str, change: impl FnOnce(Exception) -> Option<Exception>) -> Result<Exception> {
    let missing = || Error::not_found("UNKNOWN_EXCEPTION", format!("there is no exception {key:?}; list exceptions for their keys"));
    let over = || Error::precondition("EXCEPTION_RESOLVED", format!("exception {key:?} is resolved already"));
    let changed =
        derive(tx, &origin.trace, |to| desk::change(to, key, |held| change(held.ok_or_else(missing)?).ok_or_else(over).map(Some)))?;
    changed.ok_or_else(missing)
}

//! Somebody works on an exception.

use crate::model::exception::acknowledged;
use crossdock_core::{Error, Result};
use crossdock_proto::governance::{AcknowledgeExceptionRequest, Exception};
use crossdock_records::{Origin, derive};
use crossdock_store::Tx;

/// Longest note, in characters.
const NOTE: usize = 500;

/// Notes who works on an exception. Saying so again replaces who, and what was said.
///
/// # Errors
/// If there is no such exception, its cause went away, or the note cannot be kept.
pub fn acknowledge(tx: &mut Tx<'_>, origin: &Origin, asked: &AcknowledgeExceptionRequest) -> Result<Exception> {
    let length = asked.note.chars().count();
    if length > NOTE || asked.note.chars().any(|c| c.is_control() && c != '\n') {
        let message = format!("note has {length} characters; at most {NOTE} are kept, without control characters");
        return Err(Error::invalid("NOTE", message));
    }
    let mut answer =
        Err(Error::not_found("UNKNOWN_EXCEPTION", format!("there is no exception {:?}; list exceptions for their keys", asked.key)));
    derive(tx, &origin.trace, |to| {
        to.edit::<Exception>(&asked.key, |held| {
            let held = held?;
            let new = acknowledged(&held, origin.who(), &asked.note);
            answer = new.clone().ok_or_else(|| {
                Error::precondition("EXCEPTION_RESOLVED", format!("exception {:?} is resolved: its cause went away", asked.key))
            });
            new.or(Some(held))
        })
    })?;
    answer
}

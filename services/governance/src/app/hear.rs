//! A service says what troubles it.

use crate::{app::desk, model::exception};
use crossdock_core::Result;
use crossdock_proto::operations::Issue;
use crossdock_records::Derived;

/// Makes the exception of a cause what its service says; no issue: it was taken back.
///
/// # Errors
/// If the store fails.
pub fn hear(service: &str, cause: &str, issue: Option<&Issue>, to: &mut Derived<'_, '_>) -> Result<()> {
    let key = exception::key(service, cause);
    desk::change(to, &key, |held| {
        Ok(match issue {
            Some(issue) => Some(exception::heard(service, held, issue)),
            None => held.map(exception::gone),
        })
    })?;
    Ok(())
}

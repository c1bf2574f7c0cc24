//! What a caller may see of a service, and how it is told where to go on: whoever is limited to a part of the business gets cursors and page tokens
//! sealed, because a position counts what is hidden.

use crate::{Caller, Handle, weight};
use crossdock_core::{Cursor, Error, ErrorKind, Result};
use crossdock_identity::Seal;
use crossdock_proto::{KindInfo, Record, types::Completeness};
use crossdock_records::{Reader, Sight, close_cursor, completeness, open_cursor, record};
use crossdock_store::{Read, Record as Stored, Store};
use std::sync::Arc;

/// A sealed page token is for one connection and service; the question is in it.
const TOKEN: &str = "token";

/// What page is asked for.
pub struct Asked {
    /// Of the question, for spans.
    pub name: &'static str,
    /// Kinds that the answer is made of.
    pub kinds: Vec<&'static str>,
    /// Most rows.
    pub size: usize,
    /// Where it begins, as the caller says it.
    pub token: String,
}

/// What was found for a page.
pub struct Part<T> {
    /// In their order.
    pub rows: Vec<T>,
    /// What they weigh, where that is not bounded by how many they are.
    pub bytes: usize,
    /// Where the next begins; empty at the end.
    pub next: String,
}

impl<T> From<(Vec<T>, String)> for Part<T> {
    fn from((rows, next): (Vec<T>, String)) -> Self {
        Self { rows, bytes: 0, next }
    }
}

/// One page of an answer.
pub struct Page<T> {
    /// What is on it.
    pub rows: Vec<T>,
    /// Where the next begins; empty at the end.
    pub next: String,
    /// How complete that is.
    pub completeness: Option<Completeness>,
}

/// One caller's view of a service.
#[derive(Clone, Debug)]
pub struct View {
    reader: Reader,
    service: &'static str,
    /// For whoever is limited.
    seal: Option<Arc<Seal>>,
}

impl View {
    /// Of this caller.
    ///
    /// # Errors
    /// `SEAL_MISSING` if it is limited and this service has not heard of the suite's secret.
    pub fn of(handle: &Handle, caller: &Caller) -> Result<Self> {
        let sight = handle.policy.borrow().sight(&caller.0.connection);
        let seal = handle.seal.borrow().clone().filter(|_| sight.is_limited());
        if sight.is_limited() && seal.is_none() {
            let message = "this service has not heard of the suite's seal key yet: start governance, or wait until it is reached";
            return Err(Error::new(ErrorKind::Unavailable, "SEAL_MISSING", message));
        }
        Ok(Self { reader: Reader::new(sight, Arc::clone(&handle.kinds)), service: handle.name, seal })
    }

    /// What it may read.
    pub fn sight(&self) -> &Sight {
        &self.reader.sight
    }

    /// Whoever reads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// That its roles read a kind.
    ///
    /// # Errors
    /// `NOT_ALLOWED` if they do not: roles are no secret.
    pub fn expect(&self, kind: &KindInfo) -> Result<()> {
        if self.sight().reads(kind) {
            return Ok(());
        }
        let roles: Vec<_> = kind.readers.iter().map(|role| role.as_str_name()).collect();
        let message =
            format!("connection {} may not read {}: that needs one of {}", self.sight().connection(), kind.name, roles.join(", "));
        Err(Error::new(ErrorKind::Denied, "NOT_ALLOWED", message))
    }

    /// A record as it is shown: positions count what is hidden.
    pub fn record(&self, stored: Stored) -> Record {
        let mut shown = record(stored);
        if let Some(envelope) = shown.envelope.as_mut().filter(|_| self.seal.is_some()) {
            envelope.position = 0;
        }
        shown
    }

    /// A cursor to give out.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn give_cursor(&self, at: Cursor) -> Result<String> {
        let Some(seal) = &self.seal else { return Ok(at.to_string()) };
        close_cursor(seal, self.service, self.sight().connection(), at).ok_or_else(unsealed)
    }

    /// A cursor that came back.
    ///
    /// # Errors
    /// `CURSOR_MALFORMED` if it was not given to this connection by this service.
    pub fn take_cursor(&self, text: &str) -> Result<Cursor> {
        let Some(seal) = &self.seal else { return text.parse() };
        open_cursor(seal, self.service, self.sight().connection(), text).ok_or_else(|| {
            let message = "cursor is not one that this service gave to this connection; pass one from an answer, or none";
            Error::invalid("CURSOR_MALFORMED", message)
        })
    }

    /// An error as it is told: where the feed ends is not for whoever sees a part of it.
    pub fn told(&self, error: Error) -> Error {
        if self.seal.is_none() || error.kind != ErrorKind::OutOfRange {
            return error;
        }
        Error::new(
            ErrorKind::OutOfRange,
            error.reason,
            "cursor is of another life of this store: read again from the beginning, without a cursor",
        )
    }

    /// A page token to give out; empty at the end.
    ///
    /// # Errors
    /// If it cannot be sealed.
    pub fn give_token(&self, token: String) -> Result<String> {
        match &self.seal {
            Some(seal) if !token.is_empty() => seal.close(&self.purpose(), token.as_bytes()).ok_or_else(unsealed),
            _ => Ok(token),
        }
    }

    /// A page token that came back.
    ///
    /// # Errors
    /// `PAGE_TOKEN` if it was not given to this connection by this service.
    pub fn take_token(&self, text: String) -> Result<String> {
        let Some(seal) = self.seal.as_ref().filter(|_| !text.is_empty()) else { return Ok(text) };
        let open = seal.open(&self.purpose(), &text).and_then(|token| String::from_utf8(token).ok());
        open.ok_or_else(|| Error::invalid("PAGE_TOKEN", "page_token is not from this question; ask the same, or begin without a token"))
    }

    /// How complete the records of these kinds are.
    ///
    /// # Errors
    /// If the store fails.
    pub fn completeness(&self, read: &mut Read<'_>, kinds: &[&str]) -> Result<Completeness> {
        let mut told = completeness(read, self.sight(), kinds)?;
        told.cursor = self.give_cursor(told.cursor.parse()?)?;
        Ok(told)
    }

    /// One page of what is asked, by `page`: so many rows of it from a token on, and the next token. Whoever is limited to a part of the business gets no
    /// short page, because it would tell how much is hidden; it ends early only where what is on it weighs enough.
    ///
    /// # Errors
    /// If the token is of another question, or the store fails.
    pub async fn page<T: Send + 'static, P: Into<Part<T>>>(
        &self,
        store: &Store,
        asked: Asked,
        page: impl Fn(&mut Read<'_>, &Reader, usize, &str) -> Result<P> + Send + Sync + 'static,
    ) -> Result<Page<T>> {
        let page = Arc::new(page);
        let (mut rows, mut bytes, mut token, mut completeness) = (Vec::new(), 0, self.take_token(asked.token)?, None);
        loop {
            let (view, page, room, first) = (self.clone(), Arc::clone(&page), asked.size - rows.len(), completeness.is_none());
            let kinds = asked.kinds.clone();
            let look = move |read: &mut Read<'_>| {
                let told = if first { Some(view.completeness(read, &kinds)?) } else { None };
                Ok((told, page(read, &view.reader, room, &token)?.into()))
            };
            let (told, part): (_, Part<T>) = store.read(asked.name, look).await?;
            completeness = completeness.or(told);
            rows.extend(part.rows);
            bytes += part.bytes;
            if part.next.is_empty() || rows.len() >= asked.size || bytes >= weight::PAGE || !self.sight().is_limited() {
                return Ok(Page { rows, next: self.give_token(part.next)?, completeness });
            }
            token = part.next;
        }
    }

    fn purpose(&self) -> [&str; 3] {
        [TOKEN, self.service, self.sight().connection()]
    }
}

fn unsealed() -> Error {
    Error::internal("the call failed; it was logged", "a text could not be sealed")
}

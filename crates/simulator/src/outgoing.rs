//! Records as parties send them, with the key that Crossdock will give them.

use crossdock_core::{Micros, key};
use crossdock_proto::{
    Record, schema,
    types::{Envelope, Money, Quantity, Version},
};
use prost::Message;

/// A record on its way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its kind.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// Itself.
    pub record: Record,
}

impl Outgoing {
    /// A master: its key is its id.
    pub fn master(kind: &'static str, key: String, now: Micros, message: &impl Message) -> Self {
        Self::new(kind, key, Envelope::default(), now, message)
    }

    /// A line of a document; an empty `line` is a document of one record.
    pub fn document(kind: &'static str, connection: &str, (document, line): (&str, &str), now: Micros, message: &impl Message) -> Self {
        let key = document_key(connection, document, line);
        let envelope = Envelope { document: document.to_owned(), line: line.to_owned(), ..Envelope::default() };
        Self::new(kind, key, envelope, now, message)
    }

    /// A line of a run, which is shown when the run is committed.
    pub fn run(
        kind: &'static str,
        connection: &str,
        (set, document, line): (&str, &str, &str),
        now: Micros,
        message: &impl Message,
    ) -> Self {
        let key = key::join([connection, set, document, line]);
        let envelope = Envelope { document: document.to_owned(), line: line.to_owned(), set_key: set.to_owned(), ..Envelope::default() };
        Self::new(kind, key, envelope, now, message)
    }

    /// Sent in this load.
    #[must_use]
    pub fn in_load(mut self, set: &str) -> Self {
        set.clone_into(&mut self.record.envelope.get_or_insert_default().set_key);
        self
    }

    /// Of this version: when it was modified, and when it was read.
    #[must_use]
    pub fn version(mut self, primary: Micros, observed: Micros) -> Self {
        self.record.envelope.get_or_insert_default().version = Some(Version { primary, observed });
        self
    }

    fn new(kind: &'static str, key: String, envelope: Envelope, now: Micros, message: &impl Message) -> Self {
        let number = schema().kind_named(kind).map_or(0, |info| info.number);
        let envelope = Envelope { version: Some(Version { primary: now, observed: now }), ..envelope };
        Self { kind, key, record: Record { envelope: Some(envelope), kind: number.into(), body: message.encode_to_vec().into() } }
    }
}

/// Key of a line of a document.
pub fn document_key(connection: &str, document: &str, line: &str) -> String {
    if line.is_empty() { key::join([connection, document]) } else { key::join([connection, document, line]) }
}

/// So many of a unit.
pub fn quantity(value: i64, unit: &str) -> Option<Quantity> {
    Some(Quantity { value: value.to_string(), unit: unit.to_owned() })
}

/// So much money.
pub fn money(amount: &(impl ToString + ?Sized), currency: &str) -> Option<Money> {
    Some(Money { amount: amount.to_string(), currency: currency.to_owned() })
}

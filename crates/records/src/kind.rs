//! What a kind of record brings with it.

use crate::{Derived, Findings, Known, Parse, Verdict};
use crossdock_core::{Key, Result, key};
use crossdock_proto::{
    operations::Set,
    types::{Date, Envelope},
};
use crossdock_store::Fields;

/// A kind of record, implemented on its model (in a service's `wire` room): from its contract message to the model, and back.
pub trait Kind: Rules + Sized {
    /// Its field number in the contract's `Record`.
    const NUMBER: u16;
    /// Its contract message. A kind that Crossdock derives itself may be its own model.
    type Message: prost::Message + prost::Name + Default + Clone + PartialEq + Send + Sync + 'static;

    /// Its key. Documents are named by connection, document and line; masters by their canonical id.
    fn key(_message: &Self::Message, connection: &str, envelope: &Envelope) -> String {
        key::document(connection, &envelope.document, &envelope.line)
    }

    /// Whether the key is made of connection and document, and the envelope must name them.
    const DOCUMENT: bool = true;

    /// Visits every field that is looked up in the cross-references.
    fn references(_message: &mut Self::Message, _visit: &mut dyn FnMut(Reference<'_>)) {}

    /// Says what the sender leaves unsaid, so that what is stored needs no sender to be understood.
    fn fill(_message: &mut Self::Message, _sender: &Sender<'_>) {}

    /// The model, or every violation with its path.
    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self>;

    /// Clears what only Crossdock may fill in.
    fn strip(_message: &mut Self::Message) {}

    /// Fills in what Crossdock found out.
    fn complete(&self, _message: &mut Self::Message) {}

    /// Takes out what a tombstone must not keep, such as personal data.
    fn forget(_message: &mut Self::Message) {}

    /// The day its references are looked up for. Absent: the day it came in.
    fn business_date(_message: &Self::Message) -> Option<Date> {
        None
    }

    /// Quantity as sent, for control totals and blast radius.
    fn quantity(_message: &Self::Message) -> Option<&str> {
        None
    }
}

/// A kind that Crossdock derives itself and whose contract message is all there is to say: a type around the message, so that its rules can be
/// written where the kind is at home.
#[macro_export]
macro_rules! derived_kind {
    ($(#[$doc:meta])* $name:ident, $message:ty, $number:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(pub $message);

        impl $crate::Kind for $name {
            const NUMBER: u16 = $number;
            const DOCUMENT: bool = false;
            type Message = $message;

            fn parse(message: &Self::Message, _: &mut $crate::Parse<'_>) -> Option<Self> {
                Some(Self(message.clone()))
            }
        }
    };
}

/// Who sends a record, and what that says where the record itself says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender<'a> {
    /// The connection.
    pub connection: &'a str,
    /// Unit of its quantities that come without one; empty for none.
    pub default_unit: &'a str,
    /// Currency of its amounts that come without one; empty for none.
    pub default_currency: &'a str,
    /// The ERP whose orders it speaks of: itself if it is one, else the only one there is.
    pub erp: Option<&'a str>,
}

/// A field that is looked up in the cross-references.
pub struct Reference<'a> {
    /// Space of ids, such as `item` or `unit`.
    pub space: &'static str,
    /// The id as sent; becomes the canonical one. An empty one is absent.
    pub value: &'a mut String,
}

/// The rules of a kind, on its model (in a service's `model` room). Pure.
pub trait Rules: Send + Sync + 'static {
    /// Records that must be there; a missing one is what the record waits for.
    fn needs(&self) -> Vec<Key> {
        Vec::new()
    }

    /// Records that the rules look at if they are there, and derived records that change with this one.
    fn looks_at(&self) -> Vec<Key> {
        Vec::new()
    }

    /// What a list filters by.
    fn fields(&self) -> Fields {
        Vec::new()
    }

    /// The part of the business it belongs to, for authority, row scope and loads.
    fn scope(&self) -> Scope<'_> {
        Scope::default()
    }

    /// The records that say which part of the business it belongs to, where it does not itself: the first that is there does.
    fn belongs_to(&self) -> Vec<Key> {
        Vec::new()
    }

    /// Looks at what is known. May complete the model, add findings, wait or refuse.
    fn check(&mut self, _known: &Known, _findings: &mut Findings) -> Verdict {
        Verdict::Use
    }

    /// Kinds and list fields by which other records lean on this one.
    const USERS: &'static [(u16, &'static str)] = &[];

    /// Those that lean on it cannot do so any longer today (in days since 1970-01-01), although it is not deleted. Then, as when it is deleted,
    /// it has the finding `STILL_USED` if there are any: the source is the authority, so it is taken, and people are told.
    fn is_ended(&self, _today: i64) -> bool {
        false
    }

    /// What this record's arrival may set free, such as `item/ABC`.
    fn frees(&self, _key: &str) -> Vec<String> {
        Vec::new()
    }

    /// An older version came after the `newer` one that is held: for kinds where it tells what the newer one does not, such as the count
    /// before.
    fn late(&self, _newer: &Self, _to: &mut Derived<'_, '_>) -> Result<()> {
        Ok(())
    }

    /// A set of this kind was committed. Comes before the first record is shown that it brought, or removed that it did not bring.
    fn committed(_key: &str, _set: &Set, _to: &mut Derived<'_, '_>) -> Result<()>
    where
        Self: Sized,
    {
        Ok(())
    }

    /// It counts, under this key. Of records that their set's commit shows only those that come after it are told.
    fn counts(&self, _key: &str, _to: &mut Derived<'_, '_>) {}

    /// Keeps derived state when a record comes, changes (both) or goes.
    fn derive(_old: Option<&Self>, _new: Option<&Self>, _to: &mut Derived<'_, '_>) -> Result<()> {
        Ok(())
    }
}

/// The part of the business that a record belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Location, if it has one.
    pub location: Option<&'a str>,
    /// Location where goods come from, if they come from one: whoever may see either end may see it.
    pub origin: Option<&'a str>,
    /// Supplier, if it has one.
    pub supplier: Option<&'a str>,
    /// Company, where it says so itself; else it is that of the location.
    pub company: Option<&'a str>,
    /// It is of all locations.
    pub everywhere: bool,
    /// Business date, in days since 1970-01-01.
    pub day: Option<i64>,
}

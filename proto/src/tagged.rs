//! `Record` and `Filter` of every service in one Rust type: the kind is a field number and its message stays encoded.
//!
//! Field numbers of kinds are unique over all services, so the number alone says what the bytes are. On the wire these types are exactly the
//! messages of the contracts; a test proves it against the descriptors.

use crate::types::Envelope;
use bytes::{Buf, BufMut, Bytes};
use prost::{
    DecodeError, Message,
    encoding::{self, DecodeContext, WireType},
};

const ENVELOPE: u32 = 1;

/// The kind of a record whose envelope cannot be read; its body is why. It is refused for itself: its neighbours in a message are not lost.
pub const UNREADABLE: u32 = u32::MAX;

/// One version of one thing, of any kind of any service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Identity, version and origin.
    pub envelope: Option<Envelope>,
    /// Field number of the kind in the contract's oneof; 0 if none is set.
    pub kind: u32,
    /// The kind's message, encoded.
    pub body: Bytes,
}

/// What to list: a kind, and its filter message, encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Field number of the kind; 0 if none is set.
    pub kind: u32,
    /// The kind's filter message, encoded.
    pub body: Bytes,
}

impl Record {
    /// Its key and what it says; none without an envelope, or if this is not the kind's message.
    pub fn read<M: Message + Default>(&self) -> Option<(String, M)> {
        Some((self.envelope.as_ref()?.key.clone(), M::decode(self.body.clone()).ok()?))
    }
}

impl Message for Record {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        if let Some(envelope) = &self.envelope {
            encoding::message::encode(ENVELOPE, envelope, buf);
        }
        encode_kind(self.kind, &self.body, buf);
    }

    fn merge_field(&mut self, tag: u32, wire: WireType, buf: &mut impl Buf, ctx: DecodeContext) -> Result<(), DecodeError> {
        if tag == ENVELOPE && wire == WireType::LengthDelimited {
            let mut bytes = Bytes::new();
            encoding::bytes::merge(wire, &mut bytes, buf, ctx)?;
            if let Err(error) = self.envelope.get_or_insert_with(Envelope::default).merge(bytes) {
                (self.kind, self.body) = (UNREADABLE, error.to_string().into());
            }
            return Ok(());
        }
        merge_kind(&mut self.kind, &mut self.body, tag, wire, buf, ctx)
    }

    fn encoded_len(&self) -> usize {
        let envelope = self.envelope.as_ref().map_or(0, |envelope| encoding::message::encoded_len(ENVELOPE, envelope));
        envelope + kind_len(self.kind, &self.body)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Message for Filter {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        encode_kind(self.kind, &self.body, buf);
    }

    fn merge_field(&mut self, tag: u32, wire: WireType, buf: &mut impl Buf, ctx: DecodeContext) -> Result<(), DecodeError> {
        merge_kind(&mut self.kind, &mut self.body, tag, wire, buf, ctx)
    }

    fn encoded_len(&self) -> usize {
        kind_len(self.kind, &self.body)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

fn encode_kind(kind: u32, body: &Bytes, buf: &mut impl BufMut) {
    if kind != 0 && kind != UNREADABLE {
        encoding::bytes::encode(kind, body, buf);
    }
}

fn kind_len(kind: u32, body: &Bytes) -> usize {
    if kind == 0 || kind == UNREADABLE { 0 } else { encoding::bytes::encoded_len(kind, body) }
}

fn merge_kind(
    kind: &mut u32,
    body: &mut Bytes,
    tag: u32,
    wire: WireType,
    buf: &mut impl Buf,
    ctx: DecodeContext,
) -> Result<(), DecodeError> {
    if wire != WireType::LengthDelimited || *kind == UNREADABLE {
        return encoding::skip_field(wire, tag, buf, ctx);
    }
    *kind = tag;
    encoding::bytes::merge(wire, body, buf, ctx)
}

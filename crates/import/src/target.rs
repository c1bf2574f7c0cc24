//! What a contract field takes, and how a value gets onto the wire.

use crate::expression::{Given, Type};
use crossdock_proto::types::Date;
use crossdock_yaml::did_you_mean;
use jiff::{Timestamp, civil};
use prost::encoding;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind};
use std::borrow::Cow;

/// A value for a field: mostly text, as it stands in the file.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    List(Vec<String>),
}

impl From<Given> for Value<'_> {
    fn from(given: Given) -> Self {
        match given {
            Given::Text(text) => Self::Text(Cow::Owned(text)),
            Given::Bool(truth) => Self::Bool(truth),
            Given::Int(number) => Self::Int(number),
            Given::List(texts) => Self::List(texts),
        }
    }
}

impl Value<'_> {
    /// For keys and messages.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(truth) => Cow::Owned(truth.to_string()),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::List(texts) => Cow::Owned(texts.join(", ")),
        }
    }
}

/// What a field takes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Text,
    Texts,
    Bool,
    Int32,
    Int64,
    /// `int64` that also takes an instant, as microseconds.
    Micros,
    Enum(EnumDescriptor),
    Date,
    Timestamp,
}

impl Target {
    /// What this field takes as a whole; nothing if it can only be assigned by its parts, or not at all.
    pub(crate) fn of(field: &FieldDescriptor) -> Option<Self> {
        let kind = field.kind();
        if field.is_map() || (field.is_list() && kind != Kind::String) {
            return None;
        }
        Some(match kind {
            Kind::String if field.is_list() => Self::Texts,
            Kind::String => Self::Text,
            Kind::Bool => Self::Bool,
            Kind::Int32 => Self::Int32,
            Kind::Int64 if field.parent_message().full_name() == "crossdock.type.v1.Version" => Self::Micros,
            Kind::Int64 => Self::Int64,
            Kind::Enum(descriptor) => Self::Enum(descriptor),
            Kind::Message(message) => match message.full_name() {
                "crossdock.type.v1.Date" => Self::Date,
                "google.protobuf.Timestamp" => Self::Timestamp,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Whether values of this type may fit.
    pub(crate) fn takes(&self, given: Type) -> bool {
        match self {
            Self::Text => given.is_text() || given == Type::Int,
            Self::Texts => given.is_text() || given == Type::List,
            Self::Bool => matches!(given, Type::Bool | Type::Text),
            Self::Int32 | Self::Int64 => matches!(given, Type::Int | Type::Text),
            Self::Micros => matches!(given, Type::Int | Type::Text | Type::Instant),
            Self::Enum(_) => given == Type::Text,
            Self::Date => matches!(given, Type::Date | Type::Text),
            Self::Timestamp => matches!(given, Type::Instant | Type::Text),
        }
    }

    /// For messages: what it takes, in words.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::Bool => "true or false",
            Self::Int32 | Self::Int64 => "a whole number",
            Self::Micros => "a whole number or an instant",
            Self::Enum(_) => "one of the enum's names",
            Self::Date => "a date such as 2010-12-01",
            Self::Timestamp => "an RFC 3339 instant such as 2010-12-01T08:26:00Z",
        }
    }

    /// Appends the field with its tag. An empty text is no value: then nothing is appended and the answer is false.
    pub(crate) fn write(&self, number: u32, value: &Value<'_>, out: &mut Vec<u8>) -> Result<bool, String> {
        match value {
            Value::Text(text) if text.is_empty() => return Ok(false),
            Value::Text(text) => self.write_text(number, text, out)?,
            Value::Bool(truth) => encode(truth, |value| encoding::bool::encode(number, value, out)),
            Value::Int(value) if matches!(self, Self::Text) => encoding::string::encode(number, &value.to_string(), out),
            Value::Int(value) => self.write_int(number, *value, out)?,
            Value::List(texts) => encoding::string::encode_repeated(number, texts, out),
        }
        Ok(true)
    }

    fn write_text(&self, number: u32, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Text | Self::Texts => {
                encoding::encode_key(number, encoding::WireType::LengthDelimited, out);
                encoding::encode_varint(text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Bool => {
                let truth: bool = text.parse().map_err(|_| format!("`{text}` is neither true nor false"))?;
                encode(&truth, |value| encoding::bool::encode(number, value, out));
            }
            Self::Int32 | Self::Int64 => self.write_int(number, whole(text)?, out)?,
            Self::Micros => self.write_int(number, whole(text).or_else(|_| timestamp(text).map(Timestamp::as_microsecond))?, out)?,
            Self::Enum(descriptor) => {
                let value = enum_number(descriptor, text)?;
                encode(&value, |value| encoding::int32::encode(number, value, out));
            }
            Self::Date => {
                let date: civil::Date = text.parse().map_err(|_| format!("`{text}` is not a date such as 2010-12-01"))?;
                let date = Date { year: date.year().into(), month: date.month().into(), day: date.day().into() };
                encoding::message::encode(number, &date, out);
            }
            Self::Timestamp => {
                let at = timestamp(text)?;
                let at = prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() };
                encoding::message::encode(number, &at, out);
            }
        }
        Ok(())
    }

    fn write_int(&self, number: u32, value: i64, out: &mut Vec<u8>) -> Result<(), String> {
        if matches!(self, Self::Int32) {
            let value = i32::try_from(value).map_err(|_| format!("{value} does not fit into 32 bits"))?;
            encode(&value, |value| encoding::int32::encode(number, value, out));
        } else {
            encode(&value, |value| encoding::int64::encode(number, value, out));
        }
        Ok(())
    }
}

/// Zero and false are what an absent field means: they are not sent.
fn encode<T: Default + PartialEq>(value: &T, write: impl FnOnce(&T)) {
    if *value != T::default() {
        write(value);
    }
}

fn whole(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number"))
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("`{text}` is not an RFC 3339 instant such as 2010-12-01T08:26:00Z"))
}

/// An enum value by its name, with or without the prefix that all names of the enum share.
fn enum_number(descriptor: &EnumDescriptor, text: &str) -> Result<i32, String> {
    let prefix = prefix(descriptor.name());
    let short = |name: &str| name.strip_prefix(&prefix).unwrap_or(name).to_owned();
    let found = descriptor.values().find(|value| value.name() == text || short(value.name()) == text);
    found.map(|value| value.number()).ok_or_else(|| {
        let known: Vec<_> = descriptor.values().filter(|value| value.number() != 0).map(|value| short(value.name())).collect();
        let hint = did_you_mean(text, known.iter().map(String::as_str));
        format!("`{text}` is not one of {}{hint}", known.join(", "))
    })
}

/// `DEMAND_CLASS_` for `DemandClass`.
fn prefix(name: &str) -> String {
    let mut prefix = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.extend(c.to_uppercase());
    }
    prefix.push('_');
    prefix
}

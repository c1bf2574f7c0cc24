//! How a message is built from a line: its fields by number, straight to protobuf wire bytes.
//!
//! Fields are written in the order of their numbers and defaults are left out, so the bytes are those that the generated types would give.

use crate::{
    LineError,
    expression::Expression,
    fields::Fields,
    target::{Target, Value},
};
use cel::Context;
use crossdock_yaml::did_you_mean;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use std::{borrow::Cow, collections::BTreeMap};

/// Most elements of a list of messages that a mapping can fill.
const MOST_ELEMENTS: usize = 100;

/// Where a value comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A column as it is.
    Column(usize),
    /// The same for every line.
    Constant(String),
    /// Which line of its group this is.
    Ordinal(usize),
    /// An expression.
    Expression(Expression),
}

/// What values are taken from.
pub(crate) struct Line<'a> {
    pub(crate) number: u64,
    pub(crate) fields: &'a Fields,
    /// By group.
    pub(crate) ordinals: &'a [u64],
    pub(crate) columns: &'a [String],
    pub(crate) context: &'a Context<'static, 'static>,
}

impl Source {
    /// The value for a line.
    pub(crate) fn value<'a>(&'a self, line: &Line<'a>) -> Result<Value<'a>, String> {
        Ok(match self {
            Self::Column(column) => Value::Text(Cow::Borrowed(line.fields.text(*column))),
            Self::Constant(text) => Value::Text(Cow::Borrowed(text)),
            Self::Ordinal(group) => Value::Text(Cow::Owned(line.ordinals.get(*group).copied().unwrap_or(0).to_string())),
            Self::Expression(expression) => expression.evaluate(line.context, line.fields)?.into(),
        })
    }

    /// An error about this source.
    pub(crate) fn error(&self, line: &Line<'_>, field: &str, message: impl Into<String>) -> LineError {
        let value = match self {
            Self::Column(column) => line.fields.text(*column).to_owned(),
            Self::Constant(text) => text.clone(),
            Self::Ordinal(_) => String::new(),
            Self::Expression(expression) => expression.seen(line),
        };
        LineError::new(line.number, field, &value, message)
    }
}

impl Expression {
    /// The columns it reads and what they hold, for errors.
    pub(crate) fn seen(&self, line: &Line<'_>) -> String {
        let name = |column: usize| line.columns.get(column).map_or("", String::as_str);
        let seen: Vec<_> = self.columns.iter().map(|column| format!("{}={}", name(*column), line.fields.text(*column))).collect();
        seen.join(", ")
    }
}

/// A field and where its value comes from.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// For errors, such as `demand_line.quantity.value`.
    pub(crate) path: String,
    pub(crate) target: Target,
    pub(crate) source: Source,
}

impl Leaf {
    fn write(&self, number: u32, line: &Line<'_>, out: &mut Vec<u8>) -> Result<bool, LineError> {
        let fault = |message| self.source.error(line, &self.path, message);
        let value = self.source.value(line).map_err(fault)?;
        self.target.write(number, &value, out).map_err(fault)
    }
}

#[derive(Debug)]
enum Node {
    Leaf(Box<Leaf>),
    Message(Plan),
}

/// How a message is built.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// By number and, in lists of messages, index.
    nodes: BTreeMap<(u32, usize), Node>,
}

impl Plan {
    /// Adds a field. Nothing is assigned twice.
    pub(crate) fn assign(&mut self, path: &[(FieldDescriptor, usize)], leaf: Leaf) -> Result<(), String> {
        let Some(((field, index), rest)) = path.split_first() else { return Ok(()) };
        let key = (field.number(), *index);
        let twice = format!("`{}` is assigned twice", leaf.path);
        if rest.is_empty() {
            return self.nodes.insert(key, Node::Leaf(Box::new(leaf))).map_or(Ok(()), |_| Err(twice));
        }
        match self.nodes.entry(key).or_insert_with(|| Node::Message(Self::default())) {
            Node::Message(plan) => plan.assign(rest, leaf),
            Node::Leaf(_) => Err(twice),
        }
    }

    /// The leaf of a path.
    pub(crate) fn leaf(&self, path: &[(FieldDescriptor, usize)]) -> Option<&Leaf> {
        let ((field, index), rest) = path.split_first()?;
        match self.nodes.get(&(field.number(), *index))? {
            Node::Leaf(leaf) if rest.is_empty() => Some(leaf),
            Node::Message(plan) => plan.leaf(rest),
            Node::Leaf(_) => None,
        }
    }

    /// Appends the message of a line.
    pub(crate) fn write(&self, line: &Line<'_>, out: &mut Vec<u8>) -> Result<(), LineError> {
        self.write_nodes(line, out).map(|_| ())
    }

    /// Whether anything came from the line, or there is nothing that could.
    fn write_nodes(&self, line: &Line<'_>, out: &mut Vec<u8>) -> Result<bool, LineError> {
        let (mut given, mut could) = (false, false);
        for ((number, _), node) in &self.nodes {
            match node {
                Node::Leaf(leaf) => {
                    let written = leaf.write(*number, line, out)?;
                    if !matches!(leaf.source, Source::Constant(_)) {
                        could = true;
                        given |= written;
                    }
                }
                Node::Message(plan) => {
                    could = true;
                    given |= plan.write_message(*number, line, out)?;
                }
            }
        }
        Ok(given || !could)
    }

    /// A part for which the line has nothing is left out: a currency alone is no price.
    fn write_message(&self, number: u32, line: &Line<'_>, out: &mut Vec<u8>) -> Result<bool, LineError> {
        let before = out.len();
        encode_key(number, WireType::LengthDelimited, out);
        let length_at = out.len();
        out.push(0);
        if !self.write_nodes(line, out)? {
            out.truncate(before);
            return Ok(false);
        }
        let length = out.len() - length_at - 1;
        let mut encoded = Vec::with_capacity(10);
        encode_varint(length as u64, &mut encoded);
        out.splice(length_at..=length_at, encoded);
        Ok(true)
    }
}

/// Reads a field path such as `quantity.value` or `units[0].gtin`. The last field takes a value as a whole.
pub(crate) fn resolve(message: &MessageDescriptor, path: &str, kind: &str) -> Result<(Vec<(FieldDescriptor, usize)>, Target), String> {
    let mut steps: Vec<(FieldDescriptor, usize)> = Vec::new();
    let mut message = Some(message.clone());
    for part in path.split('.') {
        let Some(parent) = message else { return Err(format!("`{path}`: the field before `.{part}` has no fields of its own")) };
        let (name, index) =
            indexed(part).ok_or_else(|| format!("`{part}` is no field: write a name, or name[0] to name[{}]", MOST_ELEMENTS - 1))?;
        let Some(field) = parent.get_field_by_name(name) else {
            let names: Vec<_> = parent.fields().map(|field| field.name().to_owned()).collect();
            let owner = if steps.is_empty() { kind } else { parent.name() };
            return Err(format!("unknown field \"{name}\" of {owner}{}", did_you_mean(name, names.iter().map(String::as_str))));
        };
        let of_messages = field.is_list() && matches!(field.kind(), Kind::Message(_));
        if of_messages != index.is_some() {
            let what = if of_messages {
                format!("`{name}` is a list: write {name}[0]")
            } else {
                format!("`{name}` is no list of messages: write {name}")
            };
            return Err(what);
        }
        message = (!field.is_map() && Target::of(&field).is_none()).then(|| field.kind().as_message().cloned()).flatten();
        steps.push((field, index.unwrap_or(0)));
    }
    if let Some(message) = message {
        let parts: Vec<_> = message.fields().map(|field| format!("{path}.{}", field.name())).collect();
        return Err(format!("`{path}` has fields of its own: assign {}", parts.join(", ")));
    }
    let target = steps.last().and_then(|(field, _)| Target::of(field));
    target.map(|target| (steps, target)).ok_or_else(|| format!("`{path}` cannot be assigned by a mapping"))
}

fn indexed(part: &str) -> Option<(&str, Option<usize>)> {
    let Some((name, rest)) = part.split_once('[') else { return Some((part, None)) };
    let index = rest.strip_suffix(']')?.parse().ok().filter(|index| *index < MOST_ELEMENTS)?;
    Some((name, Some(index)))
}

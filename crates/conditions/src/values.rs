//! What conditions speak of.

use cel::common::{
    types::{CelBool, CelInt, CelList, CelString},
    value::Val,
};
use std::fmt;

/// The type of a named value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A text.
    Text,
    /// A text that is one of these.
    OneOf(&'static [&'static str]),
    /// Texts.
    Texts,
}

impl Type {
    /// Whether its values are texts.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::OneOf(_))
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Text | Self::OneOf(_) => "text",
            Self::Texts => "a list of texts",
        }
    }
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
}

impl Value {
    pub(crate) fn in_cel(&self) -> Box<dyn Val> {
        match self {
            Self::Bool(truth) => Box::new(CelBool::from(*truth)),
            Self::Int(number) => Box::new(CelInt::from(*number)),
            Self::Text(text) => Box::new(CelString::from(text.clone())),
            Self::Texts(texts) => {
                let texts: Vec<Box<dyn Val>> = texts.iter().map(|text| Box::new(CelString::from(text.clone())) as Box<dyn Val>).collect();
                Box::new(CelList::from(texts))
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(truth) => truth.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Texts(texts) => texts.join(", ").fmt(f),
        }
    }
}

//! What approval rules may look at, by name.

use std::{collections::BTreeMap, fmt};

/// Named values of a recommendation.
pub type Facts = BTreeMap<&'static str, Fact>;

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// True or false.
    Bool(bool),
    /// A whole number; amounts are rounded up, so that a limit is never passed unseen.
    Int(i64),
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(truth) => truth.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Texts(texts) => texts.join(", ").fmt(f),
        }
    }
}

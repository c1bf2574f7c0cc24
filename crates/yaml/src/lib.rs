//! YAML that people write: every fault with its line and column, and what was probably meant.
//!
//! The YAML reader tells positions only with its own errors. So the place of any other fault is found by walking to it a second time and failing
//! there on purpose; that happens once per fault.

mod suggest;

pub use suggest::did_you_mean;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// One step from a node to a node in it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// The value of this key.
    Key(&'static str),
    /// The value of the nth key.
    Value(usize),
    /// The nth key itself.
    Name(usize),
    /// The nth element.
    Element(usize),
}

/// A node, by the way to it from the top.
#[derive(Clone, Debug, Default)]
pub struct Place(Vec<Step>);

impl Place {
    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The value of this key.
    #[must_use]
    pub fn key(&self, key: &'static str) -> Self {
        self.step(Step::Key(key))
    }

    /// The value of the nth key.
    #[must_use]
    pub fn value(&self, index: usize) -> Self {
        self.step(Step::Value(index))
    }

    /// The nth key itself.
    #[must_use]
    pub fn name(&self, index: usize) -> Self {
        self.step(Step::Name(index))
    }

    /// The nth element.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        self.step(Step::Element(index))
    }

    /// A fault found here.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { place: self.clone(), message: message.into() }
    }
}

/// What is wrong, and at which node.
#[derive(Clone, Debug)]
pub struct Fault {
    place: Place,
    message: String,
}

impl Fault {
    /// The same with line and column in `text`.
    pub fn located(self, text: &str) -> Located {
        let walk = Walk(&self.place.0).deserialize(serde_norway::Deserializer::from_str(text));
        let location = walk.err().and_then(|error| error.location());
        let (line, column) = location.map_or((1, 1), |at| (at.line(), at.column()));
        Located { line, column, message: self.message }
    }
}

/// What is wrong, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Line, from 1.
    pub line: usize,
    /// Column in that line, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Reads a text.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Located> {
    serde_norway::from_str(text).map_err(|error| {
        let message = error.to_string();
        let Some(at) = error.location() else { return Located { line: 1, column: 1, message } };
        let place = format!(" at line {} column {}", at.line(), at.column());
        let found = Located { line: at.line(), column: at.column(), message: message.replacen(&place, "", 1) };
        repeated(text, &found).unwrap_or(found)
    })
}

/// Of a key that stands twice the reader tells where its mapping begins; this tells where it stands again, in a mapping of one key a line.
fn repeated(text: &str, found: &Located) -> Option<Located> {
    let (_, key) = found.message.strip_suffix('`')?.split_once("duplicate field `")?;
    let here =
        |line: &str| line.get(found.column - 1..).is_some_and(|rest| rest.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    let within = |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() >= found.column - 1;
    let mut lines = text.lines().enumerate().skip(found.line - 1);
    let first = lines.next().filter(|(_, line)| here(line));
    let mut again = first.into_iter().chain(lines.take_while(|(_, line)| within(line)).filter(|(_, line)| here(line)));
    let (index, _) = again.nth(1)?;
    Some(Located { line: index + 1, ..found.clone() })
}

/// Fails at the node that the steps lead to, or at the last one that exists.
struct Walk<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! here {
    ($($method:ident: $type:ty),*) => {
        $(fn $method<E: Error>(self, _: $type) -> Result<(), E> { Err(E::custom("here")) })*
    };
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("anything")
    }

    here!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(E::custom("here"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.0.split_first() else { return Err(A::Error::custom("here")) };
        for index in 0.. {
            if *step == Step::Name(index) {
                map.next_key_seed(Walk(&[]))?;
            }
            let Some(key) = map.next_key::<String>()? else { break };
            if *step == Step::Value(index) || matches!(step, Step::Key(name) if *name == key) {
                map.next_value_seed(Walk(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Err(A::Error::custom("here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.0.split_first() else { return Err(A::Error::custom("here")) };
        for index in 0.. {
            let found = if *step == Step::Element(index) {
                elements.next_element_seed(Walk(rest))?.is_some()
            } else {
                elements.next_element::<IgnoredAny>()?.is_some()
            };
            if !found {
                break;
            }
        }
        Err(A::Error::custom("here"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Of any shape, as the values of a policy are not.
    #[derive(Debug, serde::Deserialize)]
    #[serde(untagged)]
    enum Any {
        Text(#[expect(dead_code, reason = "read, not looked at")] String),
        List(#[expect(dead_code, reason = "read, not looked at")] Vec<Any>),
        Map(#[expect(dead_code, reason = "read, not looked at")] BTreeMap<String, Any>),
    }

    #[test]
    fn deep_texts_are_refused() {
        for open in ["[", "{a: ", "- ", "? ", "a:\n "] {
            let deep = open.repeat(2_000);
            assert!(read::<Any>(&deep).is_err(), "{open}");
            let place = Place::default().element(0).element(0);
            assert_eq!(place.fault("wrong").located(&deep).message, "wrong");
        }
    }

    #[test]
    fn a_text_does_not_grow_by_naming_itself() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        assert!(read::<Any>(&bomb).is_err());
    }
}

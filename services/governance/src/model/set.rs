//! A list whose order says nothing.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use std::{borrow::Cow, collections::BTreeSet, fmt, marker::PhantomData};

/// A list without repetition and without order, of at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distinct<T: Ord>(BTreeSet<T>);

impl<T: Ord> Distinct<T> {
    /// What is in it, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Whether all of `other` is in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Ord> Visitor<'de> for Reader<T> {
    type Value = Distinct<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list such as [a, b]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Distinct<T>, A::Error> {
        let mut all = BTreeSet::new();
        let mut count = 0;
        while let Some(next) = from.next_element()? {
            all.insert(next);
            count += 1;
        }
        if all.is_empty() {
            return Err(A::Error::custom("must name at least one"));
        }
        if all.len() < count { Err(A::Error::custom("names the same twice")) } else { Ok(Distinct(all)) }
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Distinct<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Reader(PhantomData))
    }
}

impl<T: JsonSchema + Ord> JsonSchema for Distinct<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Distinct_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BTreeSet::<T>::json_schema(generator);
        schema.insert("minItems".to_owned(), 1.into());
        schema
    }
}

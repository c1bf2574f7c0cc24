//! Values that are written as text. They are checked while they are read, so that the reader of the file knows where they stand.

use serde::{
    Deserializer,
    de::{Error, Visitor},
};
use std::{fmt, marker::PhantomData};

/// A value written as text.
pub trait Text: Sized {
    /// What it is, after "expected".
    const EXPECTED: &'static str;

    /// The value, or what is wrong and what would be right.
    fn read(text: &str) -> Result<Self, String>;
}

struct Reader<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::read(text).map_err(E::custom)
    }
}

/// Reads a value that is written as text.
pub fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_str(Reader(PhantomData))
}

/// Makes types readable that are written as text.
macro_rules! readable {
    ($($name:ident),* $(,)?) => {
        $(impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::model::text::deserialize(from)
            }
        })*
    };
}
pub(crate) use readable;

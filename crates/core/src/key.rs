//! Keys of records: a kind and a text. Parts of a text key are joined by `/`, and a `/` or `%` inside a part is escaped as in URLs.

use std::{borrow::Cow, fmt};

/// Names a record within a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Number of the kind.
    pub kind: u16,
    /// Key within the kind.
    pub key: String,
}

impl Key {
    /// The record of this kind with this key.
    pub fn new(kind: u16, key: impl Into<String>) -> Self {
        Self { kind, key: key.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.key)
    }
}

/// Joins parts into one key.
pub fn join<const N: usize>(parts: [&str; N]) -> String {
    let mut key = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            key.push('/');
        }
        key.push_str(&escape(part));
    }
    key
}

/// Key of what a connection names by document and line; of a document without lines, by the document alone.
pub fn document(connection: &str, document: &str, line: &str) -> String {
    if line.is_empty() { join([connection, document]) } else { join([connection, document, line]) }
}

/// The parts of a joined key.
pub fn split(key: &str) -> Vec<String> {
    key.split('/').map(|part| part.replace("%2F", "/").replace("%25", "%")).collect()
}

fn escape(part: &str) -> Cow<'_, str> {
    if part.contains(['/', '%']) { Cow::Owned(part.replace('%', "%25").replace('/', "%2F")) } else { Cow::Borrowed(part) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_come_back(a in "[a-z/%0-9]{0,8}", b in "[a-z/%2F]{0,8}", c in "\\PC{0,8}") {
            prop_assert_eq!(split(&join([&a, &b, &c])), vec![a, b, c]);
        }
    }
}

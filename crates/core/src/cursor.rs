//! Where a reader of a feed stands.

use crate::{Error, ErrorKind};
use std::{fmt, str::FromStr};

/// A life of a store and a position in its feed. Cursors do not expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Drawn when a store is made, and again when it is restored.
    pub epoch: u64,
    /// Everything up to here has been seen.
    pub position: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.epoch, self.position)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (epoch, position) = text.split_once('-')?;
            Some(Self { epoch: u64::from_str_radix(epoch, 16).ok()?, position: position.parse().ok().filter(|p| *p >= 0)? })
        };
        parse().ok_or_else(|| {
            Error::invalid(
                "CURSOR_MALFORMED",
                format!("cursor {text:?} is not one that this service gave out; pass one from an answer, or none"),
            )
        })
    }
}

impl Cursor {
    /// This cursor against the head of a store: refused if it is of another epoch or ahead.
    pub fn check(self, head: Self) -> Result<Self, Error> {
        if self.epoch == head.epoch && self.position <= head.position {
            return Ok(self);
        }
        Err(Error::new(
            ErrorKind::OutOfRange,
            "CURSOR_OUT_OF_RANGE",
            format!(
                "cursor {self} is of another life of this store, whose feed is at {head}: read again from the beginning, without a cursor"
            ),
        )
        .with("head", head.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_epoch_or_ahead_is_out_of_range() {
        let head = Cursor { epoch: 7, position: 10 };
        let at = |text: &str| text.parse::<Cursor>().and_then(|cursor| cursor.check(head)).map_err(|error| error.reason);
        assert_eq!(at(&head.to_string()), Ok(head));
        assert_eq!(at("0000000000000007-11"), Err("CURSOR_OUT_OF_RANGE"));
        assert_eq!(at("0000000000000008-1"), Err("CURSOR_OUT_OF_RANGE"));
        for text in ["", "7", "x-1", "7--1", "7-"] {
            assert_eq!(at(text), Err("CURSOR_MALFORMED"), "{text}");
        }
    }
}

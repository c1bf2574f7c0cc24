//! Whether a chain is whole. Pure: whoever has the entries can ask.

use super::{entry_key, hash};
use bytes::Bytes;
use crossdock_proto::operations::{AuditEntry, AuditHead};
use std::{collections::BTreeMap, fmt};

/// What is wrong with a chain, first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The entry where it shows.
    pub sequence: i64,
    /// UPPER_SNAKE.
    pub reason: &'static str,
    /// What is there, and what had to be.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at entry {}: {}", self.reason, self.sequence, self.message)
    }
}

/// What an entry was once said to be, by somebody who cannot be changed together with the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its sequence.
    pub sequence: i64,
    /// Its hash.
    pub hash: Bytes,
    /// Who says so, for people.
    pub said_by: String,
}

/// Walks a chain from its first entry on, an entry at a time.
#[derive(Debug)]
pub struct Verification {
    service: String,
    last: i64,
    hash: Bytes,
    marks: BTreeMap<i64, Vec<Mark>>,
}

impl Verification {
    /// Of the chain of a service, which has to come by these marks.
    pub fn new(service: &str, marks: impl IntoIterator<Item = Mark>) -> Self {
        let mut by_sequence: BTreeMap<i64, Vec<Mark>> = BTreeMap::new();
        for mark in marks {
            by_sequence.entry(mark.sequence).or_default().push(mark);
        }
        Self { service: service.to_owned(), last: 0, hash: Bytes::new(), marks: by_sequence }
    }

    /// Looks at the next entry, as it is kept under this key.
    ///
    /// # Errors
    /// The first fault.
    pub fn entry(&mut self, key: &str, entry: &AuditEntry) -> Result<(), Fault> {
        let expected = self.last + 1;
        let fault = |reason, message| Err(Fault { sequence: expected, reason, message });
        if key != entry_key(entry.sequence) {
            return fault("WRONG_KEY", format!("what is kept under {key:?} says it is entry {}", entry.sequence));
        }
        if entry.sequence > expected {
            return fault("GAP", format!("it is missing: after entry {} comes entry {}", self.last, entry.sequence));
        }
        if entry.sequence < expected {
            return fault("OUT_OF_ORDER", format!("after entry {} comes entry {}", self.last, entry.sequence));
        }
        if hash(entry) != entry.hash {
            return fault("BODY_CHANGED", "what it says is not what was hashed".to_owned());
        }
        if entry.service != self.service {
            return fault("OTHER_SERVICE", format!("it is of {:?}, the chain of {:?}", entry.service, self.service));
        }
        if entry.previous != self.hash {
            return fault("WRONG_PREVIOUS", format!("it follows an entry {} that is not the one before it", self.last));
        }
        (self.last, self.hash) = (entry.sequence, entry.hash.clone());
        self.pass()
    }

    /// Compares with what was said of the last entry.
    fn pass(&mut self) -> Result<(), Fault> {
        for mark in self.marks.remove(&self.last).unwrap_or_default() {
            if mark.hash != self.hash {
                let message = format!("{} says it was another one: the chain was written anew up to here or further", mark.said_by);
                return Err(Fault { sequence: self.last, reason: "NOT_AS_MARKED", message });
            }
        }
        Ok(())
    }

    /// There are no more entries, and where the chain ends was read after the last of them. How many entries there are.
    ///
    /// # Errors
    /// The first fault.
    pub fn end(self, head: &AuditHead) -> Result<i64, Fault> {
        let fault = |sequence, reason, message| Err(Fault { sequence, reason, message });
        if let Some(mark) = self.marks.into_values().flatten().find(|mark| mark.sequence > self.last) {
            let message = format!("it is missing, and so is all after entry {}: {} says it was there", self.last, mark.said_by);
            return fault(mark.sequence, "CUT", message);
        }
        if head.sequence < self.last {
            return fault(head.sequence + 1, "BEYOND_HEAD", format!("the chain ends with entry {} says its head", head.sequence));
        }
        if head.sequence == self.last && head.hash != self.hash {
            return fault(self.last, "HEAD_DIFFERS", "the head of the chain says it was another one".to_owned());
        }
        Ok(self.last)
    }
}

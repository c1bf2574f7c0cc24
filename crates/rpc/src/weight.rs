//! How many bytes of records an answer holds.

use crate::Part;
use crossdock_store::Record;

/// A page ends with the record that takes it there.
pub(crate) const PAGE: usize = 4 * 1024 * 1024;
/// Records that are read before it is known how large they are.
const FIRST: usize = 100;

/// Records, until there are enough for a page.
pub(crate) struct Filling {
    /// In their order.
    pub records: Vec<Record>,
    /// What they weigh.
    pub bytes: usize,
    most: usize,
}

impl Filling {
    /// A page of at most so many.
    pub fn new(most: usize) -> Self {
        Self { records: Vec::new(), bytes: 0, most }
    }

    /// Takes one more: there is one at least.
    pub fn push(&mut self, record: Record) {
        self.bytes += weight(&record);
        self.records.push(record);
    }

    /// No more.
    pub fn is_full(&self) -> bool {
        self.records.len() >= self.most || self.bytes >= PAGE
    }

    /// What there is, with where the next begins.
    pub fn part(self, next: String) -> Part<Record> {
        Part { rows: self.records, bytes: self.bytes, next }
    }
}

/// How many records are read at once, so that about a page of bytes is in memory.
pub(crate) struct Chunk {
    most: usize,
    size: usize,
}

impl Chunk {
    /// Never more than `most`.
    pub fn new(most: usize) -> Self {
        Self { most, size: FIRST.min(most) }
    }

    /// Records to read next.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Goes by these records, which were read.
    pub fn learn(&mut self, records: &[Record]) {
        let bytes: usize = records.iter().map(weight).sum();
        let fit = (PAGE * records.len()).checked_div(bytes).unwrap_or(self.most);
        self.size = fit.clamp(1, self.most);
    }
}

/// What a record weighs in an answer.
pub(crate) fn weight(record: &Record) -> usize {
    record.body.len() + record.meta.len() + record.key.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_read_at_once_as_make_a_page() {
        let record = |bytes: usize| Record { body: vec![0; bytes].into(), ..Record::default() };
        let mut chunk = Chunk::new(1_000);
        let mut after = |bytes: usize| {
            chunk.learn(&vec![record(bytes); chunk.size()]);
            chunk.size()
        };
        assert_eq!([after(64 * 1024), after(1), after(2 * PAGE), after(0)], [64, 1_000, 1, 1_000]);
        assert_eq!((Chunk::new(1_000).size(), Chunk::new(7).size()), (FIRST, 7));
    }
}

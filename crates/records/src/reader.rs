//! Whoever reads pages of a service.

use crate::{Kinds, Part, Sight};
use crossdock_core::Result;
use crossdock_store::{Read, Record};
use std::{fmt, sync::Arc};

/// Rows looked at in one page for whoever sees few of them.
const CHUNK: usize = 1_000;

/// Whoever reads, and the kinds of the service that is read.
#[derive(Clone)]
pub struct Reader {
    /// What it may read.
    pub sight: Sight,
    kinds: Arc<Kinds>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({})", self.sight.connection())
    }
}

impl Reader {
    /// With this sight.
    pub fn new(sight: Sight, kinds: Arc<Kinds>) -> Self {
        Self { sight, kinds }
    }

    /// Those of these records that it may see, of kinds that its roles read.
    ///
    /// # Errors
    /// If the store fails.
    pub fn rows(&self, read: &mut Read<'_>, records: Vec<Record>) -> Result<Vec<Record>> {
        self.sight.rows(&self.kinds, &mut |keys| read.get(keys), records)
    }

    /// Those of these that are in its part of the business.
    ///
    /// # Errors
    /// If the store fails.
    pub fn covered<T>(&self, read: &mut Read<'_>, all: Vec<T>, part: impl Fn(&T) -> Part) -> Result<Vec<T>> {
        let parts: Vec<Part> = if self.sight.is_limited() { all.iter().map(part).collect() } else { return Ok(all) };
        let covered = self.sight.covers(&mut |keys| read.get(keys), &parts)?;
        Ok(all.into_iter().zip(covered).filter_map(|(one, covered)| covered.then_some(one)).collect())
    }

    /// Rows to look at for a page of this size.
    pub fn chunk(&self, size: usize) -> usize {
        if self.sight.is_limited() { CHUNK } else { size }
    }
}

/// Which version of a record this is; compares by `primary`, then by `observed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The source's change counter; else its last-modified time in microseconds; else 0.
    pub primary: i64,
    /// The source's clock in microseconds, taken before the read began; 0 where the counter is real.
    pub observed: i64,
}

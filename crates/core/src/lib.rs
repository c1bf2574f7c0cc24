//! Types that every part of Crossdock shares and that no part may bend: errors, exact amounts, keys, versions, cursors, time.
//! No protobuf, no database, no async.

mod amount;
mod clock;
pub mod codes;
pub mod cursor;
mod error;
pub mod gs1;
pub mod key;
mod trace;
mod version;

pub use amount::{AmountError, Converted, Micro, Ratio, Rounding};
pub use clock::{Clock, DAY, Micros, SystemClock, instant};
pub use cursor::Cursor;
pub use error::{Error, ErrorKind, Result, Violation};
pub use key::Key;
pub use trace::TraceParent;
pub use version::Version;

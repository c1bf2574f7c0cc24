//! Files into contract records: CSV and JSON lines, read as a mapping file says.
//!
//! A mapping is a YAML text. It names the columns of the input, the lines that are left out and why, and the records that the other lines give:
//!
//! ```
//! # use crossdock_import::{Fate, Mapping};
//! let mapping = Mapping::load("orders.yaml", r#"
//! input: {format: csv, columns: [Order, Item, Qty, Day]}
//! skip:
//!   - rule: credits
//!     when: is_negative(row.Qty)
//!     because: a credit is a return, not demand
//! records:
//!   - kind: demand_line
//!     envelope:
//!       document: {column: Order}
//!       line: {ordinal: [Order]}
//!     fields:
//!       item_id: {cel: "upper(row.Item)"}
//!       location_id: {constant: UK-01}
//!       quantity.value: {column: Qty}
//!       quantity.unit: {constant: EA}
//!       ordered_date: {cel: "date(row.Day)"}
//! "#)?;
//! let mut rows = mapping.read("Order,Item,Qty,Day\n17,lamp,2,2010-12-01\n17,lamp,-2,2010-12-02\n".as_bytes())?;
//! assert!(matches!(rows.next().unwrap()?.fate, Fate::Records(made) if made.len() == 1));
//! assert!(matches!(rows.next().unwrap()?.fate, Fate::Skipped { rule: 0 }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - Everything in the mapping is checked when it is loaded; an error says line and column. What depends on the line is an error of that line.
//! - A bad line gives a [`LineError`] and stops nothing. Every line has exactly one [`Fate`], and [`Counts`] add up.
//! - Values are text from the file to the record: no quantity is ever a float.
//! - An ordinal counts every line of its group from the start of the file, also those that are skipped or bad. So lines are sent again with the same
//!   identity only if the whole file is read again, not a cut-out of it.
//! - Memory is bounded (a line is at most 1 MiB), but for one shortened key per group of an ordinal and per value of a `distinct_by`.

mod csv;
mod decimal;
mod error;
mod expression;
mod fields;
mod jsonl;
mod keys;
mod lines;
mod mapping;
mod plan;
mod rows;
mod spec;
mod target;

pub use error::{InputError, LineError, MappingError};
pub use lines::open;
pub use mapping::{Mapping, Rule};
pub use rows::{Counts, Fate, Made, Row, Rows};

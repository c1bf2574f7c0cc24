//! Reading files by a mapping, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod bad_input;
mod bad_mappings;
mod forms;
mod online_retail;
mod records;

use crossdock_import::{Fate, Mapping, Row};

/// A small mapping of orders.
const ORDERS: &str = "
input: {format: csv, columns: [Order, Item, Qty, Day]}
skip:
  - rule: credits
    when: is_negative(row.Qty)
records:
  - kind: demand_line
    envelope:
      document: {column: Order}
      line: {ordinal: [Order]}
    fields:
      item_id: {column: Item}
      quantity.value: {column: Qty}
      ordered_date: {column: Day}
";

fn read(mapping: &str, input: &[u8]) -> Vec<Row> {
    let mapping = Mapping::load("test.yaml", mapping).unwrap();
    let mut rows = mapping.read(input).unwrap();
    let read: Vec<_> = rows.by_ref().map(Result::unwrap).collect();
    assert_eq!(rows.counts().rows, read.len() as u64);
    assert_eq!(rows.counts().accounted(), read.len() as u64);
    read
}

/// `document/line` of each row that gave one record, else its fate.
fn fates(rows: &[Row]) -> Vec<String> {
    let fate = |row: &Row| match &row.fate {
        Fate::Records(made) => {
            let envelope = made[0].record.envelope.clone().unwrap();
            format!("{}/{}", envelope.document, envelope.line)
        }
        Fate::Skipped { rule } => format!("skipped {rule}"),
        Fate::Repeated => "repeated".to_owned(),
        Fate::Unmatched => "unmatched".to_owned(),
        Fate::Bad(error) => error.to_string(),
    };
    rows.iter().map(fate).collect()
}

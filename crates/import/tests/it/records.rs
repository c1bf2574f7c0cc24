//! What records come out.

use crate::{ORDERS, fates, read};
use crossdock_import::{Fate, Row};
use crossdock_proto::{
    Record,
    demand::DemandLine,
    masterdata::Item,
    schema,
    types::{Date, Envelope, Money, Operation, Quantity, Version},
};
use prost::Message;

fn records(rows: &[Row]) -> Vec<Record> {
    let made = rows.iter().flat_map(|row| match &row.fate {
        Fate::Records(made) => made.clone(),
        Fate::Bad(error) => panic!("{error}"),
        _ => Vec::new(),
    });
    made.map(|made| made.record).collect()
}

const FULL: &str = r#"
input: {format: csv, columns: [Order, Item, Qty, Day, Price, Class, Changed]}
records:
  - kind: demand-line
    envelope:
      document: {cel: "'2024/' + row.Order"}
      line: {ordinal: [Order, Item]}
      version.primary: {cel: "micros(instant(row.Changed, 'Europe/London'))"}
      version.observed: {constant: 1970-01-01T00:00:01Z}
      source_time: {cel: "instant(row.Changed, 'Europe/London')"}
      operation: {cel: "row.Qty == '0' ? 'DELETE' : 'OPERATION_UPSERT'"}
    fields:
      # Written before item_id, which has the lower number.
      unit_price.currency: {constant: GBP}
      unit_price.amount: {column: Price}
      quantity.unit: {constant: EA}
      quantity.value: {column: Qty}
      ordered_date: {column: Day}
      item_id: {column: Item}
      demand_class: {column: Class}
"#;

#[test]
fn a_record_has_every_field_and_the_bytes_of_the_generated_type() {
    let input = "Order,Item,Qty,Day,Price,Class,Changed\n1,lamp,12.50,2024-02-29,0.001,PROJECT,2024-07-01T12:00:00\n1,cup,0,,,,\n";
    let found = records(&read(FULL, input.as_bytes()));
    let demand_line = schema().kind_named("demand_line").unwrap().number;
    assert!(found.iter().all(|record| record.kind == u32::from(demand_line)));
    let changed = prost_types::Timestamp { seconds: 1_719_831_600, nanos: 0 };
    let envelope = Envelope {
        document: "2024/1".into(),
        line: "1".into(),
        version: Some(Version { primary: 1_719_831_600_000_000, observed: 1_000_000 }),
        source_time: Some(changed),
        operation: Operation::Upsert.into(),
        ..Envelope::default()
    };
    assert_eq!(found[0].envelope, Some(envelope));
    let line = DemandLine {
        item_id: "lamp".into(),
        quantity: Some(Quantity { value: "12.50".into(), unit: "EA".into() }),
        ordered_date: Some(Date { year: 2024, month: 2, day: 29 }),
        unit_price: Some(Money { amount: "0.001".into(), currency: "GBP".into() }),
        demand_class: 3,
        ..DemandLine::default()
    };
    assert_eq!(DemandLine::decode(found[0].body.clone()).unwrap(), line);
    assert_eq!(found[0].body, line.encode_to_vec());

    // Nothing in the line for a price: no price, rather than a currency without amount.
    let second = DemandLine::decode(found[1].body.clone()).unwrap();
    assert_eq!(second.unit_price, None);
    assert_eq!(second.ordered_date, None);
    assert_eq!(found[1].envelope.as_ref().unwrap().operation, i32::from(Operation::Delete));
    assert_eq!(found[1].body, second.encode_to_vec());
}

#[test]
fn masters_are_given_once_and_lists_by_index() {
    let mapping = r#"
input: {format: csv, columns: [Code, Text, Gtin, Box]}
records:
  - kind: item
    when: row.Text != ''
    distinct_by: [item_id]
    fields:
      item_id: {cel: upper(row.Code)}
      description: {column: Text}
      category_path: {cel: "['Home', part(row.Text, ' ', 1)]"}
      lifecycle: {constant: PHASE_OUT}
      units[0].unit: {constant: EA}
      units[0].gtin: {column: Gtin}
      units[1].unit: {constant: XCT}
      units[1].gtin: {column: Box}
"#;
    let input = "Code,Text,Gtin,Box\na1,,,\na1,Red lamp,4006381333931,\nA1,Other,,\nb2,Cup,,10012345678902\n";
    let rows = read(mapping, input.as_bytes());
    assert_eq!(fates(&rows), ["unmatched", "/", "repeated", "/"]);
    let items: Vec<_> = records(&rows).iter().map(|record| Item::decode(record.body.clone()).unwrap()).collect();
    assert_eq!((items[0].item_id.as_str(), items[0].lifecycle), ("A1", 3));
    assert_eq!(items[0].category_path, ["Home", "Red"]);
    assert_eq!(items[0].units.len(), 1);
    assert_eq!((items[1].units.len(), items[1].units[0].unit.as_str()), (1, "XCT"));
    let again: Vec<_> = items.iter().map(Message::encode_to_vec).collect();
    assert_eq!(again, records(&rows).iter().map(|record| record.body.to_vec()).collect::<Vec<_>>());
}

#[test]
fn one_line_may_give_several_records_or_none_at_all() {
    let two = ORDERS.to_owned() + "  - kind: item\n    distinct_by: [item_id]\n    fields:\n      item_id: {column: Item}\n";
    let rows = read(&two, b"Order,Item,Qty,Day\n1,lamp,1,\n1,lamp,2,\n1,cup,1,not a day\n1,cup,1,\n");
    let made: Vec<_> = rows.iter().map(|row| if let Fate::Records(made) = &row.fate { made.len() } else { 0 }).collect();
    // The bad third line does not use up the item that it would have given.
    assert_eq!(made, [2, 1, 0, 2]);
}

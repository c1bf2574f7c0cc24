//! The same rows however they are written.

use crate::{ORDERS, fates, read};
use crossdock_import::{Fate, InputError, Mapping};
use std::io::Write;

const CSV: &str = "Order,Item,Qty,Day\n1,lamp,2,2010-12-01\n1,lamp,-2,2010-12-01\n2,\"a, b\",1,\n1,lamp,4,2010-12-01\n";
const EXPECTED: [&str; 4] = ["1/1", "skipped 0", "2/1", "1/3"];

fn packed(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

#[test]
fn csv_in_all_its_forms() {
    assert_eq!(fates(&read(ORDERS, CSV.as_bytes())), EXPECTED);
    assert_eq!(fates(&read(ORDERS, CSV.trim_end().replace('\n', "\r\n").as_bytes())), EXPECTED);
    assert_eq!(fates(&read(ORDERS, format!("\u{feff}{CSV}").as_bytes())), EXPECTED);
    assert_eq!(fates(&read(ORDERS, &packed(CSV))), EXPECTED);
    let members = [packed(&CSV[..40]), packed(&CSV[40..])].concat();
    assert_eq!(fates(&read(ORDERS, &members)), EXPECTED);
    let other_order = "Day,x,Qty,Item,Order\n2010-12-01,?,2,lamp,1\n2010-12-01,?,-2,lamp,1\n,?,1,\"a, b\",2\n2010-12-01,?,4,lamp,1\n";
    assert_eq!(fates(&read(ORDERS, other_order.as_bytes())), EXPECTED);
    let semicolons = ORDERS.replace("format: csv", "format: csv, delimiter: ;, header: false, trim: true");
    let input = "1; lamp;2 ;2010-12-01\n1;lamp; -2;2010-12-01\n2;a, b;1; \n1;lamp;4;2010-12-01";
    assert_eq!(fates(&read(&semicolons, input.as_bytes())), EXPECTED);
    let tabs = ORDERS.replace("format: csv", "format: csv, delimiter: tab");
    assert_eq!(fates(&read(&tabs, b"Order\tItem\tQty\tDay\n1\tlamp\t2\t2010-12-01\n")), ["1/1"]);
    assert!(read(ORDERS, b"Order,Item,Qty,Day").is_empty());
}

#[test]
fn json_lines() {
    let mapping = ORDERS
        .replace("format: csv", "format: jsonl")
        .replace("[Order, Item, Qty, Day]", "[Order, item.code, Qty, Day]")
        .replace("{column: Item}", "{column: item.code}");
    let input = r#"{"Order":1,"item":{"code":"lamp","x":[1,{}]},"Qty":2.50,"Day":"2010-12-01"}

{"Order":"1","item":null,"Qty":"-2"}
{"Qty":1,"Order":2,"item":{"code":"\u00e4\n"},"Day":null}
{"Order":1,"Qty":4,"extra":{"deep":{"deeper":1}}}
"#;
    assert_eq!(fates(&read(&mapping, input.as_bytes())), EXPECTED);
}

#[test]
fn a_line_may_nest_as_deep_as_it_is_long() {
    let mapping = ORDERS.replace("format: csv", "format: jsonl");
    for (open, close) in [("{\"a\":", "}"), ("[", "]")] {
        for closed in [0, 150_000] {
            let deep = format!("{}1{}", open.repeat(150_000), close.repeat(closed));
            let input = format!("{{\"Order\":1,\"extra\":{deep},\"Item\":\"lamp\",\"Qty\":2,\"Day\":\"2010-12-01\"}}\n");
            let rows = read(&mapping, input.as_bytes());
            assert_eq!(matches!(rows[0].fate, Fate::Records(_)), closed > 0, "{open}");
        }
    }
}

#[test]
fn a_broken_file_ends_with_an_error() {
    let whole = packed(&CSV.repeat(1000));
    let mapping = Mapping::load("test.yaml", ORDERS).unwrap();
    let rows: Vec<_> = mapping.read(&whole[..whole.len() - 20]).unwrap().collect();
    let (last, before) = rows.split_last().unwrap();
    assert!(matches!(last, Err(InputError::Read { line, .. }) if *line > 0));
    assert!(before.iter().all(Result::is_ok));
}

#[test]
fn the_mapping_in_the_docs_is_tried() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mapping.md")).unwrap();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (mapping, _) = rest.split_once("```").unwrap();
    let rows = read(mapping, b"Order;Item;Qty;Day\n17; lamp;2;01.12.2010\n17;lamp;-1;02.12.2010\n17;lamp;0;\n17;lamp;3;31.12.2010\n");
    assert_eq!(fates(&rows), ["/", "skipped 0", "repeated", "17/4"]);
}

//! What becomes of every line of the real file. The table in examples/online-retail/README.md has the same numbers.

use crossdock_import::{Counts, Fate, Mapping, open};
use crossdock_proto::{
    Record,
    demand::{CustomerReturn, DemandLine},
    masterdata::{Customer, Item},
};
use prost::Message;
use std::{collections::HashSet, path::PathBuf, time::Instant};

const LINES: u64 = 541_909;

/// Reads the file and hands over every record.
fn import(mapping: &str, mut each: impl FnMut(&str, &Record)) -> (Vec<(String, u64)>, Counts) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/online-retail");
    let text = std::fs::read_to_string(folder.join(mapping)).unwrap();
    let mapping = Mapping::load(mapping, &text).unwrap();
    let outputs: Vec<_> = mapping.outputs().collect();
    let mut rows = mapping.read(open(folder.join("online_retail.csv.gz").to_str().unwrap()).unwrap()).unwrap();
    for row in rows.by_ref() {
        match row.unwrap().fate {
            Fate::Records(made) => made.iter().for_each(|made| each(outputs[made.output], &made.record)),
            Fate::Bad(error) => panic!("{error}"),
            _ => {}
        }
    }
    let counts = rows.counts().clone();
    let skipped = mapping.rules().map(|rule| rule.name.to_owned()).zip(counts.skipped.iter().copied()).collect();
    assert_eq!((counts.rows, counts.accounted()), (LINES, LINES));
    (skipped, counts)
}

fn rules(rules: &[(&str, u64)]) -> Vec<(String, u64)> {
    rules.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn every_line_is_accounted_for() {
    let start = Instant::now();
    let mut items = HashSet::new();
    let (skipped, counts) = import("masters.yaml", |output, record| {
        if output == "item" {
            let item = Item::decode(record.body.clone()).unwrap();
            assert!(!item.description.is_empty() && item.description.trim() == item.description);
            assert!(items.insert(item.item_id), "given twice");
        }
    });
    assert_eq!(skipped, rules(&[("not-goods", 2_950), ("unpriced", 2_497)]));
    assert_eq!((counts.taken, counts.repeated, counts.unmatched), (3_812, 532_650, 0));
    assert_eq!(counts.records, [1, 3_812]);

    let (mut keys, mut units, mut promoted, mut returned, mut named) = (HashSet::new(), 0, 0, 0, HashSet::new());
    let mut customers = HashSet::new();
    let (skipped, counts) = import("orders.yaml", |output, record| {
        let envelope = record.envelope.as_ref().unwrap();
        assert!(keys.insert((envelope.document.clone(), envelope.line.clone())), "two lines with one key");
        if output == "customer_return" {
            let line = CustomerReturn::decode(record.body.clone()).unwrap();
            returned += line.quantity.unwrap().value.parse::<i64>().unwrap();
            named.insert(line.item_id);
            customers.insert(line.customer_id);
            return;
        }
        let line = DemandLine::decode(record.body.clone()).unwrap();
        units += line.quantity.unwrap().value.parse::<i64>().unwrap();
        promoted += u64::from(line.demand_class == 2);
        named.insert(line.item_id);
        customers.insert(line.customer_id);
    });
    assert_eq!(skipped, rules(&[("bad-debt", 3), ("not-goods", 2_947), ("stock-write-offs", 1_336), ("stock-found", 1_128)]));
    assert_eq!((counts.taken, counts.repeated, counts.unmatched, counts.bad), (536_495, 0, 0, 0));
    assert_eq!(counts.records, [527_791, 8_704]);
    assert_eq!((units, returned, promoted), (5_590_977, 272_030, 33));
    assert!(named.is_subset(&items), "every item ordered or credited is an item");

    let (_, counts) = import("customers.yaml", |_, record| {
        customers.remove(&Customer::decode(record.body.clone()).unwrap().customer_id);
    });
    assert_eq!((counts.taken, counts.repeated, counts.unmatched, counts.bad), (4_372, 402_457, 135_080, 0));
    assert_eq!(customers, HashSet::from([String::new()]), "every customer named is a customer");
    eprintln!("read three times in {:?}", start.elapsed());
}

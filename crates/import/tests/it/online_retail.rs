//! What becomes of every line of the real file. The table in examples/online-retail/README.md has the same numbers.

use crossdock_import::{Counts, Fate, Mapping, open};
use crossdock_proto::{Record, demand::DemandLine, masterdata::Item};
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

    let (mut keys, mut units, mut promoted, mut ordered) = (HashSet::new(), 0, 0, HashSet::new());
    let (skipped, counts) = import("orders.yaml", |_, record| {
        let envelope = record.envelope.as_ref().unwrap();
        assert!(keys.insert((envelope.document.clone(), envelope.line.clone())), "two lines with one key");
        let line = DemandLine::decode(record.body.clone()).unwrap();
        units += line.quantity.unwrap().value.parse::<i64>().unwrap();
        promoted += u64::from(line.demand_class == 2);
        ordered.insert(line.item_id);
    });
    let expected = [("bad-debt", 3), ("not-goods", 2_947), ("credits", 8_704), ("stock-write-offs", 1_336), ("stock-found", 1_128)];
    assert_eq!(skipped, rules(&expected));
    assert_eq!((counts.taken, counts.repeated, counts.unmatched, counts.bad), (527_791, 0, 0, 0));
    assert_eq!(counts.records, [527_791]);
    assert_eq!((units, promoted), (5_590_977, 33));
    assert!(ordered.is_subset(&items), "every item ordered is an item");
    eprintln!("read twice in {:?}", start.elapsed());
}

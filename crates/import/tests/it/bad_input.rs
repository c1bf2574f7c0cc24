//! A bad line is an error of that line; its neighbours go in, with the numbers they would have had.

use crate::{ORDERS, fates, read};
use crossdock_import::{Fate, InputError, Mapping};

#[test]
fn each_bad_line_is_reported_and_no_other() {
    let input: &[u8] = b"Order,Item,Qty,Day\n\
        17,lamp,2,2010-12-01\n\
        17,lamp,2\n\
        17,l\xe4mp,2,2010-12-01\n\
        17,lamp,two,2010-12-01\n\
        17,lamp,2,2010-13-01\n\
        17,lamp,-1,2010-12-01\n\
        \n\
        17,lamp,2,2010-12-01,extra\n\
        17,lamp,3,2010-12-01\n";
    let rows = read(ORDERS, input);
    assert_eq!(
        fates(&rows),
        [
            "17/1",
            "line 3: has 3 columns instead of 4",
            "line 4: Item: is not UTF-8: save the file as UTF-8",
            "line 5: credits: is_negative: `two` is not a decimal number such as 12.5",
            "line 6: demand_line.ordered_date: `2010-13-01` is not a date such as 2010-12-01",
            "skipped 0",
            "line 9: has 5 columns instead of 4",
            "17/8",
        ]
    );
    let Fate::Bad(error) = &rows[3].fate else { panic!() };
    assert_eq!((error.field.as_str(), error.value.as_str()), ("credits", "Qty=two"));
    let Fate::Bad(error) = &rows[4].fate else { panic!() };
    assert_eq!(error.value, "2010-13-01");
    assert_eq!(rows[2].raw.as_ref(), b"17,l\xe4mp,2,2010-12-01");
}

#[test]
fn a_stray_quote_costs_one_line() {
    let input = "Order,Item,Qty,Day\n1,\"lamp,2,2010-12-01\n2,lamp,2,2010-12-01\n3,\"a\nb\",2,2010-12-01\n4,5\" pipe,2,2010-12-01\n5,\"end,1,2010-12-01";
    let rows = read(ORDERS, input.as_bytes());
    let stray = "opens a quote that is not closed in a row with the right number of columns";
    assert_eq!(fates(&rows), [&format!("line 2: {stray}"), "2/1", "3/1", "4/1", &format!("line 7: {stray}")]);
    assert_eq!(rows[2].line, 4);
    assert_eq!(rows[2].raw.as_ref(), b"3,\"a\nb\",2,2010-12-01");
}

#[test]
fn a_stray_quote_in_a_long_file_costs_one_line() {
    let mut input = String::from("Order,Item,Qty,Day\n1,\"lamp,2,2010-12-01\n");
    for order in 2..60_000 {
        input.push_str(&format!("{order},lamp,2,2010-12-01\n"));
    }
    let rows = read(ORDERS, input.as_bytes());
    assert_eq!(rows.iter().filter(|row| matches!(row.fate, Fate::Bad(_))).count(), 1);
    assert_eq!(rows.len(), 59_999);
}

#[test]
fn a_line_that_is_too_long_is_cut_and_skipped() {
    let long = "x".repeat(3 << 20);
    let input = format!("Order,Item,Qty,Day\n1,{long},2,2010-12-01\n2,lamp,2,2010-12-01\n");
    let rows = read(ORDERS, input.as_bytes());
    assert_eq!(fates(&rows), ["line 2: is longer than 1048576 bytes", "2/1"]);
    assert_eq!(rows[0].raw.len(), 1 << 20);
}

#[test]
fn the_header_must_have_the_columns() {
    let mapping = Mapping::load("test.yaml", ORDERS).unwrap();
    let header = |text: &'static str| mapping.read(text.as_bytes()).err().expect("refused").to_string();
    assert_eq!(
        header("Order;Item;Qty;Day\n"),
        "the header has Order;Item;Qty;Day, so `Order` is missing; check `input.columns` and `input.delimiter` of the mapping"
    );
    assert!(header("Order,Item,Qty,Day,Qty\n").contains("`Qty` is there twice"));
    assert!(header("").contains("the input is empty"));
    assert!(matches!(mapping.read(b"\xff\xfeO\0".as_slice()), Err(InputError::Utf16)));
}

#[test]
fn bad_json_is_an_error_of_its_line() {
    let mapping = ORDERS.replace("format: csv", "format: jsonl");
    let input = "{\"Order\":1,\"Item\":\"lamp\",\"Qty\":2,\"Day\":\"2010-12-01\"}\n[1]\n{\"Order\":1\nnonsense\n{\"Order\":1,\"Qty\":1e3}\n{\"Order\":1,\"Qty\":1}\n{\"Qty\":1}\n";
    let found = fates(&read(&mapping, input.as_bytes()));
    assert_eq!(found[0], "1/1");
    assert!(found[1].starts_with("line 2: is not a JSON object: invalid type: sequence, expected an object"), "{}", found[1]);
    assert!(found[2].starts_with("line 3: is not a JSON object: EOF"), "{}", found[2]);
    assert!(found[3].starts_with("line 4: is not a JSON object"), "{}", found[3]);
    assert_eq!(found[4], "line 5: credits: is_negative: `1e3` is not a decimal number such as 12.5");
    // The members that were read of line 3 put it into group 1 as well.
    assert_eq!(found[5], "1/4");
    assert_eq!(found[6], "/1");
}

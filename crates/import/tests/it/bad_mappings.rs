//! Every fault of a mapping is found when it is loaded, with its line and column.

use crate::ORDERS;
use crossdock_import::Mapping;

fn refused(text: &str) -> String {
    Mapping::load("mapping.yaml", text).err().expect("refused").to_string()
}

/// The mapping above with one part replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(ORDERS.contains(from), "{from}");
    refused(&ORDERS.replace(from, to))
}

/// Each part replaced by the next, and how the fault is told: line, column, and what would be right.
fn told(rows: &[(&str, &str, &str)]) {
    for (from, to, expected) in rows {
        let error = changed(from, to);
        assert!(error.starts_with(expected), "{to}:\n{error}\n{expected}");
    }
}

#[test]
fn faults_of_fields() {
    told(&[
        ("item_id:", "itm_id:", "mapping.yaml:12:7: unknown field \"itm_id\" of demand_line; did you mean `item_id`?"),
        ("quantity.value", "quantity.valu", "mapping.yaml:13:7: unknown field \"valu\" of Quantity; did you mean `value`?"),
        ("quantity.value", "quantity", "mapping.yaml:13:7: `quantity` has fields of its own: assign quantity.value, quantity.unit"),
        ("quantity.value", "item_id.value", "mapping.yaml:13:7: `item_id.value`: the field before `.value` has no fields of its own"),
        ("quantity.value", "item_id", "mapping.yaml:13:7: `demand_line.item_id` is assigned twice"),
        ("quantity.value", "item_id[0]", "mapping.yaml:13:7: `item_id` is no list of messages: write item_id"),
        (
            "ordered_date:",
            "ordered_date.year:",
            "mapping.yaml:14:7: `ordered_date.year`: the field before `.year` has no fields of its own",
        ),
        ("    envelope:", "    distinct_by: [customer_id]\n    envelope:", "mapping.yaml:8:19: `customer_id` is not assigned in `fields`"),
        ("kind: demand_line", "kind: demand_lin", "mapping.yaml:7:11: unknown kind `demand_lin`, it is none of "),
        ("document:", "key:", "mapping.yaml:9:7: the envelope has document, line, version.primary"),
    ]);
}

#[test]
fn faults_of_values() {
    told(&[
        ("{column: Item}", "{column: Itme}", "mapping.yaml:12:25: there is no column `Itme` in `input.columns`; did you mean `Item`?"),
        (
            "{column: Item}",
            "{colum: Item}",
            "mapping.yaml:12:17: records[0].fields.item_id: unknown field `colum`, expected one of `column`",
        ),
        ("{column: Item}", "{column: Item, constant: x}", "mapping.yaml:12:16: a value is one of {column: …}"),
        (
            "{column: Item}",
            "Item",
            "mapping.yaml:12:16: records[0].fields.item_id: invalid type: string \"Item\", expected one of {column: …}",
        ),
        ("{column: Item}", "{constant: ''}", "mapping.yaml:12:27: an empty constant is no value"),
        ("{column: Day}", "{constant: 2010-02-30}", "mapping.yaml:14:32: `2010-02-30` is not a date"),
        ("{column: Day}", "{ordinal: [Order]}", "mapping.yaml:14:31: the field takes a date"),
        ("{ordinal: [Order]}", "{ordinal: [Ordr]}", "mapping.yaml:10:24: there is no column `Ordr`"),
        ("{ordinal: [Order]}", "{ordinal: []}", "mapping.yaml:10:23: an ordinal needs the columns of its group"),
    ]);
}

#[test]
fn faults_of_expressions() {
    told(&[
        (
            "{column: Item}",
            "{cel: uper(row.Item)}",
            "mapping.yaml:12:22: at offset 4 of the expression: unknown function `uper`; did you mean `upper`?",
        ),
        ("{column: Item}", "{cel: is_zero(row.Qty)}", "mapping.yaml:12:22: the field takes text, this expression gives true or false"),
        (
            "{column: Day}",
            "{cel: \"instant(row.Day, 'UTC')\"}",
            "mapping.yaml:14:27: the field takes a date such as 2010-12-01, this expression gives an instant",
        ),
        ("is_negative(row.Qty)", "row.Qty", "mapping.yaml:5:11: a condition must be true or false, this is text"),
        ("is_negative(row.Qty)", "is_negative(row.Qty", "mapping.yaml:5:11: at offset 19 of the expression: Syntax error"),
        (
            "is_negative(row.Qty)",
            "is_negative(row.Qy)",
            "mapping.yaml:5:11: at offset 15 of the expression: there is no column `Qy`; did you mean `Qty`?",
        ),
    ]);
}

#[test]
fn faults_of_the_input() {
    told(&[
        ("[Order, Item, Qty, Day]", "[Order, Item, Qty, Day, Day]", "mapping.yaml:2:55: the column `Day` is declared twice"),
        ("format: csv", "format: csv, delimiter: ';;'", "mapping.yaml:2:33: `;;` is no delimiter"),
        ("format: csv", "format: jsonl, header: true", "mapping.yaml:2:32: `header` is for csv"),
        ("format: csv", "format: xml", "mapping.yaml:2:17: input.format: unknown variant `xml`, expected `csv` or `jsonl`"),
        ("skip:", "skipp:", "mapping.yaml:3:1: unknown field `skipp`, expected one of `input`, `skip`, `records`"),
    ]);
}

#[test]
fn faults_of_enums_lists_and_names() {
    let items = |field: &str| {
        refused(&format!(
            "input: {{format: csv, columns: [A]}}\nrecords:\n- kind: item\n  fields:\n    item_id: {{column: A}}\n    {field}\n"
        ))
    };
    assert_eq!(
        items("lifecycle: {constant: ACTVE}"),
        "mapping.yaml:6:27: `ACTVE` is not one of PLANNED, ACTIVE, PHASE_OUT, DISCONTINUED; did you mean `ACTIVE`?"
    );
    assert_eq!(items("units.gtin: {column: A}"), "mapping.yaml:6:5: `units` is a list: write units[0]");
    assert!(items("units[x].gtin: {column: A}").contains("`units[x]` is no field: write a name, or name[0] to name[99]"));
    assert!(items("units[0]: {column: A}").contains("`units[0]` has fields of its own: assign units[0].unit, units[0].gtin"));

    let twice = ORDERS.to_owned() + "  - kind: demand_line\n    fields:\n      item_id: {column: Item}\n";
    assert_eq!(refused(&twice), "mapping.yaml:15:11: there are other records named `demand_line`: give these a `name`");
    let rules = ORDERS.replace("records:", "  - rule: credits\n    when: row.Qty == '0'\nrecords:");
    assert_eq!(refused(&rules), "mapping.yaml:6:11: there is another rule `credits`");
    assert!(refused("input: [").starts_with("mapping.yaml:"));
    assert!(refused("").starts_with("mapping.yaml:1:1: "));
}

#[test]
fn kinds_that_nobody_sends_are_refused() {
    let error = changed("kind: demand_line", "kind: parked");
    assert!(error.starts_with("mapping.yaml:7:11: "), "{error}");
}

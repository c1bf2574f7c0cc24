//! What commands print: tables for people, JSON lines for programs.

use crate::failure::Failure;
use clap::ValueEnum;
use comfy_table::{Table, presets};
use crossdock_proto::{Record, schema};
use prost::Message;
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::{Map, Value};
use std::io::Write;

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns.
    Table,
    /// One JSON object a line.
    Json,
}

/// Prints a line. That nobody reads it any more (a closed pipe) ends the command.
pub fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", text.as_ref()).map_err(Failure::from)
}

/// Says something beside what is printed.
pub fn note(text: impl AsRef<str>) -> Result<(), Failure> {
    writeln!(std::io::stderr(), "{}", text.as_ref()).map_err(Failure::from)
}

/// Prints rows under a heading.
pub fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(heading.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    line(table.trim_fmt())
}

/// Prints rows under a heading; as JSON an object each, by the heading.
pub fn rows(format: Format, heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
    if format == Format::Table {
        return table(heading, rows);
    }
    let names = || heading.iter().map(|name| name.replace(' ', "_"));
    let object = |row: Vec<String>| names().zip(row.into_iter().map(Value::String)).collect::<Map<String, Value>>();
    rows.into_iter().try_for_each(|row| line(Value::Object(object(row)).to_string()))
}

/// Any message of the contracts as JSON.
pub fn json(message: &impl Message, name: &str) -> Result<Value, Failure> {
    let descriptor = schema().pool.get_message_by_name(name).ok_or_else(|| format!("{name} is not in the contracts"))?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).map_err(|error| error.to_string())?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    dynamic.serialize_with_options(serde_json::value::Serializer, &options).map_err(|error| error.to_string().into())
}

/// A record as JSON: `{"envelope": …, "<kind>": …}`.
pub fn record(record: &Record, package: &str) -> Result<Value, Failure> {
    json(record, &format!("{package}.Record"))
}

/// Prints records of one kind.
pub fn records(format: Format, kind: &str, records: &[Value]) -> Result<(), Failure> {
    if format == Format::Json {
        return records.iter().try_for_each(|record| line(record.to_string()));
    }
    if records.is_empty() {
        return line(format!("no {}", kind.replace('_', " ")));
    }
    let body = |record: &Value| record.get(kind).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut columns: Vec<String> = Vec::new();
    for name in records.iter().flat_map(|record| body(record).into_iter().map(|(name, _)| name)) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let heading: Vec<&str> = ["key", "from"].into_iter().chain(columns.iter().map(String::as_str)).collect();
    let rows = records.iter().map(|record| {
        let envelope = |name: &str| record["envelope"][name].as_str().unwrap_or_default().to_owned();
        let deleted = if record["envelope"]["operation"] == "OPERATION_DELETE" { " (deleted)" } else { "" };
        let held = body(record);
        let cells = columns.iter().map(|column| held.get(column).map(cell).unwrap_or_default());
        [format!("{}{deleted}", envelope("key")), envelope("connection")].into_iter().chain(cells).collect()
    });
    table(&heading, rows)
}

/// Prints some columns of records of one kind, `key` and `etag` among them if asked for; as JSON all of each record.
pub fn columns(format: Format, kind: &str, columns: &[&str], records: &[Value]) -> Result<(), Failure> {
    if format == Format::Json {
        return records.iter().try_for_each(|record| line(record.to_string()));
    }
    if records.is_empty() {
        return line(format!("no {}", kind.replace('_', " ")));
    }
    let rows = records.iter().map(|record| {
        let of = |column: &&str| match *column {
            "key" => record["envelope"]["key"].as_str().unwrap_or_default().to_owned(),
            "key@etag" => format!("{}@{}", record["envelope"]["key"].as_str().unwrap_or_default(), cell(&record[kind]["etag"])),
            column => short(&cell(&record[kind][column])),
        };
        columns.iter().map(of).collect()
    });
    table(columns, rows)
}

/// An enum value without the name of its enum.
pub fn short(text: &str) -> String {
    const ENUMS: [&str; 6] =
        ["RECOMMENDATION_STATE_", "RECOMMENDATION_KIND_", "DRAFT_ORDER_STATE_", "ORDER_STATE_", "PLANNING_MODE_KIND_", "EXCEPTION_STATE_"];
    ENUMS.iter().find_map(|name| text.strip_prefix(name)).map_or_else(|| text.to_owned(), |short| short.to_lowercase().replace('_', " "))
}

/// Prints messages of one kind that are no records.
pub fn messages(format: Format, what: &str, messages: &[Value]) -> Result<(), Failure> {
    if format == Format::Json {
        return messages.iter().try_for_each(|message| line(message.to_string()));
    }
    if messages.is_empty() {
        return line(format!("no {what}"));
    }
    let mut columns: Vec<&str> = Vec::new();
    for name in messages.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let rows = messages.iter().map(|message| columns.iter().map(|column| message.get(column).map(cell).unwrap_or_default()).collect());
    table(&columns, rows)
}

/// A value as people read it: `6 EA`, `2.55 GBP`, `2010-12-01`.
pub fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(parts) => object(parts),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn object(parts: &Map<String, Value>) -> String {
    let number = |name: &str| parts.get(name).and_then(Value::as_i64);
    if let (Some(year), Some(month), Some(day)) = (number("year"), number("month"), number("day")) {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    let text = |name: &str| parts.get(name).and_then(Value::as_str);
    match (text("value"), text("unit"), text("amount"), text("currency")) {
        (Some(value), unit, None, None) if parts.len() <= 2 => format!("{value} {}", unit.unwrap_or_default()).trim_end().to_owned(),
        (None, None, Some(amount), currency) if parts.len() <= 2 => {
            format!("{amount} {}", currency.unwrap_or_default()).trim_end().to_owned()
        }
        _ => parts
            .iter()
            .filter(|(name, _)| *name != "@type")
            .map(|(name, value)| format!("{name}={}", cell(value)))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

//! `crossdock export`: the records as CSV tables, for people who want SQL.

use crate::{
    cli::Export,
    failure::{Failure, at},
    output,
    peers::{self, Peers},
};
use crossdock_proto::{KindInfo, Record, records::WatchRequest, schema};
use serde_json::Value;
use std::{collections::BTreeMap, fs::File};

/// Columns of every table, before those of the kind.
const ENVELOPE: [&str; 8] = ["key", "connection", "document", "line", "operation", "version", "position", "receive_time"];

/// Writes one table per kind.
pub async fn export(asked: Export) -> Result<(), Failure> {
    let peers = Peers::new(&asked.target)?;
    std::fs::create_dir_all(&asked.folder).map_err(at(asked.folder.display()))?;
    let infos: Vec<&KindInfo> = match asked.kinds.as_slice() {
        [] => schema().kinds().filter(|info| info.number >= 100).collect(),
        kinds => kinds.iter().map(|kind| peers::kind(kind)).collect::<Result<_, _>>()?,
    };
    for info in infos {
        for package in peers::packages(info, None)? {
            table(&asked, &peers, info, package).await?;
        }
    }
    Ok(())
}

async fn table(asked: &Export, peers: &Peers, info: &KindInfo, package: &str) -> Result<(), Failure> {
    let request = WatchRequest { kinds: vec![info.name.clone()], until_checkpoint: true, ..WatchRequest::default() };
    let mut pages = match peers.records(package).watch(request).await {
        Ok(pages) => pages,
        // This process does not run that service.
        Err(status) if status.code() == tonic::Code::Unimplemented => return Ok(()),
        Err(status) => return Err(status.into()),
    };
    let path = asked.folder.join(format!("{}.csv", info.name));
    let mut file = csv::Writer::from_writer(File::create(&path).map_err(at(path.display()))?);
    let columns = columns(info);
    file.write_record(ENVELOPE.into_iter().chain(columns.iter().map(String::as_str))).map_err(at(path.display()))?;
    let mut written = 0_u64;
    while let Some(page) = pages.message().await? {
        for record in &page.records {
            file.write_record(row(record, package, info, &columns)?).map_err(at(path.display()))?;
            written += 1;
        }
    }
    file.flush()?;
    output::line(format!("{}: {written} records", path.display()))
}

/// The fields of a kind, those of messages inside it as `quantity_value`.
fn columns(info: &KindInfo) -> Vec<String> {
    let mut columns = Vec::new();
    for field in info.message.fields() {
        match field.kind().as_message().filter(|inner| !field.is_list() && !is_one_value(inner.full_name())) {
            Some(inner) => columns.extend(inner.fields().map(|part| format!("{}_{}", field.name(), part.name()))),
            None => columns.push(field.name().to_owned()),
        }
    }
    columns
}

fn is_one_value(message: &str) -> bool {
    message == "crossdock.type.v1.Date" || message.starts_with("google.protobuf.")
}

fn row(record: &Record, package: &str, info: &KindInfo, columns: &[String]) -> Result<Vec<String>, Failure> {
    let json = output::record(record, package)?;
    let mut flat = BTreeMap::new();
    flatten("", &json[&info.name], &mut flat);
    let envelope = &json["envelope"];
    let part = |name: &str| Some(text(&envelope["version"][name])).filter(|part| !part.is_empty()).unwrap_or_else(|| "0".to_owned());
    let version = format!("{}.{}", part("primary"), part("observed"));
    let head = ENVELOPE.map(|name| if name == "version" { version.clone() } else { text(&envelope[name]) });
    Ok(head.into_iter().chain(columns.iter().map(|column| flat.remove(column).unwrap_or_default())).collect())
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(parts) if parts.contains_key("year") => {
            let part = |name: &str| parts.get(name).and_then(Value::as_i64).unwrap_or_default();
            into.insert(path.to_owned(), format!("{:04}-{:02}-{:02}", part("year"), part("month"), part("day")));
        }
        Value::Object(parts) => {
            for (name, value) in parts {
                flatten(&if path.is_empty() { name.clone() } else { format!("{path}_{name}") }, value, into);
            }
        }
        value => drop(into.insert(path.to_owned(), text(value))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

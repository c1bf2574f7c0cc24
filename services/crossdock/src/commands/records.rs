//! `crossdock get`, `list` and `watch`: any kind, from the contracts' descriptors.

use crate::{
    cli::{List, Target},
    failure::{Failure, at},
    output::{self, Format},
    peers::{self, Peers},
};
use crossdock_core::Cursor;
use crossdock_proto::{
    Filter, KindInfo, Record,
    records::{BatchGetRequest, ListRequest, WatchRequest},
    types::RecordKey,
};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use serde_json::Value as Json;
use tonic::Code;
use tonic_types::StatusExt;

/// Records by key.
pub async fn get(kind: &str, keys: &[String], service: Option<&str>, target: &Target) -> Result<(), Failure> {
    let info = peers::kind(kind)?;
    let peers = Peers::new(target)?;
    let mut found = Vec::new();
    for package in peers::packages(info, service)? {
        let keys = keys.iter().map(|key| RecordKey { kind: info.name.clone(), key: key.clone() }).collect();
        match peers.records(package).batch_get(BatchGetRequest { keys }).await {
            Ok(answer) => found.extend(shown(&answer.records, package)?),
            Err(status) if elsewhere(info, &status) => {}
            Err(status) => return Err(status.into()),
        }
    }
    if found.is_empty() {
        return Err(format!("no {} with {}", info.name.replace('_', " "), keys.join(", ")).into());
    }
    output::records(target.output, &info.name, &found)
}

/// Records of a kind.
pub async fn list(list: List) -> Result<(), Failure> {
    let info = peers::kind(&list.kind)?;
    let found = all(&Peers::new(&list.target)?, info, &list).await?;
    output::records(list.target.output, &info.name, &found)
}

/// Every record that a listing names, up to its limit, as JSON.
pub async fn all(peers: &Peers, info: &KindInfo, list: &List) -> Result<Vec<Json>, Failure> {
    let found = all_records(peers, info, list).await?;
    found.iter().map(|(record, package)| output::record(record, package)).collect()
}

/// Every record that a listing names, up to its limit, with the package it is from.
pub async fn all_records(peers: &Peers, info: &KindInfo, list: &List) -> Result<Vec<(Record, &'static str)>, Failure> {
    let limit = if list.limit == 0 { usize::MAX } else { list.limit };
    // Every kind can be listed by finding, whatever else its filter knows.
    let (findings, fields): (Vec<_>, Vec<_>) = list.fields.iter().cloned().partition(|(name, _)| name == "finding");
    let (filter, finding) = (filter(info, &fields)?, findings.into_iter().next().map(|(_, reason)| reason).unwrap_or_default());
    let mut found = Vec::new();
    for package in peers::packages(info, list.service.as_deref())? {
        let mut client = peers.records(package);
        let mut page_token = String::new();
        loop {
            let page_size = i32::try_from(limit.saturating_sub(found.len()).min(1_000)).unwrap_or(1_000);
            let request = ListRequest {
                filter: Some(filter.clone()),
                key_prefix: list.prefix.clone(),
                page_size,
                page_token,
                finding: finding.clone(),
            };
            let answer = match client.list(request).await {
                Ok(answer) => answer,
                Err(status) if elsewhere(info, &status) => break,
                Err(status) => return Err(status.into()),
            };
            found.extend(answer.records.into_iter().map(|record| (record, package)));
            page_token = answer.next_page_token;
            if page_token.is_empty() || found.len() >= limit {
                break;
            }
        }
    }
    Ok(found)
}

/// A kind that every service keeps was asked of a service that this process does not run.
fn elsewhere(info: &KindInfo, status: &tonic::Status) -> bool {
    info.number < 100 && status.code() == Code::Unimplemented
}

fn filter(info: &KindInfo, fields: &[(String, String)]) -> Result<Filter, Failure> {
    let mut message = DynamicMessage::new(info.filter.clone());
    for (name, value) in fields {
        let known = || info.filter.fields().map(|field| field.name().to_owned()).collect::<Vec<_>>().join(", ");
        let field = info
            .filter
            .get_field_by_name(name)
            .ok_or_else(|| format!("{} cannot be listed by {name:?}, only by {}", info.name, known()))?;
        message.set_field(&field, Value::String(value.clone()));
    }
    Ok(Filter { kind: info.number.into(), body: message.encode_to_vec().into() })
}

fn shown(records: &[Record], package: &str) -> Result<Vec<Json>, Failure> {
    records.iter().map(|record| output::record(record, package)).collect()
}

/// What to watch.
pub struct Watch {
    /// Kinds of one service.
    pub kinds: Vec<String>,
    /// The service, where the kinds do not say.
    pub service: Option<String>,
    /// Where to begin.
    pub cursor: String,
    /// What keys begin with.
    pub prefix: String,
    /// The location whose records are shown; empty for all.
    pub location: String,
    /// End at the first checkpoint.
    pub until_checkpoint: bool,
}

/// The feed.
pub async fn watch(watch: Watch, target: &Target) -> Result<(), Failure> {
    let infos = watch.kinds.iter().map(|kind| peers::kind(kind)).collect::<Result<Vec<_>, _>>()?;
    let mut packages = match infos.first() {
        Some(info) => peers::packages(info, watch.service.as_deref())?,
        None => peers::SERVICES.iter().filter(|(name, _)| Some(*name) == watch.service.as_deref()).map(|(_, package)| *package).collect(),
    };
    let (Some(package), true) = (packages.pop(), packages.is_empty()) else {
        return Err("name kinds of one service, or the service: --service demand-signal".into());
    };
    let mut request = WatchRequest {
        cursor: watch.cursor,
        kinds: infos.iter().map(|info| info.name.clone()).collect(),
        key_prefix: watch.prefix,
        location_id: watch.location,
        until_checkpoint: watch.until_checkpoint,
    };
    let mut client = Peers::new(target)?.records(package);
    let mut pages = client.watch(request.clone()).await?;
    let mut heard = false;
    loop {
        let page = match pages.message().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(()),
            // Connections do not last for ever: it goes on where it was.
            Err(status) if heard && status.get_details_error_info().is_none() => {
                heard = false;
                pages = client.watch(request.clone()).await?;
                continue;
            }
            Err(status) => return Err(status.into()),
        };
        heard = true;
        for record in &page.records {
            event(target.output, record, package)?;
        }
        request.cursor.clone_from(&page.cursor);
        if page.checkpoint && target.output == Format::Table {
            output::line(format!("-- up to date at cursor {}", page.cursor))?;
        }
    }
}

/// A range of a feed.
pub struct Range {
    /// The service.
    pub service: String,
    /// Kinds; none is all.
    pub kinds: Vec<String>,
    /// Begin after this cursor; empty is the beginning.
    pub from: String,
    /// End with this cursor; empty is what is there now.
    pub to: String,
    /// What keys begin with.
    pub prefix: String,
}

/// A range of a feed again: every record once, at its latest place, as far as that is in the range.
pub async fn replay(range: Range, target: &Target) -> Result<(), Failure> {
    let package = peers::SERVICES.iter().find(|(name, _)| *name == range.service).map(|(_, package)| *package);
    let package = package.ok_or_else(|| format!("{:?} is not a service; `crossdock stats` lists them", range.service))?;
    let end: Option<Cursor> = if range.to.is_empty() { None } else { Some(range.to.parse().map_err(at("--to"))?) };
    let kinds = range.kinds.iter().map(|kind| peers::kind(kind).map(|info| info.name.clone())).collect::<Result<_, _>>()?;
    let request = WatchRequest { cursor: range.from, kinds, key_prefix: range.prefix, until_checkpoint: true, ..WatchRequest::default() };
    let mut pages = Peers::new(target)?.records(package).watch(request).await?;
    while let Some(page) = pages.message().await? {
        for record in &page.records {
            let position = record.envelope.as_ref().map(|envelope| envelope.position);
            if end.is_some_and(|end| position > Some(end.position)) {
                return Ok(());
            }
            event(target.output, record, package)?;
        }
    }
    Ok(())
}

fn event(format: Format, record: &Record, package: &str) -> Result<(), Failure> {
    let json = output::record(record, package)?;
    if format == Format::Json {
        return output::line(json.to_string());
    }
    let name = crossdock_proto::schema().kind(record.kind).map_or("?", |info| info.name.as_str());
    let envelope = record.envelope.clone().unwrap_or_default();
    let operation = if envelope.operation() == crossdock_proto::types::Operation::Delete { "-" } else { "+" };
    let body = serde_json::to_string(&json[name]).map_err(at("record"))?;
    output::line(format!("{:>8} {operation} {name} {} {body}", envelope.position, envelope.key))
}

//! Records by filter, in pages.

use crate::{Handle, watch};
use crossdock_core::{Error, Result};
use crossdock_proto::{
    Filter, KindInfo,
    records::{ListRequest, ListResponse},
    schema,
};
use crossdock_records::{Kinds, completeness, record};
use crossdock_store::{Read, Record, Scan};
use prost_reflect::DynamicMessage;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Pages of the store that one call reads at most, when a filter leaves little of each.
const READS: usize = 20;

pub(crate) async fn list(handle: &Handle, request: ListRequest) -> Result<ListResponse> {
    let filter = request.filter.unwrap_or_default();
    let info = schema().kind(filter.kind).filter(|info| handle.kinds.owns(info.number.into()));
    let info = info.ok_or_else(|| Error::invalid("FILTER_MISSING", "filter must name a kind of this service, such as { item: {} }"))?;
    let size = match request.page_size {
        0 => 100,
        size => {
            usize::try_from(size).map_err(|_| Error::invalid("PAGE_SIZE", format!("page_size {size} is negative; 0 means 100")))?.min(1_000)
        }
    };
    let mut listing = Listing {
        kinds: Arc::clone(&handle.kinds),
        info,
        fields: fields(info, &filter, request.finding)?,
        prefix: request.key_prefix,
        size,
        after: String::new(),
    };
    let digest = listing.digest();
    listing.after = position(&request.page_token, digest)?;
    let shown = handle.clone();
    let (records, next, completeness) = handle
        .store
        .read("list", move |read| {
            let (records, next) = listing.page(read, |record| watch::is_shown(&shown, record))?;
            Ok((records, next, completeness(read, &[listing.info.name.as_str()])?))
        })
        .await?;
    Ok(ListResponse {
        records: records.into_iter().map(record).collect(),
        next_page_token: next.map(|key| format!("{digest:016x}.{key}")).unwrap_or_default(),
        completeness: Some(completeness),
    })
}

struct Listing {
    kinds: Arc<Kinds>,
    info: &'static KindInfo,
    fields: Vec<(String, String)>,
    prefix: String,
    size: usize,
    after: String,
}

impl Listing {
    /// Of what was asked, so that a token of another question is noticed.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.info.number, &self.fields, &self.prefix).hash(&mut hasher);
        hasher.finish()
    }

    fn page(&self, read: &mut Read<'_>, shown: impl Fn(&Record) -> bool) -> Result<(Vec<Record>, Option<String>)> {
        let (mut found, mut after) = (Vec::new(), self.after.clone());
        for _ in 0..READS {
            let page = read.scan(self.scan(&after), self.size)?;
            let full = page.len() == self.size;
            for record in page {
                after.clone_from(&record.key);
                if !record.deleted && shown(&record) && self.matches(&record) {
                    found.push(record);
                }
                if found.len() == self.size {
                    return Ok((found, Some(after)));
                }
            }
            if !full {
                return Ok((found, None));
            }
        }
        Ok((found, Some(after)))
    }

    fn scan<'a>(&'a self, after: &'a str) -> Scan<'a> {
        let (kind, prefix) = (self.info.number, self.prefix.as_str());
        match self.fields.first() {
            Some((name, value)) => Scan::Field { kind, name, value, prefix, after },
            None => Scan::Prefix { kind, prefix, after },
        }
    }

    /// The fields that the scan did not look at.
    fn matches(&self, record: &Record) -> bool {
        self.fields.len() < 2 || {
            let held = self.kinds.all_fields(record);
            self.fields.iter().all(|(name, value)| held.iter().any(|(held, has)| held == name && has == value))
        }
    }
}

/// The fields of a filter message that are set.
fn fields(info: &KindInfo, filter: &Filter, finding: String) -> Result<Vec<(String, String)>> {
    let message = DynamicMessage::decode(info.filter.clone(), filter.body.clone())
        .map_err(|error| Error::invalid("FILTER_MALFORMED", format!("filter is not a {}: {error}", info.filter.name())))?;
    let text = |value: &prost_reflect::Value| value.as_str().map(str::to_owned);
    let set = message.fields().filter_map(|(field, value)| Some((field.name().to_owned(), text(value)?)));
    // The finding first: the scan goes by the first, and few records have one.
    Ok(std::iter::once(("finding".to_owned(), finding)).chain(set).filter(|(_, value)| !value.is_empty()).collect())
}

fn position(token: &str, digest: u64) -> Result<String> {
    if token.is_empty() {
        return Ok(String::new());
    }
    match token.split_once('.') {
        Some((held, key)) if u64::from_str_radix(held, 16) == Ok(digest) => Ok(key.to_owned()),
        _ => {
            Err(Error::invalid("PAGE_TOKEN", "page_token is not from a List with this filter; repeat the filter, or begin without a token"))
        }
    }
}

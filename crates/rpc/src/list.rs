//! Records by filter, in pages.

use crate::{
    Asked, Handle, Part, View, watch,
    weight::{Chunk, Filling},
};
use crossdock_core::{Error, Result};
use crossdock_proto::{
    Filter, KindInfo,
    records::{ListRequest, ListResponse},
    schema,
};
use crossdock_records::{Kinds, Reader};
use crossdock_store::{Read, Record, Scan};
use prost_reflect::DynamicMessage;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Times the rows of a page that one call reads at most, when a filter leaves little of them.
const READS: usize = 20;

pub(crate) async fn list(handle: &Handle, view: View, request: ListRequest) -> Result<ListResponse> {
    let filter = request.filter.unwrap_or_default();
    let info = schema().kind(filter.kind).filter(|info| handle.kinds.owns(info.number.into()));
    let info = info.ok_or_else(|| Error::invalid("FILTER_MISSING", "filter must name a kind of this service, such as { item: {} }"))?;
    view.expect(info)?;
    let size = match request.page_size {
        0 => 100,
        size => {
            usize::try_from(size).map_err(|_| Error::invalid("PAGE_SIZE", format!("page_size {size} is negative; 0 means 100")))?.min(1_000)
        }
    };
    let listing =
        Listing { kinds: Arc::clone(&handle.kinds), info, fields: fields(info, &filter, request.finding)?, prefix: request.key_prefix };
    let own = handle.clone();
    let asked = Asked { name: "list", kinds: vec![info.name.as_str()], size, token: request.page_token };
    let look = move |read: &mut Read<'_>, reader: &Reader, size: usize, token: &str| listing.page(&own, read, reader, size, token);
    let page = view.page(&handle.store, asked, look).await?;
    Ok(ListResponse {
        records: page.rows.into_iter().map(|stored| view.record(stored)).collect(),
        next_page_token: page.next,
        completeness: page.completeness,
    })
}

struct Listing {
    kinds: Arc<Kinds>,
    info: &'static KindInfo,
    fields: Vec<(String, String)>,
    prefix: String,
}

impl Listing {
    /// Of what was asked, so that a token of another question is noticed.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.info.number, &self.fields, &self.prefix).hash(&mut hasher);
        hasher.finish()
    }

    /// So many records from a token on, and the token of the next.
    fn page(&self, handle: &Handle, read: &mut Read<'_>, reader: &Reader, size: usize, token: &str) -> Result<Part<Record>> {
        let digest = self.digest();
        let (mut found, mut after) = (Filling::new(size), position(token, digest)?);
        let (most, mut looked) = (reader.chunk(size), 0);
        let mut chunk = Chunk::new(most);
        while looked < READS * most {
            let limit = chunk.size();
            let mut page = read.scan(self.scan(&after), limit)?;
            chunk.learn(&page);
            looked += limit;
            let last = page.last().filter(|_| page.len() == limit).map(|last| last.key.clone());
            page.retain(|record| !record.deleted && watch::is_shown(handle, record) && self.matches(record));
            for record in reader.rows(read, page)? {
                after.clone_from(&record.key);
                found.push(record);
                if found.is_full() {
                    return Ok(found.part(format!("{digest:016x}.{after}")));
                }
            }
            let Some(last) = last else { return Ok(found.part(String::new())) };
            after = last;
        }
        Ok(found.part(format!("{digest:016x}.{after}")))
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

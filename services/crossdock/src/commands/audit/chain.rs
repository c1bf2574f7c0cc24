//! The chain of one service, read over its public contract a page at a time.

use super::checkpoint::Checkpoint;
use crate::{
    failure::{Failure, at},
    peers::Peers,
};
use crossdock_core::Cursor;
use crossdock_proto::{
    Filter, Record,
    operations::{AuditEntry, AuditHead},
    records::{ListRequest, ListResponse},
};
use crossdock_records::{AUDIT_ENTRY, AUDIT_HEAD, Fault, Mark, Verification};
use crossdock_rpc::RecordClient;
use indicatif::ProgressBar;
use prost::Message;
use tonic::Code;

/// A chain, and where it ended when it was looked at first.
pub struct Chain {
    /// Its service.
    pub name: &'static str,
    /// The life of the service's store: another after every restore.
    pub epoch: u64,
    /// Where it ended.
    pub head: AuditHead,
    client: RecordClient,
}

impl Chain {
    /// The chain of a service, if that is at this address.
    pub async fn at(peers: &Peers, name: &'static str, package: &str) -> Result<Option<Self>, Failure> {
        let mut client = peers.records(package);
        match head(&mut client).await {
            Ok((epoch, head)) => Ok(Some(Self { name, epoch, head, client })),
            Err(status) if status.code() == Code::Unimplemented => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// Walks it: how many entries there are, or the first fault. It has to come by where it ended when it was looked at first, and by the checkpoints of its service.
    pub async fn verify(&mut self, marked: &[Checkpoint]) -> Result<Result<i64, Fault>, Failure> {
        let own = Mark { sequence: self.head.sequence, hash: self.head.hash.clone(), said_by: "the head of the chain".to_owned() };
        let marks = marked.iter().filter(|checkpoint| checkpoint.service == self.name).map(|checkpoint| checkpoint.mark(self.epoch));
        let mut verification = Verification::new(self.name, [Ok(own)].into_iter().chain(marks).collect::<Result<Vec<_>, Failure>>()?);
        let progress = ProgressBar::new(u64::try_from(self.head.sequence).unwrap_or_default()).with_message(self.name);
        let mut page_token = String::new();
        loop {
            let page = page(&mut self.client, AUDIT_ENTRY, page_token).await?;
            for record in &page.records {
                let (key, entry) = entry(record)?;
                if let Err(fault) = verification.entry(&key, &entry) {
                    return Ok(Err(fault));
                }
            }
            progress.inc(page.records.len().try_into().unwrap_or_default());
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        progress.finish_and_clear();
        // What was appended meanwhile may have been read.
        Ok(verification.end(&head(&mut self.client).await?.1))
    }
}

/// Where a chain ends now, and the life of its store.
async fn head(client: &mut RecordClient) -> Result<(u64, AuditHead), tonic::Status> {
    let page = page(client, AUDIT_HEAD, String::new()).await?;
    let cursor: Option<Cursor> = page.completeness.and_then(|completeness| completeness.cursor.parse().ok());
    let head = page.records.first().and_then(|record| AuditHead::decode(record.body.clone()).ok());
    Ok((cursor.map_or(0, |cursor| cursor.epoch), head.unwrap_or_default()))
}

async fn page(client: &mut RecordClient, kind: u16, page_token: String) -> Result<ListResponse, tonic::Status> {
    let filter = Some(Filter { kind: kind.into(), ..Filter::default() });
    client.list(ListRequest { filter, page_size: 1_000, page_token, ..ListRequest::default() }).await
}

fn entry(record: &Record) -> Result<(String, AuditEntry), Failure> {
    let key = record.envelope.as_ref().map_or_else(String::new, |envelope| envelope.key.clone());
    let entry = AuditEntry::decode(record.body.clone()).map_err(at(format!("audit entry {key}")))?;
    Ok((key, entry))
}

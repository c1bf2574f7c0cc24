//! What a name means for the audit chain: the recommendations and draft orders that an order is made of.

use crate::{
    failure::{Failure, at},
    peers::{self, Peers},
};
use crossdock_proto::{
    Filter,
    records::{BatchGetRequest, ListRequest},
    types::RecordKey,
    writeback::{DraftOrder, PostingLink, PostingLinkFilter, RecommendationStatus},
};
use prost::Message;

const WRITEBACK: &str = "crossdock.writeback.v1";
/// So many earlier recommendations are looked for whose place one took.
const EARLIER: usize = 100;

/// What an order is made of, as it stands now.
#[derive(Default)]
pub struct Subjects {
    /// By key.
    pub recommendations: Vec<(String, RecommendationStatus)>,
    /// By posting key.
    pub drafts: Vec<(String, DraftOrder)>,
}

impl Subjects {
    /// What a name means.
    pub async fn of(peers: &Peers, name: &str) -> Result<Self, Failure> {
        let mut found = Self::default();
        if let Some(status) = get::<RecommendationStatus>(peers, "recommendation_status", name).await? {
            found.add_draft(peers, &status.draft).await?;
            found.add(peers, name).await?;
        } else if let Some(draft) = get::<DraftOrder>(peers, "draft_order", name).await? {
            for line in &draft.lines {
                found.add(peers, &line.recommendation).await?;
            }
            found.drafts.push((name.to_owned(), draft));
        } else {
            for linked in links(peers, name).await?.iter().flat_map(|link| &link.recommendations) {
                found.add_draft(peers, &linked.posting_key).await?;
                found.add(peers, &linked.recommendation).await?;
            }
        }
        if found.recommendations.is_empty() && found.drafts.is_empty() {
            let message = "is no recommendation, no posting key and no order of the ERP that was posted from here, such as erp/PO1017";
            return Err(format!("{name:?} {message}").into());
        }
        Ok(found)
    }

    /// A recommendation, and those whose place it took: what was approved of them may hold for it.
    async fn add(&mut self, peers: &Peers, key: &str) -> Result<(), Failure> {
        let mut next = key.to_owned();
        for _ in 0..EARLIER {
            if next.is_empty() || self.recommendations.iter().any(|(known, _)| *known == next) {
                return Ok(());
            }
            let Some(status) = get::<RecommendationStatus>(peers, "recommendation_status", &next).await? else { return Ok(()) };
            let earlier = status.supersedes.clone();
            self.recommendations.push((std::mem::replace(&mut next, earlier), status));
        }
        Ok(())
    }

    async fn add_draft(&mut self, peers: &Peers, key: &str) -> Result<(), Failure> {
        if key.is_empty() || self.drafts.iter().any(|(known, _)| known == key) {
            return Ok(());
        }
        self.drafts.extend(get(peers, "draft_order", key).await?.map(|draft| (key.to_owned(), draft)));
        Ok(())
    }
}

async fn get<M: Message + Default>(peers: &Peers, kind: &str, key: &str) -> Result<Option<M>, Failure> {
    let keys = vec![RecordKey { kind: kind.into(), key: key.into() }];
    let answer = peers.records(WRITEBACK).batch_get(BatchGetRequest { keys }).await?;
    answer.records.first().map(|record| M::decode(record.body.clone()).map_err(at(key))).transpose()
}

/// The links of an order line, or of all lines of an order.
async fn links(peers: &Peers, name: &str) -> Result<Vec<PostingLink>, Failure> {
    match get(peers, "posting_link", name).await? {
        Some(link) => Ok(vec![link]),
        None => list(peers, "posting_link", &PostingLinkFilter {}, &format!("{name}/")).await,
    }
}

/// Every record of a kind of recommendation-writeback that a filter lets through.
pub async fn list<M: Message + Default>(peers: &Peers, kind: &str, filter: &impl Message, prefix: &str) -> Result<Vec<M>, Failure> {
    let filter = Filter { kind: peers::kind(kind)?.number.into(), body: filter.encode_to_vec().into() };
    let (mut client, mut page_token, mut found) = (peers.records(WRITEBACK), String::new(), Vec::new());
    loop {
        let asked =
            ListRequest { filter: Some(filter.clone()), key_prefix: prefix.into(), page_size: 1_000, page_token, ..Default::default() };
        let page = client.list(asked).await?;
        for record in page.records {
            found.push(M::decode(record.body).map_err(at(kind))?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

//! Answers end where they weigh enough.

use crate::guarded::Suite;
use crossdock_identity::Proof;
use crossdock_proto::{
    Filter, Record,
    governance::Token,
    records::{BatchGetRequest, ListRequest, WatchRequest},
    types::RecordKey,
};
use crossdock_records::{TOKEN, derive};
use crossdock_rpc::{PEER, RecordClient, guard, local, records};
use prost::Message;
use tonic::Code;
use tonic_types::StatusExt;

const PACKAGE: &str = "crossdock.governance.v1";
const MIB: usize = 1024 * 1024;
/// The largest record that is taken.
const LARGE: usize = 256 * 1024;

/// A service with records of these sizes, in the order of their keys.
async fn with(sizes: impl Iterator<Item = usize>) -> (Suite, RecordClient) {
    let suite = Suite::start().await;
    let tokens: Vec<_> =
        sizes.enumerate().map(|(number, size)| Token { id: key(number), hash: vec![7; size].into(), ..Token::default() }).collect();
    let write = move |tx: &mut crossdock_store::Tx<'_>| {
        derive(tx, &Default::default(), |to| {
            for token in &tokens {
                to.edit::<Token>(&token.id, |_| Some(token.clone()))?;
            }
            Ok(())
        })
    };
    suite.handle.store.write("tokens", write).await.unwrap();
    let client = RecordClient::new(local(guard(records(PACKAGE, &suite.handle), &suite.handle), Proof::Process), PACKAGE, PEER);
    (suite, client)
}

fn key(number: usize) -> String {
    format!("{number:05}")
}

fn weight(records: &[Record]) -> usize {
    records.iter().map(Message::encoded_len).sum()
}

/// How many records each page of a list has, which must show all of them once and in order.
async fn listed(client: &mut RecordClient, page_size: i32) -> Vec<usize> {
    let filter = Filter { kind: TOKEN.into(), body: Default::default() };
    let mut request = ListRequest { filter: Some(filter), page_size, ..ListRequest::default() };
    let (mut pages, mut seen) = (Vec::new(), 0);
    loop {
        let page = client.list(request.clone()).await.unwrap();
        assert!(weight(&page.records) < 5 * MIB);
        for record in &page.records {
            assert_eq!(Token::decode(record.body.clone()).unwrap().id, key(seen));
            seen += 1;
        }
        pages.push(page.records.len());
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return pages;
        }
    }
}

/// The same of the feed.
async fn watched(client: &mut RecordClient) -> Vec<usize> {
    let request = WatchRequest { kinds: vec!["token".into()], until_checkpoint: true, ..WatchRequest::default() };
    let mut feed = client.watch(request).await.unwrap();
    let (mut pages, mut seen) = (Vec::new(), 0);
    loop {
        let page = feed.message().await.unwrap().unwrap();
        assert!(weight(&page.records) < 5 * MIB);
        for record in &page.records {
            assert_eq!(Token::decode(record.body.clone()).unwrap().id, key(seen));
            seen += 1;
        }
        pages.push(page.records.len());
        if page.checkpoint {
            assert!(feed.message().await.unwrap().is_none());
            return pages;
        }
    }
}

#[tokio::test]
async fn pages_of_small_records_have_as_many_as_are_asked_for() {
    let (_suite, mut client) = with((0..1_201).map(|_| 10)).await;
    assert_eq!(listed(&mut client, 1_000).await, [1_000, 201]);
    assert_eq!(listed(&mut client, 400).await, [400, 400, 400, 1]);
    assert_eq!(watched(&mut client).await, [500, 500, 201]);
}

#[tokio::test]
async fn pages_of_large_records_end_at_four_mebibytes() {
    // Small ones first, so that more is read than fits.
    let (_suite, mut client) = with((0..240).map(|number| if number < 200 { 10 } else { LARGE })).await;
    assert_eq!(listed(&mut client, 1_000).await, [216, 16, 8]);
    assert_eq!(listed(&mut client, 7).await.into_iter().max(), Some(7));
    assert_eq!(watched(&mut client).await, [216, 16, 8]);
}

#[tokio::test]
async fn many_large_records_cannot_be_had_by_key_at_once() {
    let (_suite, mut client) = with((0..130).map(|_| LARGE)).await;
    let keys = |count: usize| (0..count).map(|number| RecordKey { kind: "token".into(), key: key(number) }).collect();
    let found = client.batch_get(BatchGetRequest { keys: keys(63) }).await.unwrap();
    assert_eq!(found.records.len(), 63);
    for count in [64, 130] {
        let refused = client.batch_get(BatchGetRequest { keys: keys(count) }).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.get_details_error_info().unwrap().reason.as_str()),
            (Code::ResourceExhausted, "ANSWER_TOO_LARGE")
        );
        assert!(refused.message().contains("ask for fewer keys"), "{refused:?}");
    }
}

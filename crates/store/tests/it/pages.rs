//! Pages: what a scan shows, in which order, and that paging loses and repeats nothing.

use crate::place::{A, B, feed, head, keys, open, put, read, record, write};
use crossdock_core::Result;
use crossdock_store::{Location, Read, Record, Scan, Store};

/// Sorted by bytes, by words of a language, or by UTF-16 these come out differently.
pub const AWKWARD: [&str; 34] = [
    "a",
    "A",
    "b",
    "B",
    "a/",
    "a/1",
    "a/10",
    "a/2",
    "a%",
    "a%2F",
    "a%2F1",
    "a_",
    "a_b",
    "é",
    "e",
    "e\u{301}",
    "É",
    "z",
    "~",
    " ",
    "'",
    "\"",
    "\\",
    "ss",
    "ß",
    "\u{d7ff}",
    "\u{e000}",
    "\u{ffff}",
    "\u{10000}",
    "\u{10fffe}",
    "\u{10ffff}",
    "\u{10ffff}\u{10ffff}",
    "a\u{10ffff}",
    "a\u{10ffff}z",
];

const PREFIXES: [&str; 16] =
    ["", "a", "A", "a/", "a/1", "a%", "a_", "é", "e", "'", "\"", "\\", "\u{d7ff}", "\u{10ffff}", "a\u{10ffff}", "nothing"];

pub async fn prefixes_with_awkward_characters(location: &Location) {
    let store = open(location).await;
    put(&store, AWKWARD.iter().map(|key| record(A, key, "")).chain([record(B, "a", "")]).collect()).await;
    for prefix in PREFIXES {
        for size in [1, 3, 100] {
            let page = move |read: &mut Read<'_>, after: &str| read.scan(Scan::Prefix { kind: A, prefix, after }, size);
            assert_eq!(paged(&store, size, page).await, expected(prefix), "prefix {prefix:?}, pages of {size}");
        }
    }
}

pub async fn fields_with_awkward_characters(location: &Location) {
    let store = open(location).await;
    write(&store, |tx| {
        for key in AWKWARD {
            tx.put(record(A, key, ""), vec![], AWKWARD.iter().map(|value| ("value", (*value).to_owned())).collect());
        }
        Ok(())
    })
    .await;
    for value in AWKWARD {
        for (prefix, size) in [("", 100), ("a", 2), ("a/1", 1), ("\u{10ffff}", 1)] {
            let page =
                move |read: &mut Read<'_>, after: &str| read.scan(Scan::Field { kind: A, name: "value", value, prefix, after }, size);
            assert_eq!(paged(&store, size, page).await, expected(prefix), "value {value:?}, prefix {prefix:?}");
        }
    }
}

fn expected(prefix: &str) -> Vec<&'static str> {
    let mut keys: Vec<_> = AWKWARD.into_iter().filter(|key| key.starts_with(prefix)).collect();
    keys.sort_unstable();
    keys
}

/// All pages, joined; every page but the last is full.
async fn paged(
    store: &Store,
    size: usize,
    page: impl Fn(&mut Read<'_>, &str) -> Result<Vec<Record>> + Send + Copy + 'static,
) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    loop {
        let after = all.last().cloned().unwrap_or_default();
        let found = read(store, move |read| page(read, &after)).await;
        assert!(found.len() <= size && all.len() <= AWKWARD.len());
        all.extend(found.iter().map(|record| record.key.clone()));
        if found.len() < size {
            return all;
        }
    }
}

/// Also on a database whose own order is that of a language.
pub async fn keys_sort_by_their_bytes(location: &Location) {
    let store = open(location).await;
    sorted_by_bytes(&store).await;
}

pub async fn sorted_by_bytes(store: &Store) {
    let mut sorted: Vec<String> = Vec::new();
    for one in AWKWARD {
        sorted.extend(AWKWARD.iter().map(|other| format!("{one}{other}")));
    }
    put(store, sorted.iter().map(|key| record(A, key, "")).collect()).await;
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(keys(store, A).await, sorted);
    // And the same order decides where a page begins.
    for after in sorted.iter().step_by(97).cloned() {
        let next = sorted.iter().find(|key| **key > after).cloned();
        let page = read(store, move |read| read.scan(Scan::Prefix { kind: A, prefix: "", after: &after }, 1)).await;
        assert_eq!(page.into_iter().next().map(|record| record.key), next);
    }
}

pub async fn kinds_merge_into_one_feed(location: &Location) {
    let store = open(location).await;
    for round in 0..10 {
        let of = |kind: u16| record(kind, &format!("{}", round % 4), &format!("{round}"));
        put(&store, if round % 3 == 0 { vec![of(A), of(B)] } else { vec![of(if round % 2 == 0 { A } else { B })] }).await;
    }
    let upto = head(&store).await.position;
    let mut merged = feed(&store, A).await;
    merged.extend(feed(&store, B).await);
    merged.sort_by_key(|record| record.position);
    let positions: Vec<_> = merged.iter().map(|record| record.position).collect();
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{positions:?}");
    assert_eq!(positions.last(), Some(&upto));
    // `after` is left out, `upto` is not, and a page ends where it is full.
    let (first, last) = (positions[0], upto - 1);
    for kind in [A, B] {
        let expected: Vec<_> = merged.iter().filter(|record| record.kind == kind).map(|record| record.position).collect();
        let page = read(&store, move |read| read.scan(Scan::Since { kind, after: first, upto: last }, 100)).await;
        let wanted: Vec<_> = expected.iter().copied().filter(|position| (first + 1..=last).contains(position)).collect();
        assert_eq!(page.iter().map(|record| record.position).collect::<Vec<_>>(), wanted);
        let page = read(&store, move |read| read.scan(Scan::Since { kind, after: 0, upto }, 2)).await;
        assert_eq!(page.iter().map(|record| record.position).collect::<Vec<_>>(), expected[..2]);
    }
}

/// A transaction's pages are those before it; what it has changed in them shows.
pub async fn a_page_shows_the_record_as_it_is_now(location: &Location) {
    let store = open(location).await;
    put(&store, vec![record(A, "a", "1"), record(A, "b", "1")]).await;
    let page = write(&store, |tx| {
        tx.put(Record { deleted: true, ..record(A, "a", "2") }, vec![], vec![]);
        tx.put(record(A, "c", "1"), vec![], vec![]);
        tx.touch(crossdock_core::Key::new(A, "b"), crossdock_core::Version { primary: 8, observed: 0 }, "");
        tx.scan(Scan::Prefix { kind: A, prefix: "", after: "" }, 10)
    })
    .await;
    let told: Vec<_> = page.iter().map(|record| (record.key.as_str(), record.deleted, record.version.primary)).collect();
    assert_eq!(told, [("a", true, 1), ("b", false, 8)]);
}

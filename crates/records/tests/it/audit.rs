//! The chain of what was decided, under group commit, failures and restarts; and everything that somebody with access to the tables may do to it.

use bytes::Bytes;
use crossdock_core::Error;
use crossdock_proto::operations::{AuditEntry, AuditHead};
use crossdock_records::{AUDIT_ENTRY, AUDIT_HEAD, Fault, Mark, Origin, Verification, audit, entry_key};
use crossdock_store::{Location, Scan, Store};
use crossdock_testkit::{Hand, Place, Seed};
use prost::Message;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const WRITERS: usize = 8;
const DECISIONS: usize = 40;

fn decision(number: usize) -> AuditEntry {
    AuditEntry {
        action: ["APPROVED", "EDITED", "SEALED"][number % 3].into(),
        kind: "recommendation_status".into(),
        key: format!("apo/R1/{number}"),
        message: "so it is".into(),
        rule: "large orders".into(),
        policy_version: "v1".into(),
        seen: format!("{number:016x}"),
        values: BTreeMap::from([
            ("quantity".into(), number.to_string()),
            ("supplier".into(), "SUP1".into()),
            ("none".into(), String::new()),
        ]),
        ..AuditEntry::default()
    }
}

fn by(number: usize) -> Option<Origin> {
    (!number.is_multiple_of(4)).then(|| Origin { connection: "desk".into(), principal: "ann".into(), ..Origin::default() })
}

async fn decide(store: &Store, number: usize) {
    let job = move |tx: &mut crossdock_store::Tx<'_>| {
        audit(tx, by(number).as_ref(), decision(number))?;
        // Now and then the store fails, so that the whole group is run again, each alone.
        if number % 17 == 5 { Err(Error::internal("the test fails", "on purpose")) } else { audit(tx, None, decision(number)) }
    };
    store.write("decide", job).await.ok();
}

/// A chain as it is kept.
#[derive(Clone)]
struct Chain {
    service: String,
    entries: Vec<(String, AuditEntry)>,
    head: AuditHead,
}

impl Chain {
    async fn read(store: &Store) -> Self {
        let read = |read: &mut crossdock_store::Read<'_>| {
            let all = |kind| Scan::Prefix { kind, prefix: "", after: "" };
            Ok((read.scan(all(AUDIT_ENTRY), 10_000)?, read.scan(all(AUDIT_HEAD), 1)?))
        };
        let (entries, heads) = store.read("chain", read).await.unwrap();
        let entries: Vec<_> = entries.into_iter().map(|record| (record.key, AuditEntry::decode(record.body).unwrap())).collect();
        let head = heads.into_iter().next().map(|record| AuditHead::decode(record.body).unwrap()).unwrap_or_default();
        Self { service: entries.first().map_or_else(String::new, |(_, entry)| entry.service.clone()), entries, head }
    }

    fn verify(&self, checkpoint: Option<Mark>) -> Result<i64, Fault> {
        let mut verification = Verification::new(&self.service, [self.mark()].into_iter().chain(checkpoint));
        for (key, entry) in &self.entries {
            verification.entry(key, entry)?;
        }
        verification.end(&self.head)
    }

    /// Where it ends, as it was said once.
    fn mark(&self) -> Mark {
        Mark { sequence: self.head.sequence, hash: self.head.hash.clone(), said_by: "the checkpoint".into() }
    }

    /// What an attacker computes who knows how: hashes and links from an entry on, and the head.
    fn rehash(&mut self, from: usize) {
        for at in from..self.entries.len() {
            let previous = if at == 0 { Bytes::new() } else { self.entries[at - 1].1.hash.clone() };
            let entry = &mut self.entries[at].1;
            entry.previous = previous;
            entry.hash = hashed(entry);
        }
        let last = self.entries.last().map(|(_, entry)| entry.clone()).unwrap_or_default();
        self.head = AuditHead { sequence: last.sequence, hash: last.hash };
    }
}

fn hashed(entry: &AuditEntry) -> Bytes {
    let body = AuditEntry { hash: Bytes::new(), ..entry.clone() }.encode_to_vec();
    Bytes::copy_from_slice(&Sha256::digest(body))
}

async fn made(place: &Place) -> Chain {
    let open = || Store::open(place.location().clone(), Hand::at(1));
    let stores = if matches!(place.location(), Location::Postgres { .. }) {
        vec![open().await.unwrap(), open().await.unwrap()]
    } else {
        vec![open().await.unwrap()]
    };
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let store = stores[writer % stores.len()].clone();
        writers.push(tokio::spawn(async move {
            for number in 0..DECISIONS {
                decide(&store, writer * DECISIONS + number).await;
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    drop(stores);
    // After a restart it goes on where it ended.
    let store = open().await.unwrap();
    decide(&store, 1).await;
    Chain::read(&store).await
}

pub async fn a_chain_is_unbroken_whoever_writes(place: &Place) {
    let chain = made(place).await;
    let failed = (0..WRITERS * DECISIONS).filter(|number| number % 17 == 5).count();
    let decided = 2 * (WRITERS * DECISIONS - failed + 1);
    assert_eq!(chain.verify(None), Ok(i64::try_from(decided).unwrap()), "each decision of what was committed, and none of what was not");
    assert!(chain.entries.iter().all(|(_, entry)| !entry.values.contains_key("none")), "what has no value is left out");
}

pub async fn a_thousand_changes_are_found(place: &Place) {
    let seed = Seed::new();
    let (mut chance, chain) = (StdRng::from_seed(seed.bytes()), made(place).await);
    for _ in 0..1_000 {
        let at = chance.random_range(0..chain.entries.len());
        let mut changed = chain.clone();
        let what = edit(&mut chance, &mut changed.entries[at].1);
        let rehashed = what != "hash" && chance.random_bool(0.5);
        if rehashed {
            changed.entries[at].1.hash = hashed(&changed.entries[at].1);
        }
        let fault = changed.verify(None).expect_err(&format!("{what} of entry {} (rehashed: {rehashed})", at + 1));
        let (first, next) = (i64::try_from(at).unwrap() + 1, i64::try_from(at).unwrap() + 2);
        assert!(fault.sequence == first || (rehashed && fault.sequence == next), "{what} of entry {first}: {fault}");
    }
}

/// Changes one field; which.
fn edit(chance: &mut StdRng, entry: &mut AuditEntry) -> &'static str {
    let text = |text: &mut String, chance: &mut StdRng| {
        if text.is_empty() || chance.random_bool(0.5) {
            text.push('x');
        } else {
            text.pop();
        }
    };
    let flip = |bytes: &mut Bytes, chance: &mut StdRng| {
        let mut changed = bytes.to_vec();
        match changed.len() {
            0 => changed.push(7),
            length => changed[chance.random_range(0..length)] ^= 1 << chance.random_range(0..8),
        }
        *bytes = changed.into();
    };
    match chance.random_range(0..16) {
        0 => (entry.sequence += chance.random_range(1..9), "sequence").1,
        1 => (text(&mut entry.service, chance), "service").1,
        2 => (entry.time.get_or_insert_default().seconds += 1, "time").1,
        3 => (entry.time.get_or_insert_default().nanos ^= 1, "time").1,
        4 => (text(&mut entry.connection, chance), "connection").1,
        5 => (text(&mut entry.principal, chance), "principal").1,
        6 => (text(&mut entry.action, chance), "action").1,
        7 => (text(&mut entry.kind, chance), "kind").1,
        8 => (text(&mut entry.key, chance), "key").1,
        9 => (text(&mut entry.message, chance), "message").1,
        10 => (text(&mut entry.rule, chance), "rule").1,
        11 => (text(&mut entry.policy_version, chance), "policy_version").1,
        12 => (text(&mut entry.seen, chance), "seen").1,
        13 => (text(entry.values.entry("quantity".into()).or_default(), chance), "values").1,
        14 => (flip(&mut entry.previous, chance), "previous").1,
        _ => (flip(&mut entry.hash, chance), "hash").1,
    }
}

pub async fn what_is_taken_out_put_in_or_moved_is_found(place: &Place) {
    let chain = made(place).await;
    let (last, middle) = (chain.entries.len() - 1, chain.entries.len() / 2);
    let told = |chain: &Chain, checkpoint: Option<Mark>| {
        chain.verify(checkpoint).map_err(|fault| (fault.reason, usize::try_from(fault.sequence).unwrap()))
    };
    for at in [0, middle, last] {
        let mut less = chain.clone();
        less.entries.remove(at);
        assert_eq!(told(&less, None).unwrap_err(), (if at == last { "CUT" } else { "GAP" }, at + 1));
        let mut twice = chain.clone();
        twice.entries.insert(at, chain.entries[at].clone());
        assert_eq!(told(&twice, None).unwrap_err(), ("OUT_OF_ORDER", at + 2));
    }
    let mut moved = chain.clone();
    moved.entries.swap(middle, middle + 1);
    assert_eq!(told(&moved, None).unwrap_err(), ("GAP", middle + 1));
    let keys = (moved.entries[middle].0.clone(), moved.entries[middle + 1].0.clone());
    (moved.entries[middle + 1].0, moved.entries[middle].0) = keys;
    assert_eq!(told(&moved, None).unwrap_err(), ("WRONG_KEY", middle + 1), "what is kept under one key is the other");
    let mut forged = chain.clone();
    forged.entries[middle].1.principal = "mia".into();
    forged.entries[middle].1.hash = hashed(&forged.entries[middle].1);
    assert_eq!(told(&forged, None).unwrap_err(), ("WRONG_PREVIOUS", middle + 2));
    let mut longer = chain.clone();
    let sequence = chain.head.sequence + 1;
    let mut more = AuditEntry { sequence, previous: chain.head.hash.clone(), ..chain.entries[last].1.clone() };
    more.hash = hashed(&more);
    longer.entries.push((entry_key(sequence), more));
    assert_eq!(told(&longer, None).unwrap_err(), ("BEYOND_HEAD", last + 2));
    let mut headless = chain.clone();
    headless.head.hash = Bytes::from_static(b"another");
    assert_eq!(told(&headless, None).unwrap_err(), ("NOT_AS_MARKED", last + 1));
}

/// Who can write the tables and knows how hashes are made can make a chain that is whole. What was signed before and kept elsewhere tells.
pub async fn what_is_made_anew_is_found_by_a_checkpoint(place: &Place) {
    let chain = made(place).await;
    let (last, middle) = (chain.entries.len() - 1, chain.entries.len() / 2);
    let told = |chain: &Chain, checkpoint: Mark| {
        chain.verify(Some(checkpoint)).map_err(|fault| (fault.reason, usize::try_from(fault.sequence).unwrap()))
    };
    for at in [0, middle, last] {
        let mut anew = chain.clone();
        anew.entries[at].1.principal = "mia".into();
        anew.rehash(at);
        assert_eq!(anew.verify(None), Ok(chain.head.sequence), "by itself it is whole");
        assert_eq!(told(&anew, chain.mark()).unwrap_err(), ("NOT_AS_MARKED", last + 1));
        let mut cut = chain.clone();
        cut.entries.truncate(at);
        cut.rehash(at);
        assert_eq!(cut.verify(None), Ok(i64::try_from(at).unwrap()), "by itself it is whole");
        assert_eq!(told(&cut, chain.mark()).unwrap_err(), ("CUT", last + 1));
        // An earlier checkpoint says nothing of what came after it.
        let early =
            Mark { sequence: i64::try_from(at).unwrap(), hash: chain.entries[at.saturating_sub(1)].1.hash.clone(), said_by: String::new() };
        assert_eq!(told(&cut, early), Ok(i64::try_from(at).unwrap()));
    }
}

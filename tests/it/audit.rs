//! What was decided can be proved: somebody with access to the tables changes them behind a stopped process, and is found out. And a customer can be
//! forgotten without breaking the chain.

use crate::bad_input::version;
use crossdock_core::{Key, SystemClock};
use crossdock_proto::{
    masterdata::{Customer, CustomerTier, ShipTo},
    operations::{AuditEntry, AuditHead},
    records::WatchRequest,
    types::{Envelope, Operation},
};
use crossdock_store::{Location, Record, Scan, Store};
use crossdock_testkit::free_port;
use crossdock_tests::{Engine, MASTERS, PATIENCE, Place, command, record};
use prost::Message;
use sha2::{Digest, Sha256};
use std::{path::Path, process::Command, sync::Arc};

const ENTRY: u16 = 27;
const HEAD: u16 = 28;

/// Governance's store, while nobody else has it.
async fn store(folder: &Path) -> Store {
    Store::open(Location::Sqlite(folder.join("data/governance.db")), Arc::new(SystemClock)).await.unwrap()
}

async fn overwrite(store: &Store, records: Vec<Record>) {
    let write = move |tx: &mut crossdock_store::Tx<'_>| {
        records.iter().for_each(|record| tx.put(record.clone(), Vec::new(), Vec::new()));
        Ok(())
    };
    store.write("tamper", write).await.unwrap();
}

/// Changes an entry; with everything after it made anew, if `anew`.
async fn tamper(folder: &Path, sequence: i64, anew: bool) {
    let store = store(folder).await;
    let all = |read: &mut crossdock_store::Read<'_>| read.scan(Scan::Prefix { kind: ENTRY, prefix: "", after: "" }, 1_000);
    let mut records = store.read("entries", all).await.unwrap();
    let mut previous = None;
    for record in &mut records {
        let mut entry = AuditEntry::decode(record.body.clone()).unwrap();
        if entry.sequence == sequence {
            entry.message = "from another file".into();
        }
        if anew {
            entry.previous = previous.unwrap_or_default();
            entry.hash.clear();
            entry.hash = Sha256::digest(entry.encode_to_vec()).to_vec().into();
        }
        previous = Some(entry.hash.clone());
        record.body = entry.encode_to_vec().into();
    }
    if anew {
        let mut head = store.read("head", |read| read.get(&[Key::new(HEAD, "head")])).await.unwrap().remove(0);
        let hash = previous.unwrap_or_default();
        head.body = AuditHead { hash, ..AuditHead::decode(head.body).unwrap() }.encode_to_vec().into();
        records.push(head);
    }
    overwrite(&store, records).await;
}

fn keys(folder: &Path) -> (String, String) {
    let (private, public) = (folder.join("audit.pem").display().to_string(), folder.join("audit.pub.pem").display().to_string());
    let openssl = |arguments: &[&str]| assert!(Command::new("openssl").args(arguments).status().unwrap().success());
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &private]);
    openssl(&["pkey", "-in", &private, "-pubout", "-out", &public]);
    (private, public)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_behind_a_stopped_process_is_found() {
    let (place, port) = (Place::new(Engine::Sqlite), free_port());
    let (private, public) = keys(place.folder());
    let heads = place.folder().join("heads.jsonl").display().to_string();
    let mut server = place.serve(port, &[]);
    server.heard_by_all("operator").await;
    server.run(&["audit", "checkpoint", "--key", &private, "--to", &heads]);
    let whole = server.run(&["audit", "verify", "--checkpoint", &heads, "--public-key", &public]);
    assert_eq!(whole.matches("whole").count(), 5, "{whole}");
    let address = server.address();
    let verify = |more: &[&str]| command(&[&["audit", "verify", "--address", &address], more].concat());

    server.process.terminate(PATIENCE);
    tamper(place.folder(), 3, false).await;
    server = place.serve(port, &[]);
    server.heard_by_all("operator").await;
    let (good, _, told) = verify(&[]);
    assert!(!good && told.contains("governance: BODY_CHANGED at entry 3"), "{told}");

    // Who makes all hashes anew is found by what was signed before.
    server.process.terminate(PATIENCE);
    tamper(place.folder(), 3, true).await;
    server = place.serve(port, &[]);
    server.heard_by_all("operator").await;
    assert!(verify(&[]).0, "{}", verify(&[]).2);
    let (good, _, told) = verify(&["--checkpoint", &heads, "--public-key", &public]);
    assert!(!good && told.contains("governance: NOT_AS_MARKED at entry"), "{told}");

    // A checkpoint is believed as it was signed.
    let text = std::fs::read_to_string(&heads).unwrap();
    let forged = place.write("forged.jsonl", text.replacen("\"sequence\":0", "\"sequence\":1", 1));
    let (good, _, told) = verify(&["--checkpoint", forged.to_str().unwrap(), "--public-key", &public]);
    assert!(!good && told.contains("forged.jsonl:") && told.contains("is not as key"), "{told}");
    server.process.terminate(PATIENCE);
}

const NAME: &str = "Erika Mustermann";
const STREET: &str = "Heidestrasse 17";

fn customer(primary: i64, deleted: bool) -> crossdock_proto::Record {
    let address =
        ShipTo { ship_to_id: "1".into(), name: NAME.into(), address_lines: vec![STREET.into()], country: "DE".into(), ..ShipTo::default() };
    let message = Customer {
        customer_id: "C17".into(),
        name: NAME.into(),
        tier: CustomerTier::Standard.into(),
        country: "DE".into(),
        ship_to: vec![address],
        ..Customer::default()
    };
    let operation = if deleted { Operation::Delete } else { Operation::Upsert };
    record("customer", Envelope { operation: operation.into(), ..version(primary) }, &message)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_forgotten_and_the_chain_is_whole() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let place = Place::new(engine);
        let mut server = place.serve_all();
        server.heard_by_all("operator").await;
        server.put(MASTERS, "erp", vec![customer(1, false)]).await;
        assert!(everything(&server).await.contains(NAME), "it is there first");
        server.put(MASTERS, "erp", vec![customer(2, true)]).await;
        let left = crossdock_testkit::eventually_async("every service to forget", PATIENCE, async || {
            let all = everything(&server).await;
            (!all.contains(NAME) && !all.contains(STREET)).then_some(all)
        });
        assert!(left.await.contains("C17"), "the surrogate stays");
        server.run(&["audit", "verify"]);
        server.process.terminate(PATIENCE);
        for file in std::fs::read_dir(place.folder().join("data")).into_iter().flatten().flatten() {
            let content = std::fs::read(file.path()).unwrap();
            assert!(!content.windows(NAME.len()).any(|part| part == NAME.as_bytes()), "{} has it still", file.path().display());
        }
    }
}

/// All that every service shows of what it holds, tombstones included.
async fn everything(server: &crossdock_tests::Server) -> String {
    let mut all = Vec::new();
    for (_, package) in crate::suite::SERVICES {
        let request = WatchRequest { until_checkpoint: true, ..WatchRequest::default() };
        let mut pages = server.records(package, "operator").watch(request).await.unwrap();
        while let Some(page) = pages.message().await.unwrap() {
            all.extend(page.encode_to_vec());
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

//! Services with a few masters, to which a batch is sent that is then forgotten.

use crate::services;
use crossdock_core::{Cursor, Error, ErrorKind, Micros};
use crossdock_master_data::{Customer, Item, Location, samples};
use crossdock_proto::{
    Record, Role, governance, masterdata,
    records::IngestRequest,
    types::{BatchResult, Outcome},
};
use crossdock_records::{Batch, Origin, ingest, record};
use crossdock_store::Scan;
use crossdock_testkit::{Bench, Engine};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// 2026-06-15T12:00:00Z.
const NOW: Micros = 1_781_524_800_000_000;
/// The connection that sends: it may write everything.
const SENDER: &str = "erp";

/// Every service that takes records, each on a store of its own. A fault in them panics.
pub struct World {
    services: Vec<Bench>,
    runtime: Runtime,
}

impl World {
    /// With the samples of the masters in master data, and followed by the others.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let services = runtime.block_on(async {
            let mut benches: Vec<Bench> = Vec::new();
            for service in services().unwrap() {
                let kinds = service.kinds.with_operations().unwrap();
                let bench = Bench::new(Engine::Sqlite, NOW, kinds, service.tasks, policy()).await;
                for peer in service.peers.iter().filter(|peer| peer.name == "master-data" && peer.apply.is_none()) {
                    for kind in peer.kinds {
                        for master in held(&benches[0], *kind).await {
                            bench.follow(*peer, master, Cursor { epoch: 1, position: 1 }).await;
                        }
                    }
                }
                if service.name == "master-data" {
                    let taken = bench.take(SENDER, &masters()).await;
                    assert!(taken.iter().all(|taken| taken.outcome == Outcome::Accepted), "{taken:?}");
                    bench.settle().await;
                }
                benches.push(bench);
            }
            benches
        });
        Self { services, runtime }
    }

    /// Sends a batch to the service that owns its first record, twice, and forgets it. What was accepted is not accepted again.
    pub fn send(&self, request: &IngestRequest) {
        let kind = request.records.first().map_or(0, |record| record.kind);
        let Some(bench) = self.services.iter().find(|bench| bench.kinds.owns(kind)) else { return };
        let (kinds, policy) = (Arc::clone(&bench.kinds), Arc::clone(&bench.policy));
        let batch = Batch {
            origin: Arc::new(Origin { connection: SENDER.to_owned(), ..Origin::default() }),
            records: request.records.clone(),
            totals: request.totals.clone(),
            watermarks: request.watermarks.clone(),
            ..Batch::default()
        };
        let told = Arc::new(Mutex::new(None));
        let tell = Arc::clone(&told);
        let sending = bench.store.write::<()>("fuzz", move |tx| {
            let mut send = || ingest(tx, &kinds, &policy, std::slice::from_ref(&batch));
            *tell.lock().unwrap() = Some(send().and_then(|first| Ok((first, send()?))));
            Err(Error::precondition("FORGOTTEN", "nothing of it is kept"))
        });
        self.runtime.block_on(sending).unwrap_err();
        match told.lock().unwrap().take().expect("the batch was looked at") {
            Ok((first, second)) => first.iter().zip(&second).for_each(|(first, second)| compare(first, second)),
            Err(error) => assert!(!matches!(error.kind, ErrorKind::Internal | ErrorKind::Unknown), "{error:?}"),
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn compare(first: &BatchResult, second: &BatchResult) {
    let (first, second) = (first.counts.unwrap_or_default(), second.counts.unwrap_or_default());
    // What was parked or refused before its neighbours were there may be taken now.
    let waited = first.parked + first.rejected;
    assert!(second.accepted <= waited, "accepted again: {first:?}, then {second:?}");
}

fn policy() -> governance::Policy {
    let roles = [Role::Erp, Role::Planning, Role::Warehouse, Role::Supplier, Role::Transport, Role::Buyer];
    let roles = roles.into_iter().map(Into::into).collect();
    let sender = governance::Connection { name: SENDER.to_owned(), roles, ..governance::Connection::default() };
    governance::Policy { version: "1".to_owned(), connections: vec![sender], ..governance::Policy::default() }
}

/// The samples, and what the seeds name.
fn masters() -> Vec<Record> {
    let item = |id: &str| samples::record::<Item>(&masterdata::Item { item_id: id.into(), ..samples::item() });
    let location = |id: &str| samples::record::<Location>(&masterdata::Location { location_id: id.into(), ..samples::location() });
    let customer = masterdata::Customer { customer_id: "C1".into(), ..samples::customer() };
    let more = [item("SKU1"), item("SKU2"), location("EAST"), location("WEST"), samples::record::<Customer>(&customer)];
    samples::all().into_iter().chain(more).collect()
}

async fn held(master_data: &Bench, kind: u16) -> Vec<Record> {
    let scan = move |read: &mut crossdock_store::Read<'_>| read.scan(Scan::Prefix { kind, prefix: "", after: "" }, 100);
    master_data.store.read("fuzz", scan).await.unwrap().into_iter().map(record).collect()
}

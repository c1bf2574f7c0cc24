//! The service on a store, with the masters that it follows, and what the tests ask it.

pub use crossdock_testkit::{deleted, record, told};

use crate::{
    Folded, PEERS, Refold, Verbs,
    model::{
        inventory_position::InventoryPosition,
        served::{MINUTE, SERVED},
    },
    number, service,
};
use crossdock_core::{Cursor, Micros};
use crossdock_master_data::{Customer, Item, ItemUnits, Location as Place, samples};
use crossdock_proto::{
    Record, demand as contract,
    governance::{self, LoadGuard},
    masterdata,
    operations::{Set, SetPurpose, SetScope},
    types::{Date, Finding, Quantity, Watermark},
};
use crossdock_records::{Batch, Kind, Origin, Reader, SET, Sight, Taken, ingest, message, model, take};
use crossdock_rpc::{Bounds, Caller, Handle, Limits};
use crossdock_telemetry::metrics::Measured;
use crossdock_testkit::{Bench, Engine, incoming};
use std::{collections::BTreeMap, future::Future, sync::Arc};

/// 2026-06-15T12:00:00Z.
pub const NOW: Micros = 1_781_524_800_000_000;

crossdock_testkit::world!(
    /// Demand-signal.
    World
);

/// What the connection `erp` asks.
pub fn asked<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.extensions_mut().insert(Caller(Arc::new(Origin { connection: "erp".into(), ..Origin::default() })));
    request
}

impl World {
    pub fn run<T, F: Future<Output = T>>(test: impl FnOnce(Self) -> F) -> T {
        crossdock_testkit::run(async { test(Self::new().await).await })
    }

    async fn new() -> Self {
        let connection = governance::Connection { name: "erp".into(), ..governance::Connection::default() };
        let connection =
            governance::Connection { roles: vec![crossdock_proto::Role::Erp.into(), crossdock_proto::Role::Planning.into()], ..connection };
        let guard = LoadGuard { kind: "inventory_snapshot".into(), max_removed_percent: 100 };
        let policy = governance::Policy { connections: vec![connection], load_guards: vec![guard], ..governance::Policy::default() };
        let service = service().unwrap();
        Self(Bench::new(Engine::Sqlite, NOW, service.kinds, service.tasks, policy).await)
    }

    /// The verbs of the service.
    pub async fn verbs(&self) -> Verbs {
        let handle =
            Handle::start("demand-signal", self.store.clone(), Arc::clone(&self.kinds), &Bounds::new(Limits::default())).await.unwrap();
        handle.policy.send_replace(Arc::clone(&self.policy));
        Verbs::new(handle)
    }

    /// Whoever reads everything.
    pub fn reader(&self) -> Reader {
        Reader::new(Sight::service(), Arc::clone(&self.kinds))
    }

    /// Another one, within a test.
    pub async fn run_inside() -> Self {
        Self::new().await.with_masters().await
    }

    /// With the masters that most tests need.
    pub async fn with_masters(self) -> Self {
        for id in ["EAST", "WEST"] {
            self.location(id).await;
        }
        for id in ["SKU1", "SKU2"] {
            self.item(id).await;
        }
        let customer = masterdata::Customer { customer_id: "C1".into(), ..samples::customer() };
        self.master::<Customer>("C1", &customer).await;
        self
    }

    pub async fn item(&self, id: &str) {
        self.master::<Item>(id, &masterdata::Item { item_id: id.into(), ..samples::item() }).await;
    }

    pub async fn location(&self, id: &str) {
        self.master::<Place>(id, &masterdata::Location { location_id: id.into(), ..samples::location() }).await;
    }

    /// Conversions of an item: unit, from, base units in it.
    pub async fn units(&self, item: &str, units: &[(&str, Option<Date>, i64)]) {
        let unit = |(unit, valid_from, numerator): &(&str, Option<Date>, i64)| masterdata::ItemUnit {
            unit: (*unit).into(),
            valid_from: *valid_from,
            numerator: *numerator,
            denominator: 1,
            ..masterdata::ItemUnit::default()
        };
        let units = units.iter().map(unit).collect();
        self.master::<ItemUnits>(item, &masterdata::ItemUnits { item_id: item.into(), base_unit: "EA".into(), units }).await;
    }

    pub async fn master<K: Kind>(&self, key: &str, message: &K::Message) {
        let mut record = samples::record::<K>(message);
        record.envelope.get_or_insert_default().key = key.into();
        self.follow(PEERS[1], record, Cursor { epoch: 1, position: 1 }).await;
    }

    /// A load may remove at most this share; from now on.
    pub fn guard(&mut self, max_removed_percent: u32) {
        let guard = LoadGuard { kind: String::new(), max_removed_percent };
        let document = governance::Policy { load_guards: vec![guard], ..self.policy.document.clone() };
        self.govern(document);
    }

    pub async fn send(&self, records: &[Record]) -> Vec<Taken> {
        self.take("erp", records).await
    }

    /// Sends records and says what was measured of them, and of goods whose order was not known, once it is looked for it.
    pub async fn measured(&self, records: &[Record]) -> Vec<Measured> {
        let incoming = incoming("erp", records);
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        let taking = move |tx: &mut crossdock_store::Tx<'_>| {
            take(tx, &kinds, &policy, &incoming)?;
            Ok(tx.measured().to_vec())
        };
        let mut measured = self.store.write("test", taking).await.unwrap();
        measured.extend(self.look_for_orders().await);
        measured.retain(|fact| !format!("{fact:?}").starts_with("crossdock.records"));
        measured
    }

    async fn look_for_orders(&self) -> Vec<Measured> {
        let waiting = self.store.read("due", |read| read.due(NOW + MINUTE, 100)).await.unwrap();
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        let looking = move |tx: &mut crossdock_store::Tx<'_>| {
            for due in waiting.iter().filter(|due| due.task == SERVED) {
                if crate::app::served::look(tx, &kinds, &policy, due)?.is_none() {
                    tx.done(&due.task, &due.key);
                }
            }
            Ok(tx.measured().to_vec())
        };
        self.store.write("test", looking).await.unwrap()
    }

    pub async fn send_one(&self, record: Record) -> Taken {
        self.send(&[record]).await.remove(0)
    }

    /// Sends a complete snapshot of EAST as one set.
    pub async fn snapshot(&self, name: &str, through: i64, as_of: Micros, lines: &[Record]) {
        let origin = Origin { connection: "erp".into(), ..Origin::default() };
        let asked = Set {
            set_key: name.into(),
            kind: "inventory_snapshot".into(),
            purpose: SetPurpose::Load.into(),
            scope: Some(SetScope { locations: vec!["EAST".into()], ..SetScope::default() }),
            as_of: Some(prost_types::Timestamp { seconds: as_of / 1_000_000, nanos: 0 }),
            through: Some(through),
            absent_is_zero: true,
            ..Set::default()
        };
        let (kinds, policy, by) = (Arc::clone(&self.kinds), Arc::clone(&self.policy), origin.clone());
        let opened = self.store.write("open", move |tx| crossdock_records::open(tx, &kinds, &policy, &by, &asked)).await.unwrap();
        if opened.state() == crossdock_proto::operations::SetState::Open {
            self.send(lines).await;
            let name = name.to_owned();
            let commit = move |tx: &mut crossdock_store::Tx<'_>| crossdock_records::commit(tx, &origin, "erp", &name, None, false);
            self.store.write("commit", commit).await.unwrap();
        }
        self.settle().await;
    }

    /// Sends a forecast run and commits it.
    pub async fn forecast(&self, name: &str, locations: &[&str], values: &[Record], commits: bool) {
        let origin = Origin { connection: "erp".into(), ..Origin::default() };
        let asked = Set {
            set_key: name.into(),
            kind: "forecast".into(),
            purpose: SetPurpose::Run.into(),
            scope: Some(SetScope { locations: locations.iter().map(|id| (*id).into()).collect(), ..SetScope::default() }),
            ..Set::default()
        };
        let (kinds, policy, by) = (Arc::clone(&self.kinds), Arc::clone(&self.policy), origin.clone());
        self.store.write("open", move |tx| crossdock_records::open(tx, &kinds, &policy, &by, &asked)).await.unwrap();
        self.send(values).await;
        let name = name.to_owned();
        if commits {
            let commit = move |tx: &mut crossdock_store::Tx<'_>| crossdock_records::commit(tx, &origin, "erp", &name, None, false);
            self.store.write("commit", commit).await.unwrap();
        }
        self.settle().await;
    }

    /// Says that everything recorded until now has been sent.
    pub async fn watermark(&self, kind: &str) {
        let through = Some(prost_types::Timestamp { seconds: NOW / 1_000_000, nanos: 0 });
        let watermark = Watermark { kind: kind.into(), region: String::new(), recorded_through: through };
        let origin = Arc::new(Origin { connection: "erp".into(), ..Origin::default() });
        let batch = Batch { origin, watermarks: vec![watermark], ..Batch::default() };
        let (kinds, policy) = (Arc::clone(&self.kinds), Arc::clone(&self.policy));
        self.store.write("watermark", move |tx| ingest(tx, &kinds, &policy, std::slice::from_ref(&batch))).await.unwrap();
    }

    /// On hand, drift and reasons of findings of every position.
    pub async fn positions(&self) -> BTreeMap<String, (String, String, Vec<String>)> {
        let records = self.records(number::INVENTORY_POSITION).await;
        let told = |record: crossdock_store::Record| {
            let held = message::<InventoryPosition>(&record).unwrap();
            let reasons = held.findings.into_iter().map(|finding: Finding| finding.reason).collect();
            (record.key, (held.on_hand, held.drift, reasons))
        };
        records.into_iter().map(told).collect()
    }

    /// Sums of a kind that are not zero, as text.
    pub async fn sums(&self, kind: u16) -> BTreeMap<(String, String), String> {
        let text = |sum: crossdock_store::Sum| {
            ((sum.key, crate::model::bucket::date(sum.bucket).to_string()), crossdock_core::Micro(sum.amount).to_string())
        };
        self.0.sums(kind).await.into_iter().map(text).collect()
    }

    /// What is kept is what the records say.
    pub async fn check(&self) {
        let mut refold = Refold::default();
        let sources = [
            SET,
            number::DEMAND_LINE,
            number::FULFILMENT,
            number::CUSTOMER_RETURN,
            number::LOST_SALE,
            number::MOVEMENT,
            number::INVENTORY_SNAPSHOT,
        ];
        for kind in sources {
            self.records(kind).await.iter().for_each(|record| refold.take(record));
        }
        let mut kept = Folded::default();
        for kind in [number::HISTORY, number::PROGRESS, number::SUBSTITUTED, number::LEDGER] {
            kept.sums.extend(self.0.sums(kind).await.into_iter().map(|sum| ((kind, sum.key, sum.bucket), sum.amount)));
        }
        for record in self.records(number::INVENTORY_POSITION).await {
            if record.deleted {
                continue;
            }
            let state = model::<InventoryPosition>(&record).unwrap().state;
            kept.positions.insert(record.key, (state.count, state.moved));
        }
        assert_eq!(kept, refold.finish());
    }
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn quantity(value: &str, unit: &str) -> Option<Quantity> {
    Some(Quantity { value: value.into(), unit: unit.into() })
}

/// 100 of SKU1 from EAST, ordered on 3 March, wanted on the 10th.
pub fn line() -> contract::DemandLine {
    contract::DemandLine {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        customer_id: "C1".into(),
        quantity: quantity("100", "EA"),
        ordered_date: day(2026, 3, 3),
        requested_date: day(2026, 3, 10),
        ..contract::DemandLine::default()
    }
}

/// 60 of it shipped on 11 March.
pub fn shipment() -> contract::Fulfilment {
    contract::Fulfilment {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        quantity: quantity("60", "EA"),
        ship_date: day(2026, 3, 11),
        order_document: "9".into(),
        order_line: "1".into(),
        ..contract::Fulfilment::default()
    }
}

/// A movement of SKU1 at EAST.
pub fn movement(sequence: i64, value: &str) -> Record {
    let message = contract::Movement {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        quantity: quantity(value, "EA"),
        sequence: Some(sequence),
        movement_date: day(2026, 3, 3),
        ..contract::Movement::default()
    };
    record::<crate::model::movement::Movement>(&format!("M{sequence}"), "", 1, &message)
}

/// A line of a snapshot of SKU1 at EAST.
pub fn counted(set: &str, through: i64, as_of: Micros, status: contract::StockStatus, value: &str) -> Record {
    let message = contract::InventorySnapshot {
        item_id: "SKU1".into(),
        location_id: "EAST".into(),
        status: status.into(),
        quantity: quantity(value, "EA"),
        through: Some(through),
        snapshot_date: day(2026, 3, 3),
        ..contract::InventorySnapshot::default()
    };
    let mut record = record::<crate::model::inventory_snapshot::InventorySnapshot>("", "", through, &message);
    let envelope = record.envelope.get_or_insert_default();
    envelope.set_key = set.into();
    envelope.version.get_or_insert_default().observed = as_of;
    record
}

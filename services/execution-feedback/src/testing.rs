//! A service to test with, on a clock that stands still.

pub use crossdock_testkit::{deleted, record, told};

use crate::{
    PEERS, Refold,
    model::{
        confirmation::Confirmation, disruption::Disruption, facts::OrderFacts, milestone::Milestone, number, performance::contribution,
        progress::OrderProgress, receipt::Receipt, shipment::Shipment, supply_order::SupplyOrder,
    },
    service,
    wire::service::Verbs,
};
use crossdock_core::{Cursor, Micros};
use crossdock_master_data::{Item, ItemUnits, Location as Place, Supplier, samples, wired::civil};
use crossdock_proto::{
    Record, Role,
    execution::{self as contract, OrderLineReference},
    governance::{self, Authority, ConfirmationMode, FeedbackRules, ReceiptMode},
    masterdata,
    types::{Date, Envelope, Quantity},
    writeback::{LinkedRecommendation, PostingLink},
};
use crossdock_records::{Kind, Origin, Taken, message};
use crossdock_rpc::{Bounds, Caller, Channel, Handle, Limits};
use crossdock_testkit::{Bench, Engine};
use prost::Message;
use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::Arc,
};

/// 2026-11-23T12:00:00Z.
pub const NOW: Micros = 1_795_435_200_000_000;

crossdock_testkit::world!(
    /// Execution-feedback.
    World
);

fn connection(name: &str, role: Role) -> governance::Connection {
    governance::Connection { name: name.into(), roles: vec![role.into()], ..governance::Connection::default() }
}

/// One ERP; a warehouse, a supplier and a carrier; `portal` adds confirmations, `totals` sends receipts as totals.
pub fn policy() -> governance::Policy {
    let rules = |connection: &str, confirmations: ConfirmationMode, receipts: ReceiptMode| FeedbackRules {
        connection: connection.into(),
        confirmations: confirmations.into(),
        receipts: receipts.into(),
    };
    governance::Policy {
        connections: vec![
            connection("erp", Role::Erp),
            connection("wms", Role::Warehouse),
            connection("totals", Role::Warehouse),
            connection("supplier", Role::Supplier),
            connection("portal", Role::Supplier),
            connection("tms", Role::Transport),
            connection("buyer", Role::Buyer),
        ],
        feedback: vec![
            rules("portal", ConfirmationMode::Add, ReceiptMode::Delta),
            rules("totals", ConfirmationMode::Replace, ReceiptMode::Cumulative),
        ],
        ..governance::Policy::default()
    }
}

/// What the connection `buyer` asks.
pub fn asked<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.extensions_mut().insert(Caller(Arc::new(Origin { connection: "buyer".into(), ..Origin::default() })));
    request
}

impl World {
    pub fn run<T, F: Future<Output = T>>(test: impl FnOnce(Self) -> F) -> T {
        Self::run_on(Engine::Sqlite, test)
    }

    pub fn run_on<T, F: Future<Output = T>>(engine: Engine, test: impl FnOnce(Self) -> F) -> T {
        Self::run_under(engine, policy(), test)
    }

    pub fn run_under<T, F: Future<Output = T>>(engine: Engine, policy: governance::Policy, test: impl FnOnce(Self) -> F) -> T {
        crossdock_testkit::run(async { test(Self::new(engine, policy).await.with_masters().await).await })
    }

    async fn new(engine: Engine, policy: governance::Policy) -> Self {
        let service = service().unwrap();
        let world = Self(Bench::new(engine, NOW, service.kinds, service.tasks, policy.clone()).await);
        let envelope = Envelope { key: "active".into(), ..Envelope::default() };
        let record = Record { envelope: Some(envelope), kind: 100, body: policy.encode_to_vec().into() };
        world.hear(0, record).await;
        world
    }

    async fn with_masters(self) -> Self {
        for id in ["EAST", "WEST"] {
            self.master::<Place>(id, &masterdata::Location { location_id: id.into(), ..samples::location() }).await;
        }
        for id in ["SKU1", "SKU2"] {
            self.item(id).await;
        }
        self.master::<Supplier>("SUP003", &masterdata::Supplier { supplier_id: "SUP003".into(), ..samples::supplier() }).await;
        self
    }

    pub async fn item(&self, id: &str) {
        self.master::<Item>(id, &masterdata::Item { item_id: id.into(), ..samples::item() }).await;
    }

    /// Base units in one of a unit of an item.
    pub async fn unit(&self, item: &str, unit: &str, numerator: i64) {
        let unit = masterdata::ItemUnit { unit: unit.into(), numerator, denominator: 1, ..masterdata::ItemUnit::default() };
        let units = masterdata::ItemUnits { item_id: item.into(), base_unit: "EA".into(), units: vec![unit] };
        self.master::<ItemUnits>(item, &units).await;
    }

    pub async fn master<K: Kind>(&self, key: &str, message: &K::Message) {
        let mut record = samples::record::<K>(message);
        record.envelope.get_or_insert_default().key = key.into();
        self.hear(1, record).await;
    }

    /// Recommendations on an order line, as recommendation-writeback says: key, quantity, need-by day of December 2026.
    pub async fn link(&self, line: &str, linked: &[(&str, &str, i32)]) {
        let one = |(recommendation, quantity, by): &(&str, &str, i32)| LinkedRecommendation {
            recommendation: (*recommendation).into(),
            quantity: (*quantity).into(),
            need_by: day(2026, 12, *by),
            ..LinkedRecommendation::default()
        };
        let link = PostingLink { recommendations: linked.iter().map(one).collect() };
        let envelope = Envelope { key: line.into(), ..Envelope::default() };
        let kind = u32::from(crossdock_recommendation_writeback::number::POSTING_LINK);
        self.hear(2, Record { envelope: Some(envelope), kind, body: link.encode_to_vec().into() }).await;
    }

    async fn hear(&self, peer: usize, record: Record) {
        self.follow(PEERS[peer], record, Cursor { epoch: 1, position: 1 }).await;
    }

    pub async fn send(&self, connection: &str, records: &[Record]) -> Vec<Taken> {
        let taken = self.take(connection, records).await;
        self.settle().await;
        taken
    }

    pub async fn send_one(&self, connection: &str, record: Record) -> Taken {
        self.send(connection, &[record]).await.remove(0)
    }

    /// The verbs on this store, with these peers.
    pub async fn verbs(&self, peers: HashMap<String, Channel>) -> Verbs {
        let handle = Handle::start("execution-feedback", self.store.clone(), Arc::clone(&self.kinds), &Bounds::new(Limits::default()))
            .await
            .unwrap();
        handle.connect(peers);
        handle.policy.send_replace(Arc::clone(&self.policy));
        Verbs::new(handle)
    }

    pub async fn progress(&self, line: &str) -> contract::OrderProgress {
        self.get::<OrderProgress>(line).await.unwrap()
    }

    /// Recommendation, received, open, of a line.
    pub async fn shares(&self, line: &str) -> Vec<(String, String, String, String)> {
        let shares = self.progress(line).await.recommendations.into_iter();
        shares.map(|share| (share.recommendation, share.quantity, share.received, share.open)).collect()
    }

    /// What is kept is what the records say; and the sums of performance are those of the lines.
    pub async fn check(&self) {
        let mut refold = Refold::default();
        for kind in 500..=514 {
            self.records(kind).await.iter().for_each(|record| refold.take(record));
        }
        let (_, differences) = refold.finish();
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        let mut wanted: BTreeMap<(String, i64), i64> = BTreeMap::new();
        for facts in self.records(number::ORDER_FACTS).await.iter().filter(|held| !held.deleted).filter_map(message::<OrderFacts>) {
            for (key, day, amount) in contribution(&facts) {
                *wanted.entry((key, day)).or_default() += amount.0;
            }
        }
        let sums = self.sums(number::PERFORMANCE).await.into_iter().map(|sum| ((sum.key, sum.bucket), sum.amount)).collect();
        assert_eq!(wanted, sums);
        let open = self.all::<OrderProgress>().await.into_iter().filter(|progress| !["", "0"].contains(&progress.open.as_str()));
        assert_eq!(self.by_day(number::OPEN_LINES).await, counted(open.map(|progress| progress.due_date)));
        let disruptions = self.all::<Disruption>().await.into_iter();
        assert_eq!(self.by_day(number::DISRUPTION_ENDS).await, counted(disruptions.map(|disruption| disruption.end)));
    }

    async fn all<K: Kind>(&self) -> Vec<K::Message> {
        self.records(K::NUMBER).await.iter().filter(|held| !held.deleted && held.counts).filter_map(message::<K>).collect()
    }

    async fn by_day(&self, kind: u16) -> BTreeMap<i64, i64> {
        self.sums(kind).await.into_iter().map(|sum| (sum.bucket, sum.amount)).collect()
    }

    /// Everything that is derived, to be compared with another world's.
    pub async fn derived(&self) -> Vec<(u16, String, Vec<u8>)> {
        let mut all = Vec::new();
        for kind in number::ORDER_PROGRESS..=number::DISRUPTION_TABLE {
            let records = self.records(kind).await.into_iter().filter(|held| !held.deleted);
            all.extend(records.map(|held| (held.kind, held.key, held.body.to_vec())));
        }
        all
    }
}

/// How many there are of each day.
fn counted(days: impl Iterator<Item = Option<Date>>) -> BTreeMap<i64, i64> {
    let mut counted = BTreeMap::new();
    for day in days {
        *counted.entry(civil(day.as_ref()).map_or(i64::MAX, crossdock_records::day)).or_default() += 1;
    }
    counted
}

/// The warehouse is the authority for receipts; others are kept for comparison.
pub fn warehouse_counts() -> governance::Policy {
    let authority = Authority { kind: "receipt".into(), connection: "wms".into(), keep_others: true, ..Authority::default() };
    governance::Policy { authorities: vec![authority], ..policy() }
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn quantity(value: &str, unit: &str) -> Option<Quantity> {
    Some(Quantity { value: value.into(), unit: unit.into() })
}

pub fn of(document: &str, line: &str) -> Option<OrderLineReference> {
    Some(OrderLineReference { document: document.into(), line: line.into(), ..OrderLineReference::default() })
}

/// 120 of SKU1 from SUP003 for EAST, ordered on 1 November, due on 1 December.
pub fn order() -> contract::SupplyOrder {
    contract::SupplyOrder {
        item_id: "SKU1".into(),
        supplier_id: "SUP003".into(),
        destination_location_id: "EAST".into(),
        quantity: quantity("120", "EA"),
        ordered_date: day(2026, 11, 1),
        due_date: day(2026, 12, 1),
        ..contract::SupplyOrder::default()
    }
}

pub fn ordered(document: &str, line: &str, primary: i64, change: impl FnOnce(&mut contract::SupplyOrder)) -> Record {
    let mut message = order();
    change(&mut message);
    record::<SupplyOrder>(document, line, primary, &message)
}

/// Confirmation of 17/10: quantity and day of December 2026.
pub fn confirmed(document: &str, primary: i64, parts: &[(&str, i32)]) -> Record {
    let part = |(quantity, by): &(&str, i32)| contract::ConfirmedPart {
        quantity: (*quantity).into(),
        date: day(2026, 12, *by),
        ..contract::ConfirmedPart::default()
    };
    let message =
        contract::Confirmation { order: of("17", "10"), parts: parts.iter().map(part).collect(), ..contract::Confirmation::default() };
    record::<Confirmation>(document, "", primary, &message)
}

/// Receipt for 17/10 on 1 December.
pub fn received(document: &str, primary: i64, value: &str, change: impl FnOnce(&mut contract::Receipt)) -> Record {
    let mut message = contract::Receipt {
        order: of("17", "10"),
        quantity: quantity(value, "EA"),
        received_date: day(2026, 12, 1),
        ..contract::Receipt::default()
    };
    change(&mut message);
    record::<Receipt>(document, "", primary, &message)
}

/// Shipment for 17/10 that left on 25 November and is expected on 30 November.
pub fn shipped(document: &str, line: &str, value: &str, change: impl FnOnce(&mut contract::Shipment)) -> Record {
    let mut message = contract::Shipment {
        order: of("17", "10"),
        quantity: quantity(value, "EA"),
        shipped_date: day(2026, 11, 25),
        expected_date: day(2026, 11, 30),
        ..contract::Shipment::default()
    };
    change(&mut message);
    record::<Shipment>(document, line, 1, &message)
}

pub fn milestone(document: &str, shipment: &str, kind: contract::MilestoneKind, on: i32, expected: Option<Date>) -> Record {
    let message = contract::Milestone {
        kind: kind.into(),
        shipment_document: shipment.into(),
        date: day(2026, 11, on),
        expected_date: expected,
        ..contract::Milestone::default()
    };
    record::<Milestone>(document, "", 1, &message)
}

pub fn disruption(document: &str, change: impl FnOnce(&mut contract::Disruption)) -> Record {
    let mut message = contract::Disruption { start: day(2026, 11, 20), ..contract::Disruption::default() };
    change(&mut message);
    record::<Disruption>(document, "", 1, &message)
}

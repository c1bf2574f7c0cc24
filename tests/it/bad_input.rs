//! What is wrong with a record is its outcome, with a reason for machines and the value for people; its neighbours in the batch go in.
//! A row per line of docs/outcomes.md that holds for every kind, through gRPC.

use crossdock_proto::{
    Record,
    demand::{CustomerReturn, DemandLine, Fulfilment},
    masterdata::{Conversion, CrossReference, Customer, Item, ItemUnits, Location, LocationKind, Successor, UnitDimensions},
    schema,
    types::{BatchResult, Date, Envelope, Money, Outcome, Quantity, RecordResult, Version},
};
use crossdock_testkit::eventually_async;
use crossdock_tests::{DEMAND, Engine, MASTERS, PATIENCE, Place, Server, record};
use prost_types::Timestamp;

/// Who may talk in these tests.
pub const POLICY: &str = "
connections:
  - {name: erp, roles: [erp], default_unit: EA, default_currency: GBP}
  - {name: second, roles: [erp]}
  - {name: west, roles: [erp], locations: [WEST]}
  - {name: shop, roles: [erp], ids: own}
  - {name: wms, roles: [warehouse]}
  - {name: planner, roles: [planning]}
  - {name: buyer, roles: [buyer]}
  - {name: operator, roles: [operator]}
authorities:
  - {kind: item, connection: erp}
  - {kind: customer_return, connection: wms, keep_others: true}
issue_grace: 1s
";

/// A row: what is sent, and what has to become of it.
struct Row {
    what: &'static str,
    connection: &'static str,
    wrong: Record,
    outcome: Outcome,
    /// Empty: there is none.
    reason: &'static str,
    /// The value, which is told.
    says: &'static str,
}

fn row(what: &'static str, wrong: Record, outcome: Outcome, reason: &'static str, says: &'static str) -> Row {
    Row { what, connection: "erp", wrong, outcome, reason, says }
}

impl Row {
    fn of(self, connection: &'static str) -> Self {
        Self { connection, ..self }
    }
}

pub fn version(primary: i64) -> Envelope {
    Envelope { version: Some(Version { primary, observed: 0 }), ..Envelope::default() }
}

pub fn document(document: &str, primary: i64) -> Envelope {
    Envelope { document: document.into(), line: "1".into(), ..version(primary) }
}

pub fn quantity(value: &str, unit: &str) -> Option<Quantity> {
    Some(Quantity { value: value.into(), unit: unit.into() })
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn line() -> DemandLine {
    DemandLine {
        item_id: "SKU1".into(),
        location_id: "WEST".into(),
        quantity: quantity("5", "EA"),
        ordered_date: day(2026, 3, 10),
        ..DemandLine::default()
    }
}

pub fn shipment() -> Fulfilment {
    Fulfilment {
        item_id: "SKU1".into(),
        location_id: "WEST".into(),
        quantity: quantity("5", "EA"),
        ship_date: day(2026, 3, 11),
        ..Fulfilment::default()
    }
}

fn place(id: &str) -> Location {
    Location { location_id: id.into(), kind: LocationKind::Warehouse.into(), time_zone: "Europe/London".into(), ..Location::default() }
}

fn goods(id: &str) -> Item {
    Item { item_id: id.into(), base_unit: "EA".into(), ..Item::default() }
}

/// A demand line that differs from a good one.
fn demand(change: impl FnOnce(&mut DemandLine)) -> Record {
    let mut message = line();
    change(&mut message);
    record("demand_line", document("WRONG", 1), &message)
}

/// The line that is there before the rows.
fn kept(version: i64, value: &str) -> Record {
    let message = DemandLine { customer_id: "C1".into(), quantity: quantity(value, "EA"), ..line() };
    record("demand_line", document("KEPT", version), &message)
}

fn location(change: impl FnOnce(&mut Location)) -> Record {
    let mut message = place("LX");
    change(&mut message);
    record("location", version(9), &message)
}

fn item(change: impl FnOnce(&mut Item)) -> Record {
    let mut message = goods("IX");
    change(&mut message);
    record("item", version(9), &message)
}

fn conversion(unit: &str, to_unit: &str, numerator: i64) -> Record {
    let message = Conversion { item_id: "SKU1".into(), unit: unit.into(), to_unit: to_unit.into(), numerator, ..Conversion::default() };
    record("conversion", version(1), &message)
}

fn reference(space: &str, namespace: &str, local_id: &str, canonical_id: &str) -> Record {
    let message = CrossReference {
        space: space.into(),
        namespace: namespace.into(),
        local_id: local_id.into(),
        canonical_id: canonical_id.into(),
        ..CrossReference::default()
    };
    record("cross_reference", version(1), &message)
}

fn customer(id: &str) -> Record {
    record("customer", version(1), &Customer { customer_id: id.into(), ..Customer::default() })
}

/// Bytes that are no text, where the kind has its first one.
fn not_a_text(kind: &str) -> Record {
    let mut wrong = record(kind, document("WRONG", 1), &());
    wrong.body = vec![0x0a, 0x02, 0xc3, 0x28].into();
    wrong
}

fn in_an_hour() -> Option<Timestamp> {
    let now = std::time::SystemTime::now() + std::time::Duration::from_secs(3_600);
    Some(Timestamp::from(now))
}

fn numbers() -> Vec<Row> {
    use Outcome::Rejected;
    let of = |value: &str| demand(|line| line.quantity = quantity(value, "EA"));
    vec![
        row("over-precise", of("0.1234567"), Rejected, "TOO_PRECISE", "0.1234567"),
        row("too large", of("1234567890123"), Rejected, "TOO_PRECISE", "1234567890123"),
        // Eleven of these on one day would be more than a total can hold, and would take their neighbours with them.
        row("more than totals can hold", of("999999999999"), Rejected, "OUT_OF_RANGE", "999999999999"),
        row("with separators", of("1,000"), Rejected, "MALFORMED_NUMBER", "1,000"),
        row("NaN", of("NaN"), Rejected, "MALFORMED_NUMBER", "NaN"),
        row("infinite", of("Infinity"), Rejected, "MALFORMED_NUMBER", "Infinity"),
        row("with an exponent", of("1e3"), Rejected, "MALFORMED_NUMBER", "1e3"),
        row("no number", of(""), Rejected, "MISSING", "quantity.value"),
        row("negative", of("-1"), Rejected, "NEGATIVE", "-1"),
        row("negative price of nothing", demand(|line| line.cancelled_by_supply = "-2".into()), Rejected, "NEGATIVE", "-2"),
    ]
}

fn unknown() -> Vec<Row> {
    use Outcome::{Parked, Rejected};
    let price = Money { amount: "1".into(), currency: "XQQ".into() };
    vec![
        row("unknown item", demand(|line| line.item_id = "NOPE".into()), Parked, "UNKNOWN_ITEM", "NOPE"),
        row("unknown location", demand(|line| line.location_id = "NOWHERE".into()), Parked, "UNKNOWN_LOCATION", "NOWHERE"),
        row("unknown customer", demand(|line| line.customer_id = "C404".into()), Parked, "UNKNOWN_CUSTOMER", "C404"),
        row("unknown unit of an item", item(|item| item.base_unit = "QQQ".into()), Parked, "UNKNOWN_UNIT", "QQQ"),
        row("unknown unit of a line", demand(|line| line.quantity = quantity("5", "QQQ")), Parked, "UNKNOWN_UNIT", "QQQ"),
        row("no conversion", demand(|line| line.quantity = quantity("5", "XCT")), Parked, "NO_CONVERSION", "XCT"),
        row("no cross-reference", demand(|line| line.item_id = "77".into()), Parked, "UNKNOWN_ITEM", "77").of("shop"),
        row("ambiguous reference", demand(|line| line.location_id = "1".into()), Parked, "AMBIGUOUS_REFERENCE", "EAST and WEST").of("shop"),
        row("unknown currency", location(|location| location.currency = "XQQ".into()), Rejected, "UNKNOWN_CURRENCY", "XQQ"),
        row("unknown currency of a price", demand(|line| line.unit_price = Some(price)), Rejected, "UNKNOWN_CURRENCY", "XQQ"),
        row(
            "unknown time zone",
            location(|location| location.time_zone = "Europe/Lundon".into()),
            Rejected,
            "UNKNOWN_TIME_ZONE",
            "Europe/Lundon",
        ),
        row("unknown country", location(|location| location.country = "UK".into()), Rejected, "UNKNOWN_COUNTRY", "UK"),
        row("unknown class", demand(|line| line.demand_class = 99), Rejected, "UNKNOWN_VALUE", "99"),
    ]
}

fn dates_and_digits() -> Vec<Row> {
    use Outcome::{Accepted as Found, Rejected};
    let mut ahead = demand(|_| ());
    ahead.envelope.as_mut().unwrap().source_time = in_an_hour();
    let gtin = UnitDimensions { unit: "EA".into(), gtin: "4006381333930".into(), ..UnitDimensions::default() };
    vec![
        row("impossible date", demand(|line| line.ordered_date = day(2026, 2, 30)), Rejected, "IMPOSSIBLE_DATE", "2026-02-30"),
        row("a year of two digits", demand(|line| line.ordered_date = day(26, 2, 3)), Rejected, "IMPOSSIBLE_DATE", "0026-02-03"),
        row("odd order of dates", demand(|line| line.requested_date = day(2026, 3, 1)), Found, "DATE_ORDER", "2026-03-01"),
        row("source time ahead", ahead, Found, "SOURCE_TIME_IN_FUTURE", "is in the future"),
        row("wrong check digit of a GTIN", item(|item| item.units = vec![gtin]), Found, "CHECK_DIGIT", "4006381333930"),
        row(
            "wrong check digit of a GLN",
            location(|location| location.gln = "4000001000004".into()),
            Found,
            "CHECK_DIGIT",
            "4000001000004",
        ),
    ]
}

fn versions() -> Vec<Row> {
    use Outcome::{Duplicate, Rejected, Superseded};
    let mut negative = demand(|_| ());
    negative.envelope.as_mut().unwrap().version = Some(Version { primary: -1, observed: 0 });
    vec![
        row("same version, same content", kept(2, "5"), Duplicate, "", ""),
        row("same version, other content", kept(2, "6"), Rejected, "VERSION_REUSED", "2.0"),
        row("lower version", kept(1, "6"), Superseded, "", ""),
        row("negative version", negative, Rejected, "NEGATIVE", "-1"),
    ]
}

fn texts() -> Vec<Row> {
    use Outcome::Rejected;
    let mut nameless = demand(|_| ());
    nameless.envelope = None;
    let long: String = "x".repeat(201);
    let mut wide = demand(|_| ());
    wide.envelope.as_mut().unwrap().document = "ü".repeat(101);
    vec![
        row("text too long", item(|item| item.description = long), Rejected, "TOO_LONG", "201"),
        row("document too long", wide, Rejected, "TOO_LONG", "101"),
        row("control character", demand(|line| line.item_id = "SKU\u{7}1".into()), Rejected, "CONTROL_CHARACTER", "SKU\\u{7}1"),
        row("zero character", item(|item| item.description = "a\0b".into()), Rejected, "CONTROL_CHARACTER", "a\\0b"),
        row("padded", demand(|line| line.item_id = " SKU1".into()), Rejected, "PADDED", " SKU1"),
        row("not UTF-8, a master", not_a_text("item"), Rejected, "MALFORMED_MESSAGE", "UTF-8"),
        row("not UTF-8, a document", not_a_text("demand_line"), Rejected, "MALFORMED_MESSAGE", "UTF-8"),
        row("no envelope", nameless, Rejected, "MISSING", "envelope.document"),
    ]
}

fn rights() -> Vec<Row> {
    use Outcome::Rejected;
    let units = record("item_units", version(1), &ItemUnits { item_id: "SKU1".into(), ..ItemUnits::default() });
    let east = || demand(|line| line.location_id = "EAST".into());
    vec![
        row("a kind of another role", demand(|_| ()), Rejected, "ROLE_MAY_NOT_WRITE", "ROLE_ERP").of("wms"),
        row("a kind that nobody writes", units, Rejected, "READ_ONLY_KIND", "item_units"),
        row("another connection counts", item(|_| ()), Rejected, "NOT_AUTHORITY", "erp").of("second"),
        row("held from another connection", record("location", version(9), &place("WEST")), Rejected, "NOT_AUTHORITY", "erp").of("second"),
        row("out of its rows", east(), Rejected, "OUT_OF_SCOPE", "EAST").of("west"),
    ]
}

fn graphs() -> Vec<Row> {
    use Outcome::Rejected;
    let up = Location { parent_id: "NORTH".into(), ..place("EAST") };
    let itself = Location { parent_id: "WEST".into(), ..place("WEST") };
    let next = |id: &str| Some(Successor { item_id: id.into(), ..Successor::default() });
    let heir = Item { successor: next("SKU2"), ..goods("SKU1") };
    vec![
        row("cycle of locations", record("location", version(9), &up), Rejected, "CYCLE", "NORTH"),
        row("a location within itself", record("location", version(9), &itself), Rejected, "CYCLE", "WEST"),
        row("cycle of successors", record("item", version(9), &heir), Rejected, "CYCLE", "SKU2"),
        row("conversions that disagree", conversion("XPX", "EA", 100), Rejected, "CONVERSION_DISAGREES", "120"),
        row("conversion to itself", conversion("EA", "", 2), Rejected, "SAME_UNIT", "EA"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_says_what_is_wrong_and_its_neighbours_go_in() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    let mut faults = Vec::new();
    let rows = [numbers(), unknown(), dates_and_digits(), versions(), texts(), rights(), graphs()];
    for (number, row) in rows.into_iter().flatten().enumerate() {
        let what = format!("{} ({})", row.what, row.connection);
        if let Err(fault) = try_row(&server, number, row).await {
            faults.push(format!("{what}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{} rows are not as they should be:\n{}", faults.len(), faults.join("\n"));
    server.run(&["check"]);
}

/// Masters that the rows need, known to both services.
pub async fn settle_in(server: &Server) {
    server.heard(MASTERS, "erp").await;
    server.heard(DEMAND, "erp").await;
    let north = Location { parent_id: "EAST".into(), ..place("NORTH") };
    let locations = [place("EAST"), place("WEST"), north].map(|location| record("location", version(1), &location));
    server.put(MASTERS, "erp", locations.into()).await;
    let second = Item { successor: Some(Successor { item_id: "SKU1".into(), ..Successor::default() }), ..goods("SKU2") };
    server.put(MASTERS, "erp", [goods("SKU1"), second].map(|item| record("item", version(1), &item)).into()).await;
    server.put(MASTERS, "erp", vec![conversion("XCS", "", 12), conversion("XPX", "XCS", 10)]).await;
    let own =
        [("item", "", "SKU1", "SKU1"), ("location", "", "WEST", "WEST"), ("location", "A", "1", "EAST"), ("location", "B", "1", "WEST")];
    let own = own.map(|(space, namespace, local, canonical)| reference(space, namespace, local, canonical));
    server.put(MASTERS, "shop", own.into()).await;
    server.put(MASTERS, "erp", vec![customer("C1")]).await;
    // Masters come in the order of their feed: once the last is there, all are.
    server.send(DEMAND, "erp", vec![kept(2, "5")]).await;
    let held = async || server.held(DEMAND, "erp", "demand_line", "erp/KEPT/1").await;
    eventually_async("the masters to arrive in demand-signal", PATIENCE, held).await;
}

async fn try_row(server: &Server, number: usize, mut row: Row) -> Result<(), String> {
    let package = schema().kind(row.wrong.kind).unwrap().package.clone();
    if let Some(envelope) = row.wrong.envelope.as_mut().filter(|envelope| envelope.document == "WRONG") {
        envelope.document = format!("WRONG{number}");
    }
    let neighbour = |side: &str| {
        let name = format!("N{number}{side}");
        if package == MASTERS { customer(&name) } else { record("fulfilment", document(&name, 1), &shipment()) }
    };
    let result = server.send(&package, row.connection, vec![neighbour("a"), row.wrong.clone(), neighbour("b")]).await;
    neighbours_are_in(server, &package, &row, number, &result).await?;
    let told = result.results.iter().find(|told| told.index == 1);
    let outcome = told.map_or(
        if result.counts.unwrap_or_default().duplicate == 1 { Outcome::Duplicate } else { Outcome::Accepted },
        RecordResult::outcome,
    );
    if outcome != row.outcome {
        return Err(format!("became {outcome:?}: {told:?}"));
    }
    let Some(told) = told else {
        return if row.reason.is_empty() { Ok(()) } else { Err("nothing was told of it".into()) };
    };
    let wrong = told.violations.iter().map(|held| (held.reason.as_str(), format!("{} {} {}", held.field, held.value, held.message)));
    let found = told.findings.iter().map(|held| (held.reason.as_str(), format!("{} {}", held.field, held.message)));
    let said: Vec<_> = wrong.chain(found).collect();
    let parked = (told.outcome() == Outcome::Parked) != told.cause.is_empty();
    let right = match said.as_slice() {
        [] => row.reason.is_empty(),
        [(reason, text)] => *reason == row.reason && text.contains(row.says),
        _ => false,
    };
    if right && parked { Ok(()) } else { Err(format!("says {said:?}, waits for {:?}", told.cause)) }
}

async fn neighbours_are_in(server: &Server, package: &str, row: &Row, number: usize, result: &BatchResult) -> Result<(), String> {
    let Some(counts) = result.counts else { return Err(format!("the batch failed: {:?}", result.failure)) };
    if counts.accepted < 2 || result.results.iter().any(|told| told.index != 1) {
        return Err(format!("the neighbours suffered: {result:?}"));
    }
    for side in ["a", "b"] {
        let (kind, key) = if package == MASTERS {
            ("customer", format!("N{number}{side}"))
        } else {
            ("fulfilment", format!("{}/N{number}{side}/1", row.connection))
        };
        if server.held(package, row.connection, kind, &key).await.is_none() {
            return Err(format!("{kind} {key} is not there"));
        }
    }
    Ok(())
}

/// A return that the warehouse and the ERP both send: see `scenarios.rs`.
pub fn back() -> CustomerReturn {
    CustomerReturn {
        item_id: "SKU1".into(),
        location_id: "WEST".into(),
        quantity: quantity("60", "EA"),
        return_date: day(2026, 4, 20),
        ..CustomerReturn::default()
    }
}

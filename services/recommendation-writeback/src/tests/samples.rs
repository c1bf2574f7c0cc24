//! What tests send, and by which policy.

use crate::model::recommendation::Recommendation;
use crossdock_core::{Error, Micros, Result};
use crossdock_master_data::samples;
use crossdock_proto::{
    Record, Role,
    execution::OrderProgress,
    governance::{self, ApprovalLevel, ApprovalRule, ApprovalStage, Connector, PostingLimits, WritebackRules},
    masterdata,
    types::{Date, Envelope, Money, Quantity, Version},
    writeback::{self as contract, Decided, LineOutcome, LineReport, PostedLine, RecommendationKind, Seen},
};
use crossdock_records::Origin;

/// 2026-06-15T12:00:00Z, a Monday.
pub const NOW: Micros = 1_781_524_800_000_000;
pub const SECOND: Micros = 1_000_000;
pub const HOUR: Micros = 3_600 * SECOND;
/// The planner.
pub const PLANNER: &str = "apo";

/// The first lines of the first run.
pub const L1: &str = "apo/R1/1/1";
pub const L2: &str = "apo/R1/2/1";
pub const L3: &str = "apo/R1/3/1";

pub fn policy(rules: WritebackRules) -> governance::Policy {
    let connection = |name: &str, role: Role| governance::Connection {
        name: name.into(),
        roles: vec![role.into()],
        names_principals: role == Role::Buyer,
        ..governance::Connection::default()
    };
    let connections = vec![
        connection("erp", Role::Erp),
        connection("desk", Role::Buyer),
        connection(PLANNER, Role::Planning),
        connection("other", Role::Planning),
    ];
    governance::Policy { version: "v1".into(), connections, writeback: Some(rules), ..governance::Policy::default() }
}

pub fn approval(name: &str, stage: ApprovalStage, when: &str, levels: &[&str]) -> ApprovalRule {
    ApprovalRule {
        name: name.into(),
        stage: stage.into(),
        when: when.into(),
        levels: levels.iter().map(|level| (*level).to_owned()).collect(),
        expire_after: Some(prost_types::Duration { seconds: 86_400, nanos: 0 }),
        escalate_after: Some(prost_types::Duration { seconds: 14_400, nanos: 0 }),
    }
}

/// Orders above 10,000 go to a manager; everything else that is known goes on by itself.
pub fn rules() -> WritebackRules {
    let level = |name: &str, principals: &[&str]| ApprovalLevel {
        name: name.into(),
        principals: principals.iter().map(|person| (*person).to_owned()).collect(),
    };
    WritebackRules {
        currency: "EUR".into(),
        approval_rules: vec![
            approval("large orders", ApprovalStage::Order, "value > 10000", &["manager"]),
            approval("other orders", ApprovalStage::Order, "true", &[]),
            approval("large lines", ApprovalStage::Line, "value > 10000", &["buyer", "manager"]),
            approval("edited lines", ApprovalStage::Line, "edited", &["buyer"]),
            approval("other lines", ApprovalStage::Line, "true", &[]),
        ],
        levels: vec![level("buyer", &["ann", "bob"]), level("manager", &["mia"])],
        connectors: vec![Connector { company: "north".into(), connection: "erp".into() }],
        posting: Some(PostingLimits { max_attempts: 4, ..PostingLimits::default() }),
        ..WritebackRules::default()
    }
}

/// Every line waits for a buyer, and no order for anybody.
pub fn by_persons() -> WritebackRules {
    let line = approval("every line", ApprovalStage::Line, "true", &["buyer"]);
    let order = approval("every order", ApprovalStage::Order, "true", &[]);
    WritebackRules { approval_rules: vec![line, order], ..rules() }
}

/// A run of the planner, without basis and for everything.
#[derive(Clone, Debug)]
pub struct Plan {
    pub planner: &'static str,
    pub name: &'static str,
    pub locations: &'static [&'static str],
    pub suppliers: &'static [&'static str],
    pub horizon_end: Option<Date>,
    /// Position of execution-feedback that it had seen.
    pub seen: Option<i64>,
}

pub fn full(name: &'static str) -> Plan {
    Plan { planner: PLANNER, name, locations: &[], suppliers: &[], horizon_end: None, seen: None }
}

/// Key of a line of the planner.
pub fn key(run: &str, line: &str) -> String {
    format!("{PLANNER}/{run}/{line}/1")
}

pub fn record(run: &str, document: &str, line: &contract::Recommendation) -> Record {
    let mut record = samples::record::<Recommendation>(line);
    record.envelope = Some(Envelope {
        document: document.into(),
        line: "1".into(),
        set_key: run.into(),
        version: Some(Version { primary: 1, observed: 0 }),
        ..Envelope::default()
    });
    record
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn quantity(value: &str, unit: &str) -> Option<Quantity> {
    Some(Quantity { value: value.into(), unit: unit.into() })
}

pub fn price(amount: &str, currency: &str) -> Vec<masterdata::PriceBreak> {
    let unit_price = Some(Money { amount: amount.into(), currency: currency.into() });
    vec![masterdata::PriceBreak { from_quantity: String::new(), unit_price }]
}

pub fn item(id: &str) -> masterdata::Item {
    masterdata::Item { item_id: id.into(), ..samples::item() }
}

/// Bought by the piece, at least 10, two working days and five days on the way, 99.00 EUR each.
pub fn rule(item: &str, supplier: &str) -> masterdata::SourcingRule {
    masterdata::SourcingRule {
        item_id: item.into(),
        supplier_id: supplier.into(),
        destination_location_id: String::new(),
        order_unit: String::new(),
        minimum_quantity: "10".into(),
        multiple: "2".into(),
        prices: price("99", "EUR"),
        ..samples::sourcing_rule()
    }
}

/// So many pieces of SKU1 from a supplier for EAST by 1 July.
pub fn buy(supplier: &str, value: &str) -> contract::Recommendation {
    contract::Recommendation {
        kind: RecommendationKind::Purchase.into(),
        item_id: "SKU1".into(),
        destination_location_id: "EAST".into(),
        supplier_id: supplier.into(),
        quantity: quantity(value, "EA"),
        need_by: day(2026, 7, 1),
        ..contract::Recommendation::default()
    }
}

/// So many pieces, to be ordered today.
pub fn today(value: &str) -> contract::Recommendation {
    contract::Recommendation { order_by: day(2026, 6, 15), ..buy("SUP003", value) }
}

/// An open order of the ERP for the same.
pub fn on_order(quantity: &str) -> OrderProgress {
    OrderProgress {
        item_id: "SKU1".into(),
        destination_location_id: "EAST".into(),
        ordered: quantity.into(),
        open: quantity.into(),
        due_date: day(2026, 7, 1),
        ..OrderProgress::default()
    }
}

pub fn buyer(who: &str) -> Origin {
    Origin { connection: "desk".into(), principal: who.into(), ..Origin::default() }
}

pub fn erp() -> Origin {
    Origin { connection: "erp".into(), ..Origin::default() }
}

pub fn seen(key: &str, etag: &str) -> Seen {
    let mut seen = Seen { etag: etag.into(), ..Seen::default() };
    *(if key.contains('/') { &mut seen.recommendation } else { &mut seen.draft_order }) = key.into();
    seen
}

/// What an ERP did with a line, on these documents: document, line, quantity.
pub fn said(number: i32, outcome: LineOutcome, parts: &[(&str, &str, &str)]) -> LineReport {
    let part = |(document, line, quantity): &(&str, &str, &str)| PostedLine {
        document: (*document).into(),
        line: (*line).into(),
        quantity: (*quantity).into(),
    };
    let message = if outcome == LineOutcome::Rejected { "refused".into() } else { String::new() };
    LineReport { number, outcome: outcome.into(), posted: parts.iter().map(part).collect(), message }
}

/// Why each was refused; empty: it was not.
pub fn reasons(decided: &[Decided]) -> Vec<&str> {
    decided.iter().map(|decided| decided.refused.as_ref().map_or("", |refused| refused.reason.as_str())).collect()
}

pub fn reason<T: std::fmt::Debug>(answer: Result<T>) -> &'static str {
    answer.map_err(|error: Error| error.reason).unwrap_err()
}

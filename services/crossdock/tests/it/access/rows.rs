//! A row of every kind, once of the own part of the business and once of another's. In keys and JSON `{L}` is a location, `{S}` a supplier, `{C}` a
//! company, and `{X}` anything else.

use crossdock_proto::{Rows, schema};
use crossdock_store::Record;
use prost::Message;
use prost_reflect::DynamicMessage;

/// What is another's has this in it.
pub const PLANTED: &str = "ZZF";

/// Whose row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of the own part of the business.
    Own,
    /// Of another.
    Foreign,
}

/// A sample of a kind: where it belongs by its own word or that of others, `L`ocation, `S`upplier, `E`verywhere; its key; its content.
pub struct Sample(pub &'static str, pub &'static str, pub &'static str, pub &'static str);

const PLACE: &str =
    r#""item_id": "I{X}", "location_id": "{L}", "quantity": {"value": "1", "unit": "EA"}, "base_quantity": "1", "base_factor": "1""#;
const ORDER: &str = r#""order": {"connection": "erp", "document": "{X}", "line": "1"}"#;
const LANE: &str = r#""item_id": "I{X}", "destination_location_id": "{L}", "supplier_id": "{S}""#;

/// One of every kind.
pub const SAMPLES: &[Sample] = &[
    Sample("parked", "", "milestone:{X}/1/1", r#"{"kind": "milestone", "key": "{X}/1/1", "cause": "item/I{X}"}"#),
    Sample("issue", "", "item/I{X}", r#"{"cause": "item/I{X}"}"#),
    Sample("set", "", "{X}/R1", r#"{"set_key": "R1", "kind": "milestone", "note": "{X}"}"#),
    Sample("watermark", "", "{X}/milestone/", r#"{"connection": "{X}", "kind": "milestone"}"#),
    Sample("backlog", "", "milestone", r#"{"records": "3"}"#),
    Sample("feed_cursor", "", "{X}", r#"{"cursor": "{X}"}"#),
    Sample("reference", "", "{X}/item/1", r#"{"entries": [{"canonical_id": "I{X}"}]}"#),
    Sample("audit_entry", "", "{X}1", r#"{"sequence": "1", "key": "{X}"}"#),
    Sample("audit_head", "", "{X}", r#"{"sequence": "1"}"#),
    Sample("policy", "", "{X}", r#"{"version": "{X}"}"#),
    Sample("exception", "", "demand-signal/item/I{X}", r#"{"cause": "item/I{X}"}"#),
    Sample("token", "", "{X}", r#"{"id": "{X}"}"#),
    Sample("seal_key", "", "{X}", r#"{"key": "AAAA"}"#),
    Sample("item", "", "I{X}", r#"{"item_id": "I{X}", "base_unit": "EA"}"#),
    Sample(
        "location",
        "L",
        "{L}",
        r#"{"location_id": "{L}", "name": "N", "kind": "LOCATION_KIND_WAREHOUSE", "company": "{C}", "country": "GB", "time_zone": "Europe/London"}"#,
    ),
    Sample("conversion", "", "I{X}/XCS", r#"{"item_id": "I{X}", "unit": "XCS", "numerator": "12"}"#),
    Sample("item_units", "", "I{X}", r#"{"item_id": "I{X}"}"#),
    Sample("supplier", "SE", "{S}", r#"{"supplier_id": "{S}", "name": "N", "country": "GB", "time_zone": "Europe/London"}"#),
    Sample("sourcing_rule", "LS", "I{X}/{S}/{L}", r#"{"item_id": "I{X}", "supplier_id": "{S}", "destination_location_id": "{L}"}"#),
    Sample("customer", "", "C{X}", r#"{"customer_id": "C{X}"}"#),
    Sample("calendar", "", "W{X}", r#"{"calendar_id": "W{X}"}"#),
    Sample("exchange_rate", "", "GBP/EUR/{X}", r#"{"from_currency": "GBP"}"#),
    Sample("cross_reference", "", "{X}/item/1", r#"{"connection": "{X}"}"#),
    Sample("demand_line", "L", "erp/{X}/1", r#"{%PLACE%, "ordered_date": {"year": 2026, "month": 3, "day": 3}}"#),
    Sample("fulfilment", "L", "erp/{X}/1", r#"{%PLACE%, "ship_date": {"year": 2026, "month": 3, "day": 3}}"#),
    Sample("customer_return", "L", "erp/{X}/1", r#"{%PLACE%, "return_date": {"year": 2026, "month": 3, "day": 3}}"#),
    Sample("lost_sale", "L", "erp/{X}/1", r#"{%PLACE%, "lost_date": {"year": 2026, "month": 3, "day": 3}}"#),
    Sample(
        "promotion",
        "L",
        "erp/{X}/1",
        r#"{"item_ids": ["I{X}"], "location_ids": ["{L}"], "from": {"year": 2026, "month": 3, "day": 3}, "to": {"year": 2026, "month": 3, "day": 9}}"#,
    ),
    Sample("movement", "L", "erp/{X}/1", r#"{%PLACE%, "sequence": "1", "movement_date": {"year": 2026, "month": 3, "day": 3}}"#),
    Sample("inventory_snapshot", "L", "erp/{X}/1", r#"{%PLACE%, "snapshot_date": {"year": 2026, "month": 3, "day": 3}}"#),
    Sample("inventory_position", "L", "{L}/I{X}/UNRESTRICTED//", r#"{"item_id": "I{X}", "location_id": "{L}"}"#),
    Sample("snapshot_mark", "", "{L}", r#"{"through": "1"}"#),
    Sample(
        "forecast",
        "L",
        "planner/{X}/1",
        r#"{%PLACE%, "start": {"year": 2026, "month": 3, "day": 2}, "end": {"year": 2026, "month": 3, "day": 9}}"#,
    ),
    Sample(
        "stocking_target",
        "L",
        "planner/{X}/1",
        r#"{"item_id": "I{X}", "location_id": "{L}", "base_factor": "1", "valid_from": {"year": 2026, "month": 3, "day": 3}}"#,
    ),
    Sample(
        "target_acknowledgement",
        "L",
        "erp/{X}/1",
        r#"{"item_id": "I{X}", "location_id": "{L}", "outcome": "TARGET_OUTCOME_APPLIED", "valid_from": {"year": 2026, "month": 3, "day": 3}}"#,
    ),
    Sample("series_change", "", "{L}/I{X}", r#"{"changes": "1"}"#),
    Sample(
        "recommendation",
        "LS",
        "planner/R/{X}/1",
        r#"{"kind": "RECOMMENDATION_KIND_PURCHASE", %LANE%, "quantity": {"value": "1", "unit": "EA"}, "base_quantity": "1", "base_factor": "1", "need_by": {"year": 2026, "month": 3, "day": 3}}"#,
    ),
    Sample(
        "recommendation_status",
        "LS",
        "planner/R/{X}/1",
        r#"{"state": "RECOMMENDATION_STATE_HELD", "etag": "e", "run": "planner/R", %LANE%}"#,
    ),
    Sample("decision_step", "LS", "planner/R/{X}/1/000001", r#"{"subject": "planner/R/{X}/1", "number": "1"}"#),
    Sample("run", "", "{X}/R", r#"{"connection": "{X}"}"#),
    Sample("planning_mode", "", "{X}", r#"{"note": "{X}"}"#),
    Sample(
        "draft_order",
        "LS",
        "PK{X}",
        r#"{"state": "DRAFT_ORDER_STATE_OPEN", "etag": "e", "posting_key": "PK{X}", "destination_location_id": "{L}", "supplier_id": "{S}"}"#,
    ),
    Sample("posting", "LS", "PK{X}/000001", r#"{"posting_key": "PK{X}", "number": "1"}"#),
    Sample("posting_link", "LS", "erp/{X}/1", r#"{"recommendations": [{"recommendation": "planner/R/{X}/1"}]}"#),
    Sample("supply", "", "I{X}/{L}", r#"{"entries": [{"key": "erp/{X}/1"}]}"#),
    Sample(
        "supply_order",
        "LS",
        "erp/{X}/1",
        r#"{%LANE%, "quantity": {"value": "5", "unit": "EA"}, "base_quantity": "5", "base_factor": "1", "ordered_date": {"year": 2026, "month": 3, "day": 3}, "due_date": {"year": 2026, "month": 3, "day": 9}}"#,
    ),
    Sample("confirmation", "LS", "edi/{X}/1", r#"{%ORDER%, "parts": [{"quantity": "5"}], "base_factor": "1"}"#),
    Sample(
        "shipment",
        "LS",
        "edi/S{X}/1",
        r#"{%ORDER%, "quantity": {"value": "5", "unit": "EA"}, "base_quantity": "5", "base_factor": "1", "shipped_date": {"year": 2026, "month": 3, "day": 5}}"#,
    ),
    Sample(
        "milestone",
        "LS",
        "edi/M{X}/1",
        r#"{"kind": "MILESTONE_KIND_DEPARTED", "shipment_connection": "edi", "shipment_document": "S{X}", "date": {"year": 2026, "month": 3, "day": 5}}"#,
    ),
    Sample(
        "receipt",
        "LS",
        "wms/{X}/1",
        r#"{%ORDER%, "quantity": {"value": "5", "unit": "EA"}, "base_quantity": "5", "base_factor": "1", "received_date": {"year": 2026, "month": 3, "day": 9}}"#,
    ),
    Sample(
        "disruption",
        "LS",
        "erp/{X}/1",
        r#"{"supplier_id": "{S}", "destination_location_id": "{L}", "start": {"year": 2026, "month": 3, "day": 3}}"#,
    ),
    Sample("order_progress", "LS", "erp/{X}/1", r#"{%LANE%, "open": "5", "expected": [{"quantity": "5"}]}"#),
    Sample("feedback", "LS", "planner/R/{X}/1/erp/{X}/1", r#"{"recommendation": "planner/R/{X}/1", %ORDER%}"#),
    Sample("order_facts", "LS", "erp/{X}/1", r#"{"order": {%LANE%, "ordered": "5"}}"#),
    Sample("shipment_track", "LS", "edi/S{X}", r#"{"lines": [{"key": "edi/S{X}/1", "order": "erp/{X}/1"}]}"#),
    Sample("disruption_table", "", "supplier/{S}", r#"{"disruptions": [{"key": "erp/{X}/1"}]}"#),
];

impl Sample {
    /// Its key.
    pub fn key(&self, whose: Whose) -> String {
        filled(self.2, whose)
    }

    /// As it is stored.
    pub fn record(&self, whose: Whose) -> Record {
        let info = schema().kind_named(self.0).unwrap_or_else(|| panic!("{} is no kind", self.0));
        let json = self.3.replace("%PLACE%", PLACE).replace("%ORDER%", ORDER).replace("%LANE%", LANE);
        let json: serde_json::Value = serde_json::from_str(&filled(&json, whose)).unwrap_or_else(|error| panic!("{}: {error}", self.0));
        let message = DynamicMessage::deserialize(info.message.clone(), json).unwrap_or_else(|error| panic!("{}: {error}", self.0));
        Record {
            kind: info.number,
            key: self.key(whose),
            counts: true,
            received: 1,
            body: message.encode_to_vec().into(),
            ..Record::default()
        }
    }

    /// Whether a connection sees it that reads its kind and is limited so: to `L`ocations, `S`uppliers, `C`ompanies, `A`ll of them, or not at all (`-`).
    pub fn is_shown(&self, whose: Whose, limit: char) -> bool {
        let info = schema().kind_named(self.0).unwrap();
        match (limit, info.rows) {
            ('-', _) | (_, Rows::Shared) => true,
            // Samples of these are of connections that nobody is.
            (_, Rows::Whole | Rows::Own | Rows::Unspecified) => false,
            ('S' | 'A', Rows::Scoped) => whose == Whose::Own && self.1.contains('S'),
            (_, Rows::Scoped) => self.1.contains('E') || (whose == Whose::Own && self.1.contains('L')),
        }
    }
}

/// A text with what is own or another's filled in.
pub fn filled(text: &str, whose: Whose) -> String {
    let all = match whose {
        Whose::Own => [("{L}", "OWN-L"), ("{S}", "OWN-S"), ("{C}", "OWN-C"), ("{X}", "OWN")],
        Whose::Foreign => [("{L}", "ZZF-L"), ("{S}", "ZZF-S"), ("{C}", "ZZF-C"), ("{X}", "ZZF")],
    };
    all.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

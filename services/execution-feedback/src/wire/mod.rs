//! From the contract's messages to the model, one file per kind; and the verbs, thin.

mod confirmation;
mod disruption;
mod journey;
pub mod links;
mod milestone;
mod receipt;
pub mod service;
mod shipment;
mod supply_order;

use crossdock_core::key;
use crossdock_proto::execution as contract;
use crossdock_records::{Parse, Sender};

/// Longest code or place, in characters.
const CODE: usize = 100;
/// Longest description, in characters.
const DESCRIPTION: usize = 500;
/// Longest key of another record: three ids, each escaped at worst.
const KEY: usize = 902;

/// The key of the order line that a record is for.
fn order_line(parse: &mut Parse<'_>, field: &'static str, order: Option<&contract::OrderLineReference>) -> Option<String> {
    let order = parse.need(field, order)?;
    parse.within(field, |parse| {
        let connection = match order.connection.as_str() {
            "" => parse.bad("connection", "MISSING", "", "is required: the sender is no ERP, and the policy has not exactly one"),
            id => parse.id("connection", id),
        };
        let document = parse.id("document", &order.document);
        let line = parse.optional_id("line", &order.line);
        let (connection, document) = (connection?, document?);
        Some(match line? {
            None => key::join([&connection, &document]),
            Some(line) => key::join([&connection, &document, &line]),
        })
    })
}

/// The ERP whose order line it is, where the record does not say.
fn fill_order(order: Option<&mut contract::OrderLineReference>, sender: &Sender<'_>) {
    if let Some(order) = order.filter(|order| order.connection.is_empty()) {
        sender.erp.unwrap_or_default().clone_into(&mut order.connection);
    }
}

/// The key of another record that may be absent: at least a connection and a document.
fn optional_key(parse: &mut Parse<'_>, field: &'static str, value: &str) -> Option<Option<String>> {
    if value.is_empty() {
        return Some(None);
    }
    if !value.contains('/') {
        return parse.bad(
            field,
            "MALFORMED_KEY",
            value,
            "must be a key: the connection, a `/`, the document, and a `/` and the line where it has one",
        );
    }
    parse.text(field, value, KEY).map(Some)
}

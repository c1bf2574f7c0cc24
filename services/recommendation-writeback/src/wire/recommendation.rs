use crate::model::{number, recommendation::Recommendation};
use crossdock_core::key;
use crossdock_master_data::{
    Source,
    wired::{amount, complete, fill, quantity},
};
use crossdock_proto::{
    types::{Date, Envelope},
    writeback::{self as contract, RecommendationKind},
};
use crossdock_records::{Kind, Parse, Reference, Sender};

/// Most reason codes of a recommendation.
const REASONS: usize = 10;
/// Longest reason code, in characters.
const REASON: usize = 40;
/// Most pegs of a recommendation.
const PEGS: usize = 50;

impl Kind for Recommendation {
    const NUMBER: u16 = number::RECOMMENDATION;
    type Message = contract::Recommendation;

    /// The run is part of the name, so that one run never changes the lines of another; without a run there is no name.
    fn key(_: &Self::Message, connection: &str, envelope: &Envelope) -> String {
        if envelope.set_key.is_empty() {
            return String::new();
        }
        key::join([connection, &envelope.set_key, &envelope.document, &envelope.line])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.destination_location_id });
        visit(Reference { space: "supplier", value: &mut message.supplier_id });
        visit(Reference { space: "location", value: &mut message.origin_location_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
        for peg in &mut message.pegs {
            visit(Reference { space: "customer", value: &mut peg.customer_id });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let kind = kind(message, parse);
        let item = parse.id("item_id", &message.item_id);
        let destination = parse.id("destination_location_id", &message.destination_location_id);
        let source = source(message, parse);
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let need_by = parse.date("need_by", message.need_by.as_ref());
        let order_by = parse.optional_date("order_by", message.order_by.as_ref());
        let reasons = reasons(message, parse);
        let customers = pegs(&message.pegs, parse);
        let target = target(message, parse);
        let _ = (order_by?, reasons?, target?);
        Some(Self {
            kind: kind?,
            item: item?,
            destination: destination?,
            source: source?,
            quantity: quantity?,
            need_by: need_by?,
            customers: customers?,
        })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.need_by
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

fn kind(message: &contract::Recommendation, parse: &mut Parse<'_>) -> Option<RecommendationKind> {
    match parse.choice("kind", message.kind)? {
        RecommendationKind::Unspecified => {
            parse.bad("kind", "MISSING", "", "is required: PURCHASE, TRANSFER, EXPEDITE, RESCHEDULE or CANCEL")
        }
        RecommendationKind::Purchase if message.supplier_id.is_empty() => {
            parse.bad("supplier_id", "MISSING", "", "is required for PURCHASE")
        }
        RecommendationKind::Transfer if message.origin_location_id.is_empty() => {
            parse.bad("origin_location_id", "MISSING", "", "is required for TRANSFER")
        }
        kind => Some(kind),
    }
}

fn source(message: &contract::Recommendation, parse: &mut Parse<'_>) -> Option<Source> {
    match (message.supplier_id.as_str(), message.origin_location_id.as_str()) {
        ("", "") => parse.bad("supplier_id", "MISSING", "", "is required, or origin_location_id for what comes from a location"),
        (id, "") => parse.id("supplier_id", id).map(Source::Supplier),
        ("", id) => parse.id("origin_location_id", id).map(Source::Location),
        (_, id) => parse.bad("origin_location_id", "EXCLUSIVE", id, "goods come from a supplier or from a location, not from both"),
    }
}

fn reasons(message: &contract::Recommendation, parse: &mut Parse<'_>) -> Option<()> {
    if message.reason_codes.len() > REASONS {
        return parse.bad("reason_codes", "TOO_MANY", message.reason_codes.len().to_string(), format!("at most {REASONS}"));
    }
    let good: Vec<_> = message.reason_codes.iter().map(|code| parse.text("reason_codes", code, REASON)).collect();
    good.iter().all(Option::is_some).then_some(())
}

/// The customers that are named, each once.
fn pegs(pegs: &[contract::Peg], parse: &mut Parse<'_>) -> Option<Vec<String>> {
    if pegs.len() > PEGS {
        return parse.bad("pegs", "TOO_MANY", pegs.len().to_string(), format!("at most {PEGS}"));
    }
    let mut one = |peg: &contract::Peg| {
        parse.within("pegs", |parse| {
            let customer = parse.optional_id("customer_id", &peg.customer_id);
            let demand = parse.text("demand_line", &peg.demand_line, 400);
            let forecast = parse.text("forecast", &peg.forecast, 400);
            let quantity = parse.amount_or_zero("quantity", &peg.quantity);
            let _ = (demand?, forecast?, quantity?);
            customer
        })
    };
    let customers: Option<Vec<Option<String>>> = pegs.iter().map(&mut one).collect();
    let mut customers: Vec<String> = customers?.into_iter().flatten().collect();
    customers.sort_unstable();
    customers.dedup();
    Some(customers)
}

fn target(message: &contract::Recommendation, parse: &mut Parse<'_>) -> Option<()> {
    use RecommendationKind::{Cancel, Expedite, Reschedule};
    let changes = matches!(message.kind(), Expedite | Reschedule | Cancel);
    match &message.target {
        None if changes => parse.bad("target", "MISSING", "", "is required for EXPEDITE, RESCHEDULE and CANCEL: the order line to change"),
        None => Some(()),
        Some(target) if !changes => {
            parse.bad("target", "NOT_ALLOWED", &target.document, "is for EXPEDITE, RESCHEDULE and CANCEL: a new order has none")
        }
        Some(target) => parse.within("target", |parse| {
            let connection = parse.optional_id("connection", &target.connection);
            let document = parse.id("document", &target.document);
            let line = parse.optional_id("line", &target.line);
            let quantity = parse.amount_or_zero("expected_quantity", &target.expected_quantity);
            let date = parse.optional_date("expected_due_date", target.expected_due_date.as_ref());
            let _ = (connection?, document?, line?, quantity?, date?);
            Some(())
        }),
    }
}

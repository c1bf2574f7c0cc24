use super::{fill_currency, period, price};
use crate::model::{
    number,
    sourcing_rule::{LeadTime, Price, Source, SourcingRule},
};
use crossdock_core::{Micro, key};
use crossdock_proto::{
    masterdata as contract,
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference, Sender};

impl Kind for SourcingRule {
    const NUMBER: u16 = number::SOURCING_RULE;
    const DOCUMENT: bool = false;
    type Message = contract::SourcingRule;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        if message.item_id.is_empty() || (message.supplier_id.is_empty() && message.origin_location_id.is_empty()) {
            return String::new();
        }
        let from = super::day(message.valid_from.as_ref());
        key::join([&message.item_id, &message.supplier_id, &message.origin_location_id, &message.destination_location_id, &from])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "supplier", value: &mut message.supplier_id });
        visit(Reference { space: "location", value: &mut message.origin_location_id });
        visit(Reference { space: "location", value: &mut message.destination_location_id });
        visit(Reference { space: "unit", value: &mut message.order_unit });
        for lead in [&mut message.processing, &mut message.transit, &mut message.receiving].into_iter().flatten() {
            visit(Reference { space: "calendar", value: &mut lead.calendar_id });
        }
        for money in message.prices.iter_mut().filter_map(|price| price.unit_price.as_mut()) {
            visit(Reference { space: "currency", value: &mut money.currency });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        message.prices.iter_mut().for_each(|price| fill_currency(price.unit_price.as_mut(), sender.default_currency));
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.valid_from
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let item = parse.id("item_id", &message.item_id);
        let source = source(message, parse);
        let destination = parse.optional_id("destination_location_id", &message.destination_location_id);
        let period = period(parse, message.valid_from.as_ref(), message.valid_to.as_ref());
        let lead = lead(message, parse);
        let order_unit = parse.optional_id("order_unit", &message.order_unit);
        let minimum = parse.amount_or_zero("minimum_quantity", &message.minimum_quantity);
        let multiple = parse.amount_or_zero("multiple", &message.multiple);
        let prices = parse.within("prices", |parse| prices(&message.prices, parse));
        let own_number = parse.optional_id("supplier_item_id", &message.supplier_item_id);
        let (minimum, multiple, (from, to), _) = (minimum?, multiple?, period?, own_number?);
        if multiple != Micro::ZERO && minimum.0 % multiple.0 != 0 {
            let message = format!("{minimum} is no multiple of {multiple}: the smallest order is the next multiple above it");
            parse.findings().warn("minimum_quantity", "MINIMUM_NO_MULTIPLE", message);
        }
        Some(Self {
            item: item?,
            source: source?,
            destination: destination?,
            from,
            to,
            lead: lead?,
            order_unit: order_unit?,
            minimum,
            multiple,
            prices: prices?,
            is_preferred: message.preferred,
        })
    }
}

fn source(rule: &contract::SourcingRule, parse: &mut Parse<'_>) -> Option<Source> {
    match (rule.supplier_id.as_str(), rule.origin_location_id.as_str()) {
        ("", "") => parse.bad("supplier_id", "MISSING", "", "is required, or origin_location_id for transfers"),
        (id, "") => parse.id("supplier_id", id).map(Source::Supplier),
        ("", id) => parse.id("origin_location_id", id).map(Source::Location),
        (_, id) => {
            parse.bad("origin_location_id", "EXCLUSIVE", id, "a rule has a supplier or an origin location, not both: send two rules")
        }
    }
}

fn lead(rule: &contract::SourcingRule, parse: &mut Parse<'_>) -> Option<Vec<LeadTime>> {
    let parts = [("processing", &rule.processing), ("transit", &rule.transit), ("receiving", &rule.receiving)];
    let there = parts.into_iter().filter_map(|(field, lead)| Some((field, lead.as_ref()?)));
    let parsed: Vec<_> = there.map(|(field, lead)| parse.within(field, |parse| part(lead, parse))).collect();
    parsed.into_iter().collect()
}

fn part(lead: &contract::LeadTime, parse: &mut Parse<'_>) -> Option<LeadTime> {
    let calendar = parse.optional_id("calendar_id", &lead.calendar_id);
    let Ok(days) = u16::try_from(lead.days) else {
        let reason = if lead.days < 0 { "NEGATIVE" } else { "OUT_OF_RANGE" };
        return parse.bad("days", reason, lead.days.to_string(), "must be whole days from 0 to 65535");
    };
    Some(LeadTime { days, calendar: calendar? })
}

fn prices(prices: &[contract::PriceBreak], parse: &mut Parse<'_>) -> Option<Vec<Price>> {
    let mut parsed: Vec<Price> = Vec::new();
    let mut good = true;
    for step in prices {
        let from = parse.amount_or_zero("from_quantity", &step.from_quantity);
        let money = parse.need("unit_price", step.unit_price.as_ref());
        let money = price(parse, "unit_price", money).flatten();
        match (from, money) {
            (Some(from), Some((amount, currency))) => parsed.push(Price { from, amount, currency }),
            _ => good = false,
        }
    }
    if !parsed.is_sorted_by(|a, b| a.from < b.from) {
        parse.findings().warn("prices.from_quantity", "PRICE_ORDER", "quantities must rise from one price to the next");
    }
    if parsed.iter().any(|price| price.currency != parsed[0].currency) {
        parse.findings().warn("prices.unit_price.currency", "MIXED_CURRENCIES", "the prices of a rule must be in one currency");
    }
    good.then_some(parsed)
}

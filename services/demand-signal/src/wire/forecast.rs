use super::{amount, complete, fill, measure, place, quantity};
use crate::model::{forecast::Forecast, history::Measure, number};
use crossdock_core::{Micro, key};
use crossdock_proto::{
    demand as contract,
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference, Sender};

/// Most points of a distribution.
const QUANTILES: usize = 99;

impl Kind for Forecast {
    const NUMBER: u16 = number::FORECAST;
    type Message = contract::Forecast;

    /// The run is part of the name, so that one run never changes the values of another; without a run there is no name.
    fn key(_: &Self::Message, connection: &str, envelope: &Envelope) -> String {
        if envelope.set_key.is_empty() {
            return String::new();
        }
        key::join([connection, &envelope.set_key, &envelope.document, &envelope.line])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "item", value: &mut message.item_id });
        visit(Reference { space: "location", value: &mut message.location_id });
        if let Some(quantity) = &mut message.quantity {
            visit(Reference { space: "unit", value: &mut quantity.unit });
        }
    }

    fn fill(message: &mut Self::Message, sender: &Sender<'_>) {
        fill(message.quantity.as_mut(), sender.default_unit);
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let place = place(parse, &message.item_id, &message.location_id);
        let of = parse.choice("measure", message.measure).map(|of| measure(of).unwrap_or(Measure::Requested));
        let start = parse.date("start", message.start.as_ref());
        let end = parse.date("end", message.end.as_ref());
        let quantity = amount(parse, message.quantity.as_ref(), false, (&message.base_quantity, &message.base_factor));
        let quantiles = quantiles(parse, &message.quantiles);
        let basis = parse.choice::<contract::ForecastBasis>("basis", message.basis);
        let group = parse.optional_id("customer_group", &message.customer_group);
        let (start, end) = (start?, end?);
        if end <= start {
            return parse.bad("end", "DATE_ORDER", end.to_string(), format!("is the day after the last, so it must be after {start}"));
        }
        let _ = (basis?, group?);
        Some(Self { place: place?, measure: of?, start, end, quantity: quantity?, quantiles: quantiles? })
    }

    fn strip(message: &mut Self::Message) {
        message.base_quantity.clear();
        message.base_factor.clear();
    }

    fn complete(&self, message: &mut Self::Message) {
        complete(&self.quantity, &mut message.base_quantity, &mut message.base_factor);
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.start
    }

    fn quantity(message: &Self::Message) -> Option<&str> {
        quantity(message.quantity.as_ref())
    }
}

fn quantiles(parse: &mut Parse<'_>, sent: &[contract::Quantile]) -> Option<Vec<(Micro, Micro)>> {
    if sent.len() > QUANTILES {
        return parse.bad("quantiles", "TOO_MANY", sent.len().to_string(), format!("at most {QUANTILES}"));
    }
    let mut read = Vec::with_capacity(sent.len());
    for quantile in sent {
        let point = parse.within("quantiles", |parse| {
            let probability = parse.not_negative("probability", &quantile.probability);
            let quantity = parse.not_negative("quantity", &quantile.quantity);
            Some((probability?, quantity?))
        })?;
        let rises = read.last().is_none_or(|before: &(Micro, Micro)| before.0 < point.0 && before.1 <= point.1);
        if point.0 > Micro::ONE || !rises {
            let value = format!("{}: {}", quantile.probability, quantile.quantity);
            return parse.bad("quantiles", "QUANTILE_ORDER", value, "probabilities must rise and not pass 1, quantities must not fall");
        }
        read.push(point);
    }
    Some(read)
}

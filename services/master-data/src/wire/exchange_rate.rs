use crate::model::{exchange_rate::ExchangeRate, number};
use crossdock_core::{Ratio, key};
use crossdock_proto::{
    masterdata as contract,
    types::{Date, Envelope},
};
use crossdock_records::{Kind, Parse, Reference};

impl Kind for ExchangeRate {
    const NUMBER: u16 = number::EXCHANGE_RATE;
    const DOCUMENT: bool = false;
    type Message = contract::ExchangeRate;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        if message.from_currency.is_empty() || message.to_currency.is_empty() {
            return String::new();
        }
        key::join([&message.from_currency, &message.to_currency, &message.rate_type, &super::day(message.valid_from.as_ref())])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "currency", value: &mut message.from_currency });
        visit(Reference { space: "currency", value: &mut message.to_currency });
    }

    fn business_date(message: &Self::Message) -> Option<Date> {
        message.valid_from
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let from = parse.currency("from_currency", &message.from_currency);
        let mut to = parse.currency("to_currency", &message.to_currency);
        if to.is_some() && from == to {
            to = parse.bad("to_currency", "SAME_CURRENCY", &message.to_currency, "is the currency itself: a rate is between two");
        }
        let rate_type = parse.optional_id("rate_type", &message.rate_type);
        let since = parse.optional_date("valid_from", message.valid_from.as_ref());
        let factor = factor(&message.rate, &message.per, parse);
        Some(Self { from: from?, to: to?, rate_type: rate_type?.unwrap_or_default(), since: since?, factor: factor? })
    }
}

fn factor(rate: &str, per: &str, parse: &mut Parse<'_>) -> Option<Ratio> {
    let rate = parse.ratio("rate", rate);
    let per = if per.is_empty() { Some(Ratio::ONE) } else { parse.ratio("per", per) };
    // Both are decimals of at most 18 digits: reduced, their quotient may still not fit.
    let factor = rate?.times(per?.inverse());
    factor.or_else(|| parse.bad("rate", "TOO_PRECISE", "", "rate / per must be a quotient of two whole numbers of at most 18 digits"))
}

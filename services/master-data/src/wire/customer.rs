use super::{TEXT, check_digit, currency};
use crate::model::{customer::Customer, number};
use crossdock_core::{gs1, key};
use crossdock_proto::{
    masterdata::{self as contract, CustomerTier},
    types::Envelope,
};
use crossdock_records::{Kind, Parse, Reference};

impl Kind for Customer {
    const NUMBER: u16 = number::CUSTOMER;
    const DOCUMENT: bool = false;
    type Message = contract::Customer;

    fn key(message: &Self::Message, _: &str, _: &Envelope) -> String {
        key::join([&message.customer_id])
    }

    fn references(message: &mut Self::Message, visit: &mut dyn FnMut(Reference<'_>)) {
        visit(Reference { space: "customer", value: &mut message.customer_id });
        visit(Reference { space: "currency", value: &mut message.currency });
    }

    fn parse(message: &Self::Message, parse: &mut Parse<'_>) -> Option<Self> {
        let id = parse.id("customer_id", &message.customer_id);
        let name = parse.text("name", &message.name, TEXT);
        let tier = parse.choice("tier", message.tier).map(|tier: CustomerTier| tier == CustomerTier::Strategic);
        let country = parse.country("country", &message.country);
        let region = parse.optional_id("region", &message.region);
        let currency = currency(parse, "currency", &message.currency);
        let good = parse.within("ship_to", |parse| ship_to(&message.ship_to, parse));
        let _ = (name?, country?, region?, currency?, good?);
        Some(Self { id: id?, is_strategic: tier? })
    }

    /// Only the surrogate and what says nothing about a person stay.
    fn forget(message: &mut Self::Message) {
        message.name.clear();
        message.ship_to.clear();
    }
}

fn ship_to(addresses: &[contract::ShipTo], parse: &mut Parse<'_>) -> Option<()> {
    let mut good = true;
    for (index, address) in addresses.iter().enumerate() {
        good &= parse.id("ship_to_id", &address.ship_to_id).is_some();
        good &= parse.text("name", &address.name, TEXT).is_some();
        good &= address.address_lines.iter().all(|line| parse.text("address_lines", line, TEXT).is_some());
        good &= parse.optional_id("postal_code", &address.postal_code).is_some();
        good &= parse.optional_id("city", &address.city).is_some();
        good &= parse.country("country", &address.country).is_some();
        check_digit(parse, "ship_to.gln", &address.gln, gs1::check_gln);
        if addresses[..index].iter().any(|before| before.ship_to_id == address.ship_to_id) {
            parse.findings().warn("ship_to.ship_to_id", "REPEATED", "two addresses have the same id; the first counts");
        }
    }
    good.then_some(())
}

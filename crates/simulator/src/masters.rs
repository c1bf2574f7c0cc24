//! The masters of the company, as one system sends them.

use crate::{
    days,
    outgoing::{Outgoing, money},
    world::{CENTRES, REGIONS, Source, World},
};
use crossdock_core::{Micro, Micros, key};
use crossdock_proto::masterdata::{
    Calendar, CalendarException, Conversion, Customer, CustomerTier, ExchangeRate, Item, LeadTime, Location, LocationKind, PriceBreak,
    SourcingRule, Supplier,
};
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

/// Connection of the system that keeps the masters.
pub const MASTERS: &str = "mdm";

/// Free days of a calendar, by name.
type Free<'a> = &'a [(Date, &'a str)];

/// What pounds and dollars are worth in euros.
const RATES: [(&str, &str, &str); 2] = [("GBP", "EUR", "1.1690"), ("USD", "EUR", "0.7340")];

/// Every master, in an order in which nothing has to wait.
pub fn all(world: &World, now: Micros) -> Vec<Outgoing> {
    let mut all = calendars(now);
    all.extend(locations(now));
    all.extend(suppliers(world, now));
    all.extend(items(world, now));
    all.extend(sourcing(world, now));
    all.extend(customers(world, now));
    all.extend(rates(now));
    all
}

fn calendars(now: Micros) -> Vec<Outgoing> {
    let years: [(&str, &str, Free<'_>); 5] = [
        ("WORK-GB", "Great Britain", &[(date(2011, 12, 26), "Boxing Day"), (date(2011, 12, 27), "Christmas Day")]),
        ("WORK-DE", "Germany", &[(date(2011, 12, 26), "Second day of Christmas")]),
        ("WORK-ES", "Spain", &[(date(2011, 12, 6), "Constitution Day"), (date(2011, 12, 8), "Immaculate Conception")]),
        ("WORK-US", "United States", &[(date(2011, 11, 24), "Thanksgiving"), (date(2011, 12, 26), "Christmas Day")]),
        ("WORK-IN", "India", &[(date(2011, 12, 6), "Muharram")]),
    ];
    let exception = |(day, name): &(Date, &str)| CalendarException { date: days::wire(*day), working: false, name: (*name).to_owned() };
    let calendar = |(id, name, free): (&str, &str, Free<'_>)| {
        let calendar = Calendar {
            calendar_id: id.to_owned(),
            name: name.to_owned(),
            exceptions: free.iter().map(exception).collect(),
            ..Calendar::default()
        };
        Outgoing::master("calendar", id.to_owned(), now, &calendar)
    };
    years.into_iter().map(calendar).collect()
}

fn locations(now: Micros) -> Vec<Outgoing> {
    let group = |region: &&str| Location {
        location_id: (*region).to_owned(),
        name: format!("Region {region}"),
        kind: LocationKind::Group.into(),
        time_zone: "Etc/UTC".to_owned(),
        ..Location::default()
    };
    let centre = |centre: &crate::world::Centre| Location {
        location_id: centre.id.to_owned(),
        name: centre.name.to_owned(),
        kind: LocationKind::Warehouse.into(),
        parent_id: REGIONS[centre.erp].to_owned(),
        company: centre.company.to_owned(),
        country: centre.country.to_owned(),
        region: REGIONS[centre.erp].to_owned(),
        time_zone: centre.zone.to_owned(),
        calendar_id: centre.calendar.to_owned(),
        currency: centre.currency.to_owned(),
        ..Location::default()
    };
    let sent = |location: Location| Outgoing::master("location", location.location_id.clone(), now, &location);
    REGIONS.iter().map(group).chain(CENTRES.iter().map(centre)).map(sent).collect()
}

fn suppliers(world: &World, now: Micros) -> Vec<Outgoing> {
    let sent = |supplier: &crate::world::Supplier| {
        let message = Supplier {
            supplier_id: supplier.id.clone(),
            name: supplier.name.to_owned(),
            country: supplier.country.to_owned(),
            time_zone: supplier.zone.to_owned(),
            calendar_id: supplier.calendar.to_owned(),
            currency: supplier.currency.to_owned(),
            minimum_order_value: money("50", supplier.currency),
            ..Supplier::default()
        };
        Outgoing::master("supplier", supplier.id.clone(), now, &message)
    };
    world.suppliers.iter().map(sent).collect()
}

fn items(world: &World, now: Micros) -> Vec<Outgoing> {
    let mut all = Vec::with_capacity(world.goods.len() * 2);
    for good in &world.goods {
        let item = Item {
            item_id: good.id.clone(),
            description: good.description.clone(),
            base_unit: "EA".to_owned(),
            abc_class: good.class.to_owned(),
            ..Item::default()
        };
        all.push(Outgoing::master("item", good.id.clone(), now, &item));
        if good.per > 1 {
            let unit = Conversion { item_id: good.id.clone(), unit: "XCS".to_owned(), numerator: good.per, ..Conversion::default() };
            all.push(Outgoing::master("conversion", key::join([&good.id, "XCS", "", ""]), now, &unit));
        }
    }
    all
}

/// A rule per item and centre: the supplier of the item, or the first centre of the region.
fn sourcing(world: &World, now: Micros) -> Vec<Outgoing> {
    let mut all = Vec::new();
    for good in 0..world.goods.len() {
        for (centre, place) in CENTRES.iter().enumerate() {
            let source = world.source(centre, good);
            let rule = rule(world, good, centre, source);
            let key = key::join([&rule.item_id, &rule.supplier_id, &rule.origin_location_id, place.id, ""]);
            all.push(Outgoing::master("sourcing_rule", key, now, &rule));
        }
    }
    all
}

fn rule(world: &World, good: usize, centre: usize, source: Source) -> SourcingRule {
    let item = &world.goods[good];
    let lead = |days: i64, calendar: &str| Some(LeadTime { days: i32::try_from(days).unwrap_or(0), calendar_id: calendar.to_owned() });
    let receiving = lead(1, CENTRES[centre].calendar);
    let common = SourcingRule {
        item_id: item.id.clone(),
        destination_location_id: CENTRES[centre].id.to_owned(),
        receiving,
        order_unit: item.unit().to_owned(),
        minimum_quantity: item.minimum.to_string(),
        multiple: item.multiple.to_string(),
        preferred: true,
        ..SourcingRule::default()
    };
    match source {
        Source::Supplier(index) => {
            let supplier = &world.suppliers[index];
            let cost = item.cost();
            let prices = vec![
                PriceBreak { from_quantity: String::new(), unit_price: money(&cost, supplier.currency) },
                PriceBreak {
                    from_quantity: (item.minimum * 20).to_string(),
                    unit_price: money(&Micro(cost.0 / 100 * 95), supplier.currency),
                },
            ];
            SourcingRule {
                supplier_id: supplier.id.clone(),
                processing: lead(supplier.processing, supplier.calendar),
                transit: lead(supplier.transit, ""),
                // Now and then nobody knows the price: then a person has to approve.
                prices: if world.chance.holds(3, "no price", &item.id) { Vec::new() } else { prices },
                supplier_item_id: format!("{}-{}", &supplier.id[3..], item.id),
                ..common
            }
        }
        Source::Centre(origin) => SourcingRule {
            origin_location_id: CENTRES[origin].id.to_owned(),
            processing: lead(1, CENTRES[origin].calendar),
            transit: lead(2, ""),
            prices: vec![PriceBreak { from_quantity: String::new(), unit_price: money(&item.cost(), CENTRES[origin].currency) }],
            ..common
        },
    }
}

/// What every customer is called, before their number.
pub const CUSTOMER: &str = "Erika Mustermann";

fn customers(world: &World, now: Micros) -> Vec<Outgoing> {
    let ids: BTreeSet<&str> = world.sales.iter().map(|sale| sale.customer.as_str()).filter(|id| !id.is_empty()).collect();
    let sent = |id: &str| {
        let tier = if is_strategic(world, id) { CustomerTier::Strategic } else { CustomerTier::Standard };
        let name = format!("{CUSTOMER} {id}");
        let customer = Customer { customer_id: id.to_owned(), name, tier: tier.into(), ..Customer::default() };
        Outgoing::master("customer", id.to_owned(), now, &customer)
    };
    ids.into_iter().map(sent).collect()
}

/// A customer that is served first.
pub fn is_strategic(world: &World, customer: &str) -> bool {
    !customer.is_empty() && world.chance.holds(4, "strategic", customer)
}

fn rates(now: Micros) -> Vec<Outgoing> {
    let sent = |(from, to, rate): (&str, &str, &str)| {
        let message = ExchangeRate {
            from_currency: from.to_owned(),
            to_currency: to.to_owned(),
            valid_from: days::wire(date(2011, 11, 1)),
            rate: rate.to_owned(),
            ..ExchangeRate::default()
        };
        Outgoing::master("exchange_rate", key::join([from, to, "", "2011-11-01"]), now, &message)
    };
    RATES.into_iter().map(sent).collect()
}

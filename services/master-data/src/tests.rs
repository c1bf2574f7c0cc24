//! What every kind of this service has to be, and each rule through the one way in. Neighbours of what is wrong go in.

mod histories;
mod properties;

use crate::{
    Conversion, CrossReference, Customer, ExchangeRate, Item, ItemUnits, Location, SourcingRule, Supplier, WorkingDays, kinds, samples,
    testing::{World, told},
};
use crossdock_core::Ratio;
use crossdock_proto::{
    masterdata as contract,
    operations::ReferenceTable,
    types::{Money, Outcome},
};
use crossdock_records::{
    Kind,
    testing::{unlisted_fields, wrong_references},
};
use jiff::civil::date;

const NONE: Vec<&str> = Vec::new();

#[test]
fn what_is_looked_up_is_what_the_contracts_mark() {
    let wrong = [
        wrong_references::<Item>(),
        wrong_references::<Location>(),
        wrong_references::<Conversion>(),
        wrong_references::<ItemUnits>(),
        wrong_references::<Supplier>(),
        wrong_references::<SourcingRule>(),
        wrong_references::<Customer>(),
        wrong_references::<WorkingDays>(),
        wrong_references::<ExchangeRate>(),
        wrong_references::<CrossReference>(),
    ];
    assert_eq!(wrong.concat(), Vec::<String>::new());
}

#[test]
fn every_sample_goes_in_without_a_finding_and_a_second_time_changes_nothing() {
    World::run(async |world| {
        for sample in samples::all() {
            let kind = sample.kind;
            let taken = world.send("erp", vec![sample.clone()]).await.remove(0);
            assert_eq!(told(&taken), (Outcome::Accepted, NONE), "kind {kind}");
            let key = crossdock_core::Key::new(u16::try_from(kind).unwrap(), taken.key.as_str());
            let stored = world.store.read("test", move |read| read.get(&[key])).await.unwrap().remove(0);
            assert_eq!(unlisted_fields(&kinds().unwrap(), &stored), NONE, "kind {kind}");
            assert_eq!(told(&world.send("erp", vec![sample]).await[0]), (Outcome::Duplicate, NONE), "kind {kind}");
        }
    });
}

#[test]
fn samples_wait_for_each_other_in_whatever_order_they_come() {
    World::run(async |world| {
        let mut samples = samples::all();
        samples.reverse();
        let parked = world.send("erp", samples).await.iter().filter(|taken| taken.outcome == Outcome::Parked).count();
        assert_eq!(parked, 4, "conversion, supplier, location and sourcing rule");
        world.redrive().await;
        let rule = crossdock_core::key::join(["85123A", "SUP003", "", "DC-01", ""]);
        assert!(world.get::<SourcingRule>(&rule).await.is_some());
        assert_eq!(world.get::<ItemUnits>("85123A").await.unwrap().base_unit, "EA");
    });
}

/// Sends messages of one kind after all samples went in: a good neighbour comes after each, and is taken.
fn each<K: Kind>(cases: Vec<(K::Message, Outcome, &str, &str)>) {
    World::run(async |world| {
        world.send("erp", samples::all()).await;
        for (index, (message, outcome, reason, field)) in cases.into_iter().enumerate() {
            let item_id = format!("NEIGHBOUR-{index}");
            let neighbour = samples::record::<Item>(&contract::Item { item_id, ..samples::item() });
            let taken = world.send("erp", vec![samples::record::<K>(&message), neighbour]).await;
            assert_eq!(told(&taken[0]), (outcome, vec![reason]), "{reason}: {taken:?}");
            let fields = taken[0].violations.iter().map(|violation| &violation.field);
            let found = fields.chain(taken[0].findings.iter().map(|finding| &finding.field)).next().cloned().unwrap_or_default();
            assert_eq!(found, field, "{reason}");
            assert_eq!(taken[1].outcome, Outcome::Accepted, "the neighbour of {reason}");
        }
    });
}

const R: Outcome = Outcome::Rejected;
const P: Outcome = Outcome::Parked;
const F: Outcome = Outcome::Accepted;

#[test]
fn items() {
    let new = || contract::Item { item_id: "NEW".into(), ..samples::item() };
    let after =
        |id: &str, ratio: &str| Some(contract::Successor { item_id: id.into(), ratio: ratio.into(), ..contract::Successor::default() });
    let unit = |unit: &str, gtin: &str, weight: &str| {
        vec![contract::UnitDimensions {
            unit: unit.into(),
            gtin: gtin.into(),
            weight_kg: weight.into(),
            ..contract::UnitDimensions::default()
        }]
    };
    each::<Item>(vec![
        (contract::Item { description: "x".repeat(201), ..new() }, R, "TOO_LONG", "description"),
        (contract::Item { description: "a\u{7}b".into(), ..new() }, R, "CONTROL_CHARACTER", "description"),
        (contract::Item { lifecycle: 9, ..new() }, R, "UNKNOWN_VALUE", "lifecycle"),
        (contract::Item { successor: after("NEW", ""), ..new() }, R, "CYCLE", "successor.item_id"),
        (contract::Item { successor: after("85123A", "0"), ..new() }, R, "NOT_POSITIVE", "successor.ratio"),
        (contract::Item { successor: after("NOWHERE", ""), ..new() }, P, "UNKNOWN_ITEM", ""),
        (contract::Item { base_unit: "CASE".into(), ..new() }, P, "UNKNOWN_UNIT", ""),
        (contract::Item { units: unit("EA", "", "-1"), ..new() }, R, "NEGATIVE", "units.weight_kg"),
        (contract::Item { units: unit("EA", "4006381333932", ""), ..new() }, F, "CHECK_DIGIT", "units.gtin"),
        (
            contract::Item { units: [unit("EA", "", ""), unit("EA", "", "")].concat(), item_id: "NEW2".into(), ..new() },
            F,
            "REPEATED",
            "units.unit",
        ),
        (contract::Item { abc_class: "D".into(), item_id: "NEW3".into(), ..new() }, F, "UNKNOWN_CLASS", "abc_class"),
        (contract::Item { base_unit: "KGM".into(), ..samples::item() }, R, "BASE_UNIT_CHANGED", "base_unit"),
    ]);
}

#[test]
fn an_item_without_a_unit_has_its_connections_and_keeps_it() {
    World::run(async |world| {
        let plain = contract::Item { item_id: "PLAIN".into(), base_unit: String::new(), ..contract::Item::default() };
        assert_eq!(told(&world.send_one::<Item>(&plain).await), (Outcome::Accepted, NONE));
        assert_eq!(world.get::<Item>("PLAIN").await.unwrap().base_unit, "EA");
        assert_eq!(told(&world.send_one::<Item>(&plain).await), (Outcome::Duplicate, NONE));
    });
}

#[test]
fn an_item_that_ends_tells_of_those_it_takes_over_from() {
    World::run(async |world| {
        let next = contract::Item { item_id: "A/2".into(), ..samples::item() };
        let successor = Some(contract::Successor { item_id: "A/2".into(), ..contract::Successor::default() });
        let first = contract::Item { item_id: "A/1".into(), successor, ..samples::item() };
        assert_eq!(world.send_all::<Item>(&[next.clone(), first.clone()]).await[1].outcome, Outcome::Accepted);
        let ended = contract::Item { lifecycle: contract::Lifecycle::Discontinued.into(), ..next.clone() };
        assert_eq!(told(&world.send_one::<Item>(&ended).await), (Outcome::Accepted, vec!["STILL_USED"]));
        let first = contract::Item { description: "other".into(), ..first };
        assert_eq!(told(&world.send_one::<Item>(&first).await), (Outcome::Accepted, vec!["SUCCESSOR_DISCONTINUED"]));
        assert_eq!(told(&world.delete::<Item>(&next).await), (Outcome::Accepted, vec!["STILL_USED"]));
        let round = contract::Item { successor: Some(contract::Successor { item_id: "A/1".into(), ..Default::default() }), ..next };
        assert_eq!(told(&world.send_one::<Item>(&round).await), (R, vec!["CYCLE"]), "the first still names it");
    });
}

#[test]
fn a_base_unit_changes_once_nothing_is_counted_in_it() {
    World::run(async |world| {
        world.send("erp", samples::all()).await;
        let other = contract::Item { base_unit: "KGM".into(), units: Vec::new(), ..samples::item() };
        world.delete::<Item>(&samples::item()).await;
        assert_eq!(told(&world.send_one::<Item>(&other).await), (R, vec!["BASE_UNIT_CHANGED"]), "its conversions are still there");
        world.delete::<Conversion>(&samples::conversion()).await;
        assert_eq!(world.get::<ItemUnits>("85123A").await, None);
        assert_eq!(told(&world.send_one::<Item>(&other).await), (Outcome::Accepted, NONE));
    });
}

#[test]
fn locations() {
    let new = || contract::Location { location_id: "NEW".into(), ..samples::location() };
    each::<Location>(vec![
        (contract::Location { kind: 0, ..new() }, R, "MISSING", "kind"),
        (contract::Location { time_zone: "Europe/Atlantis".into(), ..new() }, R, "UNKNOWN_TIME_ZONE", "time_zone"),
        (contract::Location { time_zone: String::new(), ..new() }, R, "MISSING", "time_zone"),
        (contract::Location { country: "UK".into(), ..new() }, R, "UNKNOWN_COUNTRY", "country"),
        (contract::Location { currency: "EURO".into(), ..new() }, R, "UNKNOWN_CURRENCY", "currency"),
        (contract::Location { parent_id: "NEW".into(), ..new() }, R, "CYCLE", "parent_id"),
        (contract::Location { parent_id: "NOWHERE".into(), ..new() }, P, "UNKNOWN_LOCATION", ""),
        (contract::Location { calendar_id: "NEVER".into(), ..new() }, P, "UNKNOWN_CALENDAR", ""),
        (contract::Location { gln: "4000001000006".into(), ..new() }, F, "CHECK_DIGIT", "gln"),
    ]);
}

#[test]
fn conversions() {
    let new = || contract::Conversion { unit: "XPL".into(), numerator: 120, ..samples::conversion() };
    each::<Conversion>(vec![
        (contract::Conversion { numerator: 0, ..new() }, R, "NOT_POSITIVE", "numerator"),
        (contract::Conversion { denominator: -2, ..new() }, R, "NOT_POSITIVE", "denominator"),
        (contract::Conversion { to_unit: "XPL".into(), ..new() }, R, "SAME_UNIT", "to_unit"),
        (contract::Conversion { unit: "EA".into(), ..new() }, R, "SAME_UNIT", "unit"),
        (contract::Conversion { valid_from: Some(samples::day(2026, 2, 30)), ..new() }, R, "IMPOSSIBLE_DATE", "valid_from"),
        (contract::Conversion { item_id: "NOWHERE".into(), ..new() }, P, "UNKNOWN_ITEM", ""),
        (contract::Conversion { unit: "CASE".into(), ..new() }, P, "UNKNOWN_UNIT", ""),
        (contract::Conversion { to_unit: "EA".into(), unit: "XCS".into(), numerator: 10, ..new() }, R, "CONVERSION_DISAGREES", "numerator"),
    ]);
}

#[test]
fn conversions_that_disagree_name_both_factors() {
    World::run(async |world| {
        world.send("erp", samples::all()).await;
        let pallet =
            |to: &str, numerator| contract::Conversion { unit: "XPL".into(), to_unit: to.into(), numerator, ..samples::conversion() };
        assert_eq!(world.send_one::<Conversion>(&pallet("XCS", 10)).await.outcome, Outcome::Accepted);
        let taken = world.send_one::<Conversion>(&pallet("", 100)).await;
        let message = &taken.violations[0].message;
        assert!(message.starts_with("one XPL is 100/1 EA by this conversion and 120/1 EA by the others:"), "{message}");
        assert_eq!(told(&world.send_one::<Conversion>(&pallet("", 120)).await), (Outcome::Accepted, NONE));
    });
}

#[test]
fn the_conversion_that_counts_is_chosen_by_the_business_date() {
    World::run(async |world| {
        let ten = contract::Conversion { numerator: 10, valid_from: Some(samples::day(2026, 3, 1)), ..samples::conversion() };
        for conversions in [vec![samples::conversion(), ten.clone()], vec![ten, samples::conversion()]] {
            world.send_one::<Item>(&samples::item()).await;
            world.send_all::<Conversion>(&conversions).await;
            let message = world.get::<ItemUnits>("85123A").await.unwrap();
            let units = ItemUnits::parse(&message, &mut crossdock_records::Parse::stored()).unwrap();
            assert_eq!(units.factor("XCS", date(2026, 2, 28)), Ratio::new(12, 1));
            assert_eq!(units.factor("XCS", date(2026, 3, 1)), Ratio::new(10, 1));
            assert_eq!(units.factor("EA", date(2026, 3, 1)), Some(Ratio::ONE));
            assert_eq!(units.factor("XPL", date(2026, 3, 1)), None);
            for conversion in &conversions {
                world.delete::<Conversion>(conversion).await;
            }
        }
    });
}

#[test]
fn suppliers() {
    let new = || contract::Supplier { supplier_id: "NEW".into(), ..samples::supplier() };
    let money = |amount: &str, currency: &str| Some(Money { amount: amount.into(), currency: currency.into() });
    each::<Supplier>(vec![
        (contract::Supplier { country: "XX".into(), ..new() }, R, "UNKNOWN_COUNTRY", "country"),
        (contract::Supplier { time_zone: "CET+1".into(), ..new() }, R, "UNKNOWN_TIME_ZONE", "time_zone"),
        (contract::Supplier { minimum_order_value: money("-1", "EUR"), ..new() }, R, "NEGATIVE", "minimum_order_value.amount"),
        (contract::Supplier { minimum_order_value: money("1", ""), ..new() }, R, "MISSING", "minimum_order_value.currency"),
        (contract::Supplier { calendar_id: "NEVER".into(), ..new() }, P, "UNKNOWN_CALENDAR", ""),
        (contract::Supplier { gln: "1".into(), ..new() }, F, "CHECK_DIGIT", "gln"),
        (contract::Supplier { blocked: true, ..samples::supplier() }, F, "STILL_USED", ""),
    ]);
}

#[test]
fn sourcing_rules() {
    let rule = samples::sourcing_rule;
    let days = |days| Some(contract::LeadTime { days, calendar_id: String::new() });
    let price = |from: &str, amount: &str, currency: &str| contract::PriceBreak {
        from_quantity: from.into(),
        unit_price: Some(Money { amount: amount.into(), currency: currency.into() }),
    };
    let (from, to) = (Some(samples::day(2026, 5, 1)), Some(samples::day(2026, 4, 1)));
    let own = samples::location().location_id;
    each::<SourcingRule>(vec![
        (contract::SourcingRule { origin_location_id: own.clone(), ..rule() }, R, "EXCLUSIVE", "origin_location_id"),
        (contract::SourcingRule { processing: days(-1), ..rule() }, R, "NEGATIVE", "processing.days"),
        (contract::SourcingRule { processing: days(70_000), ..rule() }, R, "OUT_OF_RANGE", "processing.days"),
        (contract::SourcingRule { minimum_quantity: "1e3".into(), ..rule() }, R, "MALFORMED_NUMBER", "minimum_quantity"),
        (contract::SourcingRule { prices: vec![price("", "-1", "EUR")], ..rule() }, R, "NEGATIVE", "prices.unit_price.amount"),
        (contract::SourcingRule { prices: vec![contract::PriceBreak::default()], ..rule() }, R, "MISSING", "prices.unit_price"),
        (contract::SourcingRule { supplier_id: "NOBODY".into(), ..rule() }, P, "UNKNOWN_SUPPLIER", ""),
        (contract::SourcingRule { item_id: "NOWHERE".into(), ..rule() }, P, "UNKNOWN_ITEM", ""),
        (contract::SourcingRule { order_unit: "XPL".into(), ..rule() }, P, "NO_CONVERSION", ""),
        (contract::SourcingRule { valid_from: from, valid_to: to, ..rule() }, F, "DATE_ORDER", "valid_to"),
        (contract::SourcingRule { multiple: "3".into(), ..rule() }, F, "MINIMUM_NO_MULTIPLE", "minimum_quantity"),
        (
            contract::SourcingRule { prices: vec![price("2", "1", "EUR"), price("1", "2", "EUR")], ..rule() },
            F,
            "PRICE_ORDER",
            "prices.from_quantity",
        ),
        (
            contract::SourcingRule { prices: vec![price("1", "1", "EUR"), price("2", "1", "USD")], ..rule() },
            F,
            "MIXED_CURRENCIES",
            "prices.unit_price.currency",
        ),
        (
            contract::SourcingRule { supplier_id: String::new(), origin_location_id: own, ..rule() },
            F,
            "SAME_LOCATION",
            "destination_location_id",
        ),
    ]);
}

#[test]
fn a_group_of_locations_cannot_be_ordered_to() {
    World::run(async |world| {
        world.send("erp", samples::all()).await;
        let kind = contract::LocationKind::Group.into();
        world.send_one::<Location>(&contract::Location { location_id: "ALL".into(), kind, ..samples::location() }).await;
        let rule = contract::SourcingRule { destination_location_id: "ALL".into(), ..samples::sourcing_rule() };
        assert_eq!(told(&world.send_one::<SourcingRule>(&rule).await), (F, vec!["GROUP_LOCATION"]));
    });
}

#[test]
fn customers() {
    let new = || contract::Customer { customer_id: "NEW".into(), ..samples::customer() };
    let address = |id: &str, gln: &str| contract::ShipTo { ship_to_id: id.into(), gln: gln.into(), ..contract::ShipTo::default() };
    each::<Customer>(vec![
        (contract::Customer { tier: 7, ..new() }, R, "UNKNOWN_VALUE", "tier"),
        (contract::Customer { customer_id: " C1".into(), ..new() }, R, "PADDED", "customer_id"),
        (contract::Customer { ship_to: vec![address("", "")], ..new() }, R, "MISSING", "ship_to.ship_to_id"),
        (contract::Customer { ship_to: vec![address("1", "12")], ..new() }, F, "CHECK_DIGIT", "ship_to.gln"),
        (contract::Customer { ship_to: vec![address("1", ""), address("1", "")], ..new() }, F, "REPEATED", "ship_to.ship_to_id"),
    ]);
}

#[test]
fn a_deleted_customer_is_forgotten() {
    World::run(async |world| {
        world.send_one::<Customer>(&samples::customer()).await;
        world.delete::<Customer>(&samples::customer()).await;
        let tombstone = world.stored::<Customer>("C17850").await.unwrap();
        assert!(tombstone.deleted);
        let text = String::from_utf8_lossy(&tombstone.body).into_owned();
        assert!(text.contains("C17850") && !text.contains("Hearts") && !text.contains("Leeds"), "{text}");
    });
}

#[test]
fn calendars() {
    let off = |month, day| contract::CalendarException { date: Some(samples::day(2026, month, day)), ..Default::default() };
    let new = || contract::Calendar { calendar_id: "NEW".into(), ..samples::calendar() };
    let ended = Some(samples::day(2026, 12, 31));
    each::<WorkingDays>(vec![
        (contract::Calendar { working_days: vec![0], ..new() }, R, "UNKNOWN_VALUE", "working_days"),
        (contract::Calendar { working_days: vec![8], ..new() }, R, "UNKNOWN_VALUE", "working_days"),
        (contract::Calendar { exceptions: vec![off(13, 1)], ..new() }, R, "IMPOSSIBLE_DATE", "exceptions.date"),
        (contract::Calendar { exceptions: vec![off(1, 1), off(1, 1)], ..new() }, F, "REPEATED", "exceptions.date"),
        (contract::Calendar { valid_to: Some(samples::day(2026, 1, 31)), ..samples::calendar() }, F, "STILL_USED", ""),
        (contract::Calendar { valid_from: Some(samples::day(2027, 1, 1)), valid_to: ended, ..new() }, F, "DATE_ORDER", "valid_to"),
    ]);
}

#[test]
fn exchange_rates() {
    let new = || contract::ExchangeRate { rate_type: "M".into(), ..samples::exchange_rate() };
    each::<ExchangeRate>(vec![
        (contract::ExchangeRate { from_currency: "EURO".into(), ..new() }, R, "UNKNOWN_CURRENCY", "from_currency"),
        (contract::ExchangeRate { to_currency: "GBP".into(), ..new() }, R, "SAME_CURRENCY", "to_currency"),
        (contract::ExchangeRate { rate: "0".into(), ..new() }, R, "NOT_POSITIVE", "rate"),
        (contract::ExchangeRate { rate: "NaN".into(), ..new() }, R, "MALFORMED_NUMBER", "rate"),
        (contract::ExchangeRate { rate: "1.1234567".into(), ..new() }, R, "TOO_PRECISE", "rate"),
    ]);
}

#[test]
fn cross_references() {
    let new = || samples::cross_reference();
    each::<CrossReference>(vec![
        (contract::CrossReference { canonical_id: "CTN9".into(), ..new() }, R, "UNKNOWN_UNIT", "canonical_id"),
        (contract::CrossReference { space: "currency".into(), ..new() }, R, "UNKNOWN_CURRENCY", "canonical_id"),
        (contract::CrossReference { canonical_id: String::new(), ..new() }, R, "MISSING", "canonical_id"),
        (contract::CrossReference { space: "planet".into(), ..new() }, F, "UNKNOWN_SPACE", "space"),
    ]);
}

#[test]
fn an_ambiguous_reference_waits_until_one_meaning_is_left() {
    World::run(async |world| {
        let means = |namespace: &str, canonical: &str| contract::CrossReference {
            namespace: namespace.into(),
            space: "item".into(),
            local_id: "100".into(),
            canonical_id: canonical.into(),
            ..samples::cross_reference()
        };
        let local = samples::record::<Item>(&contract::Item {
            item_id: "100".into(),
            units: Vec::new(),
            base_unit: "EA".into(),
            ..samples::item()
        });
        let each = samples::record::<CrossReference>(&contract::CrossReference {
            local_id: "EA".into(),
            canonical_id: "EA".into(),
            ..samples::cross_reference()
        });
        assert_eq!(told(&world.send("shop", vec![local.clone()]).await[0]), (P, vec!["UNKNOWN_ITEM"]));
        let meanings = [means("GB", "SKU-1"), means("DE", "SKU-2")];
        world.send_all::<CrossReference>(&meanings).await;
        world.send("erp", vec![each]).await;
        assert_eq!(told(&world.send("shop", vec![local]).await[0]), (P, vec!["AMBIGUOUS_REFERENCE"]));
        assert_eq!(world.get::<ReferenceTable>("shop/item/100").await.unwrap().entries.len(), 2);
        world.delete::<CrossReference>(&meanings[1]).await;
        world.redrive().await;
        assert!(world.get::<Item>("SKU-1").await.is_some());
    });
}

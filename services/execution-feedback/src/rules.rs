//! A row per rule: what is wrong and what becomes of it; and what readers are told.

use crate::{
    model::{
        confirmation::Confirmation, disruption::Disruption, milestone::Milestone, receipt::Receipt, shipment::Shipment,
        supply_order::SupplyOrder,
    },
    number,
    testing::{World, asked, confirmed, day, disruption, milestone, of, ordered, policy, quantity, received, record, shipped, told},
};
use crossdock_master_data::{SourcingRule, WorkingDays, samples};
use crossdock_proto::{
    Record, Role,
    execution::{self as contract, ConfirmationState, MilestoneKind, execution_service_server::ExecutionService},
    governance, masterdata,
    types::{Date, Outcome},
};
use crossdock_records::testing::{unlisted_fields, wrong_references};
use std::collections::HashMap;
use tonic::Code;

fn answered(change: impl FnOnce(&mut contract::ConfirmedPart)) -> Record {
    let mut part = contract::ConfirmedPart { quantity: "120".into(), ..contract::ConfirmedPart::default() };
    change(&mut part);
    let message = contract::Confirmation { order: of("17", "10"), parts: vec![part], ..contract::Confirmation::default() };
    record::<Confirmation>("OC", "", 1, &message)
}

fn rows() -> Vec<(&'static str, Record, Outcome, &'static str)> {
    use Outcome::{Accepted as Found, Parked, Rejected};
    let many = vec![contract::ConfirmedPart { quantity: "1".into(), ..contract::ConfirmedPart::default() }; 101];
    let many = contract::Confirmation { order: of("17", "10"), parts: many, ..contract::Confirmation::default() };
    vec![
        ("no source", ordered("1", "1", 1, |order| order.supplier_id.clear()), Rejected, "MISSING"),
        ("two sources", ordered("1", "1", 1, |order| order.origin_location_id = "WEST".into()), Rejected, "EXCLUSIVE"),
        ("a transfer from nowhere", ordered("1", "1", 1, |order| order.kind = 2), Rejected, "MISSING"),
        ("unknown supplier", ordered("1", "1", 1, |order| order.supplier_id = "SUP9".into()), Parked, "UNKNOWN_SUPPLIER"),
        ("unknown item", ordered("1", "1", 1, |order| order.item_id = "SKU9".into()), Parked, "UNKNOWN_ITEM"),
        ("no conversion", ordered("1", "1", 1, |order| order.quantity = quantity("1", "XPL")), Parked, "NO_CONVERSION"),
        ("negative", ordered("1", "1", 1, |order| order.quantity = quantity("-1", "EA")), Rejected, "NEGATIVE"),
        ("due before ordered", ordered("1", "1", 1, |order| order.due_date = day(2026, 10, 1)), Found, "DATE_ORDER"),
        ("cancelled too much", ordered("1", "2", 1, |order| order.cancelled_quantity = "121".into()), Found, "CANCELLED_MORE_THAN_ORDERED"),
        ("no order", received("R", 1, "1", |receipt| receipt.order = None), Rejected, "MISSING"),
        ("no document", received("R", 1, "1", |receipt| receipt.order = of("", "1")), Rejected, "MISSING"),
        ("damaged too much", received("R", 1, "1", |receipt| receipt.damaged_quantity = "2".into()), Found, "DAMAGED_MORE_THAN_RECEIVED"),
        ("no key", received("R", 1, "1", |receipt| receipt.reverses = "R1".into()), Rejected, "MALFORMED_KEY"),
        ("unknown place", received("R", 1, "1", |receipt| receipt.location_id = "NORTH".into()), Parked, "UNKNOWN_LOCATION"),
        ("too many parts", record::<Confirmation>("OC", "", 1, &many), Rejected, "TOO_MANY"),
        ("no substitute", answered(|part| part.state = ConfirmationState::Substituted.into()), Rejected, "MISSING"),
        ("a substitute of nothing", answered(|part| part.substitute_item_id = "SKU2".into()), Rejected, "EXCLUSIVE"),
        ("no milestone", milestone("M", "S", MilestoneKind::Unspecified, 1, None), Rejected, "MISSING"),
        ("late until when", milestone("M", "S", MilestoneKind::Delayed, 1, None), Rejected, "MISSING"),
        ("ends first", disruption("D", |said| said.end = day(2026, 1, 1)), Found, "DATE_ORDER"),
    ]
}

#[test]
fn a_row_per_rule() {
    World::run(async |world| {
        world.send("erp", &[ordered("17", "10", 1, |_| {})]).await;
        for (primary, (name, mut sent, outcome, reason)) in (2..).zip(rows()) {
            sent.envelope.get_or_insert_default().version.get_or_insert_default().primary = primary;
            let taken = world.send_one("erp", sent).await;
            let (got, reasons) = told(&taken);
            assert_eq!(got, outcome, "{name}: {taken:?}");
            assert!(reasons.contains(&reason), "{name}: {reasons:?}");
        }
        world.check().await;
    });
}

#[test]
fn totals_are_not_reversed_and_a_supplier_receives_nothing() {
    World::run(async |world| {
        world.send("erp", &[ordered("17", "10", 1, |_| {}), received("R1", 1, "5", |_| {})]).await;
        let back = received("T", 1, "5", |receipt| receipt.reverses = "erp/R1".into());
        assert_eq!(told(&world.send_one("totals", back).await), (Outcome::Rejected, vec!["REVERSES_TOTAL"]));
        let taken = world.send_one("supplier", received("R2", 1, "5", |_| {})).await;
        assert_eq!(told(&taken), (Outcome::Rejected, vec!["ROLE_MAY_NOT_WRITE"]));
    });
}

#[test]
fn where_there_are_two_erps_others_have_to_name_theirs() {
    let second = governance::Connection { name: "erp-us".into(), roles: vec![Role::Erp.into()], ..governance::Connection::default() };
    let mut two = policy();
    two.connections.push(second);
    World::run_under(crossdock_testkit::Engine::Sqlite, two, async |world| {
        world.send("erp-us", &[ordered("17", "10", 1, |_| {})]).await;
        let taken = world.send_one("wms", received("R1", 1, "5", |_| {})).await;
        assert_eq!(told(&taken), (Outcome::Rejected, vec!["MISSING"]));
        assert_eq!(taken.violations[0].field, "order.connection");
        let named = received("R1", 1, "5", |receipt| receipt.order.get_or_insert_default().connection = "erp-us".into());
        assert_eq!(world.send_one("wms", named).await.outcome, Outcome::Accepted);
        assert_eq!(world.progress("erp-us/17/10").await.received, "5");
    });
}

#[test]
fn a_line_has_room_for_so_many_records() {
    World::run(async |world| {
        world.send("erp", &[ordered("17", "10", 1, |_| {})]).await;
        let many: Vec<Record> = (0..1_000).map(|number| received(&format!("R{number:04}"), 1, "1", |_| {})).collect();
        assert!(world.send("wms", &many).await.iter().all(|taken| taken.outcome == Outcome::Accepted));
        let taken = world.send_one("wms", received("R1000", 1, "1", |_| {})).await;
        assert_eq!(told(&taken), (Outcome::Rejected, vec!["TOO_MANY_RECORDS"]));
        let newer = world.send_one("wms", received("R0001", 2, "2", |_| {})).await;
        assert_eq!(newer.outcome, Outcome::Accepted, "a record that is there changes");
        assert_eq!(world.progress("erp/17/10").await.received, "1001");
        world.check().await;
    });
}

#[test]
fn kinds_look_up_what_their_contracts_mark_and_are_listed_by_what_their_filters_have() {
    let wrong = [
        wrong_references::<SupplyOrder>(),
        wrong_references::<Confirmation>(),
        wrong_references::<Shipment>(),
        wrong_references::<Milestone>(),
        wrong_references::<Receipt>(),
        wrong_references::<Disruption>(),
    ];
    assert_eq!(wrong.concat(), Vec::<String>::new());
    World::run(async |world| {
        world.link("erp/17/10", &[("p/n/R1/", "24", 2)]).await;
        let sent = [
            ordered("17", "10", 1, |order| order.posting_key = "PK1".into()),
            ordered("18", "10", 1, |order| (order.supplier_id, order.origin_location_id) = (String::new(), "WEST".into())),
            confirmed("OC", 1, &[("120", 1)]),
            shipped("S1", "1", "5", |_| {}),
            milestone("M1", "S1", MilestoneKind::Arrived, 29, None),
            received("R1", 1, "5", |_| {}),
            disruption("D1", |said| said.supplier_id = "SUP003".into()),
        ];
        world.send("erp", &sent).await;
        let kinds = crate::kinds().unwrap();
        for kind in number::SUPPLY_ORDER..=number::DISRUPTION_TABLE {
            for held in world.records(kind).await {
                assert_eq!(unlisted_fields(&kinds, &held), Vec::<&str>::new(), "kind {kind}");
            }
        }
    });
}

#[test]
fn scheduled_receipts_come_by_page_and_say_how_complete_they_are() {
    World::run(async |world| {
        let lines: Vec<Record> = (0..5).map(|line| ordered("17", &line.to_string(), 1, |order| order.closed = line == 3)).collect();
        world.send("erp", &lines).await;
        world
            .send("erp", &[ordered("18", "1", 1, |order| (order.item_id, order.destination_location_id) = ("SKU2".into(), "WEST".into()))])
            .await;
        let verbs = world.verbs(HashMap::new()).await;
        let ask = async |locations: &[&str], items: &[&str], size: i32| {
            let (mut token, mut pages) = (String::new(), Vec::new());
            loop {
                let request = contract::ListScheduledReceiptsRequest {
                    location_ids: locations.iter().map(|id| (*id).into()).collect(),
                    item_ids: items.iter().map(|id| (*id).into()).collect(),
                    page_size: size,
                    page_token: token,
                };
                let page = verbs.list_scheduled_receipts(asked(request)).await.unwrap().into_inner();
                assert!(!page.completeness.unwrap().cursor.is_empty());
                pages.push(page.receipts.into_iter().map(|receipt| receipt.order).collect::<Vec<_>>());
                token = page.next_page_token;
                if token.is_empty() {
                    return pages.concat();
                }
            }
        };
        let east = ["erp/17/0", "erp/17/1", "erp/17/2", "erp/17/4"];
        assert_eq!(ask(&["EAST"], &[], 2).await, east);
        assert_eq!(ask(&[], &["SKU1", "SKU2", "SKU1"], 3).await, [&east[..], &["erp/18/1"]].concat());
        assert_eq!(ask(&["WEST"], &["SKU1", "SKU2"], 100).await, ["erp/18/1"]);
        assert_eq!(ask(&[], &[], 0).await.len(), 5);
        let wrong = contract::ListScheduledReceiptsRequest { page_token: "0000000000000000.x".into(), ..Default::default() };
        assert_eq!(verbs.list_scheduled_receipts(asked(wrong)).await.unwrap_err().code(), Code::InvalidArgument);
    });
}

async fn performance(world: &World, suppliers: &[&str], from: Option<Date>) -> Vec<contract::Performance> {
    let request = contract::ListPerformanceRequest {
        supplier_ids: suppliers.iter().map(|id| (*id).into()).collect(),
        from,
        ..contract::ListPerformanceRequest::default()
    };
    world.verbs(HashMap::new()).await.list_performance(asked(request)).await.unwrap().into_inner().performances
}

#[test]
fn performance_is_that_of_lines_that_are_done() {
    World::run(async |world| {
        let lead = |days: i32, calendar: &str| Some(masterdata::LeadTime { days, calendar_id: calendar.into() });
        let rule = masterdata::SourcingRule {
            item_id: "SKU1".into(),
            supplier_id: "SUP003".into(),
            origin_location_id: String::new(),
            destination_location_id: String::new(),
            valid_from: None,
            valid_to: None,
            processing: lead(5, "WORK"),
            transit: lead(20, ""),
            receiving: None,
            ..samples::sourcing_rule()
        };
        world.master::<WorkingDays>("WORK", &samples::calendar()).await;
        world.master::<SourcingRule>("SKU1/SUP003///", &rule).await;
        let on = |document: &str, line: &str, value: &str, date: i32| {
            let line = line.to_owned();
            received(document, 1, value, move |receipt| (receipt.order, receipt.received_date) = (of("17", &line), day(2026, 12, date)))
        };
        let sent = [
            ordered("17", "1", 1, |_| {}),
            ordered("17", "2", 1, |_| {}),
            ordered("17", "3", 1, |_| {}),
            on("R1", "1", "130", 1),
            on("R2", "2", "60", 5),
        ];
        world.send("erp", &sent).await;
        let [one] = performance(&world, &[], None).await.try_into().unwrap();
        assert_eq!((one.lines, one.ordered.as_str(), one.received.as_str(), one.fill_rate.as_str()), (1, "120", "120", "1"));
        assert_eq!((one.otif.as_str(), one.lead_time_p50_days, one.lead_time_mean_days.as_str()), ("1", 30, "30"));
        assert_eq!(one.promised_mean_days, "25", "five working days from a Sunday, then 20 days");
        world.send("erp", &[ordered("17", "2", 2, |order| order.closed = true)]).await;
        let [both] = performance(&world, &["SUP003"], None).await.try_into().unwrap();
        assert_eq!((both.lines, both.fill_rate.as_str(), both.otif.as_str()), (2, "0.75", "0.5"));
        assert_eq!((both.lead_time_p50_days, both.lead_time_p90_days, both.lead_time_mean_days.as_str()), (30, 34, "32"));
        let [later] = performance(&world, &[], day(2026, 12, 2)).await.try_into().unwrap();
        assert_eq!((later.lines, later.fill_rate.as_str(), later.otif.as_str()), (1, "0.5", "0"));
        world.send("erp", &[ordered("17", "2", 3, |_| {})]).await;
        assert_eq!(performance(&world, &[], None).await, [one]);
        assert_eq!(performance(&world, &["SUP1"], None).await, []);
        world.check().await;
    });
}

//! What cannot be ordered, confirmed or received, or does not add up: an outcome or a finding, and the order line beside it is as it was.

use crate::{
    bad_input::{day, document, quantity},
    bad_orders::settle_in,
    lines::item_id,
};
use crossdock_proto::{
    Record,
    execution::{Confirmation, ConfirmationState, ConfirmedPart, OrderLineReference, OrderProgress, Receipt, SupplyOrder},
    types::Outcome,
};
use crossdock_tests::{EXECUTION, Server, record};

/// An order of 40 pieces.
pub fn order(name: &str, change: impl FnOnce(&mut SupplyOrder)) -> Record {
    let mut message = SupplyOrder {
        item_id: item_id(1),
        supplier_id: "SELLS".into(),
        destination_location_id: "WEST".into(),
        quantity: quantity("40", "EA"),
        ordered_date: day(2036, 6, 1),
        ..SupplyOrder::default()
    };
    change(&mut message);
    record("supply_order", document(name, 1), &message)
}

fn of(name: &str) -> Option<OrderLineReference> {
    Some(OrderLineReference { connection: "erp".into(), document: name.into(), line: "1".into() })
}

fn received(name: &str, of_order: &str, value: &str, change: impl FnOnce(&mut Receipt)) -> Record {
    let mut message =
        Receipt { order: of(of_order), quantity: quantity(value, "EA"), received_date: day(2036, 6, 10), ..Receipt::default() };
    change(&mut message);
    record("receipt", document(name, 1), &message)
}

fn reversal(name: &str, of_order: &str, value: &str, receipt: &str) -> Record {
    received(name, of_order, value, |message| message.reverses = format!("wms/{receipt}/1"))
}

fn confirmed(name: &str, of_order: &str, parts: &[(&str, ConfirmationState)]) -> Record {
    let part = |(value, state): &(&str, ConfirmationState)| ConfirmedPart {
        quantity: (*value).into(),
        state: (*state).into(),
        date: day(2036, 6, 9),
        ..ConfirmedPart::default()
    };
    let message = Confirmation { order: of(of_order), parts: parts.iter().map(part).collect(), ..Confirmation::default() };
    record("confirmation", document(name, 1), &message)
}

/// What is wrong, who sends it, what becomes of it, why, and the value that is told.
type Row = (&'static str, &'static str, Record, Outcome, &'static str, &'static str);

fn rows() -> Vec<Row> {
    use ConfirmationState::{Accepted, Substituted};
    use Outcome::{Accepted as Found, Parked, Rejected};
    vec![
        ("a reversal of a reversal", "wms", reversal("X1", "BACK", "10", "BACK2"), Rejected, "REVERSES_REVERSAL", "wms/BACK2/1"),
        ("a reversal for another line", "wms", reversal("X2", "BESIDE", "10", "BACK1"), Rejected, "REVERSES_OTHER_LINE", "wms/BACK1/1"),
        ("a reversal of nothing", "wms", reversal("X3", "BACK", "10", "NOPE"), Parked, "UNKNOWN_RECEIPT", "wms/NOPE/1"),
        ("negative", "wms", received("X4", "BACK", "-1", |_| {}), Rejected, "NEGATIVE", "-1"),
        ("a confirmation of no order", "edi", confirmed("X5", "NOPE", &[("1", Accepted)]), Parked, "UNKNOWN_SUPPLY_ORDER", "erp/NOPE/1"),
        ("another item, and which", "edi", confirmed("X6", "BACK", &[("1", Substituted)]), Rejected, "MISSING", "substitute_item_id"),
        ("confirmed by a warehouse", "wms", confirmed("X7", "BACK", &[("1", Accepted)]), Rejected, "ROLE_MAY_NOT_WRITE", "ROLE_SUPPLIER"),
        ("from two sides", "erp", order("X8", |order| order.origin_location_id = "EAST".into()), Rejected, "EXCLUSIVE", "EAST"),
        ("a unit without conversion", "erp", order("X9", |order| order.quantity = quantity("1", "XPX")), Parked, "NO_CONVERSION", "XPX"),
        ("split from itself", "erp", order("X10", |order| order.split_from = of("X10")), Rejected, "SPLIT_CYCLE", "erp/X10/1"),
        (
            "cancelled too much",
            "erp",
            order("X11", |order| order.cancelled_quantity = "41".into()),
            Found,
            "CANCELLED_MORE_THAN_ORDERED",
            "41",
        ),
        ("due first", "erp", order("X12", |order| order.due_date = day(2036, 5, 1)), Found, "DATE_ORDER", "2036-05-01"),
        (
            "damaged too much",
            "wms",
            received("X13", "MORE", "1", |receipt| receipt.damaged_quantity = "2".into()),
            Found,
            "DAMAGED_MORE_THAN_RECEIVED",
            "2",
        ),
    ]
}

/// A record of this connection that is in order.
fn good(connection: &str, name: &str) -> Record {
    match connection {
        "erp" => order(name, |_| {}),
        "edi" => confirmed(name, "CALM", &[("40", ConfirmationState::Accepted)]),
        _ => received(name, "CALM", "1", |_| {}),
    }
}

async fn progress(server: &Server, name: &str) -> OrderProgress {
    server.message(EXECUTION, "order_progress", &format!("erp/{name}/1")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_order_is_told_and_the_order_beside_it_is_as_it_was() {
    use ConfirmationState::{Accepted, Rejected};
    let (_place, server) = settle_in().await;
    let orders = ["BACK", "TWICE", "MORE", "LESS", "TOO MUCH", "CALM", "BESIDE"].map(|name| order(name, |_| {}));
    server.put(EXECUTION, "erp", orders.into()).await;
    let back = [("BACK1", "BACK"), ("TWICE1", "TWICE"), ("BESIDE1", "BESIDE")].map(|(name, of)| received(name, of, "10", |_| {}));
    server.put(EXECUTION, "wms", back.into()).await;
    server.put(EXECUTION, "wms", vec![reversal("BACK2", "BACK", "10", "BACK1")]).await;
    let beside = progress(&server, "BESIDE").await;

    for (number, (what, connection, wrong, outcome, reason, says)) in rows().into_iter().enumerate() {
        let around = [0, 1].map(|side| good(connection, &format!("N{number}-{side}")));
        let result = server.send(EXECUTION, connection, vec![around[0].clone(), wrong, around[1].clone()]).await;
        let [told] = result.results.as_slice() else { panic!("{what}: {result:?}") };
        assert_eq!(told.index, 1, "{what}: {told:?}");
        let wrong = told.violations.iter().map(|said| (said.reason.clone(), format!("{} {} {}", said.field, said.value, said.message)));
        let found = told.findings.iter().map(|said| (said.reason.clone(), format!("{} {}", said.field, said.message)));
        let said: Vec<_> = wrong.chain(found).collect();
        assert_eq!(told.outcome(), outcome, "{what}: {told:?}");
        assert!(said.len() == 1 && said[0].0 == reason && said[0].1.contains(says), "{what}: {said:?}");
    }

    // What follows from several records stands on the progress of their order line.
    let of_warehouse =
        [received("MORE1", "MORE", "45", |_| {}), reversal("TWICE2", "TWICE", "10", "TWICE1"), reversal("TWICE3", "TWICE", "5", "TWICE1")];
    server.put(EXECUTION, "wms", of_warehouse.into()).await;
    let of_supplier = [
        confirmed("C1", "LESS", &[("10", Accepted), ("5", Rejected)]),
        confirmed("C2", "TOO MUCH", &[("30", Accepted), ("20", Accepted)]),
        confirmed("C3", "BESIDE", &[("30", Accepted), ("10", Rejected)]),
    ];
    server.put(EXECUTION, "edi", of_supplier.into()).await;
    let rows = [
        ("MORE", "OVER_RECEIPT", "46", "0"),
        ("TWICE", "REVERSED_MORE_THAN_RECEIVED", "0", "40"),
        ("LESS", "CONFIRMATION_MISMATCH", "0", "40"),
        ("TOO MUCH", "CONFIRMATION_MISMATCH", "0", "40"),
    ];
    for (name, reason, received, open) in rows {
        let now = progress(&server, name).await;
        let reasons: Vec<&str> = now.findings.iter().map(|finding| finding.reason.as_str()).collect();
        assert_eq!((reasons, now.received.as_str(), now.open.as_str()), (vec![reason], received, open), "{name}");
    }
    let now = progress(&server, "BESIDE").await;
    assert_eq!((now.findings.len(), &now.received, &now.open), (0, &beside.received, &beside.open));
    server.run(&["check"]);
}

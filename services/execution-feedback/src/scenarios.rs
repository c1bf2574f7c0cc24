//! Histories as real systems send them: in every order, twice, with a restart in the middle.

use crate::{
    model::{
        progress::{Feedback, OrderProgress},
        receipt::Receipt,
    },
    number,
    testing::{World, confirmed, day, deleted, disruption, milestone, of, ordered, quantity, received, shipped, told, warehouse_counts},
};
use crossdock_proto::{
    Record,
    execution::{self as contract, ExpectedPart, Firmness, MilestoneKind, OrderState},
    types::{Date, Outcome},
};
use crossdock_testkit::{Engine, Seed, on_both_engines};

on_both_engines! {
    a_step_by_step
    a_what_is_open_is_dated_as_the_supplier_says
    a_in_any_order
    e_the_authority_counts_and_the_other_corroborates
    f_those_needed_first_get_first
    recommendations_go_along_when_a_line_is_split
    a_line_is_not_split_from_itself
    feedback_without_item_or_unit_waits_for_its_order
    reversals_wait_for_what_they_take_back_and_are_final
    totals_replace_one_another_and_may_fall
    confirmations_of_one_connection_add_and_those_of_another_replace
    what_is_on_its_way_is_dated_by_its_newest_milestone
    a_disruption_makes_doubtful_what_is_expected_then
    an_order_is_closed_and_opened_again_moved_and_deleted
}

/// Orders of `0..count`, so many of them by the seed.
fn sampled(seed: &Seed, count: usize, samples: u32) -> Vec<Vec<usize>> {
    let mut state = seed.value() | 1;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let mut shuffled = || {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, next(at + 1));
        }
        order
    };
    [(0..count).collect(), (0..count).rev().collect()].into_iter().chain((0..samples).map(|_| shuffled())).collect()
}

fn part(quantity: &str, date: Option<Date>, firmness: Firmness) -> ExpectedPart {
    ExpectedPart { quantity: quantity.into(), date, firmness: firmness.into() }
}

fn reversal(document: &str, value: &str, of: &str) -> Record {
    received(document, 1, value, |receipt| {
        receipt.reverses = of.into();
        receipt.received_date = day(2026, 12, 9);
    })
}

fn order_history() -> Vec<Record> {
    vec![
        ordered("17", "10", 1, |_| {}),
        confirmed("OC", 1, &[("70", 1), ("50", 1)]),
        confirmed("OC", 2, &[("80", 1), ("40", 15)]),
        received("R1", 1, "60", |_| {}),
        received("R2", 1, "20", |_| {}),
        received("R3", 1, "45", |receipt| receipt.received_date = day(2026, 12, 5)),
        reversal("RV", "45", "erp/R3"),
        ordered("17", "10", 2, |order| order.closed = true),
    ]
}

fn a_step_by_step(engine: Engine) {
    World::run_on(engine, async |world| {
        let sent = order_history();
        let mut seen = Vec::new();
        for record in &sent {
            let taken = world.send_one("erp", record.clone()).await;
            assert_eq!(told(&taken).0, Outcome::Accepted, "{taken:?}");
            let now = world.progress("erp/17/10").await;
            let confirmed: Vec<String> = now.confirmed.iter().map(|part| part.quantity.clone()).collect();
            seen.push((confirmed.join("+"), now.received.clone(), now.over.clone(), now.open.clone(), now.short.clone(), now.state()));
        }
        let is = |confirmed: &str, received: &str, over: &str, open: &str, short: &str, state| {
            (confirmed.to_owned(), received.to_owned(), over.to_owned(), open.to_owned(), short.to_owned(), state)
        };
        let wanted = [
            is("", "0", "0", "120", "0", OrderState::Ordered),
            is("50+70", "0", "0", "120", "0", OrderState::Confirmed),
            is("80+40", "0", "0", "120", "0", OrderState::Changed),
            is("80+40", "60", "0", "60", "0", OrderState::PartiallyReceived),
            is("80+40", "80", "0", "40", "0", OrderState::PartiallyReceived),
            is("80+40", "125", "5", "0", "0", OrderState::Received),
            is("80+40", "80", "0", "40", "0", OrderState::PartiallyReceived),
            is("80+40", "80", "0", "0", "40", OrderState::Closed),
        ];
        assert_eq!(seen, wanted);
        world.check().await;
    });
}

fn a_what_is_open_is_dated_as_the_supplier_says(engine: Engine) {
    World::run_on(engine, async |world| {
        world.send("erp", &order_history()[..4]).await;
        let expected = world.progress("erp/17/10").await.expected;
        let confirmed = Firmness::Confirmed;
        assert_eq!(expected, [part("20", day(2026, 12, 1), confirmed), part("40", day(2026, 12, 15), confirmed)]);
        world.send("erp", &order_history()[4..6]).await;
        let now = world.progress("erp/17/10").await;
        assert_eq!((now.expected, now.findings.iter().map(|finding| finding.reason.as_str()).collect()), (vec![], vec!["OVER_RECEIPT"]));
        world.send("erp", &order_history()[6..7]).await;
        let now = world.progress("erp/17/10").await;
        assert_eq!((now.expected, now.findings.len()), (vec![part("40", day(2026, 12, 15), confirmed)], 0));
    });
}

/// Sends all, then all again, with a restart in the middle; what is derived then.
async fn arrives(world: &mut World, connections: &[&str], sent: &[Record], order: &[usize]) -> Vec<(u16, String, Vec<u8>)> {
    for (step, index) in order.iter().chain(order).enumerate() {
        if step == order.len() / 2 {
            world.restart().await;
        }
        let taken = world.send_one(connections.get(*index).copied().unwrap_or("erp"), sent[*index].clone()).await;
        assert_ne!(taken.outcome, Outcome::Rejected, "{order:?}: {taken:?}");
        assert!(step < order.len() || taken.outcome != Outcome::Accepted, "{order:?}: the second time changes nothing");
    }
    world.check().await;
    world.derived().await
}

fn a_in_any_order(engine: Engine) {
    let sent = order_history();
    let mut first = None;
    let seed = Seed::new();
    for order in sampled(&seed, sent.len(), engine.cases(60)) {
        World::run_on(engine, async |mut world| {
            let derived = arrives(&mut world, &[], &sent, &order).await;
            let now = world.progress("erp/17/10").await;
            assert_eq!((now.received.as_str(), now.open.as_str(), now.short.as_str()), ("80", "0", "40"), "{order:?}");
            assert_eq!(*first.get_or_insert_with(|| derived.clone()), derived, "{order:?}");
        });
    }
}

fn e_the_authority_counts_and_the_other_corroborates(engine: Engine) {
    let named = |receipt: &mut contract::Receipt| receipt.item_id = "SKU1".into();
    let sent = [
        ordered("17", "10", 1, |_| {}),
        received("R1", 1, "60", named),
        received("R1", 1, "60", named),
        received("RV", 1, "60", |receipt| {
            named(receipt);
            receipt.reverses = "erp/R1".into();
        }),
    ];
    let seed = Seed::new();
    for order in sampled(&seed, sent.len(), engine.cases(24)) {
        World::run_under(engine, warehouse_counts(), async |mut world| {
            arrives(&mut world, &["erp", "wms", "erp", "erp"], &sent, &order).await;
            assert_eq!(world.progress("erp/17/10").await.received, "60", "{order:?}");
            let receipts = world.records(number::RECEIPT).await;
            let counting: Vec<(String, bool)> = receipts.into_iter().map(|held| (held.key, held.counts)).collect();
            let wanted = [("erp/R1", false), ("erp/RV", false), ("wms/R1", true)];
            assert_eq!(counting, wanted.map(|(key, counts)| (key.to_owned(), counts)), "{order:?}");
        });
    }
}

fn f_those_needed_first_get_first(engine: Engine) {
    for step in 0..3 {
        World::run_on(engine, async |world| {
            // Whatever of the three comes first.
            for what in (0..3).map(|at| (at + step) % 3) {
                match what {
                    0 => world.link("erp/88/10", &[("plan/n1/R2/", "12", 9), ("plan/n1/R1/", "24", 2)]).await,
                    1 => _ = world.send("erp", &[ordered("88", "10", 1, |order| order.quantity = quantity("36", "EA"))]).await,
                    _ => {
                        let into = |receipt: &mut contract::Receipt| {
                            receipt.order = of("88", "10");
                            receipt.item_id = "SKU1".into();
                        };
                        world.send("wms", &[received("R", 1, "30", into)]).await;
                    }
                }
            }
            let is = |recommendation: &str, quantity: &str, received: &str, open: &str| {
                (recommendation.to_owned(), quantity.to_owned(), received.to_owned(), open.to_owned())
            };
            let wanted = [is("plan/n1/R1/", "24", "24", "0"), is("plan/n1/R2/", "12", "6", "6")];
            assert_eq!(world.shares("erp/88/10").await, wanted);
            let feedback = world.get::<Feedback>("plan/n1/R2//erp/88/10").await.unwrap();
            assert_eq!(feedback.expected, [part("6", day(2026, 12, 1), Firmness::Ordered)]);
            assert_eq!(feedback.share.unwrap().expected_date, day(2026, 12, 1));
            world.link("erp/88/10", &[("plan/n1/R1/", "24", 2)]).await;
            assert_eq!(world.get::<Feedback>("plan/n1/R2//erp/88/10").await, None, "it is not on the line any more");
            world.check().await;
        });
    }
}

fn recommendations_go_along_when_a_line_is_split(engine: Engine) {
    let split = |line: &str, value: &str, from: &str| {
        let (value, from) = (value.to_owned(), from.to_owned());
        ordered("17", line, 1, move |order| {
            order.quantity = quantity(&value, "EA");
            order.split_from = of("17", &from);
        })
    };
    // The line of 36 became 10 of 20, 11 of 6 and 12 of 10; 12 was split from 11.
    let sent = [
        ordered("17", "10", 1, |order| order.quantity = quantity("36", "EA")),
        ordered("17", "10", 2, |order| order.quantity = quantity("20", "EA")),
        split("11", "6", "10"),
        split("12", "10", "11"),
        received("R", 1, "20", |_| {}),
    ];
    let mut first = None;
    let seed = Seed::new();
    for order in sampled(&seed, sent.len(), engine.cases(30)) {
        World::run_on(engine, async |mut world| {
            if order[0] % 2 == 0 {
                world.link("erp/17/10", &[("p/n/R1/", "24", 2), ("p/n/R2/", "12", 9)]).await;
            }
            arrives(&mut world, &[], &sent, &order).await;
            world.link("erp/17/10", &[("p/n/R1/", "24", 2), ("p/n/R2/", "12", 9)]).await;
            let mut all = Vec::new();
            for line in ["erp/17/10", "erp/17/11", "erp/17/12"] {
                all.extend(
                    world.shares(line).await.into_iter().map(|(which, quantity, received, _)| format!("{which} {quantity} {received}")),
                );
            }
            assert_eq!(all, ["p/n/R1/ 20 20", "p/n/R1/ 4 0", "p/n/R2/ 2 0", "p/n/R2/ 10 0"], "{order:?}");
            world.check().await;
            let derived = world.derived().await;
            assert_eq!(*first.get_or_insert_with(|| derived.clone()), derived, "{order:?}");
        });
    }
}

fn a_line_is_not_split_from_itself(engine: Engine) {
    World::run_on(engine, async |world| {
        let split = |line: &str, from: &str| {
            let from = from.to_owned();
            ordered("17", line, 1, move |order| order.split_from = of("17", &from))
        };
        assert_eq!(told(&world.send_one("erp", split("10", "10")).await), (Outcome::Rejected, vec!["SPLIT_CYCLE"]));
        world.send("erp", &[split("10", "11"), split("11", "12")]).await;
        assert_eq!(told(&world.send_one("erp", split("12", "10")).await), (Outcome::Rejected, vec!["SPLIT_CYCLE"]));
        world.check().await;
    });
}

fn feedback_without_item_or_unit_waits_for_its_order(engine: Engine) {
    World::run_on(engine, async |mut world| {
        world.unit("SKU1", "XCS", 12).await;
        let bare = received("R", 1, "5", |receipt| receipt.quantity = quantity("5", ""));
        let taken = world.send_one("erp", bare).await;
        assert_eq!(told(&taken), (Outcome::Parked, vec!["UNKNOWN_SUPPLY_ORDER"]));
        assert_eq!(taken.cause.unwrap().key, "supply_order/erp/17/10");
        assert_eq!(told(&world.send_one("erp", confirmed("OC", 1, &[("10", 1)])).await).0, Outcome::Parked);
        let whole = received("R2", 1, "12", |receipt| receipt.item_id = "SKU1".into());
        assert_eq!(world.send_one("erp", whole).await.outcome, Outcome::Accepted);
        let now = world.progress("erp/17/10").await;
        assert_eq!((now.state(), now.received.as_str(), now.ordered.as_str()), (OrderState::UnknownOrder, "12", ""));
        world.restart().await;
        world.send("erp", &[ordered("17", "10", 1, |order| order.quantity = quantity("10", "XCS"))]).await;
        let now = world.progress("erp/17/10").await;
        assert_eq!((now.ordered.as_str(), now.received.as_str(), now.open.as_str()), ("120", "72", "48"));
        assert_eq!(now.confirmed[0].quantity, "120");
        assert_eq!(world.get::<Receipt>("erp/R").await.unwrap().base_quantity, "60");
        world.check().await;
    });
}

fn reversals_wait_for_what_they_take_back_and_are_final(engine: Engine) {
    World::run_on(engine, async |world| {
        world.send("erp", &[ordered("17", "10", 1, |_| {})]).await;
        let taken = world.send_one("erp", reversal("RV", "40", "erp/R1")).await;
        assert_eq!(told(&taken), (Outcome::Parked, vec!["UNKNOWN_RECEIPT"]));
        world.send("erp", &[received("R1", 1, "60", |_| {})]).await;
        assert_eq!(world.progress("erp/17/10").await.received, "20");
        let again = world.send_one("erp", reversal("RX", "40", "erp/RV")).await;
        assert_eq!(told(&again), (Outcome::Rejected, vec!["REVERSES_REVERSAL"]));
        // Twice as much taken back as came: no less than nothing is left, and it is found.
        world.send("erp", &[reversal("RW", "40", "erp/R1")]).await;
        let now = world.progress("erp/17/10").await;
        assert_eq!((now.received.as_str(), now.findings[0].reason.as_str()), ("0", "REVERSED_MORE_THAN_RECEIVED"));
        let other = received("RY", 1, "1", |receipt| (receipt.order, receipt.reverses) = (of("18", ""), "erp/R1".into()));
        assert_eq!(told(&world.send_one("erp", other).await), (Outcome::Rejected, vec!["REVERSES_OTHER_LINE"]));
        world.check().await;
    });
}

fn totals_replace_one_another_and_may_fall(engine: Engine) {
    let total = |document: &str, primary: i64, value: &str, on: i32| {
        received(document, primary, value, |receipt| receipt.received_date = day(2026, 12, on))
    };
    let sent = [
        ordered("17", "10", 1, |_| {}),
        total("T1", 1, "60", 1),
        total("T2", 1, "90", 3),
        total("T2", 2, "80", 3),
        received("R1", 1, "5", |_| {}),
    ];
    let seed = Seed::new();
    for order in sampled(&seed, sent.len(), engine.cases(20)) {
        World::run_on(engine, async |mut world| {
            arrives(&mut world, &["erp", "totals", "totals", "totals", "erp"], &sent, &order).await;
            assert_eq!(world.progress("erp/17/10").await.received, "85", "{order:?}");
        });
    }
}

fn confirmations_of_one_connection_add_and_those_of_another_replace(engine: Engine) {
    World::run_on(engine, async |world| {
        world.send("erp", &[ordered("17", "10", 1, |_| {}), confirmed("A", 1, &[("120", 1)]), confirmed("B", 2, &[("100", 2)])]).await;
        world.send("portal", &[confirmed("C", 1, &[("10", 3)]), confirmed("D", 1, &[("5", 4)])]).await;
        let now = world.progress("erp/17/10").await;
        let parts: Vec<&str> = now.confirmed.iter().map(|part| part.quantity.as_str()).collect();
        assert_eq!((parts, now.findings[0].reason.as_str()), (vec!["100", "10", "5"], "CONFIRMATION_MISMATCH"));
        world.check().await;
    });
}

fn what_is_on_its_way_is_dated_by_its_newest_milestone(engine: Engine) {
    let sent = [
        ordered("17", "10", 1, |_| {}),
        shipped("S1", "1", "50", |_| {}),
        shipped("S2", "1", "30", |shipment| shipment.shipped_date = None),
        milestone("M1", "S1", MilestoneKind::Departed, 25, day(2026, 11, 29)),
        milestone("M2", "S1", MilestoneKind::Delayed, 27, day(2026, 12, 20)),
        received("R1", 1, "10", |receipt| receipt.shipment = "erp/S1".into()),
    ];
    let mut first = None;
    let seed = Seed::new();
    for order in sampled(&seed, sent.len(), engine.cases(30)) {
        World::run_on(engine, async |mut world| {
            let derived = arrives(&mut world, &[], &sent, &order).await;
            let now = world.progress("erp/17/10").await;
            let wanted = [
                part("30", day(2026, 11, 30), Firmness::Confirmed),
                part("40", day(2026, 12, 1), Firmness::Ordered),
                part("40", day(2026, 12, 20), Firmness::Doubtful),
            ];
            assert_eq!((now.expected.as_slice(), now.shipped.as_str()), (&wanted[..], "50"), "{order:?}");
            assert_eq!(*first.get_or_insert_with(|| derived.clone()), derived, "{order:?}");
        });
    }
}

fn a_disruption_makes_doubtful_what_is_expected_then(engine: Engine) {
    let strike = || disruption("D1", |strike| (strike.supplier_id, strike.end) = ("SUP003".into(), day(2026, 12, 10)));
    for before in [true, false] {
        World::run_on(engine, async |world| {
            let order = [ordered("17", "10", 1, |_| {}), confirmed("OC", 1, &[("80", 1), ("40", 15)])];
            if before {
                world.send("erp", &[strike()]).await;
                world.send("erp", &order).await;
            } else {
                world.send("erp", &order).await;
                world.send("erp", &[strike()]).await;
            }
            let expected = world.progress("erp/17/10").await.expected;
            let wanted = [part("80", day(2026, 12, 1), Firmness::Doubtful), part("40", day(2026, 12, 15), Firmness::Confirmed)];
            assert_eq!(expected, wanted);
            world.check().await;
            world.send("erp", &[deleted(strike(), 2)]).await;
            assert_eq!(world.progress("erp/17/10").await.expected[0].firmness(), Firmness::Confirmed);
            world.check().await;
        });
    }
}

fn an_order_is_closed_and_opened_again_moved_and_deleted(engine: Engine) {
    World::run_on(engine, async |world| {
        world.send("erp", &[ordered("17", "10", 1, |order| order.closed = true), received("R1", 1, "20", |_| {})]).await;
        assert_eq!(world.progress("erp/17/10").await.short, "100");
        world.check().await;
        world.send("erp", &[ordered("17", "10", 2, |_| {})]).await;
        let now = world.progress("erp/17/10").await;
        assert_eq!((now.open.as_str(), now.short.as_str()), ("100", "0"));
        world.check().await;
        // The receipt was booked on the wrong line.
        world.send("erp", &[ordered("18", "10", 1, |_| {}), received("R1", 2, "20", |receipt| receipt.order = of("18", "10"))]).await;
        assert_eq!(world.progress("erp/17/10").await.received, "0");
        assert_eq!(world.progress("erp/18/10").await.received, "20");
        world.check().await;
        world.send("erp", &[deleted(ordered("18", "10", 2, |_| {}), 2)]).await;
        let now = world.progress("erp/18/10").await;
        assert_eq!((now.state(), now.item_id.as_str(), now.received.as_str()), (OrderState::UnknownOrder, "", "20"));
        world.send("erp", &[deleted(ordered("17", "10", 3, |_| {}), 3)]).await;
        assert_eq!(world.get::<OrderProgress>("erp/17/10").await, None, "nothing is known of it");
        world.check().await;
    });
}

//! Random histories of order lines: whatever the order of arrival and however often, through a restart, what is derived is the same, and is what a
//! plain reading of the newest versions says.

use crate::{
    model::progress::OrderProgress,
    testing::{World, deleted, ordered, quantity, received},
};
use crossdock_proto::{Record, types::Outcome};
use crossdock_testkit::{Engine, on_both_engines};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One version of one thing.
#[derive(Clone, Debug)]
struct Sent {
    what: What,
    primary: i64,
    gone: bool,
}

#[derive(Clone, Debug)]
enum What {
    Order { ordered: i64, cancelled: i64, closed: bool },
    Receipt { number: u8, quantity: i64 },
    Reversal { number: u8, quantity: i64 },
}

impl Sent {
    fn name(&self) -> String {
        match &self.what {
            What::Order { .. } => "order".to_owned(),
            What::Receipt { number, .. } => format!("R{number}"),
            What::Reversal { number, .. } => format!("V{number}"),
        }
    }

    fn record(&self) -> Record {
        let record = match &self.what {
            What::Order { ordered: value, cancelled, closed } => ordered("17", "10", self.primary, |order| {
                order.quantity = quantity(&value.to_string(), "EA");
                order.cancelled_quantity = cancelled.to_string();
                order.closed = *closed;
            }),
            What::Receipt { quantity, .. } => {
                received(&self.name(), self.primary, &quantity.to_string(), |receipt| receipt.item_id = "SKU1".into())
            }
            What::Reversal { number, quantity } => received(&self.name(), self.primary, &quantity.to_string(), |receipt| {
                receipt.item_id = "SKU1".into();
                receipt.reverses = format!("erp/R{number}");
            }),
        };
        if self.gone { deleted(record, self.primary) } else { record }
    }
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        (0..200_i64, 0..50_i64, any::<bool>()).prop_map(|(ordered, cancelled, closed)| What::Order { ordered, cancelled, closed }),
        (0..3_u8, 0..90_i64).prop_map(|(number, quantity)| What::Receipt { number, quantity }),
        (0..3_u8, 0..90_i64).prop_map(|(number, quantity)| What::Reversal { number, quantity }),
    ]
}

/// Versions as a source numbers them. Receipts that are reversed stay: what a reversal waits for does not come and go.
fn numbered(history: Vec<(What, bool)>) -> Vec<Sent> {
    let mut sent: Vec<Sent> =
        (0..3_u8).map(|number| Sent { what: What::Receipt { number, quantity: 40 }, primary: 1, gone: false }).collect();
    for (index, (what, gone)) in history.into_iter().enumerate() {
        let gone = gone && !matches!(what, What::Receipt { .. });
        sent.push(Sent { what, primary: i64::try_from(index).unwrap() + 2, gone });
    }
    sent
}

/// Ordered less cancelled, received, open, short, by a plain reading of the newest versions; none while the order is not there.
fn read(sent: &[Sent]) -> (i64, Option<(i64, i64, i64)>) {
    let mut newest: BTreeMap<String, &Sent> = BTreeMap::new();
    for one in sent {
        newest.insert(one.name(), one);
    }
    newest.retain(|_, one| !one.gone);
    let mut received = 0;
    for number in 0..3_u8 {
        let Some(What::Receipt { quantity, .. }) = newest.get(&format!("R{number}")).map(|one| &one.what) else { continue };
        let back = match newest.get(&format!("V{number}")).map(|one| &one.what) {
            Some(What::Reversal { quantity, .. }) => *quantity,
            _ => 0,
        };
        received += (quantity - back).max(0);
    }
    let Some(What::Order { ordered, cancelled, closed }) = newest.get("order").map(|one| &one.what) else { return (received, None) };
    let wanted = (ordered - cancelled).max(0);
    let missing = (wanted - received).max(0);
    (received, Some(if *closed { (wanted, 0, missing) } else { (wanted, missing, 0) }))
}

async fn arrives(world: &mut World, sent: &[Sent], order: &[usize]) -> Vec<(u16, String, Vec<u8>)> {
    for (step, index) in order.iter().enumerate() {
        if step == order.len() / 2 {
            world.restart().await;
        }
        let taken = world.send_one("erp", sent[*index].record()).await;
        assert_ne!(taken.outcome, Outcome::Rejected, "{taken:?}");
    }
    world.check().await;
    world.derived().await
}

on_both_engines! {
    progress_is_that_of_the_newest_versions_whatever_their_order
}

/// Versions, and an order in which all of them arrive twice.
fn history() -> impl Strategy<Value = (Vec<Sent>, Vec<usize>)> {
    prop::collection::vec((what(), prop::bool::weighted(0.2)), 0..9).prop_flat_map(|history| {
        let count = history.len() + 3;
        let twice: Vec<usize> = (0..count).chain(0..count).collect();
        (Just(numbered(history)), Just(twice).prop_shuffle())
    })
}

fn progress_is_that_of_the_newest_versions_whatever_their_order(engine: Engine) {
    proptest!(ProptestConfig::with_cases(engine.cases(24)), |((history, order) in history())| {
        let natural: Vec<usize> = (0..history.len()).collect();
        let wanted = World::run_on(engine, async |mut world| arrives(&mut world, &history, &natural).await);
        let (derived, progress) = World::run_on(engine, async |mut world| {
            let derived = arrives(&mut world, &history, &order).await;
            (derived, world.get::<OrderProgress>("erp/17/10").await.unwrap())
        });
        prop_assert_eq!(derived, wanted);
        let (received, of_order) = read(&history);
        prop_assert_eq!(&progress.received, &received.to_string());
        match of_order {
            None => prop_assert_eq!(progress.open, ""),
            Some((_, open, short)) => prop_assert_eq!((progress.open, progress.short), (open.to_string(), short.to_string())),
        }
    });
}

//! What recommendations get of an order line, and of the lines that were split from it: those needed first get first.

use super::facts::{less, micro, total, wanted};
use crossdock_core::Micro;
use crossdock_master_data::wired::civil;
use crossdock_proto::{execution as contract, writeback::LinkedRecommendation};

/// How the recommendations on a line are spread over it and its splits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// What stays on the line.
    pub own: Vec<LinkedRecommendation>,
    /// What each split inherits, by its key.
    pub splits: Vec<(String, Vec<LinkedRecommendation>)>,
}

/// Spreads the recommendations on a line: the line takes what is ordered on it, then each split what is ordered there and further down, in the order of
/// their keys. What nobody takes stays on the line: the ERP ordered less than was recommended.
pub fn spread(facts: &contract::OrderFacts) -> Spread {
    let mut left = merged(facts);
    if facts.splits.is_empty() {
        return Spread { own: left, splits: Vec::new() };
    }
    let mut own = take(&mut left, wanted(facts).unwrap_or_default());
    let splits = facts.splits.iter().map(|split| (split.order.clone(), take(&mut left, micro(&split.quantity)))).collect();
    own.extend(left);
    Spread { own: merge(own), splits }
}

/// Of what was received and what is open: to each its part, in order. Received, open.
pub fn shares(own: &[LinkedRecommendation], received: Micro, open: Micro) -> Vec<(Micro, Micro)> {
    let (mut received, mut open) = (received, open);
    let mut share = |linked: &LinkedRecommendation| {
        let part = micro(&linked.quantity);
        let got = part.min(received);
        let expected = less(part, got).min(open);
        (received, open) = (less(received, got), less(open, expected));
        (got, expected)
    };
    own.iter().map(&mut share).collect()
}

fn merged(facts: &contract::OrderFacts) -> Vec<LinkedRecommendation> {
    merge(facts.posted.iter().chain(&facts.inherited).cloned().collect())
}

/// One entry per recommendation, by need-by date, then by key; without a date last.
fn merge(mut linked: Vec<LinkedRecommendation>) -> Vec<LinkedRecommendation> {
    let rank = |linked: &LinkedRecommendation| {
        let need_by = civil(linked.need_by.as_ref());
        (need_by.is_none(), need_by, linked.recommendation.clone())
    };
    linked.sort_by_cached_key(rank);
    let mut merged: Vec<LinkedRecommendation> = Vec::with_capacity(linked.len());
    for next in linked {
        match merged.last_mut().filter(|held| held.recommendation == next.recommendation) {
            Some(held) => held.quantity = total([micro(&held.quantity), micro(&next.quantity)]).to_string(),
            None => merged.push(next),
        }
    }
    merged
}

/// Takes so much off the front.
fn take(left: &mut Vec<LinkedRecommendation>, quantity: Micro) -> Vec<LinkedRecommendation> {
    let (mut room, mut taken) = (quantity, Vec::new());
    for linked in left.iter_mut() {
        let part = micro(&linked.quantity).min(room);
        if part != Micro::ZERO {
            taken.push(LinkedRecommendation { quantity: part.to_string(), ..linked.clone() });
            linked.quantity = less(micro(&linked.quantity), part).to_string();
            room = less(room, part);
        }
    }
    left.retain(|linked| micro(&linked.quantity) != Micro::ZERO);
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossdock_proto::{execution::SplitFact, types::Date};
    use proptest::prelude::*;

    fn linked(recommendation: &str, quantity: i64, day: i32) -> LinkedRecommendation {
        LinkedRecommendation {
            recommendation: recommendation.into(),
            quantity: Micro(quantity * 1_000_000).to_string(),
            need_by: Some(Date { year: 2026, month: 12, day }),
            ..LinkedRecommendation::default()
        }
    }

    #[test]
    fn the_first_need_gets_first() {
        let own = [linked("R1", 24, 1), linked("R2", 12, 5)];
        let text: Vec<(String, String)> = shares(&own, Micro(30_000_000), Micro(6_000_000))
            .into_iter()
            .map(|(received, open)| (received.to_string(), open.to_string()))
            .collect();
        assert_eq!(text, [("24".to_owned(), "0".to_owned()), ("6".to_owned(), "6".to_owned())]);
    }

    proptest! {
        /// Nothing is lost and nothing made up, however a line was split.
        #[test]
        fn a_spread_hands_out_all_that_was_linked(
            quantities in prop::collection::vec((1..100_i64, 1..28_i32), 0..6),
            ordered in 0..300_i64,
            splits in prop::collection::vec(0..100_i64, 0..5),
        ) {
            let posted = quantities.iter().enumerate().map(|(index, (quantity, day))| linked(&format!("R{index}"), *quantity, *day)).collect();
            let order = contract::OrderFact { ordered: ordered.to_string(), ..contract::OrderFact::default() };
            let split = |(index, quantity): (usize, &i64)| SplitFact { order: format!("L{index}"), quantity: quantity.to_string() };
            let splits: Vec<_> = splits.iter().enumerate().map(split).collect();
            let facts = contract::OrderFacts { order: Some(order), posted, splits, ..contract::OrderFacts::default() };
            let spread = spread(&facts);
            let sum = |linked: &[LinkedRecommendation]| total(linked.iter().map(|linked| micro(&linked.quantity)));
            let handed = total([sum(&spread.own)].into_iter().chain(spread.splits.iter().map(|(_, linked)| sum(linked))));
            prop_assert_eq!(handed, sum(&facts.posted));
            for ((_, linked), split) in spread.splits.iter().zip(&facts.splits) {
                prop_assert!(sum(linked) <= micro(&split.quantity));
            }
        }
    }
}

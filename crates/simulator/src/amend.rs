//! What an ERP does when one of its order lines is to be changed: it looks whether the line is still as its planner believed, and says what is otherwise.

use crate::{
    days,
    party::Moment,
    trade::{OrderLine, Place, Trade},
    world::ERPS,
};
use crossdock_core::Micro;
use crossdock_proto::writeback::{DraftLine, RecommendationKind, Target};
use std::result::Result;

/// Changes an order line; says which.
///
/// # Errors
/// Why not.
pub fn amend(trade: &mut Trade, erp: usize, line: &DraftLine, moment: Moment) -> Result<Place, String> {
    let target = line.target.clone().unwrap_or_default();
    let place = (target.document.clone(), target.line.clone());
    let found = trade.books[erp].lines.get(&place).filter(|_| target.connection == ERPS[erp]);
    let held = found.ok_or("this ERP has no such order line")?;
    if trade.deliveries.iter().any(|delivery| delivery.erp == erp && delivery.place == place && !delivery.shipment.is_empty()) {
        return Err("the supplier has sent it".to_owned());
    }
    let asked = units(&line.quantity);
    as_expected(held, &target)?;
    enough(held, line.kind(), asked)?;
    let book = &mut trade.books[erp];
    book.change(&place, |held| {
        held.modified = moment.now;
        match line.kind() {
            RecommendationKind::Cancel => held.cancelled += asked,
            _ => held.due = days::read(line.need_by.as_ref()).unwrap_or(held.due),
        }
    });
    book.amended.insert(place.clone());
    Ok(place)
}

/// Whether the line looks as expected.
fn as_expected(held: &OrderLine, target: &Target) -> Result<(), String> {
    let open = held.wanted();
    if held.closed || held.received > 0 {
        return Err("goods have been received for it, or it is closed".to_owned());
    }
    if !target.expected_quantity.is_empty() && units(&target.expected_quantity) != open {
        return Err(format!("{open} are open, not {}", target.expected_quantity));
    }
    match days::read(target.expected_due_date.as_ref()) {
        Some(expected) if expected != held.due => Err(format!("it is due on {}, not on {expected}", held.due)),
        _ => Ok(()),
    }
}

/// What is open may be cancelled in part; a date is that of the whole line.
fn enough(held: &OrderLine, kind: RecommendationKind, asked: i64) -> Result<(), String> {
    let open = held.wanted();
    match kind {
        RecommendationKind::Cancel if asked > open => Err(format!("{asked} cannot be cancelled, {open} are open")),
        RecommendationKind::Cancel => Ok(()),
        _ if asked != open => Err(format!("the line is of {open} and has one date: {asked} cannot be moved")),
        _ => Ok(()),
    }
}

/// Whole units.
pub fn units(text: &str) -> i64 {
    text.parse().map_or(0, |amount: Micro| amount.0 / Micro::ONE.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Source;
    use jiff::civil::date;

    fn trade() -> Trade {
        let (ordered, due) = (date(2011, 11, 14), date(2011, 11, 24));
        let line = OrderLine {
            good: 0,
            source: Source::Supplier(0),
            centre: 0,
            quantity: 12,
            unit: "EA",
            per: 1,
            cancelled: 0,
            ordered,
            due,
            posting_key: String::new(),
            closed: false,
            received: 0,
            modified: 0,
        };
        let mut trade = Trade::default();
        trade.books[0].put(("17".to_owned(), "10".to_owned()), line);
        trade
    }

    fn change(kind: RecommendationKind, quantity: &str, expected: (&str, i8)) -> DraftLine {
        let target = Target {
            connection: ERPS[0].to_owned(),
            document: "17".to_owned(),
            line: "10".to_owned(),
            expected_quantity: expected.0.to_owned(),
            expected_due_date: days::wire(date(2011, 11, expected.1)),
        };
        let (kind, quantity, need_by) = (kind.into(), quantity.to_owned(), days::wire(date(2011, 11, 20)));
        DraftLine { kind, quantity, need_by, target: Some(target), ..DraftLine::default() }
    }

    #[test]
    fn it_changes_what_looks_as_expected_and_nothing_else() {
        use RecommendationKind::{Cancel, Expedite};
        let moment = Moment { now: 5, day: date(2011, 11, 15), hour: 11 };
        let after = |line: &DraftLine| {
            let mut trade = trade();
            let said = amend(&mut trade, 0, line, moment);
            let held = trade.books[0].lines.values().next().cloned().unwrap();
            said.map(|_| (held.wanted(), held.due.day(), held.modified))
        };
        assert_eq!(after(&change(Cancel, "5", ("12", 24))), Ok((7, 24, 5)));
        assert_eq!(after(&change(Expedite, "12", ("12", 24))), Ok((12, 20, 5)));
        let wrong = [
            (change(Cancel, "5", ("10", 24)), "12 are open, not 10"),
            (change(Expedite, "12", ("12", 25)), "it is due on 2011-11-24, not on 2011-11-25"),
            (change(Cancel, "24", ("12", 24)), "24 cannot be cancelled, 12 are open"),
            (change(Expedite, "6", ("12", 24)), "the line is of 12 and has one date: 6 cannot be moved"),
        ];
        for (line, message) in wrong {
            assert_eq!(after(&line), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_change_is_made_once() {
        let (mut trade, moment) = (trade(), Moment { now: 5, day: date(2011, 11, 15), hour: 11 });
        let line = change(RecommendationKind::Cancel, "5", ("12", 24));
        amend(&mut trade, 0, &line, moment).unwrap();
        assert_eq!(amend(&mut trade, 0, &line, moment), Err("7 are open, not 12".to_owned()));
    }
}

//! An ERP's connector: leases draft orders, makes orders of them or changes orders, and says what became of them, sometimes late, sometimes not at all.

use crate::{
    Result,
    amend::{amend, units},
    client::Client,
    days,
    error::refused,
    outgoing::document_key,
    party::Moment,
    trade::{Book, OrderLine, Trade},
    world::{ERPS, Source, World, centre_named},
};
use crossdock_proto::writeback::{
    DraftLine, DraftOrder, LeaseDraftOrdersRequest, LineOutcome, LineReport, PostedLine, ReportPostingRequest,
    writeback_service_client::WritebackServiceClient,
};
use std::collections::{BTreeMap, BTreeSet};

/// Package of recommendation-writeback.
pub const WRITEBACK: &str = "crossdock.writeback.v1";
/// Draft orders leased at once.
const TOGETHER: i32 = 20;
/// Rounds of leasing before the connector comes again later.
const ROUNDS: u32 = 50;

/// An ERP's connector.
pub struct Connector {
    erp: usize,
    client: Client,
    /// What the ERP keeps by posting key. Its reference is not unique: it would create a second order if it were told to.
    posted: BTreeMap<String, Vec<LineReport>>,
    /// Reports that go out after their lease has expired.
    late: Vec<Late>,
    /// Leased and not reported: the next lease has to say so.
    silent: BTreeSet<String>,
}

/// A report that waits: posting key, token, lines.
type Late = (String, i64, Vec<LineReport>);

/// What the connector does with a lease, beside what the ERP does with the order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    TriesLater,
    DiesBefore,
    DiesAfter,
    DoesNotKnow,
    ReportsLate,
    Works,
}

impl Connector {
    /// Of this ERP.
    pub fn new(erp: usize, client: Client) -> Self {
        Self { erp, client, posted: BTreeMap::new(), late: Vec::new(), silent: BTreeSet::new() }
    }

    /// Posts what may be posted. `calm`: without failures of its own.
    pub async fn act(&mut self, world: &World, trade: &mut Trade, moment: Moment, calm: bool) -> Result<()> {
        // A late report comes before the next lease, or after it.
        let late = std::mem::take(&mut self.late);
        let (before, after): (Vec<_>, Vec<_>) = late.into_iter().partition(|(_, _, lines)| lines.len() % 2 == 0);
        self.report_all(before).await?;
        for _ in 0..ROUNDS {
            let request = LeaseDraftOrdersRequest { request_id: self.client.request_id(), max: TOGETHER, duration: None };
            let lease = async |channel, request| WritebackServiceClient::new(channel).lease_draft_orders(request).await;
            let leased = self.client.decide(WRITEBACK, request, lease).await.map_err(refused(format!("{} leases", ERPS[self.erp])))?;
            if leased.draft_orders.is_empty() {
                break;
            }
            for draft in leased.draft_orders {
                self.handle(world, trade, &draft, moment, calm).await?;
            }
        }
        self.report_all(after).await
    }

    async fn report_all(&self, late: Vec<Late>) -> Result<()> {
        for (key, token, lines) in late {
            self.report(&key, token, lines).await?;
        }
        Ok(())
    }

    async fn handle(&mut self, world: &World, trade: &mut Trade, draft: &DraftOrder, moment: Moment, calm: bool) -> Result<()> {
        let (key, token) = (draft.posting_key.clone(), draft.lease.as_ref().map_or(0, |lease| lease.token));
        self.was_told(draft)?;
        if draft.verify_first
            && let Some(lines) = self.posted.get(&key)
        {
            return self.report(&key, token, lines.clone()).await;
        }
        let mood = if calm { Mood::Works } else { mood(world, draft) };
        if mood == Mood::DiesBefore {
            self.silent.insert(key);
            return Ok(());
        }
        if mood == Mood::TriesLater {
            let lines = draft.lines.iter().map(|line| report(line, LineOutcome::Retry, Vec::new(), "the ERP is being maintained"));
            return self.report(&key, token, lines.collect()).await;
        }
        let lines = self.create(world, trade, draft, moment)?;
        match mood {
            Mood::DiesAfter => _ = self.silent.insert(key),
            Mood::ReportsLate => {
                self.silent.insert(key.clone());
                self.late.push((key, token, lines));
            }
            Mood::DoesNotKnow => {
                self.silent.insert(key.clone());
                let unknown = draft.lines.iter().map(|line| report(line, LineOutcome::Unknown, Vec::new(), "the ERP did not answer"));
                self.report(&key, token, unknown.collect()).await?;
            }
            _ => self.report(&key, token, lines).await?,
        }
        Ok(())
    }

    /// A lease after one whose end nobody knows has to say so.
    fn was_told(&self, draft: &DraftOrder) -> Result<()> {
        if self.silent.contains(&draft.posting_key) && !draft.verify_first {
            let fault = vec![
                "unverified",
                "draft_order",
                draft.posting_key.as_str(),
                "leased again without verify_first after a lease without report",
            ];
            self.client.ledgers().add("faults", [fault])?;
        }
        Ok(())
    }

    async fn report(&self, key: &str, token: i64, lines: Vec<LineReport>) -> Result<()> {
        let request = ReportPostingRequest { request_id: self.client.request_id(), posting_key: key.to_owned(), token, lines };
        let verb = async |channel, request| WritebackServiceClient::new(channel).report_posting(request).await;
        self.client.decide(WRITEBACK, request, verb).await.map(drop).map_err(refused(format!("{} reports {key}", ERPS[self.erp])))
    }

    /// The ERP makes an order, or changes some.
    fn create(&mut self, world: &World, trade: &mut Trade, draft: &DraftOrder, moment: Moment) -> Result<Vec<LineReport>> {
        let key = draft.posting_key.as_str();
        if self.posted.contains_key(key) {
            self.client.ledgers().add("faults", [vec!["twice", "draft_order", key, "the ERP was made to order the same twice"]])?;
        }
        let lines = if draft.lines.iter().all(|line| line.target.is_some()) {
            draft.lines.iter().map(|line| self.change(trade, line, moment)).collect::<Result<_>>()?
        } else {
            self.order(world, &mut trade.books[self.erp], draft, moment)?
        };
        self.posted.insert(key.to_owned(), lines.clone());
        Ok(lines)
    }

    fn order(&self, world: &World, book: &mut Book, draft: &DraftOrder, moment: Moment) -> Result<Vec<LineReport>> {
        let document = book.document();
        let mut made = Vec::new();
        let lines = draft.lines.iter().map(|line| order(world, book, (&document, draft), line, &mut made, moment)).collect();
        self.client.ledgers().add(ERPS[self.erp], [vec!["created", draft.posting_key.as_str(), document.as_str()]])?;
        Ok(lines)
    }

    fn change(&self, trade: &mut Trade, line: &DraftLine, moment: Moment) -> Result<LineReport> {
        let (document, number) = match amend(trade, self.erp, line, moment) {
            Ok(place) => place,
            Err(message) => return Ok(report(line, LineOutcome::Rejected, Vec::new(), &message)),
        };
        self.client.ledgers().add(ERPS[self.erp], [vec!["changed", line.recommendation.as_str(), document.as_str(), number.as_str()]])?;
        let posted = PostedLine { document, line: number, quantity: line.quantity.clone() };
        Ok(report(line, LineOutcome::Posted, vec![posted], ""))
    }
}

fn mood(world: &World, draft: &DraftOrder) -> Mood {
    match world.chance.draw("connector", &about(draft)) % 100 {
        0..=7 => Mood::TriesLater,
        8..=13 => Mood::DiesBefore,
        14..=20 => Mood::DiesAfter,
        21..=27 => Mood::DoesNotKnow,
        28..=33 => Mood::ReportsLate,
        _ => Mood::Works,
    }
}

/// A draft by its content: its key is Crossdock's own.
fn about(draft: &DraftOrder) -> String {
    let day = days::read(draft.order_date.as_ref()).map(|day| day.to_string()).unwrap_or_default();
    format!("{}{} {} {day} {}", draft.supplier_id, draft.origin_location_id, draft.destination_location_id, draft.attempts)
}

fn report(line: &DraftLine, outcome: LineOutcome, posted: Vec<PostedLine>, message: &str) -> LineReport {
    LineReport { number: line.number, outcome: outcome.into(), posted, message: message.to_owned() }
}

/// What the ERP makes of one line: an own line, a part of one that is there, two lines, or nothing.
fn order(
    world: &World,
    book: &mut Book,
    (document, draft): (&str, &DraftOrder),
    line: &DraftLine,
    made: &mut Vec<(usize, String)>,
    moment: Moment,
) -> LineReport {
    let about = format!("{} {} {}", about(draft), line.item_id, line.quantity);
    let (Some(good), Some(centre)) = (world.good(&line.item_id), centre_named(&draft.destination_location_id)) else {
        return report(line, LineOutcome::Rejected, Vec::new(), "no such item in this ERP");
    };
    if world.chance.holds(2, "ERP refuses", &about) {
        return report(line, LineOutcome::Rejected, Vec::new(), "the item is blocked for purchasing");
    }
    let (item, asked) = (&world.goods[good], units(&line.quantity));
    let fewer = asked - item.multiple;
    let quantity = if world.chance.holds(4, "ERP changes", &about) && fewer >= item.minimum { fewer } else { asked };
    let order = OrderLine {
        good,
        centre,
        source: world.source(centre, good),
        quantity,
        unit: item.unit(),
        per: item.per,
        cancelled: 0,
        ordered: moment.day,
        due: days::read(line.need_by.as_ref()).unwrap_or(moment.day),
        posting_key: draft.posting_key.clone(),
        closed: false,
        received: 0,
        modified: moment.now,
    };
    let posted = if let Some((_, number)) = made.iter().find(|(held, _)| *held == good) {
        let number = number.clone();
        book.change(&(document.to_owned(), number.clone()), |held| held.quantity += quantity);
        vec![(number, quantity)]
    } else if world.chance.holds(5, "ERP splits", &about) && quantity > 1 {
        vec![put(book, document, made, &order, quantity / 2), put(book, document, made, &order, quantity - quantity / 2)]
    } else {
        vec![put(book, document, made, &order, quantity)]
    };
    let outcome = if quantity == asked { LineOutcome::Posted } else { LineOutcome::Changed };
    let place =
        |(number, quantity): (String, i64)| PostedLine { document: document.to_owned(), line: number, quantity: quantity.to_string() };
    report(
        line,
        outcome,
        posted.into_iter().map(place).collect(),
        if quantity == asked { "" } else { "rounded to what the supplier packs" },
    )
}

fn put(book: &mut Book, document: &str, made: &mut Vec<(usize, String)>, order: &OrderLine, quantity: i64) -> (String, i64) {
    let number = ((made.len() + 1) * 10).to_string();
    made.push((order.good, number.clone()));
    book.put((document.to_owned(), number.clone()), OrderLine { quantity, ..order.clone() });
    (number, quantity)
}

/// Key of an order line in Crossdock.
pub fn order_key(erp: usize, place: &(String, String)) -> String {
    document_key(ERPS[erp], &place.0, &place.1)
}

/// Whether a source is a supplier's.
pub fn is_bought(source: Source) -> bool {
    matches!(source, Source::Supplier(_))
}

//! At the end: what the parties know for certain against what Crossdock says through its interface.

mod changes;

use crate::{Result, connector::order_key, days, simulation::Books, world::CENTRES};
use crossdock_core::Micro;
use crossdock_proto::{
    demand::{InventoryPosition, InventoryPositionFilter},
    execution::OrderProgress,
    operations::{Parked, ParkedFilter},
    writeback::{DraftOrder, DraftOrderFilter, DraftOrderState},
};
use jiff::civil::Date;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Differences that are told of one check.
const TOLD: usize = 5;

/// One line of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// What has to be so.
    pub name: &'static str,
    /// How many things were compared.
    pub compared: u64,
    /// What is otherwise.
    pub differences: u64,
    /// The first of them, in words.
    pub told: Vec<String>,
}

impl Check {
    fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    fn look(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.compared += 1;
        if !holds {
            self.differences += 1;
            if self.told.len() < TOLD {
                self.told.push(otherwise());
            }
        }
    }
}

/// The whole comparison.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Line by line.
    pub checks: Vec<Check>,
}

impl Report {
    /// Nothing differs.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.differences == 0)
    }
}

/// Compares everything.
pub async fn check(books: &Books<'_>) -> Result<Report> {
    let checks = vec![
        durable(books).await?,
        faultless(books)?,
        unparked(books).await?,
        postings(books).await?,
        changes::check(books).await?,
        stock(books).await?,
        history(books).await?,
        progress(books).await?,
    ];
    Ok(Report { checks })
}

type Version = (i64, i64);

/// What was answered is there, in its newest version; nothing of a run that nobody committed is.
async fn durable(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("what was answered is there, in its newest version");
    let mut sent: BTreeMap<String, BTreeMap<String, Version>> = BTreeMap::new();
    let mut died = Vec::new();
    books.ledgers.read(|party, cells| {
        if let ["died", _, set] = cells {
            died.push(format!("{party}/{set}/"));
        }
        if let ["sent", kind, key, primary, observed, outcome] = cells
            && *outcome != "rejected"
        {
            let version = (primary.parse().unwrap_or(0), observed.parse().unwrap_or(0));
            let newest = sent.entry((*kind).to_owned()).or_default().entry((*key).to_owned()).or_default();
            *newest = version.max(*newest);
        }
    })?;
    for (kind, sent) in &sent {
        let keys: Vec<&str> = sent.keys().map(String::as_str).collect();
        for keys in keys.chunks(1_000) {
            let mut held: BTreeMap<String, Version> = BTreeMap::new();
            for record in books.client.get(kind, keys).await? {
                let envelope = record.envelope.unwrap_or_default();
                let version = envelope.version.unwrap_or_default();
                held.insert(envelope.key, (version.primary, version.observed));
            }
            for key in keys {
                let wanted = sent.get(*key).copied().unwrap_or_default();
                let found = held.get(*key).copied();
                if died.iter().any(|run| key.starts_with(run.as_str())) {
                    check.look(found.is_none(), || format!("{kind} {key}: its run was never committed, {found:?} is there"));
                    continue;
                }
                check.look(found.is_some_and(|found| found >= wanted), || {
                    format!("{kind} {key}: {wanted:?} was answered, {found:?} is there")
                });
            }
        }
    }
    Ok(check)
}

/// Nobody saw anything wrong on the way: nothing rejected, doubled, ordered twice, leased unverified, approved by an old etag.
fn faultless(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("nothing rejected, nothing doubled, nothing ordered twice");
    books.ledgers.read(|party, cells| check.look(party != "faults", || cells.join(" ")))?;
    Ok(check)
}

/// Everything that waited was taken in.
async fn unparked(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("nothing waits for anything any more");
    for package in ["crossdock.masterdata.v1", "crossdock.demand.v1", "crossdock.writeback.v1", "crossdock.execution.v1"] {
        let parked = books.client.list_of(package, "parked", &ParkedFilter::default()).await?;
        check.look(parked.is_empty(), || {
            let first = parked.first().and_then(|record| Parked::decode(record.body.clone()).ok()).unwrap_or_default();
            format!("{} records are parked in {package}, one on {}", parked.len(), first.cause)
        });
    }
    Ok(check)
}

/// Every order that the ERPs made by a posting key is known under it, and none is known that they did not make.
async fn postings(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("orders in the ERPs and postings in Crossdock are the same");
    let mut made: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    books.ledgers.read(|_, cells| {
        if let ["created", key, document] = cells {
            made.entry((*key).to_owned()).or_default().insert((*document).to_owned());
        }
    })?;
    let mut known: BTreeMap<String, DraftOrder> = BTreeMap::new();
    for record in books.client.list("draft_order", &DraftOrderFilter::default()).await? {
        known.extend(record.read::<DraftOrder>());
    }
    for (key, documents) in &made {
        let draft = known.get(key);
        let ends = [DraftOrderState::Posted, DraftOrderState::PartiallyPosted, DraftOrderState::Rejected];
        let told = draft.is_some_and(|draft| ends.contains(&draft.state()));
        check.look(told, || format!("{key} is in the ERP as {documents:?}, Crossdock says {:?}", draft.map(DraftOrder::state)));
        let named: BTreeSet<&str> = draft.iter().flat_map(|draft| &draft.documents).map(String::as_str).collect();
        let wanted = draft.is_some_and(|draft| draft.state() == DraftOrderState::Rejected)
            || documents.iter().all(|document| named.contains(document.as_str()));
        check.look(wanted, || format!("{key} is {documents:?} in the ERP and {named:?} in Crossdock"));
    }
    for (key, draft) in &known {
        let posted = matches!(draft.state(), DraftOrderState::Posted | DraftOrderState::PartiallyPosted);
        let changes = draft.lines.iter().all(|line| line.target.is_some());
        check.look(!posted || changes || made.contains_key(key), || format!("{key} is {:?} and no ERP made it", draft.state()));
    }
    Ok(check)
}

/// Stock is what lies there.
async fn stock(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("stock is what lies in the centres");
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for record in books.client.list("inventory_position", &InventoryPositionFilter::default()).await? {
        if let Some((key, position)) = record.read::<InventoryPosition>() {
            held.insert(key, micro(&position.on_hand));
        }
    }
    let lies = books.trade.stock.iter().map(|(place, pieces)| (place, pieces, "unrestricted"));
    let lies = lies.chain(books.trade.damaged.iter().map(|(place, pieces)| (place, pieces, "blocked")));
    for ((centre, good), pieces, status) in lies {
        let key = crossdock_core::key::join([CENTRES[*centre].id, &books.world.goods[*good].id, status, "", ""]);
        let found = held.remove(&key).unwrap_or(0);
        check.look(found == pieces * Micro::ONE.0, || format!("{key}: {pieces} lie there, Crossdock says {}", Micro(found)));
    }
    for (key, found) in held {
        check.look(found == 0, || format!("{key}: nothing lies there, Crossdock says {}", Micro(found)));
    }
    Ok(check)
}

/// History is the sum of the orders.
async fn history(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("history is the sum of the customers' orders");
    let mut sums: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for sale in &books.world.sales[..books.sold] {
        *sums.entry((books.world.centre(sale), sale.good)).or_default() += sale.quantity * Micro::ONE.0;
    }
    let held = crate::planner::wanted(books.client, books.world).await?;
    for (place, sum) in &sums {
        let found = held.get(place).copied().unwrap_or(0);
        check.look(found == *sum, || {
            format!(
                "{} {}: {} were ordered, Crossdock says {}",
                CENTRES[place.0].id,
                books.world.goods[place.1].id,
                Micro(*sum),
                Micro(found)
            )
        });
    }
    Ok(check)
}

/// Progress of order lines is what follows from orders and receipts. Lines with a substitute are left out: what a piece of it stands for is for
/// people to say.
async fn progress(books: &Books<'_>) -> Result<Check> {
    let mut check = Check::new("progress of orders follows from orders, their changes and receipts");
    let (mut received, mut substituted) = (BTreeMap::<String, i64>::new(), BTreeSet::new());
    books.ledgers.read(|_, cells| {
        if let ["received", order, pieces, whose] = cells {
            *received.entry((*order).to_owned()).or_default() += pieces.parse::<i64>().unwrap_or(0);
            if *whose == "substitute" {
                substituted.insert((*order).to_owned());
            }
        }
    })?;
    for (erp, book) in books.trade.books.iter().enumerate() {
        let lines: BTreeMap<String, &crate::trade::OrderLine> =
            book.lines.iter().map(|(place, line)| (order_key(erp, place), line)).collect();
        let keys: Vec<&str> = lines.keys().map(String::as_str).collect();
        let mut held: BTreeMap<String, OrderProgress> = BTreeMap::new();
        for record in books.client.get("order_progress", &keys).await? {
            held.extend(record.read::<OrderProgress>());
        }
        for (key, line) in lines.into_iter().filter(|(key, _)| !substituted.contains(key)) {
            let came = received.get(&key).copied().unwrap_or(0);
            let wanted = line.wanted() * line.per;
            let open = if line.closed { 0 } else { (wanted - came).max(0) };
            let right = Standing {
                received: came * Micro::ONE.0,
                cancelled: line.cancelled * line.per * Micro::ONE.0,
                open: open * Micro::ONE.0,
                over: (came - wanted).max(0) * Micro::ONE.0,
                due: Some(line.due),
                closed: line.closed,
            };
            let found = held.get(&key).map(Standing::of);
            check.look(found.as_ref() == Some(&right), || format!("{key} is {right:?} (in millionths), Crossdock says {found:?}"));
        }
    }
    Ok(check)
}

/// How far an order line is: pieces in millionths.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    received: i64,
    cancelled: i64,
    open: i64,
    over: i64,
    due: Option<Date>,
    closed: bool,
}

impl Standing {
    fn of(found: &OrderProgress) -> Self {
        Self {
            received: micro(&found.received),
            cancelled: micro(&found.cancelled),
            open: micro(&found.open),
            over: micro(&found.over),
            due: days::read(found.due_date.as_ref()),
            closed: found.closed,
        }
    }
}

fn micro(text: &str) -> i64 {
    if text.is_empty() { 0 } else { text.parse().map_or(i64::MIN, |amount: Micro| amount.0) }
}

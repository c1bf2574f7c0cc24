use crate::{
    Failure, Result,
    client::Client,
    days,
    error::refused,
    world::{World, centre_named},
};
use crossdock_core::Micro;
use crossdock_proto::{
    Record,
    demand::{BucketSize, ListHistoryRequest, ListInventoryRequest, Measure, StockStatus, demand_service_client::DemandServiceClient},
    execution::{ListScheduledReceiptsRequest, OrderProgress, execution_service_client::ExecutionServiceClient},
};
use crossdock_rpc::MAX_MESSAGE;
use jiff::civil::Date;
use std::collections::BTreeMap;
use tonic::{Response, Status};

/// Package of demand-signal.
const DEMAND: &str = "crossdock.demand.v1";
/// Package of execution-feedback.
const EXECUTION: &str = "crossdock.execution.v1";
/// Weeks that the mean is taken over.
pub const WEEKS: i64 = 8;

/// What the planner has seen, by centre and item, in millionths of a piece.
#[derive(Debug, Default)]
pub struct Picture {
    /// Requested in the last eight weeks.
    pub wanted: BTreeMap<(usize, usize), i64>,
    /// On hand.
    pub stock: BTreeMap<(usize, usize), i64>,
    /// Open supply.
    pub coming: BTreeMap<(usize, usize), i64>,
    /// The order lines that it comes from, with centre and item.
    pub orders: Vec<((usize, usize), String, OrderProgress)>,
    /// Cursor of demand-signal.
    pub demand: String,
    /// Cursor of execution-feedback.
    pub execution: String,
}

/// All that was ever asked for, by centre and item, in millionths of a piece.
pub async fn wanted(client: &Client, world: &World) -> Result<BTreeMap<(usize, usize), i64>> {
    let mut picture = Picture::default();
    let all = ListHistoryRequest { bucket_size: BucketSize::Month.into(), ..ListHistoryRequest::default() };
    picture.history(client, &places(world), all).await?;
    Ok(picture.wanted)
}

/// Finds centre and item by their ids.
fn places(world: &World) -> impl Fn(&str, &str) -> Option<(usize, usize)> {
    let index: BTreeMap<&str, usize> = world.goods.iter().enumerate().map(|(index, good)| (good.id.as_str(), index)).collect();
    move |location, item| Some((centre_named(location)?, *index.get(item)?))
}

impl Picture {
    /// Reads all of it.
    pub async fn read(client: &Client, world: &World, today: Date) -> Result<Self> {
        let place = places(world);
        let mut picture = Self::default();
        let recent = ListHistoryRequest {
            from: days::wire(days::after(today, -7 * WEEKS)),
            to: days::wire(days::after(today, -1)),
            bucket_size: BucketSize::Day.into(),
            ..ListHistoryRequest::default()
        };
        picture.history(client, &place, recent).await?;
        picture.inventory(client, &place).await?;
        let orders = picture.receipts(client, &place).await?;
        picture.orders(client, &place, &orders).await?;
        Ok(picture)
    }

    /// What was asked for in a day on average, in millionths of a piece.
    pub fn daily(&self, place: (usize, usize)) -> i64 {
        self.wanted.get(&place).copied().unwrap_or(0) / (WEEKS * 7)
    }

    async fn history(
        &mut self,
        client: &Client,
        place: &impl Fn(&str, &str) -> Option<(usize, usize)>,
        request: ListHistoryRequest,
    ) -> Result<()> {
        let request = ListHistoryRequest { measures: vec![Measure::Requested.into()], ..request };
        let read = async |channel, request| {
            let mut stream =
                DemandServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE).list_history(request).await?.into_inner();
            let mut parts = Vec::new();
            while let Some(part) = stream.message().await? {
                parts.push(part);
            }
            Ok::<_, Status>(Response::new(parts))
        };
        for part in client.ask(DEMAND, request, read).await.map_err(refused("the planner reads history"))? {
            if let Some(completeness) = part.completeness {
                self.demand = completeness.cursor;
            }
            for series in part.series {
                let Some(place) = place(&series.location_id, &series.item_id) else { continue };
                for bucket in series.buckets {
                    *self.wanted.entry(place).or_default() += amount(&bucket.quantity)?;
                }
            }
        }
        Ok(())
    }

    async fn inventory(&mut self, client: &Client, place: &impl Fn(&str, &str) -> Option<(usize, usize)>) -> Result<()> {
        let mut request =
            ListInventoryRequest { statuses: vec![StockStatus::Unrestricted.into()], page_size: 1_000, ..ListInventoryRequest::default() };
        loop {
            let read = async |channel, request| DemandServiceClient::new(channel).list_inventory(request).await;
            let page = client.ask(DEMAND, request.clone(), read).await.map_err(refused("the planner reads stock"))?;
            for position in page.positions {
                if let Some(place) = place(&position.location_id, &position.item_id) {
                    *self.stock.entry(place).or_default() += amount(&position.on_hand)?;
                }
            }
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(());
            }
        }
    }

    /// What is coming; says from which order lines.
    async fn receipts(&mut self, client: &Client, place: &impl Fn(&str, &str) -> Option<(usize, usize)>) -> Result<Vec<String>> {
        let mut orders = Vec::new();
        let mut request = ListScheduledReceiptsRequest { page_size: 1_000, ..ListScheduledReceiptsRequest::default() };
        loop {
            let read = async |channel, request| ExecutionServiceClient::new(channel).list_scheduled_receipts(request).await;
            let page = client.ask(EXECUTION, request.clone(), read).await.map_err(refused("the planner reads scheduled receipts"))?;
            // The basis is what was seen first: what has come in since is unseen, even if a later page shows it.
            if request.page_token.is_empty() {
                self.execution = page.completeness.unwrap_or_default().cursor;
            }
            for receipt in page.receipts {
                let Some(place) = place(&receipt.destination_location_id, &receipt.item_id) else { continue };
                for part in &receipt.parts {
                    *self.coming.entry(place).or_default() += amount(&part.quantity)?;
                }
                orders.push(receipt.order);
            }
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(orders);
            }
        }
    }

    /// How the order lines stand that something is coming from.
    async fn orders(&mut self, client: &Client, place: &impl Fn(&str, &str) -> Option<(usize, usize)>, orders: &[String]) -> Result<()> {
        let keys: Vec<&str> = orders.iter().map(String::as_str).collect();
        for (key, seen) in client.get("order_progress", &keys).await?.iter().filter_map(Record::read::<OrderProgress>) {
            self.orders.extend(place(&seen.destination_location_id, &seen.item_id).map(|place| (place, key, seen)));
        }
        Ok(())
    }
}

/// Millionths; an empty text is none.
pub fn amount(text: &str) -> Result<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse()
        .map(|amount: Micro| amount.0)
        .map_err(|error| Failure::File(format!("the planner read the quantity {text:?}, which {error}")))
}

//! `crossdock orders`, `scheduled-receipts`, `journey` and `performance`: what became of it all.

use crate::{
    cli::{List, Orders, Performance, Scheduled, Target},
    commands::recommendations::some,
    failure::{Failure, at},
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::{
    execution::{
        GetJourneyRequest, JourneyEvent, ListPerformanceRequest, ListScheduledReceiptsRequest,
        execution_service_client::ExecutionServiceClient,
    },
    types::Date,
};

/// Order lines and how far they are.
pub async fn orders(asked: Orders) -> Result<(), Failure> {
    let named = [
        ("state", asked.state.map(|state| state.replace('-', "_"))),
        ("item_id", asked.item),
        ("supplier_id", asked.supplier),
        ("destination_location_id", asked.location),
        ("recommendation", asked.recommendation),
        ("open", asked.open.then(|| "true".to_owned())),
    ];
    let fields = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let columns = [
        "key",
        "state",
        "item_id",
        "supplier_id",
        "origin_location_id",
        "destination_location_id",
        "ordered",
        "cancelled",
        "received",
        "open",
        "over",
        "short",
        "due_date",
        "expected",
    ];
    let kind = "order_progress".into();
    some(&List { kind, fields, prefix: String::new(), limit: asked.limit, service: None, target: asked.target }, &columns).await
}

/// Open supply by date.
pub async fn scheduled(asked: Scheduled) -> Result<(), Failure> {
    let peers = Peers::new(&asked.target)?;
    let mut client = ExecutionServiceClient::new(peers.channel()).max_decoding_message_size(crossdock_rpc::MAX_MESSAGE);
    let (mut page_token, mut rows) = (String::new(), Vec::new());
    loop {
        let request = ListScheduledReceiptsRequest {
            location_ids: asked.locations.clone(),
            item_ids: asked.items.clone(),
            page_size: 1_000,
            page_token: std::mem::take(&mut page_token),
        };
        let page = client.list_scheduled_receipts(peers.request(request)?).await?.into_inner();
        for receipt in &page.receipts {
            rows.push(output::json(receipt, "crossdock.execution.v1.ScheduledReceipt")?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return output::messages(asked.target.output, "scheduled receipts", &rows);
        }
    }
}

/// The story of a recommendation.
pub async fn journey(recommendation: &str, target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let request = peers.request(GetJourneyRequest { recommendation: recommendation.to_owned() })?;
    let mut client = ExecutionServiceClient::new(peers.channel()).max_decoding_message_size(crossdock_rpc::MAX_MESSAGE);
    let journey = client.get_journey(request).await?.into_inner();
    if target.output == Format::Json {
        return output::line(output::json(&journey, "crossdock.execution.v1.GetJourneyResponse")?.to_string());
    }
    output::table(&["time", "date", "service", "what", "quantity", "record"], journey.events.iter().map(row))?;
    match journey.missing_services.as_slice() {
        [] => Ok(()),
        missing => output::line(format!("\n{} could not be asked: the story may lack their part", missing.join(", "))),
    }
}

fn row(event: &JourneyEvent) -> Vec<String> {
    vec![
        event.time.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.date.as_ref().map(|date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)).unwrap_or_default(),
        event.service.clone(),
        event.text.clone(),
        event.quantity.clone(),
        format!("{} {}", event.kind, event.key),
    ]
}

/// How suppliers and lanes perform.
pub async fn performance(asked: Performance) -> Result<(), Failure> {
    let peers = Peers::new(&asked.target)?;
    let from = asked.from.as_deref().map(date).transpose()?;
    let mut client = ExecutionServiceClient::new(peers.channel()).max_decoding_message_size(crossdock_rpc::MAX_MESSAGE);
    let (mut page_token, mut rows) = (String::new(), Vec::new());
    loop {
        let request = ListPerformanceRequest { supplier_ids: asked.suppliers.clone(), from, page_size: 1_000, page_token };
        let page = client.list_performance(peers.request(request)?).await?.into_inner();
        for row in &page.performances {
            rows.push(output::json(row, "crossdock.execution.v1.Performance")?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return output::messages(asked.target.output, "performance yet: no order line has ended", &rows);
        }
    }
}

/// A date such as 2026-12-01.
pub fn date(text: &str) -> Result<Date, Failure> {
    let parts: Vec<i32> =
        text.split('-').map(str::parse).collect::<Result<_, _>>().map_err(at(format!("{text:?} is no date such as 2010-12-01")))?;
    match parts.as_slice() {
        [year, month, day] => Ok(Date { year: *year, month: *month, day: *day }),
        _ => Err(format!("{text:?} is no date such as 2010-12-01").into()),
    }
}

//! `GetJourney`: the story from the records of three services, resting on their keys.

use crate::{
    app::story::{self, Said},
    model::{
        facts::{OrderFacts, ShipmentTrack},
        number,
        shipment::whole,
    },
};
use crossdock_core::{Error, Key, Result, TraceParent, key};
use crossdock_proto::{
    Filter, Record, demand, execution,
    execution::{GetJourneyResponse, JourneyEvent},
    records::{BatchGetRequest, ListRequest},
    schema,
    types::RecordKey,
    writeback,
};
use crossdock_records::{Part, Reader, message, record};
use crossdock_rpc::{Handle, RecordClient, View, status};
use crossdock_store::{Read, Scan};
use crossdock_telemetry::{names, trace};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use tonic::Status;
use tracing::Span;

/// What was planned: its story, the demand that it is for, and the order line that it changes.
type Planned = (Vec<JourneyEvent>, Vec<RecordKey>, Option<String>);

/// Order lines, steps and reports of one recommendation that are told.
const MOST: usize = 1_000;

/// The story of a recommendation.
///
/// # Errors
/// If nobody knows it, or the own store fails.
pub async fn journey(handle: &Handle, view: &View, recommendation: &str) -> Result<GetJourneyResponse> {
    if recommendation.is_empty() {
        return Err(Error::invalid("MISSING", "recommendation is required: its key, `<connection>/<set_key>/<document>/<line>`"));
    }
    trace::note(names::RECOMMENDATION, recommendation);
    let mut missing = Vec::new();
    let (mut events, pegs, changed) = planned(handle, view, recommendation).await?.unwrap_or_else(|| {
        missing.push("recommendation-writeback".to_owned());
        Default::default()
    });
    let asked = recommendation.to_owned();
    let reader = view.reader().clone();
    events.extend(handle.store.read("journey", move |read| own(read, &reader, &asked, changed.clone())).await?);
    match pegged(handle, view, pegs).await? {
        Some(told) => events.extend(told),
        None => missing.push("demand-signal".to_owned()),
    }
    if events.is_empty() && missing.is_empty() {
        let message = format!("recommendation {recommendation:?} is known nowhere; its key is `<connection>/<set_key>/<document>/<line>`");
        return Err(Error::not_found("UNKNOWN_RECOMMENDATION", message));
    }
    story::sort(&mut events);
    // Who looks at this call's trace finds those of all steps.
    for step in events.iter().filter_map(|event| TraceParent::parse(&event.traceparent)) {
        trace::link(&Span::current(), step.as_bytes());
    }
    Ok(GetJourneyResponse { events, missing_services: missing })
}

fn event(service: &str, record: &Record, said: Said) -> JourneyEvent {
    let envelope = record.envelope.clone().unwrap_or_default();
    JourneyEvent {
        time: envelope.receive_time,
        date: said.date,
        service: service.to_owned(),
        kind: kind(record).unwrap_or_default().to_owned(),
        key: envelope.key,
        text: said.text,
        traceparent: envelope.traceparent,
        quantity: said.quantity,
    }
}

fn kind(record: &Record) -> Option<&'static str> {
    schema().kind(record.kind).map(|info| info.name.as_str())
}

fn read<M: Message + Default>(record: &Record) -> Option<M> {
    M::decode(record.body.clone()).ok()
}

/// What a record of any service says; nothing for kinds that are not told.
fn said(record: &Record, suppliers: &BTreeMap<String, String>) -> Option<Said> {
    let key = record.envelope.as_ref().map_or("", |envelope| envelope.key.as_str());
    match kind(record)? {
        "demand_line" => read::<demand::DemandLine>(record).map(|said| story::demand_line(&said)),
        "forecast" => read::<demand::Forecast>(record).map(|said| story::forecast(&said)),
        "recommendation" => read::<writeback::Recommendation>(record).map(|said| story::recommendation(&said)),
        "decision_step" => read::<writeback::DecisionStep>(record).map(|said| story::step(&said)),
        "draft_order" => read::<writeback::DraftOrder>(record).map(|said| story::draft(key, &said)),
        "posting" => read::<writeback::Posting>(record).map(|said| story::posting(&said)),
        "supply_order" => read::<execution::SupplyOrder>(record).map(|said| story::supply_order(key, &said)),
        "confirmation" => {
            read::<execution::Confirmation>(record).map(|said| story::confirmation(suppliers.get(key).map_or("", String::as_str), &said))
        }
        "shipment" => read::<execution::Shipment>(record).map(|said| story::shipment(&said)),
        "milestone" => read::<execution::Milestone>(record).map(|said| story::milestone(&said)),
        "receipt" => read::<execution::Receipt>(record).map(|said| story::receipt(&said)),
        _ => None,
    }
}

/// What this service knows: of each order line that the recommendation is on, or that it changes, the records that its facts name.
fn own(read: &mut Read<'_>, reader: &Reader, recommendation: &str, changed: Option<String>) -> Result<Vec<JourneyEvent>> {
    let prefix = format!("{recommendation}/");
    let feedback = read.scan(Scan::Prefix { kind: number::FEEDBACK, prefix: &prefix, after: "" }, MOST)?;
    let linked = feedback.iter().filter_map(|held| held.key.strip_prefix(&prefix)).map(str::to_owned);
    let lines: Vec<String> = linked.chain(changed).collect();
    let facts = read.get(&lines.iter().map(|line| Key::new(number::ORDER_FACTS, line)).collect::<Vec<_>>())?;
    let (mut keys, mut shipments, mut suppliers) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
    for held in facts.into_iter().filter(|held| !held.deleted) {
        let Some(facts) = message::<OrderFacts>(&held) else { continue };
        let supplier = facts.order.map(|order| order.supplier_id).unwrap_or_default();
        keys.push(Key::new(number::SUPPLY_ORDER, held.key));
        suppliers.extend(facts.confirmations.iter().map(|held| (held.key.clone(), supplier.clone())));
        keys.extend(facts.confirmations.into_iter().map(|held| Key::new(number::CONFIRMATION, held.key)));
        keys.extend(facts.receipts.into_iter().map(|held| Key::new(number::RECEIPT, held.key)));
        shipments.extend(facts.shipments.iter().map(|held| whole(&held.key)));
        keys.extend(facts.shipments.into_iter().map(|held| Key::new(number::SHIPMENT, held.key)));
    }
    let tracks = read.get(&shipments.into_iter().map(|key| Key::new(number::SHIPMENT_TRACK, key)).collect::<Vec<_>>())?;
    for track in tracks.iter().filter(|track| !track.deleted).filter_map(message::<ShipmentTrack>) {
        keys.extend(track.milestones.into_iter().map(|held| Key::new(number::MILESTONE, held.key)));
    }
    let held = read.get(&keys)?;
    let records = reader.rows(read, held)?.into_iter().filter(|held| !held.deleted).map(record);
    Ok(records
        .filter(|record| reads(reader, record))
        .filter_map(|record| Some(event("execution-feedback", &record, said(&record, &suppliers)?)))
        .collect())
}

/// What recommendation-writeback knows, the demand that the recommendation is for, and the order line that it changes; none if it cannot be asked.
async fn planned(handle: &Handle, view: &View, recommendation: &str) -> Result<Option<Planned>> {
    const NAME: &str = "recommendation-writeback";
    let Some(mut peer) = handle.peer(NAME, "crossdock.writeback.v1") else { return Ok(None) };
    let found = async {
        let key = |kind: &str| RecordKey { kind: kind.to_owned(), key: recommendation.to_owned() };
        let mut records = get(&mut peer, vec![key("recommendation"), key("recommendation_status")]).await?;
        let steps = list(&mut peer, "decision_step", recommendation).await?;
        let all = records.len();
        records = covered(handle, view, records).await.map_err(status)?;
        // Whoever may not see all that is said of it sees nothing.
        if records.len() < all {
            return Ok(Vec::new());
        }
        records.extend(steps);
        let status = records.iter().find(|record| kind(record) == Some("recommendation_status"));
        if let Some(draft) =
            status.and_then(read::<writeback::RecommendationStatus>).map(|status| status.draft).filter(|draft| !draft.is_empty())
        {
            records.extend(get(&mut peer, vec![RecordKey { kind: "draft_order".to_owned(), key: draft.clone() }]).await?);
            let steps = list(&mut peer, "decision_step", &draft).await?;
            // Which lines came and went is the story of those.
            records.extend(steps.into_iter().filter(|step| read::<writeback::DecisionStep>(step).is_some_and(|step| step.from != step.to)));
            records.extend(list(&mut peer, "posting", &draft).await?);
        }
        Ok::<_, Status>(records)
    };
    let Some(records) = told(NAME, found.await) else { return Ok(None) };
    let status = records.iter().find(|record| kind(record) == Some("recommendation_status"));
    let target = status.and_then(read::<writeback::RecommendationStatus>).and_then(|status| status.target);
    let changed = target.map(|target| key::document(&target.connection, &target.document, &target.line));
    let sent = records.iter().find(|record| kind(record) == Some("recommendation"));
    let pegs = sent.and_then(read::<writeback::Recommendation>).map(|sent| sent.pegs).unwrap_or_default();
    let peg = |peg: writeback::Peg| [("demand_line", peg.demand_line), ("forecast", peg.forecast)];
    let keys = pegs.into_iter().flat_map(peg).filter(|(_, key)| !key.is_empty());
    let keys = keys.map(|(kind, key)| RecordKey { kind: kind.to_owned(), key }).collect();
    Ok(Some((events(NAME, view, &records), keys, changed)))
}

/// What demand-signal knows of these; none if it cannot be asked.
async fn pegged(handle: &Handle, view: &View, keys: Vec<RecordKey>) -> Result<Option<Vec<JourneyEvent>>> {
    const NAME: &str = "demand-signal";
    let Some(mut peer) = handle.peer(NAME, "crossdock.demand.v1") else { return Ok(None) };
    let Some(records) = told(NAME, get(&mut peer, keys).await) else { return Ok(None) };
    let records = covered(handle, view, records).await?;
    Ok(Some(events(NAME, view, &records)))
}

/// Those of another service's records that are in the caller's part of the business; steps and reports are where what they speak of is.
async fn covered(handle: &Handle, view: &View, records: Vec<Record>) -> Result<Vec<Record>> {
    let reader = view.reader().clone();
    handle.store.read("journey.covered", move |read| reader.covered(read, records, part)).await
}

fn part(record: &Record) -> Part {
    let whole = |location: String, origin: String, supplier: String| {
        let named = |id: String| Some(id).filter(|id| !id.is_empty());
        Part { location: named(location), origin: named(origin), supplier: named(supplier), ..Part::default() }
    };
    let part = match kind(record) {
        Some("recommendation") => read::<writeback::Recommendation>(record)
            .map(|said| whole(said.destination_location_id, said.origin_location_id, said.supplier_id)),
        Some("recommendation_status") => read::<writeback::RecommendationStatus>(record)
            .map(|said| whole(said.destination_location_id, said.origin_location_id, said.supplier_id)),
        Some("demand_line") => read::<demand::DemandLine>(record).map(|said| whole(said.location_id, String::new(), String::new())),
        Some("forecast") => read::<demand::Forecast>(record).map(|said| whole(said.location_id, String::new(), String::new())),
        _ => None,
    };
    part.unwrap_or_default()
}

/// What records of another service say to whom their kinds may be read by.
fn events(service: &str, view: &View, records: &[Record]) -> Vec<JourneyEvent> {
    let shown = records.iter().filter(|record| reads(view.reader(), record));
    shown.filter_map(|record| Some(event(service, record, said(record, &BTreeMap::new())?))).collect()
}

fn reads(reader: &Reader, record: &Record) -> bool {
    schema().kind(record.kind).is_some_and(|info| reader.sight.reads(info))
}

fn told<T>(service: &str, answer: Result<T, Status>) -> Option<T> {
    answer.map_err(|error| tracing::warn!(service, %error, "a journey lacks the part of a service that could not be asked")).ok()
}

async fn get(peer: &mut RecordClient, keys: Vec<RecordKey>) -> Result<Vec<Record>, Status> {
    Ok(peer.batch_get(BatchGetRequest { keys }).await?.records)
}

/// Records of a kind whose keys begin with that of another record.
async fn list(peer: &mut RecordClient, kind: &str, of: &str) -> Result<Vec<Record>, Status> {
    let filter = schema().kind_named(kind).map(|info| Filter { kind: info.number.into(), ..Filter::default() });
    let page_size = i32::try_from(MOST).unwrap_or_default();
    let request = ListRequest { filter, key_prefix: format!("{of}/"), page_size, ..ListRequest::default() };
    Ok(peer.list(request).await?.records)
}

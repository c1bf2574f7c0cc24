//! The screen at the end: what flowed, what became of it, and whether the books agree.

use super::{changes, story};
use crate::{
    failure::Failure,
    output,
    peers::{Peers, kind},
};
use crossdock_core::Micro;
use crossdock_master_data::wired;
use crossdock_proto::{
    Filter, Record,
    demand::{BucketSize, ListHistoryRequest, Measure, demand_service_client::DemandServiceClient},
    execution::{ListPerformanceRequest, Performance, execution_service_client::ExecutionServiceClient},
    governance::Exception,
    records::ListRequest,
    writeback::{DraftOrder, DraftOrderState, RecommendationState, RecommendationStatus},
};
use crossdock_rpc::MAX_MESSAGE;
use crossdock_simulator::{Decisions, FIRST_DAY, Report, Traffic};
use prost::Message;
use std::{collections::BTreeMap, time::Duration};

/// Suppliers that are shown.
const SUPPLIERS: usize = 8;

/// Shows all of it.
pub async fn show(peers: &Peers, traffic: &Traffic, decisions: &Decisions, took: Duration) -> Result<(), Failure> {
    flowed(traffic, took)?;
    let statuses: Vec<(String, RecommendationStatus)> = list(peers, "recommendation_status").await?;
    recommendations(&statuses, decisions)?;
    let orders: Vec<(String, DraftOrder)> = list(peers, "draft_order").await?;
    drafts(&orders)?;
    changes::show(&orders)?;
    customers(peers).await?;
    suppliers(peers).await?;
    exceptions(&list(peers, "exception").await?)?;
    story::show(peers, &statuses).await
}

/// A heading.
pub fn heading(text: &str) -> Result<(), Failure> {
    output::line(format!("\n=== {text}\n"))
}

/// Says line by line whether the books agree.
pub fn books(report: &Report) -> Result<(), Failure> {
    heading("Do the books of the parties agree with what Crossdock says?")?;
    for check in &report.checks {
        let mark = if check.differences == 0 { "yes" } else { "NO " };
        output::line(format!("{mark}  {} ({} compared, {} differ)", check.name, check.compared, check.differences))?;
        check.told.iter().try_for_each(|told| output::line(format!("       {told}")))?;
    }
    if report.is_clean() { Ok(()) } else { Err("the books differ".into()) }
}

fn flowed(traffic: &Traffic, took: Duration) -> Result<(), Failure> {
    heading("What flowed")?;
    let outcomes = ["accepted", "parked", "duplicate", "superseded", "rejected"];
    let mut kinds: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((kind, outcome), count) in &traffic.outcomes {
        *kinds.entry(kind).or_default().entry(outcome).or_default() += count;
    }
    let row = |(kind, counts): (&&str, &BTreeMap<&str, u64>)| {
        let count = |outcome: &str| counts.get(outcome).filter(|count| **count > 0).map(u64::to_string).unwrap_or_default();
        [(*kind).to_owned()].into_iter().chain(outcomes.map(count)).collect()
    };
    output::table(&["kind", "accepted", "waited", "known already", "too old", "rejected"], kinds.iter().map(row))?;
    let all: u64 = traffic.outcomes.values().sum();
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    output::line(format!(
        "\n{all} records in {} calls, {} records/s over the whole play; {} calls were made twice, {} cut off, {} made again because nobody answered",
        traffic.calls,
        all * 1_000 / millis,
        traffic.twice,
        traffic.cuts,
        traffic.again
    ))
}

fn recommendations(statuses: &[(String, RecommendationStatus)], decisions: &Decisions) -> Result<(), Failure> {
    heading("What became of the planner's recommendations")?;
    let mut states: BTreeMap<RecommendationState, u64> = BTreeMap::new();
    for (_, status) in statuses {
        *states.entry(status.state()).or_default() += 1;
    }
    let name =
        |state: &RecommendationState| state.as_str_name().trim_start_matches("RECOMMENDATION_STATE_").to_lowercase().replace('_', " ");
    output::table(&["state", "lines"], states.iter().map(|(state, count)| vec![name(state), count.to_string()]))?;
    let of = |wanted: &[RecommendationState]| wanted.iter().filter_map(|state| states.get(state)).sum::<u64>();
    let taken = of(&[RecommendationState::Posted, RecommendationState::PartiallyPosted]);
    let refused = of(&[
        RecommendationState::Declined,
        RecommendationState::Expired,
        RecommendationState::Cancelled,
        RecommendationState::Rejected,
        RecommendationState::Invalid,
    ]);
    output::line(format!("\naccepted: {} of those that came to an end without a newer plan", percent(taken, taken + refused)))?;
    let told = |(what, count): (&str, &u64)| format!("{count} {}", what.to_lowercase().replace('_', " "));
    let done: Vec<_> = decisions.done.iter().map(|(what, count)| told((what, count))).collect();
    let refused: Vec<_> = decisions.refused.iter().map(|(what, count)| told((what.as_str(), count))).collect();
    output::line(format!("people: {}; refused: {}", done.join(", "), refused.join(", ")))
}

fn drafts(drafts: &[(String, DraftOrder)]) -> Result<(), Failure> {
    let mut states: BTreeMap<DraftOrderState, (u64, usize)> = BTreeMap::new();
    for (_, draft) in drafts {
        let counts = states.entry(draft.state()).or_default();
        *counts = (counts.0 + 1, counts.1 + draft.lines.len());
    }
    heading("Draft orders")?;
    let name = |state: &DraftOrderState| state.as_str_name().trim_start_matches("DRAFT_ORDER_STATE_").to_lowercase().replace('_', " ");
    output::table(
        &["state", "orders", "lines"],
        states.iter().map(|(state, (orders, lines))| vec![name(state), orders.to_string(), lines.to_string()]),
    )?;
    let again = drafts.iter().filter(|(_, draft)| draft.attempts > 1).count();
    output::line(format!("\n{again} were leased more than once: the ERP was away, answered late, or nobody knew whether it had done it"))
}

/// What customers asked for and got.
async fn customers(peers: &Peers) -> Result<(), Failure> {
    let request = ListHistoryRequest {
        measures: vec![Measure::Requested.into(), Measure::Shipped.into()],
        from: Some(wired::date(FIRST_DAY)),
        bucket_size: BucketSize::Day.into(),
        ..ListHistoryRequest::default()
    };
    let mut client = DemandServiceClient::new(peers.channel()).max_decoding_message_size(MAX_MESSAGE);
    let mut parts = client.list_history(peers.request(request)?).await?.into_inner();
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    while let Some(part) = parts.message().await? {
        for series in part.series {
            let held = sums.entry(series.location_id).or_default();
            for bucket in series.buckets {
                let pieces = bucket.quantity.parse().map_or(0, |quantity: Micro| quantity.0 / Micro::ONE.0);
                if bucket.measure() == Measure::Requested { held.0 += pieces } else { held.1 += pieces }
            }
        }
    }
    heading("What customers asked for, and what was shipped by now")?;
    let row = |(place, (asked, shipped)): (String, (i64, i64))| {
        vec![place, asked.to_string(), shipped.to_string(), percent(shipped.unsigned_abs(), asked.unsigned_abs())]
    };
    output::table(&["centre", "asked for", "shipped", "fill rate"], sums.into_iter().map(row))
}

async fn suppliers(peers: &Peers) -> Result<(), Failure> {
    let request = peers.request(ListPerformanceRequest::default())?;
    let mut performances = ExecutionServiceClient::new(peers.channel()).list_performance(request).await?.into_inner().performances;
    performances.sort_by_key(|held| std::cmp::Reverse(held.lines));
    heading(&format!("How they deliver: the {SUPPLIERS} busiest of {} ways", performances.len()))?;
    let row = |held: &Performance| {
        vec![
            if held.supplier_id.is_empty() { &held.origin_location_id } else { &held.supplier_id }.clone(),
            held.destination_location_id.clone(),
            held.lines.to_string(),
            held.fill_rate.clone(),
            held.otif.clone(),
            held.lead_time_mean_days.clone(),
            format!("{}/{}", held.lead_time_p50_days, held.lead_time_p90_days),
            held.promised_mean_days.clone(),
        ]
    };
    output::table(
        &["from", "to", "lines", "fill rate", "on time in full", "days", "p50/p90", "promised"],
        performances.iter().take(SUPPLIERS).map(row),
    )
}

fn exceptions(exceptions: &[(String, Exception)]) -> Result<(), Failure> {
    heading("What a person should look at, or should have")?;
    let mut reasons: BTreeMap<(&str, &str), (u64, i64)> = BTreeMap::new();
    for (_, exception) in exceptions {
        let held = reasons.entry((&exception.service, &exception.reason)).or_default();
        *held = (held.0 + 1, held.1 + exception.records);
    }
    let row = |((service, reason), (causes, records)): (&(&str, &str), &(u64, i64))| {
        vec![(*service).to_owned(), (*reason).to_owned(), causes.to_string(), records.to_string()]
    };
    if reasons.is_empty() {
        return output::line("nothing");
    }
    output::table(&["service", "reason", "causes", "records"], reasons.iter().map(row))
}

/// Everything of a kind.
pub async fn list<M: Message + Default>(peers: &Peers, name: &str) -> Result<Vec<(String, M)>, Failure> {
    let info = kind(name)?;
    let mut client = peers.records(&info.package);
    let filter = Some(Filter { kind: info.number.into(), ..Filter::default() });
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let page =
            client.list(ListRequest { filter: filter.clone(), page_size: 1_000, page_token: token, ..ListRequest::default() }).await?;
        all.extend(page.records.iter().filter_map(Record::read));
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(all);
        }
    }
}

fn percent(part: u64, whole: u64) -> String {
    (part * 100).checked_div(whole).map_or_else(|| "-".to_owned(), |share| format!("{share} %"))
}

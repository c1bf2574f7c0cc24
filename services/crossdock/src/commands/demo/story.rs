//! One recommendation's way, from the forecast to the goods.

use super::screen::{heading, list};
use crate::{failure::Failure, output, peers::Peers};
use crossdock_proto::{
    execution::{Feedback, GetJourneyRequest, JourneyEvent, OrderState, execution_service_client::ExecutionServiceClient},
    writeback::RecommendationStatus,
};
use std::collections::BTreeMap;

/// Tells the way of the one that has seen the most.
pub async fn show(peers: &Peers, statuses: &[(String, RecommendationStatus)]) -> Result<(), Failure> {
    let feedback: Vec<(String, Feedback)> = list(peers, "feedback").await?;
    let Some(chosen) = eventful(statuses, &feedback) else {
        return output::line("\nno recommendation has come to its goods yet: play more weeks");
    };
    let request = peers.request(GetJourneyRequest { recommendation: chosen.clone() })?;
    let journey = ExecutionServiceClient::new(peers.channel()).get_journey(request).await?.into_inner();
    heading(&format!("The journey of {chosen}"))?;
    journey.events.iter().try_for_each(|event| output::line(line(event)))?;
    if journey.missing_services.is_empty() {
        return Ok(());
    }
    output::line(format!("could not be asked: {}", journey.missing_services.join(", ")))
}

/// That with the most steps, of those that goods have come for.
fn eventful(statuses: &[(String, RecommendationStatus)], feedback: &[(String, Feedback)]) -> Option<String> {
    let came = [OrderState::PartiallyReceived, OrderState::Received, OrderState::Closed];
    let mut received: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, feedback) in feedback.iter().filter(|(_, feedback)| came.contains(&feedback.state())) {
        *received.entry(&feedback.recommendation).or_default() += 1;
    }
    let seen = |(key, status): &&(String, RecommendationStatus)| (received.get(key.as_str()).copied().unwrap_or(0), status.steps);
    statuses.iter().filter(|(key, _)| received.contains_key(key.as_str())).max_by_key(seen).map(|(key, _)| key.clone())
}

fn line(event: &JourneyEvent) -> String {
    let at = event.time.as_ref().and_then(|time| jiff::Timestamp::from_second(time.seconds).ok());
    let at = at.map(|at| at.strftime("%m-%d %H:%M").to_string()).unwrap_or_default();
    format!("{at:11}  {:24}  {}", event.service, event.text)
}

//! `crossdock parked`, `redrive`, `discard` and `stats`.

use crate::{
    cli::{List, Selection, Target},
    commands::records,
    failure::Failure,
    output::{self, Format},
    peers::Peers,
};
use crossdock_proto::operations::{DiscardRequest, GetStatisticsRequest, ParkedSelection, RedriveRequest};

/// A new id for a request.
pub fn request_id() -> String {
    #[expect(clippy::disallowed_methods, reason = "an id only has to be new")]
    let id = rand::random::<u128>();
    format!("{id:032x}")
}

/// What waits for one cause; or how much waits in all, and the causes that have stood for longer than the policy's grace.
pub async fn parked(cause: Option<String>, service: Option<String>, target: &Target) -> Result<(), Failure> {
    let list = |kind: &str, fields: Vec<(String, String)>| List {
        kind: kind.into(),
        fields,
        prefix: String::new(),
        limit: 100,
        service: service.clone(),
        target: target.clone(),
    };
    if let Some(cause) = cause {
        return records::list(list("parked", vec![("cause".into(), cause)])).await;
    }
    let peers = Peers::new(target)?;
    let waits = |record: &serde_json::Value| record["backlog"]["records"].as_str().is_some_and(|records| records != "0");
    let mut backlogs = records::all(&peers, crate::peers::kind("backlog")?, &list("backlog", Vec::new())).await?;
    backlogs.retain(waits);
    if target.output == Format::Json {
        return output::records(target.output, "backlog", &backlogs);
    }
    if backlogs.is_empty() {
        return output::line("nothing is parked");
    }
    for backlog in &backlogs {
        let (kind, records) = (backlog["envelope"]["key"].as_str(), backlog["backlog"]["records"].as_str());
        output::line(format!("{} of kind {} wait", records.unwrap_or_default(), kind.unwrap_or_default()))?;
    }
    let issues = records::all(&peers, crate::peers::kind("issue")?, &list("issue", vec![("state".into(), "open".into())])).await?;
    if issues.is_empty() {
        output::line("\ntheir causes are shown here once they have stood for the policy's grace period")
    } else {
        output::records(target.output, "issue", &issues)
    }
}

fn selection(selection: Selection) -> ParkedSelection {
    ParkedSelection { service: selection.service, cause: selection.cause.unwrap_or_default(), key: selection.key.unwrap_or_default() }
}

/// Tries parked records again.
pub async fn redrive(selected: Selection, target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let request = peers.request(RedriveRequest { request_id: request_id(), parked: Some(selection(selected)) })?;
    let answer = peers.operations().redrive(request).await?.into_inner();
    output::line(format!("{} records are tried again", answer.records))
}

/// Drops parked records.
pub async fn discard(selected: Selection, reason: String, target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let request = peers.request(DiscardRequest { request_id: request_id(), parked: Some(selection(selected)), note: reason })?;
    let answer = peers.operations().discard(request).await?.into_inner();
    output::line(format!("{} records discarded", answer.records))
}

/// What the services hold.
pub async fn stats(target: &Target) -> Result<(), Failure> {
    let peers = Peers::new(target)?;
    let answer = peers.operations().get_statistics(peers.request(GetStatisticsRequest::default())?).await?.into_inner();
    if target.output == Format::Json {
        return output::line(output::json(&answer, "crossdock.operations.v1.GetStatisticsResponse")?.to_string());
    }
    let rows = answer.services.iter().flat_map(|service| {
        service
            .kinds
            .iter()
            .map(|kind| vec![service.service.clone(), kind.kind.clone(), kind.records.to_string(), kind.deleted.to_string()])
    });
    output::table(&["service", "kind", "records", "deleted"], rows)
}

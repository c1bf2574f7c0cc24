//! Governance, as the operator calls it.

use crate::status::{Said, Truth};
use crossdock_identity::explain;
use crossdock_proto::{
    VERSION,
    governance::{ApplyPolicyRequest, Policy, governance_service_client::GovernanceServiceClient},
    records::BatchGetRequest,
    types::RecordKey,
};
use crossdock_rpc::{CLUSTER, CONNECTION, CONTRACT, Channel, RecordClient};
use std::{error::Error, future::Future, time::Duration};
use tokio::time::timeout;
use tonic::{Code, Request, Status, metadata::MetadataValue};
use tonic_types::StatusExt;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to governance.
#[derive(Clone)]
pub struct Governance {
    channel: Channel,
    /// Where the policy comes from.
    source: String,
}

/// Why governance did not do something.
#[derive(Debug)]
pub enum Refusal {
    /// Another policy is in force than was thought.
    Changed,
    /// Governance cannot be reached, or cannot answer now.
    Away(String),
    /// It does not want to: a reason and a message.
    Refused(String, String),
}

impl Governance {
    /// Calls over this channel; `source` is kept with every decision.
    pub fn new(channel: Channel, source: String) -> Self {
        Self { channel, source }
    }

    /// The version in force; empty: there is none yet.
    ///
    /// # Errors
    /// If nobody can say.
    pub async fn version(&self) -> Result<String, Refusal> {
        let mut records = RecordClient::new(self.channel.clone(), "crossdock.governance.v1", CLUSTER);
        let keys = vec![RecordKey { kind: "policy".to_owned(), key: "active".to_owned() }];
        let answer = within(records.batch_get(BatchGetRequest { keys })).await?;
        Ok(answer.records.first().and_then(|record| record.read::<Policy>()).map(|(_, policy)| policy.version).unwrap_or_default())
    }

    /// Puts a policy in force in the place of the version that is expected.
    ///
    /// # Errors
    /// If it is not in force afterwards, or nobody can say.
    pub async fn apply(&self, document: &str, expected: &str) -> Result<String, Refusal> {
        let mut request = Request::new(ApplyPolicyRequest {
            document: document.to_owned(),
            source: self.source.clone(),
            expected_version: expected.to_owned(),
            validate_only: false,
        });
        request.metadata_mut().insert(CONNECTION, MetadataValue::from_static(CLUSTER));
        request.metadata_mut().insert(CONTRACT, MetadataValue::from_static(VERSION));
        let mut client = GovernanceServiceClient::new(self.channel.clone());
        within(client.apply_policy(request)).await.map(|answer| answer.into_inner().version)
    }
}

impl Refusal {
    /// As a condition.
    pub fn said(&self) -> Said {
        match self {
            Self::Changed => Said::new(Truth::Unknown, "PolicyChanged", "the policy was changed at the same time; it is tried again"),
            Self::Away(why) => {
                Said::new(Truth::Unknown, "GovernanceUnavailable", format!("governance cannot be asked, it is tried again: {why}"))
            }
            Self::Refused(reason, message) => Said::new(Truth::No, reason.as_str(), message.as_str()),
        }
    }
}

async fn within<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, Refusal> {
    let answer = timeout(PATIENCE, answer).await;
    answer.unwrap_or_else(|_| Err(Status::deadline_exceeded(format!("no answer within {PATIENCE:?}")))).map_err(|status| refusal(&status))
}

fn refusal(status: &Status) -> Refusal {
    let info = status.get_details_error_info();
    let reason = info.map(|info| info.reason).filter(|reason| !reason.is_empty());
    match (status.code(), reason) {
        (_, Some(reason)) if reason == "POLICY_CHANGED" => Refusal::Changed,
        (Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled, _) => Refusal::Away(why(status)),
        (_, Some(reason)) => Refusal::Refused(camel(&reason), status.message().to_owned()),
        // Without a reason it is no answer of governance.
        (code, None) if status.source().is_some() || code == Code::Unknown => Refusal::Away(why(status)),
        (code, None) => Refusal::Refused(format!("{code:?}"), status.message().to_owned()),
    }
}

/// `WOULD_STRAND_WORK` as conditions write it: `WouldStrandWork`.
fn camel(reason: &str) -> String {
    let word = |word: &str| word.chars().take(1).chain(word.chars().skip(1).flat_map(char::to_lowercase)).collect::<String>();
    reason.split('_').map(word).collect()
}

/// What lies behind it, where that says more.
fn why(status: &Status) -> String {
    if let Some(why) = explain(status) {
        return why;
    }
    let mut last: &dyn Error = status;
    while let Some(source) = last.source() {
        last = source;
    }
    if status.source().is_some() { last.to_string() } else { status.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn what_governance_answers_is_a_condition() {
        let with = |code, reason: &str| Status::with_error_details(code, "said", ErrorDetails::with_error_info(reason, "crossdock", []));
        let said = |status: &Status| refusal(status).said();
        assert!(matches!(refusal(&with(Code::Aborted, "POLICY_CHANGED")), Refusal::Changed));
        let no = |reason: &str| Said::new(Truth::No, reason, "said");
        assert_eq!(said(&with(Code::FailedPrecondition, "WOULD_STRAND_WORK")), no("WouldStrandWork"));
        assert_eq!(said(&with(Code::FailedPrecondition, "POLICY_FROM_FILE")), no("PolicyFromFile"));
        assert_eq!(said(&Status::unimplemented("said")), no("Unimplemented"));
        for away in [with(Code::Unavailable, "STARTING"), Status::deadline_exceeded("said"), Status::unknown("said")] {
            let Said(truth, reason, message) = said(&away);
            assert_eq!((truth, reason.as_str()), (Truth::Unknown, "GovernanceUnavailable"));
            assert!(message.ends_with(": said"), "{message}");
        }
    }
}

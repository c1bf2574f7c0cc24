//! The buyers and their managers, at one desk: they approve what they saw, change it, decline it, and let go what is held.

use crate::{Failure, Result, client::Client, connector::WRITEBACK, error::refused, party::Moment, world::World};
use crossdock_core::Micro;
use crossdock_proto::{
    Record,
    types::Violation,
    writeback::{
        ApproveRequest, Clearance, Decided, DeclineRequest, DraftOrder, DraftOrderFilter, EditRecommendationRequest, RecommendationStatus,
        RecommendationStatusFilter, Resolution, ResolveDraftOrderRequest, Seen, SettleRecommendationRequest, Settlement,
        writeback_service_client::WritebackServiceClient,
    },
};
use std::collections::BTreeMap;
use tonic::Status;

/// Connection of the desk.
pub const DESK: &str = "desk";
/// Decided in one call.
const TOGETHER: usize = 100;

/// Levels of the policy and who may speak for them.
const LEVELS: [(&str, &[&str]); 3] = [("buyer", &["ana", "ben"]), ("manager", &["carla"]), ("director", &["dan", "erik"])];

/// What the people did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// By what was done, such as `approved`.
    pub done: BTreeMap<&'static str, u64>,
    /// Refused, by reason.
    pub refused: BTreeMap<String, u64>,
}

/// The desk.
pub struct Buyers {
    client: Client,
    decisions: Decisions,
}

impl Buyers {
    /// With this way to Crossdock.
    pub fn new(client: Client) -> Self {
        Self { client, decisions: Decisions::default() }
    }

    /// What was done so far.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Looks at everything that waits for a person.
    pub async fn act(&mut self, world: &World, moment: Moment) -> Result<()> {
        for (key, status) in self.recommendations("held").await? {
            self.settle(world, key, &status).await?;
        }
        let mut approvals: BTreeMap<&'static str, Vec<Seen>> = BTreeMap::new();
        for (key, status) in self.recommendations("pending_approval").await? {
            let Some(person) = person(status.clearance.as_ref(), &status.edited_by, moment) else { continue };
            match world.chance.draw("buyer", &format!("{} {} {}", about(&status), moment.day, moment.hour)) % 100 {
                0..=6 if status.edited_by.is_empty() && status.target.is_none() => self.edit(key, &status, moment).await?,
                7..=13 => self.decline(person, key, &status).await?,
                _ => approvals.entry(person).or_default().push(Seen { recommendation: key, etag: status.etag, ..Seen::default() }),
            }
        }
        for (key, draft) in self.drafts("pending_approval").await? {
            // Ana may have edited a line of it.
            let Some(person) = person(draft.clearance.as_ref(), "ana", moment) else { continue };
            approvals.entry(person).or_default().push(Seen { draft_order: key, etag: draft.etag, ..Seen::default() });
        }
        for (person, seen) in approvals {
            for seen in seen.chunks(TOGETHER) {
                self.approve(person, seen.to_vec()).await?;
            }
        }
        for (key, draft) in self.drafts("dead").await? {
            self.requeue(key, &draft).await?;
        }
        Ok(())
    }

    async fn approve(&mut self, person: &'static str, seen: Vec<Seen>) -> Result<Vec<Decided>> {
        let client = self.client.acting_for(person);
        let request = ApproveRequest { request_id: client.request_id(), seen, note: String::new() };
        let verb = async |channel, request| WritebackServiceClient::new(channel).approve(request).await;
        let answer = client.decide(WRITEBACK, request, verb).await.map_err(refused(format!("{person} approves")))?;
        for decided in &answer.decided {
            self.count("approved", decided.refused.as_ref());
        }
        Ok(answer.decided)
    }

    async fn decline(&mut self, person: &'static str, key: String, status: &RecommendationStatus) -> Result<()> {
        let client = self.client.acting_for(person);
        let seen = vec![Seen { recommendation: key, etag: status.etag.clone(), ..Seen::default() }];
        let request = DeclineRequest { request_id: client.request_id(), seen, note: "we have enough of it".to_owned() };
        let verb = async |channel, request| WritebackServiceClient::new(channel).decline(request).await;
        let answer = client.decide(WRITEBACK, request, verb).await.map_err(refused(format!("{person} declines")))?;
        for decided in &answer.decided {
            self.count("declined", decided.refused.as_ref());
        }
        Ok(())
    }

    /// Ana changes what Ben is looking at. Ben's yes to what he saw has to be refused; then he looks again.
    async fn edit(&mut self, key: String, status: &RecommendationStatus, moment: Moment) -> Result<()> {
        let quantity: Micro = status.quantity.parse().map_err(|error| Failure::File(format!("a quantity of {key} {error}")))?;
        let client = self.client.acting_for("ana");
        let request = EditRecommendationRequest {
            request_id: client.request_id(),
            recommendation: key.clone(),
            etag: status.etag.clone(),
            quantity: Micro(quantity.0.saturating_mul(2)).to_string(),
            need_by: None,
            note: "there is a fair that week".to_owned(),
        };
        let verb = async |channel, request| WritebackServiceClient::new(channel).edit_recommendation(request).await;
        let Some(edited) = self.expected("edited", client.decide(WRITEBACK, request, verb).await)? else { return Ok(()) };
        let old = Seen { recommendation: key.clone(), etag: status.etag.clone(), ..Seen::default() };
        if self.approve("ben", vec![old]).await?.iter().any(|decided| decided.refused.is_none()) {
            let fault = vec!["old etag", "recommendation", key.as_str(), "was approved by an etag from before an edit"];
            self.client.ledgers().add("faults", [fault])?;
        }
        let now = edited.recommendation.unwrap_or_default();
        if person(now.clearance.as_ref(), "ana", moment) == Some("ben") {
            self.approve("ben", vec![Seen { recommendation: key, etag: now.etag, ..Seen::default() }]).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, world: &World, key: String, status: &RecommendationStatus) -> Result<()> {
        let releases = world.chance.holds(60, "releases", &about(status));
        let client = self.client.acting_for("ana");
        let request = SettleRecommendationRequest {
            request_id: client.request_id(),
            recommendation: key,
            etag: status.etag.clone(),
            settlement: if releases { Settlement::Release } else { Settlement::Cancel }.into(),
            note: "looked at".to_owned(),
        };
        let verb = async |channel, request| WritebackServiceClient::new(channel).settle_recommendation(request).await;
        let done = client.decide(WRITEBACK, request, verb).await;
        self.expected(if releases { "released" } else { "cancelled" }, done).map(drop)
    }

    async fn requeue(&mut self, key: String, draft: &DraftOrder) -> Result<()> {
        let client = self.client.acting_for("carla");
        let request = ResolveDraftOrderRequest {
            request_id: client.request_id(),
            posting_key: key,
            etag: draft.etag.clone(),
            resolution: Resolution::Requeue.into(),
            document: String::new(),
            note: "the ERP is back".to_owned(),
        };
        let verb = async |channel, request| WritebackServiceClient::new(channel).resolve_draft_order(request).await;
        let done = client.decide(WRITEBACK, request, verb).await;
        self.expected("requeued", done).map(drop)
    }

    /// A refusal is part of the play: things change between a look and a decision.
    fn expected<A>(&mut self, what: &'static str, done: std::result::Result<A, Status>) -> Result<Option<A>> {
        match done {
            Ok(answer) => {
                self.count(what, None);
                Ok(Some(answer))
            }
            Err(status)
                if matches!(status.code(), tonic::Code::FailedPrecondition | tonic::Code::Aborted | tonic::Code::InvalidArgument) =>
            {
                let reason = tonic_types::StatusExt::get_details_error_info(&status)
                    .map_or_else(|| format!("{:?}", status.code()), |info| info.reason);
                *self.decisions.refused.entry(reason).or_default() += 1;
                Ok(None)
            }
            Err(status) => Err(refused(format!("a person has {what}"))(status)),
        }
    }

    fn count(&mut self, what: &'static str, refusal: Option<&Violation>) {
        match refusal {
            None => *self.decisions.done.entry(what).or_default() += 1,
            Some(violation) => *self.decisions.refused.entry(violation.reason.clone()).or_default() += 1,
        }
    }

    async fn recommendations(&self, state: &str) -> Result<Vec<(String, RecommendationStatus)>> {
        let filter = RecommendationStatusFilter { state: state.to_owned(), ..RecommendationStatusFilter::default() };
        self.client.list("recommendation_status", &filter).await.map(|records| records.iter().filter_map(Record::read).collect())
    }

    async fn drafts(&self, state: &str) -> Result<Vec<(String, DraftOrder)>> {
        let filter = DraftOrderFilter { state: state.to_owned(), ..DraftOrderFilter::default() };
        self.client.list("draft_order", &filter).await.map(|records| records.iter().filter_map(Record::read).collect())
    }
}

/// Who may say yes next: nobody to what they last edited, nobody twice.
fn person(clearance: Option<&Clearance>, edited_by: &str, moment: Moment) -> Option<&'static str> {
    let (levels, approvals) = clearance.map(|clearance| (clearance.levels.as_slice(), clearance.approvals.as_slice()))?;
    let level = levels.get(approvals.len()).map_or(LEVELS[0].0, String::as_str);
    let (_, people) = LEVELS.iter().find(|(name, _)| *name == level)?;
    // The director is away on odd days; Erik stands in.
    let away = if moment.day.day() % 2 == 1 { "dan" } else { "erik" };
    let may = |person: &&&str| **person != edited_by && **person != away && approvals.iter().all(|approval| approval.principal != **person);
    people.iter().find(may).copied()
}

/// A recommendation by its content.
fn about(status: &RecommendationStatus) -> String {
    format!("{} {} {}", status.item_id, status.destination_location_id, status.quantity)
}

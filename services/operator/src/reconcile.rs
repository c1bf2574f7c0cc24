//! The one way in which objects come into force.
//!
//! Governance is asked for the version in force first, then the API server for the objects, then governance to put what they say in the place of that version. So what
//! is put in force was read after what it replaces, and two operators, or one that was asleep, put nothing older in the place of anything newer.

use crate::{
    cluster::Cluster,
    governance::{Governance, Refusal},
    merge::{Verdict, merged},
    object::{Object, Status},
    status::{Said, Truth, news, status},
};
use crossdock_core::Clock;
use crossdock_telemetry::metrics::{self, Measured, OPERATOR_DURATION, OPERATOR_OBJECTS, OPERATOR_RECONCILES};
use k8s_openapi::jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

/// What was read longer ago than this is read again before it is put in force.
const FRESH: Duration = Duration::from_secs(5);
/// So often in a row somebody else may be quicker.
const TRIES: usize = 5;
/// In so many looks in a row governance is away before the objects say so: while it is only started again, nobody has to be told.
const TOLD: u32 = 3;

/// How a look at the objects ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They are in force, and were before.
    Same,
    /// They are in force now.
    Applied,
    /// They are no policy: somebody has to change them.
    Invalid,
    /// Governance does not want it, which may change.
    Refused,
    /// Governance is away.
    Unavailable,
    /// The API server does not say what there is, or does not take a status.
    Failed,
}

impl Outcome {
    /// As metrics have it.
    fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Applied => "applied",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }

    /// Whether it ends the same until somebody changes an object.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Same | Self::Applied | Self::Invalid)
    }
}

/// Puts what the objects say in force, and says of each what became of it.
pub struct Reconciler {
    pub cluster: Cluster,
    pub governance: Governance,
    pub clock: Arc<dyn Clock>,
    /// When the objects were listed last.
    pub listed: Option<Instant>,
    /// In how many looks governance has been away now.
    pub away: u32,
}

/// What became of the objects.
struct Fate {
    /// Faults by object.
    faults: BTreeMap<usize, Vec<String>>,
    /// What is said of all that have none.
    applied: Said,
    version: Option<String>,
    outcome: Outcome,
}

impl Reconciler {
    /// Looks once.
    pub async fn look(&mut self) -> Outcome {
        let began = Instant::now();
        let outcome = match self.reconcile().await {
            Ok(outcome) => outcome,
            Err(why) => {
                tracing::warn!(why, "the API server is not as it should be; it is tried again");
                Outcome::Failed
            }
        };
        OPERATOR_RECONCILES.record(&[outcome.name()], 1);
        OPERATOR_DURATION.record(&[], metrics::Number::seconds(i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX)));
        outcome
    }

    async fn reconcile(&mut self) -> Result<Outcome, String> {
        for _ in 0..TRIES {
            if let Some(outcome) = self.attempt().await? {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Refused)
    }

    /// One attempt; nothing, if somebody else was quicker.
    async fn attempt(&mut self) -> Result<Option<Outcome>, String> {
        let began = Instant::now();
        let in_force = self.governance.version().await;
        let objects = self.cluster.list().await?;
        self.listed = Some(Instant::now());
        let fate = match (merged(&objects), in_force) {
            (Verdict::Nothing, _) => {
                metrics::replace("operator", &[]);
                return Ok(Some(Outcome::Same));
            }
            (Verdict::Faults(faults, others), _) => waiting(&objects, faults, &others),
            (Verdict::Policy { version, .. }, Ok(held)) if version == held => Fate::in_force(version, Outcome::Same),
            (Verdict::Policy { .. }, Ok(_)) if began.elapsed() > FRESH => return Ok(None),
            (Verdict::Policy { version, document }, Ok(held)) => match self.apply(&version, &document, &held).await {
                Ok(version) => Fate::in_force(version, Outcome::Applied),
                Err(Refusal::Changed) => return Ok(None),
                Err(refusal) => Fate::refused(&refusal),
            },
            (Verdict::Policy { .. }, Err(refusal)) => Fate::refused(&refusal),
        };
        self.away = if fate.outcome == Outcome::Unavailable { self.away.saturating_add(1) } else { 0 };
        if self.away == 0 || self.away >= TOLD {
            self.say(&objects, &fate).await?;
        }
        Ok(Some(fate.outcome))
    }

    async fn apply(&self, version: &str, document: &str, held: &str) -> Result<String, Refusal> {
        let span = debug_span!(parent: None, "apply policy", crossdock.service = "operator");
        let applied = self.governance.apply(document, held).instrument(span).await;
        match &applied {
            Ok(version) => tracing::info!(version, before = held, "the policy of the namespace is in force"),
            Err(Refusal::Changed) => tracing::info!(version, "another policy came into force meanwhile; the objects are looked at again"),
            Err(refusal) => tracing::warn!(version, ?refusal, "the policy of the namespace is not in force"),
        }
        applied
    }

    /// Writes what is new in the status of each.
    async fn say(&self, objects: &[Object], fate: &Fate) -> Result<(), String> {
        let now = Timestamp::from_second(self.clock.now().div_euclid(1_000_000)).unwrap_or_default();
        let mut states: BTreeMap<_, i64> = BTreeMap::new();
        let mut failed = None;
        for (index, object) in objects.iter().enumerate() {
            let (state, after) = fate.of(index, object, now);
            *states.entry([object.kind.name(), state]).or_default() += 1;
            if after == object.status {
                continue;
            }
            match self.cluster.say(object, &after).await {
                Ok(true) => {
                    if let Some(condition) = news(&object.status, &after) {
                        self.cluster.tell(object, condition).await;
                    }
                }
                Ok(false) => {}
                Err(why) => failed = Some(format!("{object}: {why}")),
            }
        }
        let said: Vec<_> = states.iter().map(|(labels, count)| Measured::new(&OPERATOR_OBJECTS, labels, *count)).collect();
        metrics::replace("operator", &said);
        failed.map_or(Ok(()), Err)
    }
}

impl Fate {
    fn in_force(version: String, outcome: Outcome) -> Self {
        let applied = Said::new(Truth::Yes, "InForce", format!("policy {version} is in force and has it"));
        Self { faults: BTreeMap::new(), applied, version: Some(version), outcome }
    }

    fn refused(refusal: &Refusal) -> Self {
        let outcome = if matches!(refusal, Refusal::Away(_)) { Outcome::Unavailable } else { Outcome::Refused };
        Self { faults: BTreeMap::new(), applied: refusal.said(), version: None, outcome }
    }

    /// What metrics call it, and its status.
    fn of(&self, index: usize, object: &Object, now: Timestamp) -> (&'static str, Status) {
        let (state, accepted, applied) = match self.faults.get(&index) {
            Some(faults) => {
                let said = Said::new(Truth::No, "Invalid", faults.join("; "));
                ("invalid", said.clone(), said)
            }
            None => {
                let state = match self.applied.0 {
                    Truth::Yes => "applied",
                    Truth::No => "waiting",
                    Truth::Unknown => "unknown",
                };
                (state, Said::new(Truth::Yes, "Valid", "every value is right, and all fit together"), self.applied.clone())
            }
        };
        (state, status(object, accepted, applied, self.version.as_deref(), now))
    }
}

/// Nothing comes into force before these faults are gone.
fn waiting(objects: &[Object], faults: BTreeMap<usize, Vec<String>>, others: &[String]) -> Fate {
    let why = if faults.is_empty() {
        others.join("; ")
    } else {
        let named: Vec<_> = faults.keys().filter_map(|index| objects.get(*index)).take(5).map(ToString::to_string).collect();
        let more = faults.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("nothing of the namespace comes into force before this is right: {}{more}", named.join(", "))
    };
    Fate { faults, applied: Said::new(Truth::No, "Waiting", why), version: None, outcome: Outcome::Invalid }
}

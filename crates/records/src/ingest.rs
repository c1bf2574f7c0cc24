//! Batches: control totals, outcomes, watermarks.

use crate::{Derived, Incoming, Kind, Kinds, Known, Origin, Parse, Policy, Rules, Taken, registry, stored, take};
use crossdock_core::{Key, Micro, Result, key};
use crossdock_proto::{
    Record,
    operations::WatermarkState,
    schema,
    types::{BatchFailure, BatchResult, ControlTotal, Outcome, OutcomeCounts, RecordResult, Violation, Watermark},
};
use crossdock_store::{Fields, Tx};
use crossdock_telemetry::names;
use std::sync::Arc;
use tracing::{Span, debug, debug_span, field::Empty};

/// Most records of a batch.
pub const MAX_RECORDS: usize = 1_000;
/// Records of a batch that a span names.
const TOLD: usize = 20;
/// Number of the kind of watermarks.
pub(crate) const WATERMARK: u16 = 23;

impl Kind for WatermarkState {
    const NUMBER: u16 = WATERMARK;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for WatermarkState {
    fn fields(&self) -> Fields {
        vec![("kind", self.kind.clone())]
    }
}

/// What one call brings.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The sender's number for it.
    pub number: u64,
    /// Who brings it.
    pub origin: Arc<Origin>,
    /// The records.
    pub records: Vec<Record>,
    /// What the sender believes it holds.
    pub totals: Vec<ControlTotal>,
    /// Valid once it is in.
    pub watermarks: Vec<Watermark>,
    /// What is told of it.
    pub span: Span,
}

impl Default for Batch {
    fn default() -> Self {
        let (number, origin, records) = Default::default();
        Self { number, origin, records, totals: Vec::new(), watermarks: Vec::new(), span: Span::none() }
    }
}

impl Batch {
    /// The span of a batch: one, however many records it has.
    pub fn span(connection: &str, number: u64, records: usize) -> Span {
        debug_span!(
            "batch",
            otel.name = "batch",
            crossdock.connection = connection,
            crossdock.batch = number,
            crossdock.records = records,
            crossdock.accepted = Empty,
            crossdock.duplicate = Empty,
            crossdock.superseded = Empty,
            crossdock.parked = Empty,
            crossdock.rejected = Empty,
        )
    }

    /// Tells what became of it: counts, and the first records that were parked or rejected.
    pub(crate) fn tell(&self, result: &BatchResult) {
        if self.span.is_disabled() {
            return;
        }
        let counts = result.counts.unwrap_or_default();
        let all = [counts.accepted, counts.duplicate, counts.superseded, counts.parked, counts.rejected];
        for (name, count) in names::OUTCOMES.into_iter().zip(all) {
            self.span.record(name, count);
        }
        let left = |result: &&RecordResult| matches!(result.outcome(), Outcome::Parked | Outcome::Rejected);
        for left in result.results.iter().filter(left).take(TOLD) {
            let reason = left.violations.first().map_or("", |violation| violation.reason.as_str());
            let outcome = left.outcome().as_str_name().trim_start_matches("OUTCOME_");
            debug!(parent: &self.span, crossdock.kind = left.kind, crossdock.key = left.key, crossdock.reason = reason, "{outcome}");
        }
    }
}

/// Takes batches, each with its own answer, in one transaction.
///
/// # Errors
/// If the store fails; then nothing of any batch was kept.
pub fn ingest(tx: &mut Tx<'_>, kinds: &Kinds, policy: &Policy, batches: &[Batch]) -> Result<Vec<BatchResult>> {
    let failures: Vec<Option<BatchFailure>> = batches.iter().map(|batch| check(kinds, policy, batch)).collect();
    let good = || batches.iter().zip(&failures).filter(|(_, failure)| failure.is_none()).map(|(batch, _)| batch);
    let incoming: Vec<Incoming> = good()
        .flat_map(|batch| batch.records.iter().map(move |record| (batch, record)))
        .map(|(batch, record)| Incoming { origin: Arc::clone(&batch.origin), record: record.clone(), redriven: None })
        .collect();
    let mut taken = take(tx, kinds, policy, &incoming)?.into_iter();
    for batch in good() {
        advance(tx, batch)?;
    }
    let answer = |(batch, failure): (&Batch, Option<BatchFailure>)| match failure {
        Some(failure) => BatchResult { batch: batch.number, failure: Some(failure), ..BatchResult::default() },
        None => result(batch.number, taken.by_ref().take(batch.records.len())),
    };
    Ok(batches.iter().zip(failures).map(answer).collect())
}

fn check(kinds: &Kinds, policy: &Policy, batch: &Batch) -> Option<BatchFailure> {
    let failure = |reason: &str, message: String| Some(BatchFailure { reason: reason.to_owned(), message, retryable: false });
    let connection = &batch.origin.connection;
    if policy.connection(connection).is_none() {
        let message = format!("connection {connection:?} is not in the policy (version {}) that this service has", policy.document.version);
        return Some(BatchFailure { retryable: true, ..failure("UNKNOWN_CONNECTION", message)? });
    }
    if batch.records.len() > MAX_RECORDS {
        return failure("BATCH_TOO_LARGE", format!("has {} records; send at most {MAX_RECORDS} in a batch", batch.records.len()));
    }
    for total in &batch.totals {
        if let Some(message) = mismatch(kinds, batch, total) {
            return failure("CONTROL_TOTALS", message);
        }
    }
    for watermark in &batch.watermarks {
        let known = schema().kind_named(&watermark.kind).is_some_and(|info| kinds.owns(info.number.into()));
        let region = Parse::new("", "").optional_id("region", &watermark.region).is_some();
        if watermark.recorded_through.is_none() || !known || !region {
            let (kind, region) = (start(&watermark.kind), start(&watermark.region));
            return failure(
                "WATERMARK",
                format!(
                    "a watermark needs recorded_through, a kind of this service, and a region that is an id or empty; got kind {kind:?}, region {region:?}"
                ),
            );
        }
    }
    None
}

/// The first characters of a text that may be very long.
fn start(text: &str) -> String {
    text.chars().take(100).collect()
}

fn mismatch(kinds: &Kinds, batch: &Batch, total: &ControlTotal) -> Option<String> {
    let Some(info) = schema().kind_named(&total.kind) else { return Some(format!("control total of unknown kind {:?}", total.kind)) };
    let of_kind = || batch.records.iter().filter(|record| record.kind == u32::from(info.number));
    let records = of_kind().count();
    if usize::try_from(total.records).ok() != Some(records) {
        return Some(format!("control total says {} records of {}, the batch has {records}; nothing was kept", total.records, total.kind));
    }
    if total.quantity.is_empty() {
        return None;
    }
    let sum = of_kind()
        .filter_map(|record| kinds.open(record).ok())
        .filter_map(|draft| registry::quantity(draft.as_ref()))
        .try_fold(Micro::ZERO, Micro::plus);
    match (sum, total.quantity.parse::<Micro>()) {
        (Ok(sum), Ok(said)) if sum == said => None,
        (Ok(sum), Ok(_)) => {
            Some(format!("control total says quantity {} of {}, the batch has {sum}; nothing was kept", total.quantity, total.kind))
        }
        (_, Err(error)) | (Err(error), _) => Some(format!("control total of {}: quantity {:?} {error}", total.kind, total.quantity)),
    }
}

fn result(batch: u64, taken: impl Iterator<Item = Taken>) -> BatchResult {
    let mut counts = OutcomeCounts::default();
    let mut results = Vec::new();
    for (index, taken) in (0_u32..).zip(taken) {
        match taken.outcome {
            Outcome::Accepted => counts.accepted += 1,
            Outcome::Duplicate => counts.duplicate += 1,
            Outcome::Superseded => counts.superseded += 1,
            Outcome::Parked => counts.parked += 1,
            Outcome::Rejected | Outcome::Unspecified => counts.rejected += 1,
        }
        if !matches!(taken.outcome, Outcome::Accepted | Outcome::Duplicate) || !taken.findings.is_empty() {
            results.push(told(index, taken));
        }
    }
    BatchResult { batch, counts: Some(counts), results, ..BatchResult::default() }
}

fn told(index: u32, taken: Taken) -> RecordResult {
    let mut violations: Vec<Violation> = taken.violations.into_iter().map(stored::violation).collect();
    let cause = taken.cause.map(|cause| {
        violations.push(Violation { reason: cause.reason, message: cause.message, ..Violation::default() });
        cause.key
    });
    RecordResult {
        index,
        kind: taken.kind.to_owned(),
        key: taken.key,
        outcome: taken.outcome.into(),
        violations,
        cause: cause.unwrap_or_default(),
        findings: taken.findings,
    }
}

fn advance(tx: &mut Tx<'_>, batch: &Batch) -> Result<()> {
    if batch.watermarks.is_empty() {
        return Ok(());
    }
    let mut known = Known::default();
    // A kind may be written with a hyphen.
    let kind = |watermark: &Watermark| schema().kind_named(&watermark.kind).map_or("", |info| info.name.as_str());
    let at = |watermark: &Watermark| key::join([&batch.origin.connection, kind(watermark), &watermark.region]);
    known.load(tx, batch.watermarks.iter().map(|watermark| Key::new(WATERMARK, at(watermark))))?;
    let now = tx.now();
    let mut derived =
        Derived { tx, known: &mut known, frees: &mut Vec::new(), trace: &batch.origin.trace, source: crate::Source::default() };
    for watermark in &batch.watermarks {
        let Some(said) = watermark.recorded_through else { continue };
        derived.edit::<WatermarkState>(&at(watermark), |held| {
            // A word that goes back, or speaks of the future, says nothing.
            let before = held.as_ref().and_then(|held| held.recorded_through.as_ref()).map(stored::micros);
            if before >= Some(stored::micros(&said)) || stored::micros(&said) > now {
                return held;
            }
            Some(WatermarkState {
                connection: batch.origin.connection.clone(),
                kind: kind(watermark).to_owned(),
                region: watermark.region.clone(),
                recorded_through: Some(said),
            })
        })?;
    }
    Ok(())
}

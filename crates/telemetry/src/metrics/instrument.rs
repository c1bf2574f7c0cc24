//! One instrument and its series.

use super::{
    DROPPED, Number,
    exposition::{families, number},
};
use crate::trace;
use crossdock_core::TraceParent;
use prometheus_client::{encoding::prometheus_protobuf::prometheus_data_model::Metric, metrics::exemplar::HistogramWithExemplars};
use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

/// Most label sets of one instrument.
const SETS: usize = 200;
/// The value of every label of what is beyond.
const OTHER: &str = "other";

/// What an instrument does with what is recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Adds it.
    Counter,
    /// Shows the last.
    Gauge,
    /// Counts it in the first bucket whose bound is not less, with an exemplar.
    Histogram(&'static [f64]),
}

impl Kind {
    /// Series of one label set, as Prometheus counts them.
    pub(super) const fn series(self) -> usize {
        match self {
            Self::Counter | Self::Gauge => 1,
            // The bucket without a bound, sum and count.
            Self::Histogram(bounds) => bounds.len() + 3,
        }
    }
}

/// Something that is measured.
#[derive(Debug)]
pub struct Instrument {
    /// Its name in OpenTelemetry, such as `rpc.server.call.duration`.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Its unit in UCUM, such as `s` or `{record}`.
    pub unit: &'static str,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
    /// Series that the process may still begin.
    pub(super) left: &'static AtomicUsize,
    /// By label values.
    pub(super) held: Mutex<Vec<Series>>,
}

/// What is shown for one label set.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub values: Vec<String>,
    /// The part of the process that said it last, of a gauge that is said as a whole.
    owner: &'static str,
    pub shown: Shown,
}

#[derive(Clone, Debug)]
pub(super) enum Shown {
    Number(f64),
    Histogram(HistogramWithExemplars<Exemplar>),
}

/// The labels of an exemplar: which span it was.
pub(super) type Exemplar = [(&'static str, String); 2];

impl Instrument {
    /// Records a value under these label values: a counter adds it, a gauge shows it, a histogram counts it. Waits for nothing but another recording.
    pub fn record(&self, values: &[&str], value: impl Into<Number>) {
        self.note(values, value.into(), self.trace());
    }

    /// Changes what a gauge shows.
    pub fn change(&self, values: &[&str], by: i64) {
        self.with(values, |shown| {
            if let Shown::Number(shown) = shown {
                *shown += Number::from(by).0;
            }
        });
    }

    /// What is shown under these label values: the number, or how often a histogram was recorded. For tests.
    pub fn shown(&'static self, values: &[&str]) -> Option<f64> {
        let metric = self.metric(values)?;
        Some(metric.histogram.as_ref().map_or_else(|| number(&metric), |held| Number::from(held.sample_count.cast_signed()).0))
    }

    /// The sum of what a histogram has recorded under these label values. For tests.
    pub fn sum(&'static self, values: &[&str]) -> Option<f64> {
        Some(self.metric(values)?.histogram?.sample_sum)
    }

    fn metric(&'static self, values: &[&str]) -> Option<Metric> {
        let is = |metric: &Metric| metric.label.iter().map(|label| label.value.as_str()).eq(values.iter().copied());
        families(&[self]).ok()?.into_iter().next()?.metric.into_iter().find(is)
    }

    /// Shows the total of a counter that is kept elsewhere.
    pub(super) fn total(&self, values: &[&str], Number(total): Number) {
        self.with(values, |shown| *shown = Shown::Number(total));
    }

    /// Its series as they are, by label values.
    pub(super) fn series(&self) -> Vec<Series> {
        self.held().clone()
    }

    /// What `owner` says of it now, instead of what it said before.
    pub(super) fn replace(&self, owner: &'static str, said: &[&Measured]) {
        let mut held = self.held();
        let before = held.len();
        held.retain(|series| series.owner != owner || said.iter().any(|said| said.values == series.values));
        self.left.fetch_add((before - held.len()) * self.kind.series(), Ordering::Relaxed);
        let mut beyond = 0;
        for said in said {
            let (at, over) = self.place(&mut held, &said.values);
            beyond += i64::from(over);
            if let Some(series) = at.and_then(|at| held.get_mut(at)) {
                series.owner = owner;
                self.show(&mut series.shown, said.value, None);
            }
        }
        drop(held);
        self.count_dropped(beyond);
    }

    fn note<V: AsRef<str>>(&self, values: &[V], value: Number, trace: Option<TraceParent>) {
        self.with(values, |shown| self.show(shown, value, trace));
    }

    fn with<V: AsRef<str>>(&self, values: &[V], change: impl FnOnce(&mut Shown)) {
        let mut held = self.held();
        let (at, over) = self.place(&mut held, values);
        if let Some(series) = at.and_then(|at| held.get_mut(at)) {
            change(&mut series.shown);
        }
        drop(held);
        self.count_dropped(over.into());
    }

    fn held(&self) -> MutexGuard<'_, Vec<Series>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the series of these label values is, made if there is room; whether it is beyond that.
    fn place<V: AsRef<str>>(&self, held: &mut Vec<Series>, values: &[V]) -> (Option<usize>, bool) {
        debug_assert_eq!(values.len(), self.labels.len(), "label values of {}", self.name);
        match find(held, values) {
            Ok(at) => (Some(at), false),
            Err(at) if held.len() < SETS && self.take() => {
                held.insert(at, self.begun(values));
                (Some(at), false)
            }
            // A gauge of all others would show the last of them.
            Err(_) if self.kind == Kind::Gauge => (None, true),
            Err(_) => {
                let other = vec![OTHER; values.len()];
                let at = find(held, &other).unwrap_or_else(|at| {
                    held.insert(at, self.begun(&other));
                    at
                });
                (Some(at), true)
            }
        }
    }

    /// Takes the room of one label set.
    fn take(&self) -> bool {
        let wanted = self.kind.series();
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(wanted)).is_ok()
    }

    fn begun<V: AsRef<str>>(&self, values: &[V]) -> Series {
        let shown = match self.kind {
            Kind::Counter | Kind::Gauge => Shown::Number(0.0),
            Kind::Histogram(bounds) => Shown::Histogram(HistogramWithExemplars::new(bounds.iter().copied())),
        };
        Series { values: values.iter().map(|value| value.as_ref().to_owned()).collect(), owner: "", shown }
    }

    fn show(&self, shown: &mut Shown, Number(value): Number, trace: Option<TraceParent>) {
        match shown {
            Shown::Number(shown) if self.kind == Kind::Counter => *shown += value,
            Shown::Number(shown) => *shown = value,
            Shown::Histogram(histogram) => {
                let at = trace.is_some().then(now);
                histogram.observe(value, trace.map(exemplar), at);
            }
        }
    }

    /// Only histograms have exemplars, and only of spans that can be looked at.
    fn trace(&self) -> Option<TraceParent> {
        if matches!(self.kind, Kind::Histogram(_)) { trace::sampled() } else { None }
    }

    fn count_dropped(&self, beyond: i64) {
        if beyond > 0 && !std::ptr::eq(self, &raw const DROPPED) {
            DROPPED.record(&["series"], beyond);
        }
    }
}

fn find<V: AsRef<str>>(held: &[Series], values: &[V]) -> Result<usize, usize> {
    held.binary_search_by(|series| series.values.iter().map(String::as_str).cmp(values.iter().map(AsRef::as_ref)))
}

fn exemplar(trace: TraceParent) -> Exemplar {
    [("trace_id", trace.trace_id()), ("span_id", trace.span_id())]
}

#[expect(clippy::disallowed_methods, reason = "what a machine tells of itself has the machine's time")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}

/// A value that is recorded later, or not at all: facts count once they are on disk.
#[derive(Clone)]
pub struct Measured {
    pub(super) instrument: &'static Instrument,
    values: Vec<String>,
    value: Number,
    trace: Option<TraceParent>,
}

impl Measured {
    /// Measures now.
    pub fn new(instrument: &'static Instrument, values: &[&str], value: impl Into<Number>) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Self { instrument, values, value: value.into(), trace: instrument.trace() }
    }

    /// Names the trace of what was measured, where no span is current.
    pub fn within(mut self, trace: Option<TraceParent>) -> Self {
        self.trace = self.trace.or(trace.filter(TraceParent::is_sampled));
        self
    }

    /// Records it.
    pub fn publish(self) {
        self.instrument.note(&self.values, self.value, self.trace);
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?} {:?}", self.instrument.name, self.values, self.value)
    }
}

/// The same measurement, whoever made it.
impl PartialEq for Measured {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.instrument, other.instrument) && (&self.values, self.value) == (&other.values, other.value)
    }
}

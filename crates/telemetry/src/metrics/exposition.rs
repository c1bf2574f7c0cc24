//! What is shown to whoever asks: OpenMetrics, or the text format before it.

use super::{Instrument, Kind, instrument::Shown};
use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder, EncodeMetric,
        prometheus_protobuf::{
            self,
            prometheus_data_model::{Metric, MetricFamily},
        },
        text,
    },
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use std::fmt::{self, Write};

/// Instruments, as the encoders want them.
#[derive(Debug)]
struct Table(Vec<&'static Instrument>);

impl Collector for Table {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|instrument| encode(instrument, &mut encoder))
    }
}

fn encode(instrument: &Instrument, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let series = instrument.series();
    if series.is_empty() {
        return Ok(());
    }
    let (kind, (name, unit)) = (metric_type(instrument.kind), named(instrument));
    let labels: Vec<String> = instrument.labels.iter().map(|label| flat(label)).collect();
    let mut family = encoder.encode_descriptor(&name, instrument.help, unit.as_ref(), kind)?;
    for series in series {
        let labels: Vec<(&str, &str)> = labels.iter().map(String::as_str).zip(series.values.iter().map(String::as_str)).collect();
        let metric = family.encode_family(&labels)?;
        match series.shown {
            Shown::Number(total) if instrument.kind == Kind::Counter => ConstCounter::new(total).encode(metric)?,
            Shown::Number(value) => ConstGauge::new(value).encode(metric)?,
            Shown::Histogram(histogram) => histogram.encode(metric)?,
        }
    }
    Ok(())
}

fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram(_) => MetricType::Histogram,
    }
}

/// As Prometheus writes names.
fn flat(name: &str) -> String {
    name.replace('.', "_")
}

/// Its name in Prometheus, and the unit that is added to it.
fn named(instrument: &Instrument) -> (String, Option<Unit>) {
    let unit = match instrument.unit {
        "s" => Unit::Seconds,
        "By" => Unit::Bytes,
        _ => return (flat(instrument.name), None),
    };
    let name = flat(instrument.name);
    let name = name.strip_suffix(&format!("_{}", unit.as_str())).unwrap_or(&name).to_owned();
    (name, Some(unit))
}

/// Its whole name in Prometheus.
pub(super) fn full_name(instrument: &Instrument) -> String {
    let (name, unit) = named(instrument);
    let unit = unit.map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
    format!("{name}{unit}{}", if instrument.kind == Kind::Counter { "_total" } else { "" })
}

fn registry(instruments: &[&'static Instrument]) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Table(instruments.to_vec())));
    registry
}

/// OpenMetrics 1.0 text, with exemplars.
pub(super) fn openmetrics(instruments: &[&'static Instrument]) -> Result<String, fmt::Error> {
    let mut text = String::new();
    text::encode(&mut text, &registry(instruments))?;
    Ok(text)
}

/// As a model: what OTLP and the older text are made from. A family per instrument that has series, in their order.
pub(super) fn families(instruments: &[&'static Instrument]) -> Result<Vec<MetricFamily>, fmt::Error> {
    prometheus_protobuf::encode(&registry(instruments))
}

/// Prometheus text 0.0.4, for what does not know OpenMetrics; it has no exemplars.
pub(super) fn plain(instruments: &[&'static Instrument]) -> Result<String, fmt::Error> {
    let mut text = String::new();
    families(instruments)?.iter().try_for_each(|family| plain_family(&mut text, family))?;
    Ok(text)
}

fn plain_family(text: &mut String, family: &MetricFamily) -> fmt::Result {
    let name = family.name.as_str();
    writeln!(text, "# HELP {name} {}", family.help)?;
    writeln!(text, "# TYPE {name} {}", family.r#type().as_str_name().to_lowercase())?;
    for metric in &family.metric {
        let labels: Vec<String> = metric.label.iter().map(|label| format!("{}=\"{}\"", label.name, escaped(&label.value))).collect();
        let labels = labels.join(",");
        if let Some(histogram) = &metric.histogram {
            for bucket in &histogram.bucket {
                let comma = if labels.is_empty() { "" } else { "," };
                let bound = if bucket.upper_bound >= f64::MAX { "+Inf".to_owned() } else { bucket.upper_bound.to_string() };
                writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {}", bucket.cumulative_count)?;
            }
            writeln!(text, "{name}_sum{{{labels}}} {}", histogram.sample_sum)?;
            writeln!(text, "{name}_count{{{labels}}} {}", histogram.sample_count)?;
        } else {
            writeln!(text, "{name}{{{labels}}} {}", number(metric))?;
        }
    }
    Ok(())
}

/// What a counter or a gauge shows.
pub(super) fn number(metric: &Metric) -> f64 {
    metric.counter.as_ref().map(|counter| counter.value).or(metric.gauge.map(|gauge| gauge.value)).unwrap_or_default()
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

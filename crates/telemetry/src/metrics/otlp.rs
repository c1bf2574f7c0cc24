//! The same instruments, pushed over OTLP.

use super::{
    ALL, DROPPED, Instrument, Kind,
    exposition::{families, full_name, number},
    instrument::now,
    process, table,
};
use crossdock_core::{Error, Result, TraceParent};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{ExportMetricsServiceRequest, metrics_service_client::MetricsServiceClient},
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, Exemplar, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
        Sum, exemplar, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};
use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::{self as model, Bucket, LabelPair, MetricFamily};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::transport::{Channel, Endpoint};

/// Between two pushes.
const EVERY: Duration = Duration::from_secs(10);
/// A push that takes longer is dropped; the next one says all of it again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pushes to a collector such as `http://127.0.0.1:4317`, for ever; `resource` says which process this is.
///
/// # Errors
/// If the address is none.
pub fn push(address: &str, resource: &[(&str, &str)]) -> Result<impl Future<Output = ()> + Send + use<>> {
    table::show();
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| {
        Error::invalid("OTLP_ADDRESS", format!("{address:?} is no address such as http://127.0.0.1:4317")).because(error)
    })?;
    let resource = Resource { attributes: resource.iter().map(|(key, value)| attribute(key, value)).collect(), ..Resource::default() };
    let channel = endpoint.connect_timeout(PATIENCE).timeout(PATIENCE).connect_lazy();
    Ok(run(MetricsServiceClient::new(channel), resource))
}

async fn run(mut client: MetricsServiceClient<Channel>, resource: Resource) {
    let (start, mut reached) = (nanos(now()), true);
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        process::refresh();
        let Ok(families) = families(ALL) else { continue };
        let pushed = client.export(request(&families, &resource, (start, nanos(now())))).await;
        if let Err(error) = &pushed {
            DROPPED.record(&["metrics"], 1);
            if reached {
                tracing::warn!(%error, "metrics cannot be pushed; it is tried again");
            }
        }
        reached = pushed.is_ok();
    }
}

fn nanos(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// From when to when it was counted.
type Span = (u64, u64);

fn request(families: &[MetricFamily], resource: &Resource, span: Span) -> ExportMetricsServiceRequest {
    let scope =
        InstrumentationScope { name: "crossdock".into(), version: env!("CARGO_PKG_VERSION").into(), ..InstrumentationScope::default() };
    let metrics = families.iter().filter_map(|family| Some(metric(named(&family.name)?, family, span))).collect();
    let scope = ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() };
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource.clone()),
            scope_metrics: vec![scope],
            ..ResourceMetrics::default()
        }],
    }
}

/// The instrument that is called so in Prometheus.
fn named(name: &str) -> Option<&'static Instrument> {
    ALL.iter().find(|instrument| full_name(instrument) == name).copied()
}

fn metric(instrument: &Instrument, family: &MetricFamily, span: Span) -> Metric {
    let cumulative = AggregationTemporality::Cumulative.into();
    let numbers = || family.metric.iter().map(|metric| point(instrument, metric, span)).collect();
    let data = match instrument.kind {
        Kind::Counter => Data::Sum(Sum { data_points: numbers(), aggregation_temporality: cumulative, is_monotonic: true }),
        Kind::Gauge => Data::Gauge(Gauge { data_points: numbers() }),
        Kind::Histogram(_) => Data::Histogram(Histogram {
            data_points: family.metric.iter().filter_map(|metric| buckets(instrument, metric, span)).collect(),
            aggregation_temporality: cumulative,
        }),
    };
    Metric {
        name: instrument.name.into(),
        description: instrument.help.into(),
        unit: instrument.unit.into(),
        data: Some(data),
        ..Metric::default()
    }
}

fn point(instrument: &Instrument, metric: &model::Metric, (start, now): Span) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(instrument, &metric.label),
        start_time_unix_nano: start,
        time_unix_nano: now,
        value: Some(number_data_point::Value::AsDouble(number(metric))),
        ..NumberDataPoint::default()
    }
}

fn buckets(instrument: &Instrument, metric: &model::Metric, (start, now): Span) -> Option<HistogramDataPoint> {
    let held = metric.histogram.as_ref()?;
    let before = std::iter::once(0).chain(held.bucket.iter().map(|bucket| bucket.cumulative_count));
    Some(HistogramDataPoint {
        attributes: attributes(instrument, &metric.label),
        start_time_unix_nano: start,
        time_unix_nano: now,
        count: held.sample_count,
        sum: Some(held.sample_sum),
        bucket_counts: held.bucket.iter().zip(before).map(|(bucket, before)| bucket.cumulative_count - before).collect(),
        // The last one has no bound.
        explicit_bounds: held.bucket.iter().map(|bucket| bucket.upper_bound).take(held.bucket.len().saturating_sub(1)).collect(),
        exemplars: held.bucket.iter().filter_map(example).collect(),
        ..HistogramDataPoint::default()
    })
}

fn example(bucket: &Bucket) -> Option<Exemplar> {
    let held = bucket.exemplar.as_ref()?;
    let label = |name: &str| held.label.iter().find(|label| label.name == name).map_or("", |label| &label.value);
    let trace = TraceParent::parse(&format!("00-{}-{}-01", label("trace_id"), label("span_id")))?;
    let at = held.timestamp.and_then(|at| SystemTime::try_from(at).ok()).map_or(0, nanos);
    Some(Exemplar {
        time_unix_nano: at,
        trace_id: trace.as_bytes()[..16].to_vec(),
        span_id: trace.as_bytes()[16..24].to_vec(),
        value: Some(exemplar::Value::AsDouble(held.value)),
        ..Exemplar::default()
    })
}

/// The names as they are in OpenTelemetry.
fn attributes(instrument: &Instrument, labels: &[LabelPair]) -> Vec<KeyValue> {
    instrument.labels.iter().zip(labels).map(|(name, label)| attribute(name, &label.value)).collect()
}

fn attribute(name: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: name.to_owned(), value: Some(value), ..KeyValue::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Measured, RECORDS, RPC_SERVER_DURATION};
    use std::time::Duration;

    #[test]
    fn it_is_the_same_as_on_the_port() {
        let trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        Measured::new(&RPC_SERVER_DURATION, &["a.B/C", "OK"], Duration::from_millis(7)).within(trace).publish();
        RPC_SERVER_DURATION.record(&["a.B/C", "OK"], 60);
        RECORDS.record(&["item", "accepted"], 3);
        let request = request(&families(&[&RPC_SERVER_DURATION, &RECORDS]).unwrap(), &Resource::default(), (5, 6));
        let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
        let [calls, records] = &metrics[..] else { panic!("{metrics:?}") };
        assert_eq!((calls.name.as_str(), calls.unit.as_str()), ("rpc.server.call.duration", "s"));
        let Some(Data::Histogram(histogram)) = &calls.data else { panic!("{calls:?}") };
        let point = &histogram.data_points[0];
        assert_eq!(point.attributes, [attribute("rpc.method", "a.B/C"), attribute("rpc.response.status_code", "OK")]);
        assert_eq!((point.count, point.sum), (2, Some(60.007)));
        assert_eq!(point.bucket_counts, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((point.explicit_bounds.len(), point.explicit_bounds[3]), (12, 0.01));
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (5, 6));
        assert_eq!(point.exemplars.len(), 1);
        assert_eq!((point.exemplars[0].trace_id[0], point.exemplars[0].span_id[1]), (0x4b, 0xf0));
        let Some(Data::Sum(sum)) = &records.data else { panic!("{records:?}") };
        assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
        assert_eq!(sum.data_points[0].value, Some(number_data_point::Value::AsDouble(3.0)));
    }
}

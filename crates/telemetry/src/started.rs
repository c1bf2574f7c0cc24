use crate::{Config, export, logs::Json, trace::MOST_LINKS};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    trace::{Sampler, SdkTracerProvider, SpanExporter as Export},
};
use std::{error::Error, io::IsTerminal, time::Duration};
use tracing::{Level, Subscriber};
use tracing_subscriber::{EnvFilter, Layer, filter::Targets, fmt, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt};

/// How long a message to the backend may take.
const PATIENCE: Duration = Duration::from_secs(5);

type Problem = Box<dyn Error + Send + Sync>;

/// What runs until the process ends.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    logs: Option<SdkLoggerProvider>,
}

impl Telemetry {
    /// Sends what still waits, for as long as that takes a few seconds at most.
    pub fn end(self) {
        // A backend that is away must not keep the process; what is lost then was counted.
        if let Some(traces) = self.traces {
            traces.shutdown_with_timeout(PATIENCE).ok();
        }
        if let Some(logs) = self.logs {
            logs.shutdown_with_timeout(PATIENCE).ok();
        }
    }
}

/// Begins to tell, as `service`: logs to standard error (`filter` is like `info,crossdock_store=debug`; JSON unless standard error is a terminal), traces
/// where the configuration says. To be called within a tokio runtime, once.
///
/// # Errors
/// If the filter or the address is malformed, or telemetry has begun already.
pub fn start(service: &str, filter: &str, config: &Config) -> Result<Telemetry, Problem> {
    let resource = resource(service);
    let traces =
        config.otlp.as_deref().map(|to| Ok::<_, Problem>(provider(span_exporter(to)?, config.sample, resource.clone()))).transpose()?;
    let logs = config.otlp.as_deref().filter(|_| config.logs).map(|to| log_provider(to, resource)).transpose()?;
    // The library complains of each message that a backend does not take.
    let filter = EnvFilter::try_new(filter)?.add_directive("opentelemetry_sdk=off".parse()?);
    let lines: Box<dyn Layer<_> + Send + Sync> = if std::io::stderr().is_terminal() {
        Box::new(fmt::layer().with_writer(std::io::stderr).with_target(false).with_filter(filter.clone()))
    } else {
        Box::new(fmt::layer().event_format(Json).with_writer(std::io::stderr).with_filter(filter.clone()))
    };
    let sent = logs.as_ref().map(|logs| OpenTelemetryTracingBridge::new(logs).with_filter(filter));
    tracing_subscriber::registry().with(traces.as_ref().map(spans)).with(lines).with(sent).try_init()?;
    Ok(Telemetry { traces, logs })
}

#[expect(clippy::disallowed_methods, reason = "an instance is told from others by chance; nothing depends on it")]
fn resource(service: &str) -> Resource {
    Resource::builder_empty()
        .with_service_name(service.to_owned())
        .with_attributes([
            KeyValue::new("service.namespace", "crossdock"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", format!("{:016x}", rand::random::<u64>())),
        ])
        .build()
}

fn span_exporter(to: &str) -> Result<SpanExporter, Problem> {
    Ok(SpanExporter::builder().with_tonic().with_endpoint(to).with_timeout(PATIENCE).build()?)
}

fn log_provider(to: &str, resource: Resource) -> Result<SdkLoggerProvider, Problem> {
    let exporter = LogExporter::builder().with_tonic().with_endpoint(to).with_timeout(PATIENCE).build()?;
    Ok(SdkLoggerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

fn provider(exporter: impl Export + 'static, sample: f64, resource: Resource) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(export::processor(exporter))
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample))))
        .with_max_links_per_span(MOST_LINKS.try_into().unwrap_or(u32::MAX))
        .with_resource(resource)
        .build()
}

/// The layer of spans: Crossdock's own, whatever is logged.
fn spans<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(traces: &SdkTracerProvider) -> impl Layer<S> + Send + Sync + use<S> {
    let own = Targets::new().with_target("crossdock", Level::DEBUG);
    tracing_opentelemetry::layer()
        .with_tracer(traces.tracer("crossdock"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(own)
}

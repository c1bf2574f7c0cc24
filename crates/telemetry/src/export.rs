//! Spans on their way out: a bounded queue that never waits, and counts what it drops.

use crate::metrics::DROPPED;
use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Spans that wait to be sent.
const WAITING: usize = 16_384;
/// How long a span waits for others: what was not sent is lost with the process.
const DELAY: Duration = Duration::from_millis(200);
/// Spans of one message.
const TOGETHER: usize = 512;

/// The processor of finished spans.
pub fn processor<E: SpanExporter + 'static>(exporter: E) -> impl SpanProcessor {
    let waiting = Arc::new(AtomicUsize::new(0));
    let config =
        BatchConfigBuilder::default().with_max_queue_size(WAITING).with_max_export_batch_size(TOGETHER).with_scheduled_delay(DELAY).build();
    let batches = BatchSpanProcessor::builder(Counting { exporter, waiting: Arc::clone(&waiting), away: AtomicBool::new(false) })
        .with_batch_config(config)
        .build();
    Bounded { batches, waiting }
}

#[derive(Debug)]
struct Bounded {
    batches: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.batches.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            DROPPED.record(&["spans"], 1);
            return;
        }
        self.batches.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

#[derive(Debug)]
struct Counting<E> {
    exporter: E,
    waiting: Arc<AtomicUsize>,
    /// The last could not be sent: that is said once.
    away: AtomicBool,
}

impl<E: SpanExporter> SpanExporter for Counting<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let count = batch.len();
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let (sent, away) = (self.exporter.export(batch), &self.away);
        async move {
            let sent = sent.await;
            match (&sent, away.swap(sent.is_err(), Ordering::Relaxed)) {
                (Err(error), false) => tracing::warn!(%error, "traces cannot be sent; they are dropped until they can"),
                (Ok(()), true) => tracing::info!("traces are sent again"),
                _ => {}
            }
            if sent.is_err() {
                DROPPED.record(&["spans"], i64::try_from(count).unwrap_or(i64::MAX));
            }
            sent
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

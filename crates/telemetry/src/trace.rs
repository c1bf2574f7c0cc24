//! Trace contexts, between spans and what is written down.

use crossdock_core::TraceParent;
use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The context of the current span, if it is sampled.
pub fn current() -> Option<TraceParent> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    if !span.is_valid() || !span.is_sampled() {
        return None;
    }
    let flags = [span.trace_flags().to_u8()];
    TraceParent::from_bytes(&[&span.trace_id().to_bytes()[..], &span.span_id().to_bytes(), &flags].concat())
}

//! Contexts of traces: in and out of calls, into rows and back.
//!
//! A synchronous chain is one trace. What goes on later, from a row, begins a trace of its own that is linked to that of the row.

use crossdock_core::TraceParent;
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Most links of one span. A batch builds upon what few earlier calls brought.
pub const MOST_LINKS: usize = 512;

/// The context of the current span; none if nothing is traced.
pub fn current() -> Option<TraceParent> {
    context(&Span::current())
}

/// The context of a span, as a row keeps it and a call carries it; none if it is not traced.
pub fn context(span: &Span) -> Option<TraceParent> {
    if span.is_none() {
        return None;
    }
    let context = span.context();
    let context = context.span().span_context().clone();
    if !context.is_valid() {
        return None;
    }
    let mut bytes = [0; 25];
    bytes[..16].copy_from_slice(&context.trace_id().to_bytes());
    bytes[16..24].copy_from_slice(&context.span_id().to_bytes());
    bytes[24] = context.trace_flags().to_u8();
    TraceParent::from_bytes(&bytes)
}

/// The context of the current span, if it is recorded: what an exemplar or a line of a log can name.
pub fn sampled() -> Option<TraceParent> {
    current().filter(TraceParent::is_sampled)
}

/// Says of the current span which thing of the business it is about: `name` is one of [`crate::names`].
pub fn note(name: &'static str, value: &str) {
    Span::current().set_attribute(name, value.to_owned());
}

/// Makes a span that nobody has entered go on with the trace of a caller.
pub fn continues(span: &Span, caller: &TraceParent) {
    // It fails where nothing is traced.
    span.set_parent(Context::new().with_remote_span_context(span_context(caller))).ok();
}

/// Links a span to where a row comes from. What is no context is no link.
pub fn link(span: &Span, row: &[u8]) {
    if let Some(row) = TraceParent::from_bytes(row) {
        span.add_link(span_context(&row));
    }
}

fn span_context(of: &TraceParent) -> SpanContext {
    let bytes = of.as_bytes();
    let (mut trace, mut span) = ([0; 16], [0; 8]);
    trace.copy_from_slice(&bytes[..16]);
    span.copy_from_slice(&bytes[16..24]);
    SpanContext::new(TraceId::from_bytes(trace), SpanId::from_bytes(span), TraceFlags::new(bytes[24]), true, TraceState::default())
}

//! What is told of every call: a span, how long it took, and how it ended; once, whoever serves it and wherever.

use crate::{calls_at_once::OpenCall, standing::Standing, status};
use crossdock_core::{Error, ErrorKind, TraceParent};
use crossdock_telemetry::{metrics, trace};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tracing::{Span, debug_span, field::Empty};

/// The header with the trace context of a caller (W3C).
const TRACEPARENT: &str = "traceparent";

/// What tonic says, as an internal error, of a caller who went away in the middle of its request.
const GONE: &str = "Missing request message.";

/// On which side of a call this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// It answers.
    Server,
    /// It asks.
    Client,
}

/// A call that has begun.
pub struct Call {
    /// Its span.
    pub span: Span,
    side: Side,
    method: String,
    connection: String,
    began: Instant,
    /// Counts as long as the call is open.
    open: Option<OpenCall>,
    /// The answer goes on as long as its caller may ask.
    standing: Option<Standing>,
}

impl Call {
    /// A call that came in, with the trace of its caller if it has one.
    pub fn server(path: &str, headers: &HeaderMap) -> Self {
        let caller = headers.get(TRACEPARENT).and_then(|value| TraceParent::parse(value.to_str().ok()?));
        let call = Self::begin(Side::Server, path, None);
        if let Some(caller) = caller {
            trace::continues(&call.span, &caller);
        }
        call
    }

    /// A call that goes out; its headers get the trace.
    pub fn client(path: &str, headers: &mut HeaderMap) -> Self {
        let call = Self::begin(Side::Client, path, Span::current().id());
        if let Some(value) = trace::context(&call.span).and_then(|trace| HeaderValue::try_from(trace.to_string()).ok()) {
            headers.insert(TRACEPARENT, value);
        }
        call
    }

    fn begin(side: Side, path: &str, parent: Option<tracing::Id>) -> Self {
        let method = path.trim_start_matches('/');
        let span = debug_span!(
            parent: parent,
            "rpc",
            otel.name = method,
            otel.kind = if side == Side::Server { "server" } else { "client" },
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
            error.type = Empty,
            crossdock.connection = Empty,
            crossdock.service = Empty,
        );
        Self { span, side, method: method.to_owned(), connection: String::new(), began: Instant::now(), open: None, standing: None }
    }

    /// Says who called.
    pub fn of(&mut self, connection: &str) {
        self.span.record("crossdock.connection", connection);
        connection.clone_into(&mut self.connection);
    }

    /// Counts as a call of its connection until it ends, and ends when its caller is not who it was any more.
    pub fn let_in(&mut self, open: Option<OpenCall>, standing: Option<Standing>) {
        (self.open, self.standing) = (open, standing);
    }

    /// Ends with this code, and what is known of why.
    pub fn end(self, code: Code, why: &Why) {
        let name = name(code);
        self.span.record("rpc.response.status_code", name);
        if failed(self.side, code) {
            self.span.record("error.type", if why.reason.is_empty() { name } else { &why.reason });
            self.span.record("otel.status_code", "ERROR");
        }
        let measured = match self.side {
            Side::Server => &metrics::RPC_SERVER_DURATION,
            Side::Client => &metrics::RPC_CLIENT_DURATION,
        };
        self.span.in_scope(|| measured.record(&[&self.method, name], self.began.elapsed()));
        if self.side == Side::Server {
            self.log(code, why);
        }
    }

    /// One line for a call that failed, whichever layer refused it. That a caller went away is none.
    fn log(&self, code: Code, why: &Why) {
        let took_ms = self.began.elapsed().as_millis();
        let Why { reason, message, source } = why;
        macro_rules! say {
            ($level:ident) => {
                self.span.in_scope(|| {
                    tracing::$level!(
                        method = self.method,
                        connection = self.connection,
                        code = name(code),
                        reason,
                        message,
                        source,
                        took_ms,
                        "a call failed"
                    );
                })
            };
        }
        match code {
            Code::Ok | Code::Cancelled => {}
            Code::Internal | Code::Unknown | Code::DataLoss => say!(error),
            code if failed(Side::Server, code) => say!(warn),
            _ => say!(info),
        }
    }

    /// Ends when the answer does.
    pub fn answered<B>(self, response: Response<B>) -> Response<Answer<B>> {
        // An error without a message has its trailers where the headers are.
        let why = response.extensions().get::<Status>().map(Why::of).unwrap_or_default();
        let gone = self.side == Side::Server && why.message == GONE;
        let code = code(response.headers()).map(|code| if gone { Code::Cancelled } else { code });
        response.map(|body| match code {
            Some(code) => {
                self.end(code, &why);
                Answer { body, call: None }
            }
            None => Answer { body, call: Some(self) },
        })
    }
}

/// Why a call failed.
#[derive(Default)]
pub struct Why {
    reason: String,
    message: String,
    source: Option<String>,
}

impl Why {
    /// What a status says.
    pub fn of(status: &Status) -> Self {
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        let source = std::error::Error::source(status).map(|source| format!("{source:?}"));
        Self { reason, message: status.message().to_owned(), source }
    }
}

/// For whom it is a failure: a server that refuses a wrong call works.
fn failed(side: Side, code: Code) -> bool {
    match code {
        Code::Ok => false,
        Code::Unknown | Code::DeadlineExceeded | Code::Unimplemented | Code::Internal | Code::Unavailable | Code::DataLoss => true,
        _ => side == Side::Client,
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|value| Code::from_bytes(value.as_bytes()))
}

/// Name of a status code as in the gRPC specification.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The body of an answer: its call ends with it, and what makes it runs in the call's span.
pub struct Answer<B> {
    body: B,
    call: Option<Call>,
}

impl<B> Answer<B> {
    fn end(&mut self, code: Code, trailers: Option<&HeaderMap>) {
        let said = trailers.filter(|_| code != Code::Ok).and_then(Status::from_header_map);
        if let Some(call) = self.call.take() {
            call.end(code, &said.as_ref().map_or_else(Why::default, Why::of));
        }
    }
}

impl<B: Body + Unpin> Body for Answer<B>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let span = self.call.as_ref().map_or_else(Span::none, |call| call.span.clone());
        let frame = ready!(span.in_scope(|| Pin::new(&mut self.body).poll_frame(context)));
        let standing = self.call.as_ref().and_then(|call| call.standing.as_ref());
        if matches!(&frame, Some(Ok(frame)) if frame.is_data()) && standing.is_some_and(|standing| !standing.holds()) {
            let ended = status(Error::new(
                ErrorKind::Unauthenticated,
                "CREDENTIAL_ENDED",
                "what this call has shown is not good for its connection any more",
            ));
            let mut trailers = HeaderMap::new();
            ended.add_header(&mut trailers).ok();
            self.end(Code::Unauthenticated, Some(&trailers));
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        match &frame {
            Some(Ok(frame)) => {
                if let Some(code) = frame.trailers_ref().and_then(code) {
                    self.end(code, frame.trailers_ref());
                }
            }
            Some(Err(_)) => self.end(Code::Unknown, None),
            None => self.end(Code::Ok, None),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Answer<B> {
    /// Nobody wanted the rest of it.
    fn drop(&mut self) {
        self.end(Code::Cancelled, None);
    }
}

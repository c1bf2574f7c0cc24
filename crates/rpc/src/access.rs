//! Who is calling, and whether they may: one layer around every service's routes, for calls from the network and from this process alike.

use crate::{CONTRACT, Handle, calls::Call, status};
use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use bytes::Bytes;
use crossdock_core::{Error, ErrorKind, TraceParent};
use crossdock_proto::{MethodInfo, schema};
use crossdock_records::{Origin, Policy};
use crossdock_telemetry::trace;
use futures::FutureExt;
use http::HeaderMap;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tonic::{Status, service::Routes};
use tracing::{Instrument, Span};

/// Metadata that names the connection.
pub const CONNECTION: &str = "crossdock-connection";
/// Metadata that names the person a connection acts for.
pub const PRINCIPAL: &str = "crossdock-principal";
/// The connection that services use among themselves: it may read records, and nothing else.
pub const PEER: &str = "crossdock";

/// Who is calling; an extension of every request.
#[derive(Clone, Debug)]
pub struct Caller(pub Arc<Origin>);

impl Caller {
    /// The caller of a request that came through [`guard`].
    ///
    /// # Errors
    /// If it did not.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| Status::internal("the request was not identified"))
    }

    /// What it brings hangs on this span, if that is traced; else on the caller's own.
    pub(crate) fn within(self, span: &Span) -> Self {
        let Some(trace) = trace::context(span) else { return self };
        Self(Arc::new(Origin { trace: Bytes::copy_from_slice(trace.as_bytes()), ..(*self.0).clone() }))
    }
}

/// Puts the layer around a service's routes: identity, roles, panics.
pub fn guard(routes: Routes, handle: &Handle) -> Routes {
    Routes::from(routes.into_axum_router().layer(from_fn_with_state(handle.clone(), check)))
}

async fn check(State(handle): State<Handle>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut call = Call::server(&path, request.headers());
    call.span.record("crossdock.service", handle.name);
    let caller = schema()
        .method(&path)
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "UNKNOWN_METHOD", format!("{path} is not a method of this service")))
        .and_then(|method| identify(request.headers(), &handle.policy.borrow(), &path, method));
    let response = match caller {
        Ok(caller) => {
            call.of(&caller.0.connection);
            let caller = caller.within(&call.span);
            let version = request.headers().get(CONTRACT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            handle.contracts.called(&caller.0.connection, &path, version, handle.store.clock().now());
            request.extensions_mut().insert(caller);
            // A panic would unwind into a caller of this process.
            let answer = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(call.span.clone());
            answer
                .await
                .unwrap_or_else(|_| status(Error::internal("the call failed; it was logged", format!("{path} panicked"))).into_http())
        }
        Err(error) => status(error).into_http(),
    };
    call.answered(response).map(axum::body::Body::new)
}

fn identify(headers: &HeaderMap, policy: &Policy, path: &str, method: &MethodInfo) -> Result<Caller, Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = text(CONNECTION);
    let trace = TraceParent::parse(text("traceparent")).map_or_else(Bytes::new, |trace| Bytes::copy_from_slice(trace.as_bytes()));
    let caller = |principal: &str| {
        Caller(Arc::new(Origin { connection: name.to_owned(), principal: principal.to_owned(), trace: trace.clone(), received: None }))
    };
    if name.is_empty() {
        let message = format!("metadata {CONNECTION} is missing: name one of the policy's connections");
        return Err(Error::new(ErrorKind::Unauthenticated, "CONNECTION_MISSING", message));
    }
    if name == PEER {
        // It sees everything by watching; by key and by filter it sees no more than that.
        let reads = ["/Watch", "/BatchGet", "/List"].iter().any(|method| path.ends_with(method));
        return if reads { Ok(caller("")) } else { Err(denied(name, path, "may only read records")) };
    }
    if policy.document.version.is_empty() {
        let message = "this service has not heard of any policy yet: start governance, or wait until it is reached";
        return Err(Error::new(ErrorKind::Unavailable, "POLICY_MISSING", message));
    }
    let Some(connection) = policy.connection(name) else {
        let message = format!("connection {name:?} is not in the policy (version {})", policy.document.version);
        return Err(Error::new(ErrorKind::Denied, "UNKNOWN_CONNECTION", message));
    };
    if !method.callers.is_empty() && !policy.allows(name, &method.callers) {
        let roles: Vec<_> = method.callers.iter().map(|role| role.as_str_name()).collect();
        return Err(denied(name, path, &format!("needs one of {}", roles.join(", "))));
    }
    let principal = text(PRINCIPAL);
    if !principal.is_empty() && !connection.names_principals {
        return Err(denied(name, path, &format!("may not name a person in {PRINCIPAL}")));
    }
    Ok(caller(principal))
}

fn denied(name: &str, path: &str, why: &str) -> Error {
    Error::new(ErrorKind::Denied, "NOT_ALLOWED", format!("connection {name} {why} for {path}"))
}

//! Who is calling, and whether they may: one layer around every service's routes, for calls from the network and from this process alike.

use crate::{
    CONTRACT, Handle, bounds,
    calls::Call,
    calls_at_once::OpenCall,
    identify::{Identity, Shown, identify},
    status,
};
use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use bytes::Bytes;
use crossdock_core::{Error, ErrorKind, TraceParent};
use crossdock_identity::Proof;
use crossdock_proto::schema;
use crossdock_records::{Origin, Policy, SERVICE};
use crossdock_telemetry::trace;
use futures::FutureExt;
use http::header::AUTHORIZATION;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};
use tonic::{Status, service::Routes};
use tracing::{Instrument, Span};

/// Metadata that names the connection.
pub const CONNECTION: &str = "crossdock-connection";
/// Metadata that names the person a connection acts for.
pub const PRINCIPAL: &str = "crossdock-principal";
/// The connection that services use among themselves; its role is SERVICE.
pub const PEER: &str = SERVICE;
/// The connection of what puts a cluster's custom resources in force; its role is CLUSTER.
pub const CLUSTER: &str = crossdock_records::CLUSTER;

/// Begins the paths of the methods that tell the contracts: for every caller who is known.
const REFLECTION: &str = "/grpc.reflection.";

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
    let shown = Shown::of(&request);
    if path.starts_with(REFLECTION) && shown.proof == Some(Proof::Believed) {
        return bounds::within(&handle.bounds, None, "", request, next).await;
    }
    let mut call = Call::server(&path, request.headers());
    call.span.record("crossdock.service", handle.name);
    let response = match admit(&handle, &path, shown).instrument(call.span.clone()).await {
        Ok((identity, open)) => {
            call.of(&identity.connection);
            call.let_in(open, identity.standing);
            // Nobody behind this needs it.
            request.headers_mut().remove(AUTHORIZATION);
            let trace = request.headers().get("traceparent").and_then(|value| TraceParent::parse(value.to_str().ok()?));
            let trace = trace.map_or_else(Bytes::new, |trace| Bytes::copy_from_slice(trace.as_bytes()));
            let origin = Origin { connection: identity.connection, principal: identity.principal, trace, received: None };
            let caller = Caller(Arc::new(origin)).within(&call.span);
            let version = request.headers().get(CONTRACT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            handle.contracts.called(&caller.0.connection, &path, version, handle.store.clock().now());
            request.extensions_mut().insert(caller.clone());
            // A panic would unwind into a caller of this process.
            let answered = bounds::within(&handle.bounds, schema().method(&path), &caller.0.connection, request, next);
            let answer = AssertUnwindSafe(answered).catch_unwind().instrument(call.span.clone());
            answer
                .await
                .unwrap_or_else(|_| status(Error::internal("the call failed; it was logged", format!("{path} panicked"))).into_http())
        }
        Err(error) => status(error).into_http(),
    };
    call.answered(response).map(axum::body::Body::new)
}

/// Lets a call in: who it is, how much it asks for, whether it may.
async fn admit(handle: &Handle, path: &str, shown: Shown) -> Result<(Identity, Option<OpenCall>), Error> {
    let identity = identify(handle, shown).await?;
    let policy = Arc::clone(&handle.policy.borrow());
    let known = |name: &str| policy.connection(name).is_some();
    let connection = policy.connection(&identity.connection);
    let open = connection.map(|connection| handle.calls.begin(connection, known, Instant::now())).transpose()?;
    permit(&policy, &identity.connection, path)?;
    Ok((identity, open))
}

/// Whether a connection may call a method.
fn permit(policy: &Policy, name: &str, path: &str) -> Result<(), Error> {
    if path.starts_with(REFLECTION) {
        return Ok(());
    }
    let unknown = || Error::new(ErrorKind::NotFound, "UNKNOWN_METHOD", format!("{path} is not a method of this service"));
    let method = schema().method(path).ok_or_else(unknown)?;
    if !policy.allows(name, &method.callers) {
        let roles: Vec<_> = method.callers.iter().map(|role| role.as_str_name()).collect();
        return Err(denied(name, path, &format!("needs one of {}", roles.join(", "))));
    }
    Ok(())
}

fn denied(name: &str, path: &str, why: &str) -> Error {
    Error::new(ErrorKind::Denied, "NOT_ALLOWED", format!("connection {name} {why} for {path}"))
}

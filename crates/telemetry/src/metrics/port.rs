//! The port where monitoring asks.

use super::{
    ALL,
    exposition::{openmetrics, plain},
    process, table,
};
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

/// Answers `GET /metrics` until it is dropped.
pub async fn serve(listener: TcpListener) {
    table::show();
    let routes = Router::new().route("/metrics", get(metrics));
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::warn!(%error, "the metrics port failed");
    }
}

async fn metrics(headers: HeaderMap) -> Response {
    process::refresh();
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (kind, text) = if accepts.contains("application/openmetrics-text") {
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", openmetrics(ALL))
    } else {
        ("text/plain; version=0.0.4; charset=utf-8", plain(ALL))
    };
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

//! For the operator: does it run, is it well, and how much does it do.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::state::ServerState;

/// Writes a canary through a room and reads it back: a server that is up but cannot save is not well.
pub async fn healthz(State(state): State<Arc<ServerState>>) -> Response {
    let (status, word) = match state.health.check().await {
        Ok(()) => (StatusCode::OK, "ok".to_owned()),
        Err(trouble) => {
            tracing::error!(?trouble, "health check failed");
            (StatusCode::SERVICE_UNAVAILABLE, trouble.sentence())
        }
    };
    (status, Json(json!({ "status": word }))).into_response()
}

/// Answers while the process runs at all: for a supervisor that restarts what is dead and must not restart what has a full
/// disk.
pub async fn livez() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// Figures as OpenMetrics text.
pub async fn metrics(State(state): State<Arc<ServerState>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    state.metrics.store_waiting.set(state.store.waiting());
    ([(header::CONTENT_TYPE, kind)], state.metrics.text()).into_response()
}

//! For the operator: is it well, and how much does it do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{state::ServerState, store::Write};

/// A store that does not answer in this time is not well.
const CANARY_TIME_MAX: Duration = Duration::from_secs(5);

/// Writes a canary and reads it back: a server that is up but cannot save is not well.
pub async fn healthz(State(state): State<Arc<ServerState>>) -> Response {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let value = NEXT.fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX);
    let check = async {
        state.store.commit(vec![Write::Canary(value)]).await?;
        state.store.canary().await
    };
    let (status, word) = match tokio::time::timeout(CANARY_TIME_MAX, check).await {
        // A later check may have written its own value in between: any that is not older is as good.
        Ok(Ok(found)) if found >= value => (StatusCode::OK, "ok"),
        Ok(Ok(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the canary was not read back"),
        Ok(Err(error)) => {
            tracing::error!(%error, "health check failed");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not save")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    };
    (status, Json(json!({ "status": word }))).into_response()
}

/// Figures as OpenMetrics text.
pub async fn metrics(State(state): State<Arc<ServerState>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.metrics.text()).into_response()
}

//! Tokens for other automerge-repo clients.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{device, error::ApiError};
use crate::{
    secret::Secret,
    state::{ServerState, wall_clock_ms},
    store::{TokenRow, Write},
};

/// A token holds for a day.
const TOKEN_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;

/// Makes a token with the rights of the asking device in one workshop.
pub async fn mint(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seat = device::seat(&state, &headers, &workshop).await?;
    let secret = Secret::random()?;
    let expires_at_ms = wall_clock_ms().saturating_add(TOKEN_LIFE_MS);
    let row = TokenRow {
        hash: secret.hash(),
        device: seat.device,
        workshop: workshop.clone(),
        expires_at_ms,
    };
    state.store.commit(vec![Write::AddToken(row)]).await?;
    let token = secret.reveal();
    // http becomes ws and https wss: the schemes differ in these four letters only.
    let base = state.base_url.replacen("http", "ws", 1);
    let answer = json!({ "token": token, "url": format!("{base}/sync/{workshop}?token={token}"), "expires_at_ms": expires_at_ms });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

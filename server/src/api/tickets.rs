//! Tickets: what a page's cookie buys, and what opens its socket once. See [`crate::tickets`].

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{device, error::ApiError, socket::room_for_one_more};
use crate::{
    state::ServerState,
    tickets::{TICKET_LIFE, Ticket},
};

/// Makes a ticket for the asking device's next socket. Whatever keeps the socket from being opened is said here already:
/// a page reads an answer to this request, and none to a handshake that failed.
pub async fn issue(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seat = device::seat(&state, &headers, &workshop).await?;
    room_for_one_more(&state, &workshop)?;
    state
        .budgets
        .ticket(&seat.device)
        .map_err(|too_many| ApiError::too_many(&state, too_many))?;
    let ticket = state.tickets.issue(Ticket {
        device: seat.device,
        workshop,
    })?;
    let life_ms = u64::try_from(TICKET_LIFE.as_millis()).unwrap_or(u64::MAX);
    let answer = json!({ "ticket": ticket.reveal(), "expires_in_ms": life_ms });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

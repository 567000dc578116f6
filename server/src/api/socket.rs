//! The way to the socket: by cookie from our own pages, by token from any other program.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State, WebSocketUpgrade},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{device, error::ApiError, guard::foreign_origin};
use crate::{
    connection,
    secret::Secret,
    state::{ServerState, wall_clock_ms},
    store::SeatRow,
};

/// Open sockets: twice the 5,000 that one machine is measured with. At 8 KB each they are 80 MB.
const SOCKETS_MAX: i64 = 10_000;

#[derive(Deserialize)]
pub struct Parameters {
    token: Option<String>,
}

/// Opens the socket of a workshop.
pub async fn open(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match try_open(&state, &workshop, parameters, &headers).await {
        Ok((live, seat)) => connection::accept(upgrade, state, live, seat),
        Err(error) => {
            state.metrics.refused("socket");
            error.into_response()
        }
    }
}

async fn try_open(
    state: &Arc<ServerState>,
    workshop: &str,
    parameters: Parameters,
    headers: &HeaderMap,
) -> Result<(Arc<crate::workshops::LiveWorkshop>, SeatRow), ApiError> {
    let seat = match parameters.token {
        Some(token) => seat_of_token(state, &token, workshop).await?,
        None => {
            if !state.origins.welcomes_socket(headers) {
                return Err(foreign_origin());
            }
            device::seat(state, headers, workshop).await?
        }
    };
    if state.metrics.sessions.get() >= SOCKETS_MAX {
        return Err(ApiError::unavailable(
            "overloaded",
            "the server is full, try again later",
        ));
    }
    let live = state.workshops.open(workshop).await?;
    let live = live.ok_or_else(|| ApiError::unavailable("damaged", "the workshop cannot be read"))?;
    Ok((live, seat))
}

/// A token carries its own authority: no cookie goes along, so the origin does not matter.
async fn seat_of_token(state: &ServerState, token: &str, workshop: &str) -> Result<SeatRow, ApiError> {
    let secret = Secret::parse(token).ok_or_else(ApiError::no_seat)?;
    let token = state.store.token(secret.hash()).await?.ok_or_else(ApiError::no_seat)?;
    if token.workshop != workshop || token.expires_at_ms < wall_clock_ms() {
        return Err(ApiError::no_seat());
    }
    let seat = state.store.seat(token.device, token.workshop).await?;
    seat.filter(|seat| !seat.revoked).ok_or_else(ApiError::no_seat)
}

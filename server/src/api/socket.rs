//! The way to the socket: by a single-use ticket from our own pages, by token from any other program.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{error::ApiError, guard::foreign_origin};
use crate::{
    connection::{self, Admitted, Upgrade},
    secret::Secret,
    state::{ServerState, wall_clock_ms},
    store::SeatRow,
};

/// Open sockets: twice the 5,000 that one machine is measured with. At 8 KB each they are 80 MB.
const SOCKETS_MAX: i64 = 10_000;
/// Open sockets of one workshop: 64 tables of 15 people with two devices each.
const SOCKETS_PER_WORKSHOP_MAX: usize = 2_000;

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
    upgrade: Upgrade,
) -> Response {
    match try_open(&state, &workshop, parameters, &headers, &upgrade).await {
        Ok(admitted) => connection::accept(upgrade, state, admitted),
        Err(error) => {
            state.metrics.refused("socket");
            error.into_response()
        }
    }
}

/// Whether the server and the workshop have room for one more socket.
pub fn room_for_one_more(state: &ServerState, workshop: &str) -> Result<(), ApiError> {
    if state.metrics.sessions.get() >= SOCKETS_MAX {
        return Err(ApiError::unavailable(
            "server_full",
            "the server is full, try again later",
        ));
    }
    let here = state
        .workshops
        .find(workshop)
        .map_or(0, |live| live.sockets.load(Ordering::Relaxed));
    if here >= SOCKETS_PER_WORKSHOP_MAX {
        let full = ApiError::unavailable("workshop_full", "too many devices have this workshop open");
        return Err(full.with_limit(SOCKETS_PER_WORKSHOP_MAX));
    }
    Ok(())
}

async fn try_open(
    state: &Arc<ServerState>,
    workshop: &str,
    parameters: Parameters,
    headers: &HeaderMap,
    upgrade: &Upgrade,
) -> Result<Admitted, ApiError> {
    let seat = match (parameters.token, upgrade.ticket()) {
        (Some(token), _) => seat_of_token(state, &token, workshop).await?,
        (None, Some(ticket)) => {
            if !state.origins.welcomes_socket(headers) {
                return Err(foreign_origin());
            }
            seat_of_ticket(state, ticket, workshop).await?
        }
        // The cookie goes along from the pages of any site, so by itself it opens nothing.
        (None, None) => return Err(ApiError::no_seat()),
    };
    room_for_one_more(state, workshop)?;
    let device = state
        .budgets
        .socket(&seat.device)
        .map_err(|too_many| ApiError::too_many(state, too_many))?;
    let live = state.workshops.open(workshop).await?;
    let live = live.ok_or_else(|| ApiError::unavailable("damaged", "the workshop cannot be read"))?;
    Ok(Admitted {
        workshop: live,
        seat,
        device,
    })
}

async fn seat_of_ticket(state: &ServerState, ticket: &str, workshop: &str) -> Result<SeatRow, ApiError> {
    let ticket = Secret::parse(ticket)
        .and_then(|secret| state.tickets.redeem(&secret, workshop))
        .ok_or_else(ApiError::no_seat)?;
    seat_of(state, ticket.device, ticket.workshop).await
}

/// A token carries its own authority: no cookie goes along, so the origin does not matter.
async fn seat_of_token(state: &ServerState, token: &str, workshop: &str) -> Result<SeatRow, ApiError> {
    let secret = Secret::parse(token).ok_or_else(ApiError::no_seat)?;
    let token = state.store.token(secret.hash()).await?.ok_or_else(ApiError::no_seat)?;
    if token.workshop != workshop || token.expires_at_ms < wall_clock_ms() {
        return Err(ApiError::no_seat());
    }
    seat_of(state, token.device, token.workshop).await
}

/// The seat as it is now: it may have been revoked since.
async fn seat_of(state: &ServerState, device: String, workshop: String) -> Result<SeatRow, ApiError> {
    let seat = state.store.seat(device, workshop).await?;
    seat.filter(|seat| !seat.revoked).ok_or_else(ApiError::no_seat)
}

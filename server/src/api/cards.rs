//! Cards to be printed, and links that stop working.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body::Body,
    device,
    error::ApiError,
    links::NewLinks,
    seats::{row, workshop_view},
};
use crate::{
    state::ServerState,
    store::{LINKS_MAX, LinkKind, Write},
};

/// Makes new links and codes with their QR codes. Earlier ones go on working; only hashes are kept, so they cannot be shown again.
pub async fn mint(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    device::coordinator(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    let view = workshop_view(&state, &row).await?;
    let groups = view
        .groups
        .iter()
        .filter(|group| !group.removed)
        .map(|group| group.id.clone());
    let links = NewLinks::draw(groups)?;
    if state.store.links_count(workshop.clone()).await? + links.count() > LINKS_MAX {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "too_many_links",
            "too many links are valid; revoke the old ones first",
        )
        .with_limit(LINKS_MAX));
    }
    state.store.commit(links.writes(&workshop)).await?;
    tracing::info!(%workshop, links = links.count(), "links made");
    let base_url = state.base_url.clone();
    // Ten QR codes take some milliseconds: off the async threads.
    let cards = tokio::task::spawn_blocking(move || links.cards(&base_url, &view))
        .await
        .map_err(|_| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the cards could not be made",
            )
        })?;
    Ok((StatusCode::CREATED, Json(cards)))
}

/// Ends one device's seat: its sockets are closed, its offline edits find no way in. Its card still opens the door; cards
/// are renewed by revoking them and making new ones.
pub async fn revoke_seat(
    State(state): State<Arc<ServerState>>,
    Path((workshop, device)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let asking = device::coordinator(&state, &headers, &workshop).await?;
    if asking.device == device {
        return Err(ApiError::bad_request(
            "own_seat",
            "one does not take away one's own seat",
        ));
    }
    let seat = state.store.seat(device.clone(), workshop.clone()).await?;
    let Some(mut seat) = seat else {
        return Err(ApiError::not_found("this device has no seat here"));
    };
    seat.revoked = true;
    state.store.commit(vec![Write::PutSeat(seat)]).await?;
    state.workshops.seat_changed(&workshop, &device);
    tracing::info!(%workshop, "a seat was revoked");
    Ok(Json(json!({ "revoked": device })))
}

/// Which links shall stop working.
#[derive(Deserialize)]
pub struct RevokeBody {
    kind: String,
}

/// Makes links stop working, and ends the seats that were taken through them. The asking device keeps its own.
pub async fn revoke(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<RevokeBody>,
) -> Result<Json<Value>, ApiError> {
    let seat = device::coordinator(&state, &headers, &workshop).await?;
    let kinds = match body.kind.as_str() {
        "all" => LinkKind::ALL.to_vec(),
        // The code belongs to the table cards: it is printed on them.
        "group" => vec![LinkKind::Group, LinkKind::Code],
        "viewer" => vec![LinkKind::Viewer],
        "coordinator" => vec![LinkKind::Coordinator],
        _ => {
            return Err(ApiError::bad_request(
                "bad_request",
                "kind is group, viewer, coordinator or all",
            ));
        }
    };
    state
        .store
        .commit(vec![Write::RevokeLinks {
            workshop: workshop.clone(),
            kinds,
            keep_device: seat.device,
        }])
        .await?;
    state.workshops.seats_changed(&workshop);
    tracing::info!(%workshop, kind = %body.kind, "links revoked");
    Ok(Json(json!({ "revoked": body.kind })))
}

//! The end of a workshop: everything of it is removed from the store, and everybody in it is told.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{body::Body, device, error::ApiError};
use crate::{state::ServerState, store::Write};

/// The workshop once more, so that no slip deletes it.
#[derive(Deserialize)]
pub struct DeleteBody {
    confirm: String,
}

/// Deletes a workshop for good. It works while the disk is full, and for a workshop whose boards are damaged.
pub async fn delete(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<DeleteBody>,
) -> Result<Json<Value>, ApiError> {
    device::coordinator(&state, &headers, &workshop).await?;
    if body.confirm != workshop {
        return Err(ApiError::bad_request(
            "bad_request",
            "confirm must be the workshop's identifier",
        ));
    }
    // Without a readable row nobody can have its boards open either.
    let row = state.store.workshop(workshop.clone()).await.ok().flatten();
    state
        .store
        .commit(vec![Write::DeleteWorkshop {
            workshop: workshop.clone(),
        }])
        .await?;
    // Sockets find that their seat is gone; rooms end, and what was on its way to the disk finds no document there.
    state.workshops.seats_changed(&workshop);
    if let Some(row) = row {
        for (_, board) in row.groups {
            state.rooms.close(board).await;
        }
        state.rooms.close(row.document).await;
    }
    tracing::info!(%workshop, "workshop deleted");
    Ok(Json(json!({ "deleted": workshop })))
}

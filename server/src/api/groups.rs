//! A further group in a running workshop.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use board::{Board, Group, GroupId, Stamp, Workshop, WorkshopCommand, report};
use serde_json::{Value, json};

use super::{
    body::Body,
    device,
    error::ApiError,
    seats::{damaged, row, workshop_view},
    workshops::{NewGroupBody, group_name, new_actor, new_document},
};
use crate::{
    secret::random_bits,
    state::{ServerState, wall_clock_ms},
    store::{DocumentKind, Write},
};

/// Makes the board first and lists it then: a group on the list always has a board.
pub async fn add(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<NewGroupBody>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let seat = device::coordinator(&state, &headers, &workshop).await?;
    let (name, icon) = group_name(body)?;
    let row = row(&state, &workshop).await?;
    if row.groups.len() >= report::GROUPS_MAX {
        return Err(ApiError::bad_request("too_many_groups", "too many groups").with_limit(report::GROUPS_MAX));
    }
    let view = workshop_view(&state, &row).await?;
    let (group, document) = (GroupId::from_random(random_bits()?), new_document()?);
    let now_ms = wall_clock_ms();
    let new = Group {
        name: name.clone(),
        icon: icon.clone(),
        theme: view.theme.clone(),
    };
    let board = Board::create(&workshop, &new, now_ms, new_actor()?);
    state
        .store
        .commit(vec![
            Write::CreateDocument {
                document,
                workshop: workshop.clone(),
                kind: DocumentKind::Board,
                snapshot: board.save(),
            },
            Write::AddGroup {
                workshop: workshop.clone(),
                group: group.clone(),
                document,
            },
        ])
        .await?;
    state.workshops.board_added(&workshop, group.clone(), document);

    let command = WorkshopCommand::AddGroup {
        id: group.clone(),
        name: name.clone(),
        icon: icon.clone(),
        board: document.to_string(),
    };
    let stamp = Stamp {
        person: seat.person,
        device: seat.device,
        at_ms: now_ms,
    };
    let actor = new_actor()?;
    let edit = move |doc: &automerge::Automerge| {
        let mut workshop = Workshop::from_doc(doc.clone().with_actor(actor)).map_err(|_| damaged())?;
        let change = workshop
            .apply(command, &stamp)
            .map_err(|refused| ApiError::bad_request("refused", refused.to_string()))?;
        Ok(change.into_iter().collect())
    };
    state.rooms.edit(row.document, edit).await?;
    tracing::info!(%workshop, %group, "group added");
    let answer = json!({ "id": group.as_str(), "name": name, "icon": icon, "document": document.to_string() });
    Ok((StatusCode::CREATED, Json(answer)))
}

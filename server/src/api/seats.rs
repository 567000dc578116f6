//! A seat: what a device may do in a workshop, at which table it sits and who sits there.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use board::{
    Access, Board, Command, Document, GroupId, PersonId, Refused, Role, Stamp, Workshop, WorkshopView, access,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sync::DocumentId;

use super::{
    body::{self, Body},
    device,
    error::ApiError,
    workshops::new_actor,
};
use crate::{
    secret::random_bits,
    state::{ServerState, wall_clock_ms},
    store::{SeatRow, WorkshopRow, Write},
};

/// Longest name of a person in characters.
const NAME_CHARS_MAX: usize = 40;

/// What one chooses: a table, then a name on its list or a new one.
#[derive(Deserialize)]
pub struct SeatBody {
    group: Option<String>,
    person: Option<String>,
    new_name: Option<String>,
}

/// Shows the asking device's seat.
pub async fn show(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let seat = device::seat(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    Ok(Json(seat_json(&state, &row, &seat).await?))
}

/// Sits down: at a table, as a person.
pub async fn choose(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<SeatBody>,
) -> Result<Json<Value>, ApiError> {
    let mut seat = device::seat(&state, &headers, &workshop).await?;
    if seat.role == Role::Viewer {
        return Err(ApiError::forbidden("viewers sit at no table"));
    }
    // A new name is written on the table's board.
    if seat.read_only && body.new_name.is_some() {
        return Err(ApiError::forbidden("this device may only read"));
    }
    let row = row(&state, &workshop).await?;
    if let Some(group) = &body.group {
        let group = group_of(&row, group)?;
        if seat.group.as_ref() != Some(&group) {
            seat.group = Some(group);
            seat.person = None;
            seat.person_name = String::new();
        }
    }
    let board = seat.group.as_ref().and_then(|group| board_of(&row, group));
    match (body.person, body.new_name) {
        (Some(person), None) => {
            let person: PersonId = person
                .parse()
                .map_err(|_| ApiError::bad_request("no_such_person", "there is no such person"))?;
            let board = board.ok_or_else(|| ApiError::bad_request("no_group", "choose a group first"))?;
            seat.person_name = name_of(&state, board, person.clone()).await?;
            seat.person = Some(person);
        }
        (None, Some(name)) => {
            let name = body::required(&name, "name_empty", NAME_CHARS_MAX)?.replace('\n', " ");
            let person = PersonId::from_random(random_bits()?);
            // A coordinator without a table is on no group's list.
            if let Some(board) = board {
                add_person(&state, board, &seat, person.clone(), name.clone()).await?;
            }
            seat.person = Some(person);
            seat.person_name = name;
        }
        (None, None) => {}
        (Some(_), Some(_)) => return Err(ApiError::bad_request("bad_request", "choose a name or write a new one")),
    }
    seat.updated_at_ms = wall_clock_ms();
    state.store.commit(vec![Write::PutSeat(seat.clone())]).await?;
    state.workshops.seat_changed(&workshop, &seat.device);
    Ok(Json(seat_json(&state, &row, &seat).await?))
}

/// The workshop's row; 404 if there is none.
pub async fn row(state: &ServerState, workshop: &str) -> Result<WorkshopRow, ApiError> {
    let row = state.store.workshop(workshop.to_owned()).await?;
    row.ok_or_else(|| ApiError::not_found("there is no such workshop"))
}

/// The group of this id in the workshop.
pub fn group_of(row: &WorkshopRow, group: &str) -> Result<GroupId, ApiError> {
    row.groups
        .iter()
        .map(|(known, _)| known)
        .find(|known| known.as_str() == group)
        .cloned()
        .ok_or_else(no_such_group)
}

/// The answer about a group that does not exist, and about one that the asking seat may not know of: the same.
pub fn no_such_group() -> ApiError {
    ApiError::not_found_code("no_such_group", "there is no such group")
}

/// The board of a group.
pub fn board_of(row: &WorkshopRow, group: &GroupId) -> Option<DocumentId> {
    row.groups
        .iter()
        .find(|(known, _)| known == group)
        .map(|(_, document)| *document)
}

/// The workshop's view as it is now.
pub async fn workshop_view(state: &ServerState, row: &WorkshopRow) -> Result<Arc<WorkshopView>, ApiError> {
    // A live workshop has its view at hand.
    let live = state.workshops.open(&row.workshop).await?;
    let view = live.and_then(|live| live.view().borrow().clone());
    match view {
        Some(view) => Ok(view),
        None => {
            let doc = state.rooms.copy(row.document).await?;
            let workshop = Workshop::from_doc(doc).map_err(|_| damaged())?;
            Ok(Arc::clone(workshop.view()))
        }
    }
}

/// The answer for a document that cannot be read.
pub fn damaged() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "damaged",
        "the stored document is damaged",
    )
}

/// A role as the API writes it.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Participant => "participant",
        Role::Coordinator => "coordinator",
    }
}

/// A seat as the API shows it: with the groups that this seat may know of, and their people.
pub async fn seat_json(state: &ServerState, row: &WorkshopRow, seat: &SeatRow) -> Result<Value, ApiError> {
    let view = workshop_view(state, row).await?;
    let mut groups = Vec::new();
    for group in &view.groups {
        let Some(document) = board_of(row, &group.id) else {
            continue;
        };
        let may = access(seat.role, seat.group.as_ref(), Document::Board(&group.id), &view);
        // Before a table is chosen its list of people must be seen; afterwards only that of readable boards.
        let shown = may != Access::None || (seat.group.is_none() && !group.removed);
        if !shown {
            continue;
        }
        // A board that cannot be read does not hide the others.
        let people = if seat.role == Role::Viewer {
            Vec::new()
        } else {
            people(state, document).await.unwrap_or_default()
        };
        groups.push(json!({
            "id": group.id.as_str(),
            "name": group.name,
            "icon": group.icon,
            "document": document.to_string(),
            "locked": group.locked,
            "removed": group.removed,
            "people": people,
        }));
    }
    let person = seat
        .person
        .as_ref()
        .map(|person| json!({ "id": person.as_str(), "name": seat.person_name }));
    Ok(json!({
        "workshop": row.workshop,
        "workshop_document": row.document.to_string(),
        "theme": view.theme,
        "role": role_word(seat.role),
        "group": seat.group.as_ref().map(GroupId::as_str),
        "person": person,
        "groups": groups,
        "peer": state.peer.as_str(),
        "device": seat.device,
        "server_time_ms": wall_clock_ms(),
    }))
}

/// The names on a board's list that are not removed.
async fn people(state: &ServerState, board: DocumentId) -> Result<Vec<Value>, ApiError> {
    let people = state.people.of(&state.rooms, board).await?;
    Ok(people
        .iter()
        .map(|person| json!({ "id": person.id.as_str(), "name": person.name, "coordinator": person.coordinator }))
        .collect())
}

async fn name_of(state: &ServerState, board: DocumentId, person: PersonId) -> Result<String, ApiError> {
    let people = state.people.of(&state.rooms, board).await?;
    people
        .iter()
        .find(|known| known.id == person)
        .map(|known| known.name.clone())
        .ok_or_else(|| ApiError::bad_request("no_such_person", "there is no such person at this table"))
}

/// Writes a new name on a group's list. The server does it, so that it also works on a locked board.
async fn add_person(
    state: &ServerState,
    board: DocumentId,
    seat: &SeatRow,
    person: PersonId,
    name: String,
) -> Result<(), ApiError> {
    let stamp = Stamp {
        person: Some(person.clone()),
        device: seat.device.clone(),
        at_ms: wall_clock_ms(),
    };
    let command = Command::SetPerson {
        id: person,
        name,
        coordinator: seat.role == Role::Coordinator,
    };
    let actor = new_actor()?;
    let edit = move |doc: &automerge::Automerge| {
        let mut board = Board::from_doc(doc.clone().with_actor(actor)).map_err(|_| damaged())?;
        let applied = board.apply(command, &stamp).map_err(|refused| match refused {
            Refused::TooMany { limit } => {
                ApiError::bad_request("too_many_people", "the group's list is full").with_limit(limit)
            }
            Refused::NewerSchema { .. } => ApiError::new(
                StatusCode::CONFLICT,
                "newer_schema",
                "the board was written by a newer version",
            ),
            other => ApiError::bad_request("bad_name", other.to_string()),
        })?;
        Ok(applied.change.into_iter().collect())
    };
    state.rooms.edit(board, edit).await?;
    state.people.forget(&board);
    Ok(())
}

//! What coordinators need to calm a table without erasing anybody: whose devices are here, which may only read, who wrote as
//! whom, and what was done.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use board::{GroupId, PersonId, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body::Body,
    device,
    error::ApiError,
    seats::{board_of, damaged, group_of, role_word, row},
};
use crate::{
    secret::hex,
    state::{ServerState, wall_clock_ms},
    store::{ActRow, SeatRow, Write},
};

/// Devices listed: far more than a hall has.
const DEVICES_MAX: usize = 500;
/// Acts listed.
const ACTS_MAX: usize = 200;

/// Everybody's devices, the connected ones first.
pub async fn devices(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let own = device::coordinator(&state, &headers, &workshop).await?;
    let connected = state.workshops.connected(&workshop);
    let connections = |seat: &SeatRow| connected.get(&seat.device).copied().unwrap_or(0);
    let mut seats = state.store.seats_of_workshop(workshop.clone(), DEVICES_MAX).await?;
    seats.sort_by_key(|seat| std::cmp::Reverse(connections(seat) > 0));
    let listed: Vec<Value> = seats
        .iter()
        .map(|seat| {
            json!({
                "device": seat.device,
                "role": role_word(seat.role),
                "group": seat.group.as_ref().map(GroupId::as_str),
                "person": seat.person.as_ref().map(PersonId::as_str),
                "name": seat.person_name,
                "connections": connections(seat),
                "read_only": seat.read_only,
                "own": seat.device == own.device,
                "seen_at_ms": seat.updated_at_ms,
            })
        })
        .collect();
    Ok(Json(json!({ "devices": listed })))
}

/// Which device, and whether it may only read.
#[derive(Deserialize)]
pub struct ReadOnlyBody {
    device: String,
    read_only: bool,
}

/// Lets a device only read, or gives it back what its role allows. Open connections follow at once.
pub async fn set_read_only(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<ReadOnlyBody>,
) -> Result<Json<Value>, ApiError> {
    let own = device::coordinator(&state, &headers, &workshop).await?;
    let seat = state.store.seat(body.device.clone(), workshop.clone()).await?;
    let seat = seat.filter(|seat| !seat.revoked);
    let seat = seat.ok_or_else(|| ApiError::not_found_code("no_such_device", "there is no such device"))?;
    // Two coordinators must not lock each other out; a link that went astray is revoked instead.
    if seat.role == Role::Coordinator && body.read_only {
        return Err(ApiError::forbidden("coordinators cannot be made read-only"));
    }
    let act = if body.read_only { "read_only" } else { "writable" };
    state
        .store
        .commit(vec![
            Write::SetReadOnly {
                workshop: workshop.clone(),
                device: body.device.clone(),
                read_only: body.read_only,
            },
            Write::RecordAct(ActRow {
                workshop: workshop.clone(),
                at_ms: wall_clock_ms(),
                device: own.device,
                act: act.to_owned(),
                group: seat.group,
                subject: Some(body.device.clone()),
                count: 1,
            }),
        ])
        .await?;
    state.workshops.seat_changed(&workshop, &body.device);
    tracing::info!(%workshop, device = %body.device, read_only = body.read_only, "device's rights changed");
    Ok(Json(json!({ "device": body.device, "read_only": body.read_only })))
}

/// As whom devices wrote on a group's board. Names are those of now: an erased person has none.
pub async fn writers(
    State(state): State<Arc<ServerState>>,
    Path((workshop, group)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    device::coordinator(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    let group = group_of(&row, &group)?;
    let document = board_of(&row, &group).ok_or_else(damaged)?;
    let names = names(&state, &workshop).await?;
    let people = state.people.of(&state.rooms, document).await?;
    let writers: Vec<Value> = state
        .store
        .writers(document)
        .await?
        .into_iter()
        .map(|writer| {
            let person = writer.person.as_ref();
            let listed = person.and_then(|person| people.iter().find(|known| known.id == *person));
            let name = listed
                .map(|person| person.name.clone())
                .or_else(|| names.get(&writer.device).cloned())
                .unwrap_or_default();
            json!({
                "actor": hex(&writer.actor),
                "device": writer.device,
                "person": person.map(PersonId::as_str),
                "name": name,
            })
        })
        .collect();
    Ok(Json(json!({ "writers": writers })))
}

/// Who sits at which device now.
async fn names(state: &ServerState, workshop: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let seats = state.store.seats_of_workshop(workshop.to_owned(), DEVICES_MAX).await?;
    Ok(seats.into_iter().map(|seat| (seat.device, seat.person_name)).collect())
}

/// What coordinators did that stands in no document.
pub async fn acts(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    device::coordinator(&state, &headers, &workshop).await?;
    let names = names(&state, &workshop).await?;
    let acts = state.store.acts(workshop, ACTS_MAX).await?;
    let acts: Vec<Value> = acts.iter().map(|act| act_json(act, &names)).collect();
    Ok(Json(json!({ "acts": acts })))
}

fn act_json(act: &ActRow, names: &BTreeMap<String, String>) -> Value {
    let named = |device: &String| names.get(device).cloned().unwrap_or_default();
    json!({
        "at_ms": act.at_ms,
        "act": act.act,
        "name": named(&act.device),
        "group": act.group.as_ref().map(GroupId::as_str),
        "subject": act.subject.as_ref().map(named),
        "count": act.count,
    })
}

/// An act that a coordinator's page did on a board and that the board's own history does not call by its name.
#[derive(Deserialize)]
pub struct NewActBody {
    act: String,
    group: String,
    subject: Option<String>,
    #[serde(default)]
    count: u64,
}

/// Notes down that somebody's acts were taken back. `subject` is that person's device.
pub async fn record(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<NewActBody>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let own = device::coordinator(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    if body.act != "taken_back" {
        return Err(ApiError::bad_request("bad_request", "act is taken_back"));
    }
    let names = names(&state, &workshop).await?;
    let act = ActRow {
        workshop,
        at_ms: wall_clock_ms(),
        device: own.device,
        act: body.act,
        group: Some(group_of(&row, &body.group)?),
        subject: body.subject.filter(|device| names.contains_key(device)),
        count: body.count,
    };
    let answer = act_json(&act, &names);
    state.store.commit(vec![Write::RecordAct(act)]).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

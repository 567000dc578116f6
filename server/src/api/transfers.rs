//! Notes and islands go from one group's board to another's: never lost, never doubled, also when the server dies in between.
//!
//! Both boards' changes and the transfer's id are one transaction of the store. Before it nothing has happened; after it
//! everything has, and the rooms only still have to be told: should the server die before that, they read it from the disk.

use std::sync::Arc;

use automerge::{Automerge, Change};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use board::{Board, Command, ItemId, Refused, Stamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body::Body,
    device,
    error::ApiError,
    seats::{board_of, damaged, group_of, row, workshop_view},
    workshops::new_actor,
};
use crate::{
    secret::random_bits,
    state::{ServerState, wall_clock_ms},
    store::{StoreError, Write},
};

/// Items that may be named in one transfer; an island brings along all that it holds.
const ITEMS_MAX: usize = 500;
/// Longest identifier of a transfer: a UUID is 36.
const ID_CHARS_MAX: usize = 64;

/// What goes where.
#[derive(Deserialize)]
pub struct TransferBody {
    id: String,
    from: String,
    to: String,
    items: Vec<String>,
    #[serde(default)]
    copy: bool,
}

/// Moves or copies items, once per id however often it is asked for.
pub async fn transfer(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<TransferBody>,
) -> Result<Json<Value>, ApiError> {
    let seat = device::coordinator(&state, &headers, &workshop).await?;
    let id_fits = !body.id.is_empty() && body.id.len() <= ID_CHARS_MAX && body.id.chars().all(|c| c.is_ascii_graphic());
    if !id_fits {
        return Err(ApiError::bad_request("bad_request", "a transfer needs an id").with_limit(ID_CHARS_MAX));
    }
    if body.items.is_empty() || body.items.len() > ITEMS_MAX {
        return Err(
            ApiError::bad_request("bad_items", "name at least one item, and not too many").with_limit(ITEMS_MAX),
        );
    }
    let items = body
        .items
        .iter()
        .map(|item| item.parse::<ItemId>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| ApiError::bad_request("bad_items", "an item is n:… or i:…"))?;
    let row = row(&state, &workshop).await?;
    let (from, to) = (group_of(&row, &body.from)?, group_of(&row, &body.to)?);
    if from == to {
        return Err(ApiError::bad_request("same_group", "the two groups are the same"));
    }
    let (source, target) = (
        board_of(&row, &from).ok_or_else(damaged)?,
        board_of(&row, &to).ok_or_else(damaged)?,
    );
    let view = workshop_view(&state, &row).await?;
    let name_of = |group| {
        view.groups
            .iter()
            .find(|known| known.id == group)
            .map(|known| known.name.clone())
    };
    let (from_name, to_name) = (name_of(from).unwrap_or_default(), name_of(to).unwrap_or_default());

    // The second of two transfers sees what the first one moved away.
    let turn = state.transfer_turn(&workshop);
    let _turn = turn.lock().await;
    let answer = |repeated: bool| Json(json!({ "id": body.id, "repeated": repeated, "items": body.items }));
    if state.store.transferred(workshop.clone(), body.id.clone()).await? {
        return Ok(answer(true));
    }
    let (source_doc, target_doc) = (state.rooms.copy(source).await?, state.rooms.copy(target).await?);
    let stamp = Stamp {
        person: seat.person,
        device: seat.device,
        at_ms: wall_clock_ms(),
    };
    let parts = Parts {
        source_doc,
        target_doc,
        items,
        from_name,
        to_name,
        copy: body.copy,
        stamp,
    };
    let (away, arrived) = tokio::task::spawn_blocking({
        let (actors, seed) = ((new_actor()?, new_actor()?), random_bits()?);
        move || changes(parts, actors, seed)
    })
    .await
    .map_err(|_| {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the items could not be packed",
        )
    })??;

    let raw = |changes: &[Change]| {
        changes
            .iter()
            .map(|change| change.raw_bytes().to_vec())
            .collect::<Vec<_>>()
    };
    let mut writes = vec![
        Write::RecordTransfer {
            workshop: workshop.clone(),
            id: body.id.clone(),
            at_ms: wall_clock_ms(),
        },
        Write::Append {
            document: target,
            changes: raw(&arrived),
        },
    ];
    if !away.is_empty() {
        writes.push(Write::Append {
            document: source,
            changes: raw(&away),
        });
    }
    match state.store.commit(writes).await {
        Ok(_) => {}
        Err(StoreError::Conflict) => return Ok(answer(true)),
        Err(error) => return Err(error.into()),
    }
    // It has happened. A room that cannot take it in now reads it from the disk when it opens next; the items are then
    // shown late, never lost or twice.
    for (document, changes) in [(target, arrived), (source, away)] {
        if !changes.is_empty()
            && let Err(error) = state.rooms.apply_durable(document, changes).await
        {
            tracing::warn!(%document, %error, "transferred items are shown when the board is read again");
        }
    }
    tracing::info!(%workshop, items = body.items.len(), copy = body.copy, "items transferred");
    Ok(answer(false))
}

struct Parts {
    source_doc: Automerge,
    target_doc: Automerge,
    items: Vec<ItemId>,
    from_name: String,
    to_name: String,
    copy: bool,
    stamp: Stamp,
}

/// The change on the source (none for a copy) and the one on the target.
fn changes(
    parts: Parts,
    actors: (automerge::ActorId, automerge::ActorId),
    seed: u128,
) -> Result<(Vec<Change>, Vec<Change>), ApiError> {
    let Parts {
        source_doc,
        target_doc,
        items,
        from_name,
        to_name,
        copy,
        stamp,
    } = parts;
    let mut source = Board::from_doc(source_doc.with_actor(actors.0)).map_err(|_| damaged())?;
    let mut target = Board::from_doc(target_doc.with_actor(actors.1)).map_err(|_| damaged())?;
    let mut parcel = source.pack(&items).map_err(refused)?;
    // The workshop's list names the groups; a board's own name may be older.
    if !from_name.is_empty() {
        parcel.from = from_name;
    }
    let receive = Command::Receive {
        parcel,
        seed,
        parent: None,
        at: None,
    };
    let arrived = target
        .apply(receive, &stamp)
        .map_err(refused)?
        .change
        .into_iter()
        .collect();
    let away = if copy {
        Vec::new()
    } else {
        source
            .apply(Command::SendAway { items, to: to_name }, &stamp)
            .map_err(refused)?
            .change
            .into_iter()
            .collect()
    };
    Ok((away, arrived))
}

fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::TooMany { limit } => ApiError::bad_request("too_many", "the board is full").with_limit(limit),
        Refused::NoSuchItem(_) => ApiError::not_found_code("no_such_item", "an item is no longer on the board"),
        Refused::NewerSchema { .. } => ApiError::new(
            StatusCode::CONFLICT,
            "newer_schema",
            "the board was written by a newer version",
        ),
        other => ApiError::bad_request("refused", other.to_string()),
    }
}

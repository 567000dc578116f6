//! Erasing a person's words, or a person, for good; see [`board::board::Erasure`] for what that means on a board.
//!
//! 1. The boards concerned stop: what is on its way to the disk is finished, nothing more is taken in.
//! 2. Each is written anew without what is erased, into a document with a new id and no past.
//! 3. One transaction puts the new documents in the old ones' places, in the server's tables and in the workshop document,
//!    deletes the old ones with all their changes, and notes down that the files still have to be scrubbed. Whoever kills the
//!    server before it finds the old boards, after it the new ones.
//! 4. Rooms of the old documents end, connections tell their clients, and these move by themselves.
//! 5. The files are scrubbed: now, or at the next start.
//!
//! Old document ids are refused for ever: an old replica has nowhere to go with what it remembers.

use std::{collections::BTreeMap, sync::Arc};

use automerge::{ActorId, Automerge};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use board::{Board, GroupId, ItemId, PersonId, Refused, Source, Stamp, Workshop, WorkshopCommand, board::Erasure};
use serde::Deserialize;
use serde_json::{Value, json};
use sync::DocumentId;

use super::{
    body::Body,
    device,
    error::ApiError,
    seats::{board_of, damaged, group_of, row},
    workshops::{new_actor, new_document},
};
use crate::{
    rooms::Retirement,
    secret::random_bits,
    state::{ServerState, wall_clock_ms},
    store::{ActRow, WorkshopRow, Write},
};

/// Items and people of one request: an erasure is one person's wish, not a way to empty a board.
const ITEMS_MAX: usize = 200;
/// Other places with the same words that are shown; more would not be read.
const MENTIONS_MAX: usize = 50;
/// Times that scrubbing is tried while the server runs; after that it is left to the next start.
const SCRUB_TRIES_MAX: u32 = 20;
/// Between two of them.
const SCRUB_AGAIN: std::time::Duration = std::time::Duration::from_secs(15);

/// What shall be erased.
#[derive(Deserialize)]
pub struct ErasureBody {
    groups: Vec<GroupBody>,
}

/// … on one board.
#[derive(Deserialize)]
pub struct GroupBody {
    group: String,
    #[serde(default)]
    items: Vec<String>,
    #[serde(default)]
    people: Vec<String>,
}

/// What is asked for on each board.
#[derive(Default, Clone)]
struct Wish {
    items: Vec<ItemId>,
    people: Vec<PersonId>,
}

type Wishes = BTreeMap<GroupId, Wish>;
/// The workshop's boards as they are now.
type Boards = BTreeMap<GroupId, Board>;

fn wishes(row: &WorkshopRow, body: ErasureBody) -> Result<Wishes, ApiError> {
    let mut wishes = Wishes::new();
    let mut count = 0;
    for GroupBody { group, items, people } in body.groups {
        let wish = wishes.entry(group_of(row, &group)?).or_default();
        count += items.len() + people.len();
        for item in items {
            wish.items.push(item.parse().map_err(|_| no_such_item())?);
        }
        for person in people {
            wish.people.push(person.parse().map_err(|_| no_such_item())?);
        }
    }
    if count == 0 || count > ITEMS_MAX {
        return Err(ApiError::bad_request("bad_request", "name what shall be erased").with_limit(ITEMS_MAX));
    }
    Ok(wishes)
}

fn no_such_item() -> ApiError {
    ApiError::not_found_code("no_such_item", "an item is no longer on the board")
}

/// Says what would be erased: what is asked for, what says the same by its origin, and where else the words stand.
pub async fn preview(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<ErasureBody>,
) -> Result<Json<Value>, ApiError> {
    device::coordinator(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    let wishes = wishes(&row, body)?;
    let mut docs = BTreeMap::new();
    for (group, document) in &row.groups {
        match state.rooms.copy(*document).await {
            Ok(doc) => drop(docs.insert(group.clone(), doc)),
            // A damaged board of another table must not keep anybody from this.
            Err(error) if wishes.contains_key(group) => return Err(error.into()),
            Err(_) => {}
        }
    }
    let answer = tokio::task::spawn_blocking(move || {
        let boards = opened(docs)?;
        let plan = plan(&boards, &wishes)?;
        Ok::<_, ApiError>(preview_json(&boards, &plan))
    });
    answer.await.map_err(|_| not_made())?.map(Json)
}

fn opened(docs: BTreeMap<GroupId, Automerge>) -> Result<Boards, ApiError> {
    docs.into_iter()
        .map(|(group, doc)| Ok((group, Board::from_doc(doc).map_err(|_| damaged())?)))
        .collect()
}

/// What is erased on which board: what is asked for, and the same note on the boards it came from or went to.
fn plan(boards: &Boards, wishes: &Wishes) -> Result<BTreeMap<GroupId, Erasure>, ApiError> {
    let mut plan: BTreeMap<GroupId, Erasure> = BTreeMap::new();
    for (group, wish) in wishes {
        let board = boards.get(group).ok_or_else(damaged)?;
        plan.insert(
            group.clone(),
            board.erasure(&wish.items, &wish.people).map_err(refused)?,
        );
    }
    // Each round adds at least one item, so this ends.
    loop {
        let erased: Vec<ItemId> = plan.values().flat_map(items).collect();
        let origins: Vec<String> = boards
            .values()
            .flat_map(|board| erased.iter().filter_map(|item| origin(board, item)))
            .collect();
        let mut grown = false;
        for (group, board) in boards {
            let known = plan.get(group).map(items).unwrap_or_default();
            let same = |item: &ItemId| {
                let came_from = origin(board, item);
                let is_copy = came_from.is_some_and(|of| erased.iter().any(|item| id_of(item) == of));
                is_copy || origins.iter().any(|of| of == id_of(item))
            };
            let notes = board.view().notes.keys().cloned().map(ItemId::from);
            let islands = board.view().islands.keys().cloned().map(ItemId::from);
            let more: Vec<ItemId> = notes
                .chain(islands)
                .filter(|item| !known.contains(item) && same(item))
                .collect();
            if !more.is_empty() {
                let more = board.erasure(&more, &[]).map_err(refused)?;
                let erasure = plan.entry(group.clone()).or_default();
                erasure.notes.extend(more.notes);
                erasure.headings.extend(more.headings);
                grown = true;
            }
        }
        if !grown {
            return Ok(plan);
        }
    }
}

fn items(erasure: &Erasure) -> Vec<ItemId> {
    let notes = erasure.notes.iter().cloned().map(ItemId::from);
    notes
        .chain(erasure.headings.keys().cloned().map(ItemId::from))
        .collect()
}

fn id_of(item: &ItemId) -> &str {
    match item {
        ItemId::Note(id) => id.as_str(),
        ItemId::Island(id) => id.as_str(),
    }
}

/// The identifier on the board that an item came from.
fn origin(board: &Board, item: &ItemId) -> Option<String> {
    let source = match item {
        ItemId::Note(id) => &board.view().notes.get(id)?.source,
        ItemId::Island(id) => &board.view().islands.get(id)?.source,
    };
    match source {
        Source::Group { id, .. } => Some(id.clone()),
        Source::Board | Source::Import => None,
    }
}

fn text_of<'a>(board: &'a Board, item: &ItemId) -> &'a str {
    let view = board.view();
    match item {
        ItemId::Note(id) => view.notes.get(id).map_or("", |note| note.text.as_str()),
        ItemId::Island(id) => view.islands.get(id).map_or("", |island| island.heading.as_str()),
    }
}

fn preview_json(boards: &Boards, plan: &BTreeMap<GroupId, Erasure>) -> Value {
    let mut words: Vec<&str> = Vec::new();
    for (group, erasure) in plan {
        if let Some(board) = boards.get(group) {
            words.extend(items(erasure).iter().map(|item| text_of(board, item)));
            let people = board
                .view()
                .people
                .iter()
                .filter(|person| erasure.people.contains(&person.id));
            words.extend(people.map(|person| person.name.as_str()));
        }
    }
    let nothing = Erasure::default();
    let mut mentions: Vec<Value> = Vec::new();
    for (group, board) in boards {
        let erasure = plan.get(group).unwrap_or(&nothing);
        let mut found: Vec<ItemId> = words.iter().flat_map(|words| board.mentions(words, erasure)).collect();
        found.sort();
        found.dedup();
        let rest = MENTIONS_MAX.saturating_sub(mentions.len());
        mentions.extend(
            found
                .iter()
                .take(rest)
                .map(|item| json!({ "group": group.as_str(), "item": item.to_string(), "text": text_of(board, item) })),
        );
    }
    let boards: Vec<Value> = plan
        .iter()
        .map(|(group, erasure)| {
            json!({
                "group": group.as_str(),
                "items": items(erasure).iter().map(ToString::to_string).collect::<Vec<_>>(),
                "people": erasure.people.iter().map(PersonId::as_str).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "boards": boards, "mentions": mentions })
}

/// Erases. What was erased cannot be brought back by anybody.
pub async fn erase(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
    Body(body): Body<ErasureBody>,
) -> Result<Json<Value>, ApiError> {
    let seat = device::coordinator(&state, &headers, &workshop).await?;
    // Transfers and erasures of one workshop happen one after the other.
    let turn = state.transfer_turn(&workshop);
    let _turn = turn.lock().await;
    let row = row(&state, &workshop).await?;
    let wishes = wishes(&row, body)?;
    // All boards stop, because a note may have come from any of them; those without it go on at once.
    let mut retired: BTreeMap<GroupId, Retirement> = BTreeMap::new();
    let mut docs = BTreeMap::new();
    for (group, document) in &row.groups {
        match state.rooms.retire(*document).await {
            Ok((doc, retirement)) => {
                docs.insert(group.clone(), doc);
                retired.insert(group.clone(), retirement);
            }
            Err(error) if wishes.contains_key(group) => return Err(error.into()),
            Err(_) => tracing::warn!(%workshop, %document, "a board that cannot be read is not searched for copies"),
        }
    }
    let stamp = Stamp {
        person: seat.person.clone(),
        device: seat.device.clone(),
        at_ms: wall_clock_ms(),
    };
    let workshop_doc = state.rooms.copy(row.document).await?;
    let mut actors = Vec::new();
    for _ in 0..=row.groups.len() {
        actors.push((new_actor()?, new_document()?, random_bits()?));
    }
    let made = tokio::task::spawn_blocking(move || make(docs, &wishes, workshop_doc, &stamp, actors))
        .await
        .map_err(|_| not_made())??;
    retired.retain(|group, _| made.boards.contains_key(group));
    let mut writes = Vec::new();
    let mut counts = (0_u64, 0_u64);
    for (group, new) in &made.boards {
        let old = board_of(&row, group).ok_or_else(damaged)?;
        counts.0 += items(&new.erasure).len() as u64;
        counts.1 += new.erasure.people.len() as u64;
        writes.push(Write::ReplaceDocument {
            workshop: workshop.clone(),
            group: group.clone(),
            old,
            new: new.document,
            snapshot: new.snapshot.clone(),
        });
        writes.extend(new.erasure.people.iter().map(|person| Write::ForgetPerson {
            workshop: workshop.clone(),
            person: person.clone(),
        }));
        writes.push(Write::RecordAct(ActRow {
            workshop: workshop.clone(),
            at_ms: wall_clock_ms(),
            device: seat.device.clone(),
            act: "erased".to_owned(),
            group: Some(group.clone()),
            subject: None,
            count: (items(&new.erasure).len() + new.erasure.people.len()) as u64,
        }));
    }
    writes.push(Write::Append {
        document: row.document,
        changes: made.listed.iter().map(|change| change.raw_bytes().to_vec()).collect(),
    });
    // Should this fail, the retirements are dropped with it and the old boards go on.
    state.store.commit(writes).await?;
    for (group, new) in &made.boards {
        if let Some(retirement) = retired.remove(group) {
            let old = retirement.document();
            state.people.forget(&old);
            state.workshops.board_replaced(&workshop, group, old, new.document);
            retirement.replaced();
        }
    }
    if let Err(error) = state.rooms.apply_durable(row.document, made.listed).await {
        tracing::warn!(%workshop, %error, "the new boards are listed when the workshop is read again");
    }
    let scrubbed = match state.store.scrub().await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%workshop, %error, "erased, but bytes of it are still in the files; it is tried again");
            tokio::spawn(scrub_later(Arc::clone(&state)));
            false
        }
    };
    tracing::info!(%workshop, boards = made.boards.len(), items = counts.0, people = counts.1, scrubbed, "erased");
    let answer = json!({ "boards": made.boards.len(), "items": counts.0, "people": counts.1, "scrubbed": scrubbed });
    Ok(Json(answer))
}

/// Tries again until the bytes are out of the files; the next start does it otherwise.
async fn scrub_later(state: Arc<ServerState>) {
    let mut stopping = state.stopping.clone();
    for _ in 0..SCRUB_TRIES_MAX {
        tokio::select! {
            () = tokio::time::sleep(SCRUB_AGAIN) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        if state.store.scrub().await.is_ok() {
            tracing::info!("erased bytes are out of the files now");
            return;
        }
    }
}

/// A board that takes another one's place.
struct NewBoard {
    document: DocumentId,
    snapshot: Vec<u8>,
    erasure: Erasure,
}

struct Made {
    boards: BTreeMap<GroupId, NewBoard>,
    /// The change of the workshop document that lists them.
    listed: Vec<automerge::Change>,
}

/// Writes the boards anew, and the workshop's list of them.
fn make(
    docs: BTreeMap<GroupId, Automerge>,
    wishes: &Wishes,
    workshop_doc: Automerge,
    stamp: &Stamp,
    mut draws: Vec<(ActorId, DocumentId, u128)>,
) -> Result<Made, ApiError> {
    let boards = opened(docs)?;
    let plan = plan(&boards, wishes)?;
    let mut draw = move || draws.pop().ok_or_else(not_made);
    let (actor, ..) = draw()?;
    let mut workshop = Workshop::from_doc(workshop_doc.with_actor(actor)).map_err(|_| damaged())?;
    let mut made = Made {
        boards: BTreeMap::new(),
        listed: Vec::new(),
    };
    for (group, erasure) in plan.into_iter().filter(|(_, erasure)| !erasure.is_empty()) {
        let board = boards.get(&group).ok_or_else(damaged)?;
        let (actor, document, seed) = draw()?;
        let new = board.without(&erasure, seed, stamp.at_ms, actor).map_err(refused)?;
        let command = WorkshopCommand::SetBoard {
            group: group.clone(),
            board: document.to_string(),
        };
        let listed = workshop.apply(command, stamp).map_err(|_| damaged())?;
        made.listed.extend(listed);
        let snapshot = new.save();
        made.boards.insert(
            group,
            NewBoard {
                document,
                snapshot,
                erasure,
            },
        );
    }
    Ok(made)
}

fn not_made() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the boards could not be written anew; nothing was changed",
    )
}

fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::NoSuchItem(_) | Refused::NoSuchPerson => no_such_item(),
        Refused::NewerSchema { .. } => ApiError::new(
            StatusCode::CONFLICT,
            "newer_schema",
            "the board was written by a newer version",
        ),
        other => ApiError::bad_request("refused", other.to_string()),
    }
}

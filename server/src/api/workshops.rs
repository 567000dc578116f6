//! New workshops: empty, from a report, or the demo; and the list of those a device has a seat in.

use std::{net::IpAddr, sync::Arc};

use automerge::ActorId;
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use board::{Board, Group, GroupId, Role, Workshop, import::ImportBoard, report, workshop::NewWorkshop};
use serde::Deserialize;
use serde_json::{Value, json};
use sync::DocumentId;

use super::{
    body::{self, Body},
    device,
    error::ApiError,
    links::NewLinks,
    seats::role_word,
};
use crate::{
    secret::{hex, random_bits, random_bytes},
    serve::PeerAddress,
    state::{ServerState, wall_clock_ms},
    store::{DocumentKind, SeatRow, Write},
};

/// Longest theme in characters; on a printed card three lines.
const THEME_CHARS_MAX: usize = 200;
/// Longest date and place in characters.
const LINE_CHARS_MAX: usize = 100;
/// Longest group name in characters.
pub const GROUP_NAME_CHARS_MAX: usize = 40;
/// Longest icon: one grapheme cluster, a family of four with skin tones is 11 scalar values.
pub const ICON_CHARS_MAX: usize = 16;
/// Workshops that the start page lists for one device.
const LIST_MAX: usize = 50;

/// What a new workshop is made of.
#[derive(Deserialize)]
pub struct NewWorkshopBody {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    venue: String,
    #[serde(default)]
    groups: Vec<NewGroupBody>,
    report: Option<String>,
}

/// A group of a new workshop.
#[derive(Deserialize)]
pub struct NewGroupBody {
    pub name: String,
    pub icon: Option<String>,
}

/// A board to be made.
enum NewBoard {
    Empty { name: String, icon: Option<String> },
    Imported(Box<ImportBoard>),
}

/// Makes a workshop. Whoever asks becomes its first coordinator.
pub async fn create(
    State(state): State<Arc<ServerState>>,
    ConnectInfo(PeerAddress(address)): ConnectInfo<PeerAddress>,
    headers: HeaderMap,
    Body(body): Body<NewWorkshopBody>,
) -> Result<Response, ApiError> {
    let date = body::optional(&body.date, LINE_CHARS_MAX)?;
    let venue = body::optional(&body.venue, LINE_CHARS_MAX)?;
    let (theme, boards) = match body.report {
        Some(text) => {
            let parsed = report::parse(&text).map_err(not_a_report)?;
            let theme = if body.theme.trim().is_empty() {
                parsed.theme.clone()
            } else {
                body.theme
            };
            // The theme in the file is kept as it is; only one typed beside it is checked.
            (
                theme,
                parsed
                    .boards()
                    .into_iter()
                    .map(|board| NewBoard::Imported(Box::new(board)))
                    .collect(),
            )
        }
        None => {
            let theme = body::required(&body.theme, "theme_empty", THEME_CHARS_MAX)?;
            let groups: Vec<NewBoard> = body.groups.into_iter().map(new_group).collect::<Result<_, _>>()?;
            if groups.is_empty() {
                return Err(ApiError::bad_request(
                    "no_groups",
                    "a workshop needs at least one group",
                ));
            }
            (theme, groups)
        }
    };
    if boards.len() > report::GROUPS_MAX {
        return Err(ApiError::bad_request("too_many_groups", "too many groups").with_limit(report::GROUPS_MAX));
    }
    make(&state, address.ip(), &headers, theme, date, venue, boards).await
}

/// Makes the demo: the report of a real evening.
pub async fn demo(
    State(state): State<Arc<ServerState>>,
    ConnectInfo(PeerAddress(address)): ConnectInfo<PeerAddress>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parsed = report::parse(report::DEMO).map_err(not_a_report)?;
    let boards = parsed
        .boards()
        .into_iter()
        .map(|board| NewBoard::Imported(Box::new(board)))
        .collect();
    make(
        &state,
        address.ip(),
        &headers,
        parsed.theme,
        String::new(),
        String::new(),
        boards,
    )
    .await
}

/// The workshops in which the asking device has a seat, the latest first.
pub async fn list(State(state): State<Arc<ServerState>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let mut workshops: Vec<Value> = Vec::new();
    if let Some(device) = device::known(&state, &headers).await? {
        for seat in state.store.seats(device.device, LIST_MAX).await? {
            if let Some(row) = state.store.workshop(seat.workshop.clone()).await? {
                workshops.push(json!({
                    "workshop": row.workshop,
                    "theme": row.theme,
                    "role": role_word(seat.role),
                    "group": seat.group.as_ref().map(GroupId::as_str),
                    "created_at_ms": row.created_at_ms,
                    "seen_at_ms": seat.updated_at_ms,
                }));
            }
        }
    }
    Ok(Json(json!({ "workshops": workshops })).into_response())
}

fn new_group(body: NewGroupBody) -> Result<NewBoard, ApiError> {
    let (name, icon) = group_name(body)?;
    Ok(NewBoard::Empty { name, icon })
}

/// A group's name and icon, checked.
pub fn group_name(body: NewGroupBody) -> Result<(String, Option<String>), ApiError> {
    let name = body::required(&body.name, "group_name_empty", GROUP_NAME_CHARS_MAX)?;
    let icon = body
        .icon
        .map(|icon| body::optional(&icon, ICON_CHARS_MAX))
        .transpose()?;
    Ok((name, icon.filter(|icon| !icon.is_empty())))
}

fn not_a_report(error: report::ParseError) -> ApiError {
    let reason = format!("{:?}", error.reason);
    ApiError::bad_request("report_unreadable", error.to_string()).at_line(error.line, reason, error.text)
}

async fn make(
    state: &Arc<ServerState>,
    address: IpAddr,
    headers: &HeaderMap,
    theme: String,
    date: String,
    venue: String,
    boards: Vec<NewBoard>,
) -> Result<Response, ApiError> {
    state
        .budgets
        .new_workshop(address)
        .map_err(|too_many| ApiError::too_many(state, too_many))?;
    let asking = device::known_or_new(state, headers, address).await?;
    let now_ms = wall_clock_ms();
    let id = hex(&random_bytes::<8>()?);
    let mut groups = Vec::with_capacity(boards.len());
    for board in boards {
        groups.push(Seed {
            group: GroupId::from_random(random_bits()?),
            document: new_document()?,
            bits: random_bits()?,
            board,
        });
    }
    let links = NewLinks::draw(groups.iter().map(|seed| seed.group.clone()))?;
    let workshop_document = new_document()?;
    let new = NewWorkshop {
        id: id.clone(),
        theme: theme.clone(),
        date,
        venue,
        groups: groups.iter().map(Seed::listed).collect(),
        trivia: std::collections::BTreeMap::new(),
    };
    let actors = (0..=groups.len()).map(|_| new_actor()).collect::<Result<Vec<_>, _>>()?;
    let workshop_id = id.clone();
    // A large report takes a while to lay out: off the async threads.
    let (view, mut writes) =
        tokio::task::spawn_blocking(move || documents(&workshop_id, workshop_document, &new, groups, now_ms, actors))
            .await
            .map_err(|_| {
                ApiError::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "the boards could not be made",
                )
            })?;

    let seat = SeatRow {
        device: asking.device.device,
        workshop: id.clone(),
        role: Role::Coordinator,
        group: None,
        person: None,
        person_name: String::new(),
        via: None,
        revoked: false,
        // Kept apart: taking a seat gives nothing back that a coordinator took away.
        read_only: false,
        updated_at_ms: now_ms,
    };
    let mut all = asking.writes;
    all.push(Write::CreateWorkshop {
        workshop: id.clone(),
        document: workshop_document,
        theme,
        created_at_ms: now_ms,
    });
    all.append(&mut writes);
    all.extend(links.writes(&id));
    all.push(Write::PutSeat(seat));
    state.store.commit(all).await?;
    tracing::info!(workshop = %id, groups = view.groups.len(), "workshop created");

    let mut response = (StatusCode::CREATED, Json(links.created(&state.base_url, &id, &view))).into_response();
    if let Some(cookie) = asking.cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What one board is made of.
struct Seed {
    group: GroupId,
    document: DocumentId,
    bits: u128,
    board: NewBoard,
}

impl Seed {
    fn listed(&self) -> (GroupId, String, Option<String>, String) {
        let (name, icon) = match &self.board {
            NewBoard::Empty { name, icon } => (name.clone(), icon.clone()),
            NewBoard::Imported(import) => (import.name.clone(), import.icon.clone()),
        };
        (self.group.clone(), name, icon, self.document.to_string())
    }
}

fn documents(
    id: &str,
    document: DocumentId,
    new: &NewWorkshop,
    groups: Vec<Seed>,
    now_ms: i64,
    mut actors: Vec<ActorId>,
) -> (Arc<board::WorkshopView>, Vec<Write>) {
    // One actor per document was drawn; a missing one would only repeat an actor in another document.
    let mut actor = move || actors.pop().unwrap_or_else(|| ActorId::from(&[0_u8; 16][..]));
    let workshop = Workshop::create(new, now_ms, actor());
    let mut writes = vec![Write::CreateDocument {
        document,
        workshop: id.to_owned(),
        kind: DocumentKind::Workshop,
        snapshot: workshop.save(),
    }];
    for Seed {
        group,
        document,
        bits,
        board,
    } in groups
    {
        let board = match board {
            NewBoard::Empty { name, icon } => Board::create(
                id,
                &Group {
                    name,
                    icon,
                    theme: new.theme.clone(),
                },
                now_ms,
                actor(),
            ),
            NewBoard::Imported(import) => Board::import(id, &import, bits, now_ms, actor()),
        };
        writes.push(Write::CreateDocument {
            document,
            workshop: id.to_owned(),
            kind: DocumentKind::Board,
            snapshot: board.save(),
        });
        writes.push(Write::AddGroup {
            workshop: id.to_owned(),
            group,
            document,
        });
    }
    (Arc::clone(workshop.view()), writes)
}

/// A new document's identifier.
pub fn new_document() -> Result<DocumentId, ApiError> {
    Ok(DocumentId::from_bytes(random_bytes()?))
}

/// An actor for one change of the server: never used twice, so that no sequence number can repeat.
pub fn new_actor() -> Result<ActorId, ApiError> {
    Ok(ActorId::from(&random_bytes::<16>()?[..]))
}

//! What can be taken home: the report in three forms, and the documents themselves.

use std::sync::Arc;

use automerge::Automerge;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use board::{
    Access, Board, BoardView, Document, WorkshopView, access,
    report::{self, ReportBoard, TableLanguage, TableScope},
};
use serde::Deserialize;

use super::{
    device,
    error::ApiError,
    seats::{board_of, damaged, group_of, no_such_group, row, workshop_view},
};
use crate::state::ServerState;

/// Which group's report; all without it.
#[derive(Deserialize)]
pub struct Selection {
    group: Option<String>,
}

/// What the table holds, and how its columns are named.
#[derive(Deserialize)]
pub struct TableSelection {
    group: Option<String>,
    #[serde(default)]
    all: bool,
    lang: Option<String>,
}

type Print = Box<dyn Fn(&WorkshopView, &[ReportBoard<'_>]) -> String + Send>;

/// 原文どおり.
pub async fn verbatim(
    state: State<Arc<ServerState>>,
    workshop: Path<String>,
    selection: Query<Selection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    print_as(
        state,
        workshop,
        selection,
        headers,
        Box::new(report::verbatim),
        "text/plain; charset=utf-8",
        "report.txt",
    )
    .await
}

/// 清書.
pub async fn clean(
    state: State<Arc<ServerState>>,
    workshop: Path<String>,
    selection: Query<Selection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    print_as(
        state,
        workshop,
        selection,
        headers,
        Box::new(report::clean),
        "text/plain; charset=utf-8",
        "report.clean.txt",
    )
    .await
}

/// The clean report as Markdown.
pub async fn markdown(
    state: State<Arc<ServerState>>,
    workshop: Path<String>,
    selection: Query<Selection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    print_as(
        state,
        workshop,
        selection,
        headers,
        Box::new(report::markdown),
        "text/markdown; charset=utf-8",
        "report.md",
    )
    .await
}

/// One row per note for spreadsheets.
pub async fn csv(
    state: State<Arc<ServerState>>,
    workshop: Path<String>,
    Query(selection): Query<TableSelection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let scope = if selection.all {
        // What is withheld or was thrown away is not for everybody.
        device::coordinator(&state, &headers, &workshop).await?;
        TableScope::Everything
    } else {
        TableScope::Report
    };
    let language = match selection.lang.as_deref() {
        Some("en") => TableLanguage::English,
        _ => TableLanguage::Japanese,
    };
    let group = Query(Selection { group: selection.group });
    let print: Print = Box::new(move |_, boards| report::csv(boards, scope, language));
    print_as(
        state,
        workshop,
        group,
        headers,
        print,
        "text/csv; charset=utf-8",
        "report.csv",
    )
    .await
}

async fn print_as(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    Query(selection): Query<Selection>,
    headers: HeaderMap,
    print: Print,
    mime: &'static str,
    name: &str,
) -> Result<Response, ApiError> {
    let seat = device::seat(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    let view = workshop_view(&state, &row).await?;
    let wanted = selection.group.map(|group| group_of(&row, &group)).transpose()?;
    let mut boards: Vec<(usize, Arc<BoardView>)> = Vec::new();
    for (index, group) in view.groups.iter().enumerate() {
        let chosen = wanted.as_ref().map_or(!group.removed, |wanted| *wanted == group.id);
        let readable = access(seat.role, seat.group.as_ref(), Document::Board(&group.id), &view) != Access::None;
        let Some(document) = board_of(&row, &group.id).filter(|_| chosen && readable) else {
            continue;
        };
        let doc = state.rooms.copy(document).await?;
        let board = tokio::task::spawn_blocking(move || Board::from_doc(doc).map(|board| Arc::clone(board.view())))
            .await
            .map_err(|_| damaged())?
            .map_err(|_| damaged())?;
        boards.push((index, board));
    }
    if boards.is_empty() && wanted.is_some() {
        return Err(no_such_group());
    }
    let text = tokio::task::spawn_blocking(move || {
        let named: Vec<ReportBoard<'_>> = boards
            .iter()
            .filter_map(|(index, board)| Some(ReportBoard::named(board, view.groups.get(*index)?)))
            .collect();
        print(&view, &named)
    })
    .await
    .map_err(|_| damaged())?;
    Ok(download(text.into_bytes(), mime, name))
}

/// One group's board as an automerge file.
pub async fn board_file(
    State(state): State<Arc<ServerState>>,
    Path((workshop, group)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seat = device::seat(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    // The view first: what does not exist takes as long to say as what may not be seen.
    let view = workshop_view(&state, &row).await?;
    let group = group_of(&row, &group)?;
    if access(seat.role, seat.group.as_ref(), Document::Board(&group), &view) == Access::None {
        return Err(no_such_group());
    }
    let document = board_of(&row, &group).ok_or_else(damaged)?;
    automerge_file(state.rooms.copy(document).await?, "board.automerge").await
}

/// The workshop's own document as an automerge file.
pub async fn workshop_file(
    State(state): State<Arc<ServerState>>,
    Path(workshop): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    device::seat(&state, &headers, &workshop).await?;
    let row = row(&state, &workshop).await?;
    automerge_file(state.rooms.copy(row.document).await?, "workshop.automerge").await
}

async fn automerge_file(doc: Automerge, name: &str) -> Result<Response, ApiError> {
    let bytes = tokio::task::spawn_blocking(move || doc.save())
        .await
        .map_err(|_| damaged())?;
    Ok(download(bytes, "application/octet-stream", name))
}

fn download(bytes: Vec<u8>, mime: &'static str, name: &str) -> Response {
    let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, mime)], bytes).into_response();
    // Shown in the browser where it can be, saved under this name otherwise. All our names are plain ASCII.
    if let Ok(disposition) = HeaderValue::from_str(&format!("inline; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

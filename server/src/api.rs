//! What is not live, over HTTP: workshops, joining, seats, links, exports; and the way to the socket.
//!
//! [`ROUTES`] is the one list of routes: the router is made of it, and the OpenAPI description is tested against it.

mod body;
mod cards;
mod deletion;
mod device;
mod erasure;
pub(crate) mod error;
mod exports;
mod groups;
pub(crate) mod guard;
mod join;
mod links;
mod moderation;
mod openapi;
mod operations;
mod page;
mod seats;
mod socket;
mod tickets;
mod tokens;
mod transfers;
mod workshops;

pub(crate) use body::LARGE_BODIES_MAX;
pub(crate) use seats::damaged;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{delete, get, post},
};

use crate::state::ServerState;

/// Largest request body: names and ids. 64 groups with names of 100 characters are 20 KB.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Largest body of a new workshop: a report of 1 MiB, every byte of it escaped as `\u00XX`, and the rest.
const REPORT_BODY_BYTES_MAX: usize = 7 * 1024 * 1024;

/// Every route but the page itself, as (method, path in OpenAPI's form).
pub const ROUTES: &[(&str, &str)] = &[
    ("get", "/api/workshops"),
    ("post", "/api/workshops"),
    ("post", "/api/workshops/demo"),
    ("post", "/api/join"),
    ("delete", "/api/workshops/{workshop}"),
    ("get", "/api/workshops/{workshop}/seat"),
    ("post", "/api/workshops/{workshop}/seat"),
    ("post", "/api/workshops/{workshop}/cards"),
    ("post", "/api/workshops/{workshop}/links/revoke"),
    ("post", "/api/workshops/{workshop}/groups"),
    ("post", "/api/workshops/{workshop}/seats/{device}/revoke"),
    ("post", "/api/workshops/{workshop}/transfer"),
    ("post", "/api/workshops/{workshop}/ticket"),
    ("post", "/api/workshops/{workshop}/erasure/preview"),
    ("post", "/api/workshops/{workshop}/erasure"),
    ("get", "/api/workshops/{workshop}/devices"),
    ("post", "/api/workshops/{workshop}/devices/read-only"),
    ("get", "/api/workshops/{workshop}/groups/{group}/writers"),
    ("get", "/api/workshops/{workshop}/acts"),
    ("post", "/api/workshops/{workshop}/acts"),
    ("get", "/api/workshops/{workshop}/report.csv"),
    ("get", "/api/workshops/{workshop}/report.txt"),
    ("get", "/api/workshops/{workshop}/report.clean.txt"),
    ("get", "/api/workshops/{workshop}/report.md"),
    ("get", "/api/workshops/{workshop}/groups/{group}/board.automerge"),
    ("get", "/api/workshops/{workshop}/workshop.automerge"),
    ("post", "/api/tokens/{workshop}"),
    ("get", "/sync/{workshop}"),
    ("get", "/healthz"),
    ("get", "/livez"),
    ("get", "/metrics"),
    ("get", "/api/openapi.json"),
];

/// The whole HTTP surface.
pub fn router(state: Arc<ServerState>) -> Router {
    Router::new()
        .route(
            "/api/workshops",
            get(workshops::list)
                .post(workshops::create)
                .layer(DefaultBodyLimit::max(REPORT_BODY_BYTES_MAX)),
        )
        .route("/api/workshops/demo", post(workshops::demo))
        .route("/api/join", post(join::join))
        .route("/api/workshops/{workshop}", delete(deletion::delete))
        .route("/api/workshops/{workshop}/seat", get(seats::show).post(seats::choose))
        .route("/api/workshops/{workshop}/cards", post(cards::mint))
        .route("/api/workshops/{workshop}/links/revoke", post(cards::revoke))
        .route("/api/workshops/{workshop}/groups", post(groups::add))
        .route(
            "/api/workshops/{workshop}/seats/{device}/revoke",
            post(cards::revoke_seat),
        )
        .route("/api/workshops/{workshop}/transfer", post(transfers::transfer))
        .route("/api/workshops/{workshop}/ticket", post(tickets::issue))
        .route("/api/workshops/{workshop}/erasure/preview", post(erasure::preview))
        .route("/api/workshops/{workshop}/erasure", post(erasure::erase))
        .route("/api/workshops/{workshop}/devices", get(moderation::devices))
        .route(
            "/api/workshops/{workshop}/devices/read-only",
            post(moderation::set_read_only),
        )
        .route(
            "/api/workshops/{workshop}/groups/{group}/writers",
            get(moderation::writers),
        )
        .route(
            "/api/workshops/{workshop}/acts",
            get(moderation::acts).post(moderation::record),
        )
        .route("/api/workshops/{workshop}/report.csv", get(exports::csv))
        .route("/api/workshops/{workshop}/report.txt", get(exports::verbatim))
        .route("/api/workshops/{workshop}/report.clean.txt", get(exports::clean))
        .route("/api/workshops/{workshop}/report.md", get(exports::markdown))
        .route(
            "/api/workshops/{workshop}/groups/{group}/board.automerge",
            get(exports::board_file),
        )
        .route(
            "/api/workshops/{workshop}/workshop.automerge",
            get(exports::workshop_file),
        )
        .route("/api/tokens/{workshop}", post(tokens::mint))
        .route("/sync/{workshop}", get(socket::open))
        .route("/healthz", get(operations::healthz))
        .route("/livez", get(operations::livez))
        .route("/metrics", get(operations::metrics))
        .route("/api/openapi.json", get(openapi::show))
        .fallback(page::page)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), guard::guard))
        .with_state(state)
}

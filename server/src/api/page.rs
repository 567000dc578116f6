//! The page: files with their compressed forms, and the page itself for every address that is no file.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};

use super::error::ApiError;
use crate::{assets::Served, state::ServerState};

/// The document that every address of the page shows.
const INDEX: &str = "index.html";
/// Said instead of the page when the server was built without one.
const NOT_BUILT: &str = "<!doctype html><html lang=ja><meta charset=utf-8><title>Yoriai</title>\
<h1>寄合 Yoriai</h1><p>サーバーは動いていますが、ページがまだ作られていません。<br>\
The server runs, but it was built without its page.</p><pre>cargo xtask serve</pre></html>";

/// Answers everything that no other route answers.
pub async fn page(State(state): State<Arc<ServerState>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") || uri.path() == "/api" {
        return ApiError::not_found("there is no such route").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !state.page.is_built() {
        return Html(NOT_BUILT).into_response();
    }
    let accept = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let path = uri.path().to_owned();
    // A folder is read from disk, so this leaves the async threads; the embedded page does not mind.
    let page = state.page.clone();
    let found = tokio::task::spawn_blocking(move || {
        // A name with a dot in its last part is a file: a missing one is missing, not the page.
        let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        page.find(&path, &accept)
            .or_else(|| if is_file { None } else { page.find(INDEX, &accept) })
    })
    .await;
    match found {
        Ok(Some(served)) => serve(served, &headers),
        Ok(None) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn serve(served: Served, request: &HeaderMap) -> Response {
    let Served {
        mime,
        etag,
        encoding,
        immutable,
        body,
    } = served;
    let cache = if immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match body {
            std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
            std::borrow::Cow::Owned(bytes) => Body::from(bytes),
        };
        let mut response = Response::new(body);
        if let Ok(mime) = HeaderValue::from_str(&mime) {
            response.headers_mut().insert(header::CONTENT_TYPE, mime);
        }
        if let Some(encoding) = encoding {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

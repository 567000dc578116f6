//! Every refusal over HTTP: a status, a code that the page translates, a sentence for everybody else.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{budget::TooMany, rooms::EditError, secret::RandomFailed, state::ServerState, store::StoreError};

/// A refusal: `{ "error": { "code", "message", "line"?, "limit"?, "text"?, "reason"? } }`.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    // Boxed because few refusals have any, and every result carries the room for them.
    details: Option<Box<Details>>,
}

#[derive(Debug, Default)]
struct Details {
    line: Option<usize>,
    limit: Option<usize>,
    text: Option<String>,
    reason: Option<String>,
}

impl ApiError {
    /// A refusal with these three.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: None,
        }
    }
    /// 400: the request cannot be meant so.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }
    /// 401: this device has no seat here.
    pub fn no_seat() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no_seat",
            "this device has no seat in the workshop",
        )
    }
    /// 403: the seat does not allow it.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }
    /// 404: there is no such thing, or nobody may know that there is.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }
    /// 404 with a code of its own, which says what to look at.
    pub fn not_found_code(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }
    /// 429: this device or address has asked for more than its share; the page says which and what to do.
    pub fn too_many(state: &ServerState, too_many: TooMany) -> Self {
        state.metrics.refused("budget");
        let (code, message) = match too_many {
            TooMany::Tickets => (
                "too_many_tries",
                "this device connects too often, try again in a moment",
            ),
            TooMany::Sockets => (
                "too_many_tabs",
                "this device has the workshop open too often; close some tabs",
            ),
            TooMany::Devices => (
                "too_many_devices",
                "many devices join from this network, try again in a moment",
            ),
            TooMany::Workshops => (
                "too_many_tries",
                "many workshops were made from this network, try again in a while",
            ),
        };
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, message)
    }
    /// 503: try again in a moment.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }
    /// Names the line (from 1) that was not understood, why, and how it reads.
    pub fn at_line(mut self, line: usize, reason: impl Into<String>, text: impl Into<String>) -> Self {
        let details = self.details.get_or_insert_default();
        details.line = Some(line);
        details.reason = Some(reason.into());
        details.text = Some(text.into());
        self
    }
    /// Names the limit that was passed.
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.details.get_or_insert_default().limit = Some(limit);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self {
            status,
            code,
            message,
            details,
        } = self;
        let Details {
            line,
            limit,
            text,
            reason,
        } = details.map(|details| *details).unwrap_or_default();
        let mut error = Map::new();
        error.insert("code".to_owned(), code.into());
        error.insert("message".to_owned(), message.into());
        let further = [
            ("line", line.map(Value::from)),
            ("limit", limit.map(Value::from)),
            ("text", text.map(Value::from)),
            ("reason", reason.map(Value::from)),
        ];
        for (name, value) in further {
            if let Some(value) = value {
                error.insert(name.to_owned(), value);
            }
        }
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // Logged here, once: what the caller gets says nothing about the machine.
        match &error {
            StoreError::Conflict => return Self::new(StatusCode::CONFLICT, "conflict", "somebody did this already"),
            StoreError::Full | StoreError::ReadOnly => tracing::error!(%error, "the store refused a request"),
            StoreError::Damaged(_) | StoreError::Newer { .. } | StoreError::Failed(_) | StoreError::Closed => {
                tracing::error!(%error, "the store failed a request");
            }
        }
        match error {
            StoreError::Full => Self::unavailable("disk_full", "the server's disk is full; nothing was changed"),
            StoreError::Damaged(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "damaged",
                "the stored document is damaged",
            ),
            _ => Self::unavailable("store_failed", "the server could not save; nothing was changed"),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Refused(refused) => refused,
            EditError::Unavailable => Self::unavailable("store_failed", "the document is not available at the moment"),
        }
    }
}

impl From<RandomFailed> for ApiError {
    fn from(error: RandomFailed) -> Self {
        Self::unavailable("store_failed", error.to_string())
    }
}

//! Request bodies: JSON, bounded, and refused in our own words.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
};
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::state::ServerState;

/// A JSON body of this shape.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<ServerState>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<ServerState>) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::BytesRejection(_)) => Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "the request is too large",
            )),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "bad_request",
                "the request must be application/json",
            )),
            // serde's sentence names the field and never more of the body than a wrong value.
            Err(_) => Err(ApiError::bad_request(
                "bad_request",
                "the request's JSON does not have the expected fields",
            )),
        }
    }
}

/// Trims a text and checks its length in characters; an empty one is refused.
pub fn required(text: &str, empty: &'static str, chars_max: usize) -> Result<String, ApiError> {
    let text = optional(text, chars_max)?;
    if text.is_empty() {
        return Err(ApiError::bad_request(empty, "this text must not be empty"));
    }
    Ok(text)
}

/// Trims a text and checks its length in characters.
pub fn optional(text: &str, chars_max: usize) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().count() > chars_max {
        return Err(ApiError::bad_request("too_long", "a text is too long").with_limit(chars_max));
    }
    if text
        .chars()
        .any(|character| character.is_control() && character != '\n')
    {
        return Err(ApiError::bad_request("bad_text", "a text holds control characters"));
    }
    Ok(text.to_owned())
}

//! Request bodies: JSON, bounded, and refused in our own words.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::{BODY_BYTES_MAX, error::ApiError};
use crate::state::ServerState;

/// Within this time a body has arrived: a report of 1 MiB in half of it over a line of 256 kbit/s.
const BODY_TIME_MAX: Duration = Duration::from_secs(60);
/// Bodies above [`BODY_BYTES_MAX`] that arrive at the same time: what the server may have to hold for people it does not know
/// yet is 16 times the largest body, 112 MiB.
pub const LARGE_BODIES_MAX: usize = 16;

/// A JSON body of this shape.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<ServerState>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<ServerState>) -> Result<Self, ApiError> {
        let _place = if is_large(&request) {
            let place = state.large_bodies.try_acquire();
            Some(place.map_err(|_| {
                let message = "the server is reading many large files at the moment, try again in a minute";
                ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", message)
            })?)
        } else {
            None
        };
        let read = timeout(BODY_TIME_MAX, Json::<T>::from_request(request, state)).await;
        let too_slow = |_| {
            ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                "the request did not arrive in time",
            )
        };
        match read.map_err(too_slow)? {
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

/// A body that says it is large, or does not say how large it is.
fn is_large(request: &Request) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    length.is_none_or(|bytes| bytes > BODY_BYTES_MAX)
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
